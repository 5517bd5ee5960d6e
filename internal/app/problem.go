package app

import (
	"errors"
	"fmt"
	"strings"

	"github.com/oktaws/oktaws/provision"
)

// problem is one thing that is wrong with the configuration.
type problem struct {
	part    string // what can't work without it: slack, okta, aws, or else empty
	path    string // of the setting in the file; empty: it isn't one
	setting string // as people know it: aws.region (OKTAWS_AWS_REGION)
	where   string // oktaws.yaml:12; empty: not in the file
	text    string
	remedy  string
}

func (p problem) String() string {
	s := p.setting + " " + p.text
	if p.where != "" {
		s = p.where + ": " + s
	}
	if p.remedy != "" {
		s += ". " + p.remedy
	}
	return s
}

// credentials says whether it is with what comes from the environment alone.
func (p problem) credentials() bool { return strings.HasSuffix(p.path, ".") }

// finding is the problem as `oktaws check` prints it.
func (p problem) finding() provision.Finding {
	what := p.setting
	if p.where != "" {
		what += ", " + p.where
	}
	return provision.Finding{What: what, Detail: p.text, Remedy: p.remedy}
}

// invalid is the error that lists every problem.
type invalid []problem

func (ps invalid) Error() string {
	var b strings.Builder
	if len(ps) == 1 {
		b.WriteString("the configuration has a problem:")
	} else {
		fmt.Fprintf(&b, "the configuration has %d problems:", len(ps))
	}
	for _, p := range ps {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// faulty is what is wrong with a value, to be read after the setting's name, and what to do.
type faulty struct {
	text, remedy string
}

func (f *faulty) Error() string { return f.text }

func fault(remedy, format string, args ...any) error {
	return &faulty{text: fmt.Sprintf(format, args...), remedy: remedy}
}

// about puts what is wrong with a part of a value into words about the whole: format takes where the part is, and what is
// wrong with it.
func about(format string, where any, err error) error {
	remedy := ""
	if f, ok := errors.AsType[*faulty](err); ok {
		remedy = f.remedy
	}
	return fault(remedy, format, where, err)
}

// problem adds a problem with the setting at path, known to people by name. The path's first word says what can't
// work without it.
func (l *loaded) problem(err error, path, name, where string) {
	p := problem{path: path, setting: name, where: where, text: err.Error()}
	if f, ok := errors.AsType[*faulty](err); ok {
		p.remedy = f.remedy
	}
	switch part, _, _ := strings.Cut(path, "."); part {
	case "slack", "okta", "aws":
		p.part = part
	}
	l.problems = append(l.problems, p)
}
