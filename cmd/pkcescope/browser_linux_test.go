package main

import (
	"errors"
	"testing"
)

func TestGraphicalSessionWithoutALauncherIsNamed(t *testing.T) {
	t.Setenv("DISPLAY", ":0")
	t.Setenv("PATH", t.TempDir())
	if err := (system{}).Open(t.Context(), "https://login.example/authorize", nil); !errors.Is(err, errNoLauncher) {
		t.Errorf("it says %v", err)
	}
}
