package app_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/store"
	"github.com/oktaws/oktaws/store/storetest"
)

// bench is the real program, built, beside a sandbox.
type bench struct {
	*testing.B
	*sandbox.Sandbox
	program string
	dir     string // the program's data folder
}

// newBench builds the program, with n linked accounts in its data folder.
func newBench(b *testing.B, n int) *bench {
	b.Helper()
	root := b.TempDir()
	w := &bench{B: b, program: filepath.Join(root, "oktaws"), dir: filepath.Join(root, "data")}
	build := exec.Command("go", "build", "-trimpath", "-o", w.program, "../../cmd/oktaws")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	e, err := store.OpenBolt(w.dir)
	if err != nil {
		b.Fatal(err)
	}
	storetest.Fill(b, e, n, time.Now(), 24*time.Hour)
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	if w.Sandbox, err = sandbox.Start(sandbox.Options{Relaxed: true}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = w.Sandbox.Close() })
	return w
}

// start runs the program until it is ready, and returns how long that took. stop ends it.
func (w *bench) start() (pid int, ready time.Duration, stop func()) {
	w.Helper()
	cmd := exec.Command(w.program, "serve")
	cmd.Env = []string{"OKTAWS_DATA_DIR=" + w.dir, "OKTAWS_LOG_LEVEL=error", "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}
	for _, v := range w.Env() {
		cmd.Env = append(cmd.Env, v.Name+"="+v.Value)
	}
	cmd.Stderr, cmd.Dir = os.Stderr, filepath.Dir(w.dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		w.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	ready = time.Since(began)
	if err != nil || !strings.Contains(line, "oktaws is ready") {
		w.Fatalf("it said %q (%v)", line, err)
	}
	return cmd.Process.Pid, ready, func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			w.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			w.Fatal(err)
		}
	}
}

// BenchmarkStart10000 starts the program over a store with 10,000 linked accounts: how long until it is ready, what that
// costs of a processor, and how much memory it has then. The first start is apart: it looks at every record, once for
// each store of a former version.
func BenchmarkStart10000(b *testing.B) {
	w := newBench(b, 10_000)
	_, first, stop := w.start()
	stop()
	var wall, processor time.Duration
	var resident, peak, own float64
	b.ResetTimer()
	for range b.N {
		pid, ready, stop := w.start()
		wall += ready
		processor += processorTime(pid)
		resident = max(resident, memory(pid, "VmRSS"))
		peak = max(peak, memory(pid, "VmHWM"))
		own = max(own, memory(pid, "RssAnon"))
		stop()
	}
	b.ReportMetric(float64(wall.Milliseconds())/float64(b.N), "ms-to-ready")
	b.ReportMetric(float64(processor.Milliseconds())/float64(b.N), "cpu-ms-to-ready")
	b.ReportMetric(float64(first.Milliseconds()), "ms-first")
	b.ReportMetric(resident, "MB-resident")
	b.ReportMetric(peak, "MB-peak")
	b.ReportMetric(own, "MB-anonymous")
	if info, err := os.Stat(filepath.Join(w.dir, "oktaws.db")); err == nil {
		b.ReportMetric(float64(info.Size())/1e6, "MB-store")
	}
}

// BenchmarkDeliveryToAck has people type 100 commands a second, and reports how long each waits from Slack's delivery to
// the acknowledgement, which comes after what it did is on the disk.
func BenchmarkDeliveryToAck(b *testing.B) {
	b.Run("status-of-10000", func(b *testing.B) {
		benchmarkDeliveries(b, 10_000, func(n int) string { return "status " + storetest.FilledAccount(n%10_000).ID })
	})
	b.Run("link", func(b *testing.B) {
		benchmarkDeliveries(b, 0, func(n int) string { return fmt.Sprintf("link %012d Team-%d", n+1, n) })
	})
}

func benchmarkDeliveries(b *testing.B, accounts int, typed func(n int) string) {
	w := newBench(b, accounts)
	_, _, stop := w.start()
	defer stop()
	const between = time.Second / 100
	waits := make([]time.Duration, b.N)
	var all sync.WaitGroup
	b.ResetTimer()
	began := time.Now()
	for n := range b.N {
		time.Sleep(time.Until(began.Add(time.Duration(n) * between))) // it is the load that is measured
		all.Go(func() {
			delivered := time.Now()
			seen, err := w.Slack.Command(context.Background(), slack.Requester, slack.General, "/oktaws", typed(n))
			if waits[n] = time.Since(delivered); err != nil || seen.Error != "" {
				b.Errorf("/oktaws %s: %s %v", typed(n), seen.Error, err)
			}
		})
	}
	all.Wait()
	slices.Sort(waits)
	ms := func(share float64) float64 {
		return float64(waits[int(share*float64(len(waits)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(ms(0.5), "p50-ms")
	b.ReportMetric(ms(0.99), "p99-ms")
	b.ReportMetric(ms(1), "max-ms")
}

// memory is a size from /proc/<pid>/status, in MB; 0 where there is no such file.
func memory(pid int, name string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "\n"+name+":")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kB, err := strconv.ParseFloat(fields[0], 64)
	if err != nil {
		return 0
	}
	return kB / 1000
}

// processorTime is what a process has used of the processors, from /proc/<pid>/stat; 0 where there is no such file.
func processorTime(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}
