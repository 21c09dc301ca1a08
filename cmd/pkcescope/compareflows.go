package main

import "github.com/spf13/cobra"

func compareFlows(cmd *cobra.Command, f compareFlags) error { return nil }
