package app

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
)

// version prints what the Go toolchain noted when it built the program.
func (p *program) version(context.Context) error {
	read, ok := debug.ReadBuildInfo()
	if !ok {
		read = &debug.BuildInfo{}
	}
	built := buildOf(read)
	if p.asJSON {
		return json.NewEncoder(p.Stdout).Encode(built)
	}
	_, err := fmt.Fprintln(p.Stdout, built)
	return err
}

// build is what a program was built from, and with.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

func (b build) String() string {
	return fmt.Sprintf("oktaws %s, commit %s, %s", b.Version, b.Commit, b.Go)
}

func buildOf(info *debug.BuildInfo) build {
	b := build{Version: info.Main.Version, Commit: "unknown", Go: strings.TrimSpace(info.GoVersion)}
	if b.Version == "" {
		b.Version = "(devel)"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			b.Commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			b.Commit += ", with changes"
		}
	}
	return b
}
