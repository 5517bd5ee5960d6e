package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/internal/app"
	"github.com/oktaws/oktaws/internal/sandbox"
)

// alone is the hidden command under which this program is oktaws serve in a process of its own, so that what oktaws takes
// of memory and processor is told apart from what the sandbox takes.
const alone = "bench-oktaws"

// aloneCommand runs oktaws serve by a clock that began at --clock and runs --speed times as fast as the real one.
func aloneCommand(began *bool, stdout, stderr io.Writer) *cobra.Command {
	var speed float64
	var since, profile string
	cmd := &cobra.Command{Use: alone, Args: cobra.NoArgs, Hidden: true, RunE: func(cmd *cobra.Command, _ []string) error {
		start, err := time.Parse(time.RFC3339Nano, since)
		if err != nil || speed <= 0 {
			return fmt.Errorf("%s is for oktaws-sandbox bench alone", alone)
		}
		*began = true
		if profile != "" {
			f, err := os.Create(profile)
			if err != nil {
				return err
			}
			defer func() { _ = f.Close() }()
			if err := pprof.StartCPUProfile(f); err != nil {
				return err
			}
			defer pprof.StopCPUProfile()
		}
		clock := sandbox.NewClockSince(start, speed)
		defer clock.Stop()
		if code := app.Run(cmd.Context(), app.Options{Args: []string{"serve"}, Environ: os.Environ(), Stdout: stdout, Stderr: stderr, Clock: clock}); code != app.ExitOK {
			return fmt.Errorf("oktaws ended with %d", code)
		}
		return nil
	}}
	cmd.Flags().Float64Var(&speed, "speed", 0, "")
	cmd.Flags().StringVar(&since, "clock", "", "")
	cmd.Flags().StringVar(&profile, "cpuprofile", "", "")
	return cmd
}

// ward is oktaws serve in a process of its own, and the environment that its commands are called in.
type ward struct {
	process *exec.Cmd
	environ []string
	clock   *sandbox.Clock
	log     *logBuffer
	ended   chan struct{} // closes once it has ended
	err     error         // what it ended with; to be read once ended is closed
}

// readyLine is what oktaws serve says once it answers.
const readyLine = "oktaws is ready"

// startAlone runs oktaws beside the sandbox, with a home and a store under dir, and returns once it is ready.
func startAlone(ctx context.Context, sb *sandbox.Sandbox, clockBegan time.Time, speed float64, dir, profile string, settings ...string) (*ward, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	w := &ward{clock: sb.Clock(), log: &logBuffer{}, ended: make(chan struct{})}
	w.environ = append([]string{"OKTAWS_DATA_DIR=" + storeIn(dir), "HOME=" + dir, "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}, settings...)
	for _, v := range sb.Env() {
		w.environ = append(w.environ, v.Name+"="+v.Value)
	}
	said := &watchFor{out: w.log, what: readyLine, seen: make(chan struct{})}
	w.process = exec.Command(binary, alone, "--clock", clockBegan.Format(time.RFC3339Nano), "--speed", strconv.FormatFloat(speed, 'f', -1, 64), "--cpuprofile", profile) // #nosec G204 -- it is this very program
	w.process.Env, w.process.Stdout, w.process.Stderr = w.environ, said, w.log
	if err := w.process.Start(); err != nil {
		return nil, fmt.Errorf("start oktaws: %w", err)
	}
	go func() {
		w.err = w.process.Wait()
		close(w.ended)
	}()
	select {
	case <-said.seen:
		return w, nil
	case <-w.ended:
		err = errors.Join(errors.New("oktaws ended before it was ready"), w.err)
	case <-ctx.Done():
		err = context.Cause(ctx)
		_ = w.process.Process.Kill()
		<-w.ended
	}
	return nil, fmt.Errorf("%w\n\nThe log of oktaws:\n%s", err, w.log)
}

// used is what a process has used.
type used struct {
	peak int64         // bytes of memory at most; 0: this system doesn't tell
	cpu  time.Duration // of its own and of the system on its behalf
}

// stop ends it as SIGTERM does.
func (w *ward) stop() (used, error) {
	peak := peakMemory(w.process.Process.Pid)
	_ = w.process.Process.Signal(syscall.SIGTERM) // it may have ended
	<-w.ended
	u := used{peak: peak}
	if s := w.process.ProcessState; s != nil {
		u.cpu = s.UserTime() + s.SystemTime()
	}
	if w.err != nil {
		return u, fmt.Errorf("oktaws: %w", w.err)
	}
	return u, nil
}

// peakMemory is the most memory that a process ever had in use, in bytes, where the system says it under /proc. What
// getrusage says begins, on Linux, with that of the parent.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kB, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kB << 10
}

// call runs a command of oktaws as an operator does beside oktaws serve, and returns what it prints. Exit codes that say
// that something waits are no errors.
func (w *ward) call(ctx context.Context, args ...string) (string, error) {
	var out, errs bytes.Buffer
	code := app.Run(ctx, app.Options{Args: args, Environ: w.environ, Stdout: &out, Stderr: &errs, Clock: w.clock})
	if code != app.ExitOK && code != app.ExitWaits {
		return "", fmt.Errorf("oktaws %s: %s", strings.Join(args, " "), strings.TrimSpace(errs.String()))
	}
	return out.String(), nil
}

// watchFor passes on what is written, and closes seen once it has had a text in it.
type watchFor struct {
	out  io.Writer
	what string
	seen chan struct{}

	mu   sync.Mutex
	text []byte
	done bool
}

func (w *watchFor) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.done {
		w.text = append(w.text, b...)
		if w.done = bytes.Contains(w.text, []byte(w.what)); w.done {
			w.text = nil
			close(w.seen)
		}
	}
	return w.out.Write(b)
}
