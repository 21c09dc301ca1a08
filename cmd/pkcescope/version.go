package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is the version of this module, as the Go toolchain put it into the
// binary.
func release() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development version"
}

// version describes this binary: its release, the commit where it was built
// from a checkout, and what it was built with.
func version() string {
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision" && len(s.Value) >= 12:
				commit = " commit " + s.Value[:12] + commit
			case s.Key == "vcs.modified" && s.Value == "true":
				commit += " (modified)"
			}
		}
	}
	return fmt.Sprintf("%s%s, %s %s/%s", release(), commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
