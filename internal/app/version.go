package app

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
)

// version prints what the Go toolchain noted when it built the program.
func (p *program) version(context.Context) error {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	_, err := fmt.Fprintln(p.Stdout, versionLine(info))
	return err
}

func versionLine(info *debug.BuildInfo) string {
	version, commit := info.Main.Version, "unknown"
	if version == "" {
		version = "(devel)"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += ", with changes"
		}
	}
	return fmt.Sprintf("oktaws %s, commit %s, %s", version, commit, strings.TrimSpace(info.GoVersion))
}
