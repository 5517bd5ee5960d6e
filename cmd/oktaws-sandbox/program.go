package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/mortal"
	"github.com/oktaws/oktaws/internal/sandbox"
)

// program is one run of oktaws serve in this process, beside a sandbox.
type program struct {
	ready <-chan struct{} // closes once commands and clicks are answered
	ended <-chan struct{} // closes once it has ended

	dir  string
	life mortal.Life
	stop context.CancelFunc // ends it as SIGTERM does
	code int                // what it ended with; to be read once ended is closed
}

// byKey has Okta learn the roles of accounts with an access key, which a person enters.
const byKey = "OKTAWS_OKTA_INTEGRATION_MODE=api"

// start runs oktaws on the sandbox's clock, with a home and a store under dir, until it is stopped or killed. The
// settings are variables of its environment besides what leads it to the sandbox.
func start(sb *sandbox.Sandbox, dir string, log io.Writer, settings ...string) *program {
	environ := append([]string{"OKTAWS_DATA_DIR=" + storeIn(dir), "HOME=" + dir}, settings...)
	for _, v := range sb.Env() {
		environ = append(environ, v.Name+"="+v.Value)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	p := &program{ready: ready, ended: ended, dir: dir, stop: stop}
	out := voice{log, &p.life}
	go func() {
		defer close(ended)
		defer stop()
		p.code = app.Run(ctx, app.Options{Args: []string{"serve"}, Environ: environ, Stdout: out, Stderr: out, Clock: sb.Clock(),
			Engine: p.life.Engine, Ready: func(*app.App) { close(ready) }})
	}()
	return p
}

// storeIn is the folder of a program's store.
func storeIn(dir string) string { return filepath.Join(dir, "data") }

// leave is how long a program that was killed is waited for.
const leave = time.Second

// kill ends it as a crash does: nothing that it does from now on is kept, and nothing that it says is heard.
func (p *program) kill() {
	p.life.End()
	p.stop()
	select {
	case <-p.ended:
	case <-time.After(leave): // it waits for something still, to no effect
	}
}

// voice is what a program says while it lives.
type voice struct {
	io.Writer
	life *mortal.Life
}

func (v voice) Write(b []byte) (int, error) {
	if v.life.Over() {
		return len(b), nil
	}
	return v.Writer.Write(b)
}

// forgetAWS takes the machine's own AWS settings out of the process's environment, which the AWS SDK reads: oktaws
// meets the sandbox alone here, whatever profile the shell has.
func forgetAWS() error {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			if err := os.Unsetenv(name); err != nil {
				return err
			}
		}
	}
	return errors.Join(os.Setenv("AWS_CONFIG_FILE", os.DevNull), os.Setenv("AWS_SHARED_CREDENTIALS_FILE", os.DevNull))
}

// logKept is how many bytes of the log are kept, the newest.
const logKept = 64 << 10

// logBuffer is the newest part of a log.
type logBuffer struct {
	mu sync.Mutex
	b  []byte
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, p...)
	if over := len(l.b) - logKept; over > 0 {
		over += bytes.IndexByte(l.b[over:], '\n') + 1 // whole lines
		l.b = append([]byte(nil), l.b[over:]...)
	}
	return len(p), nil
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}
