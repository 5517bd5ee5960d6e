package app_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/store"
	"github.com/oktaws/oktaws/store/storetest"
)

// BenchmarkStart10000 starts the real program over a store with 10,000 linked accounts: how long until it is ready, what
// that costs of a processor, and how much memory it has then.
func BenchmarkStart10000(b *testing.B) {
	root := b.TempDir()
	program := filepath.Join(root, "oktaws")
	build := exec.Command("go", "build", "-trimpath", "-o", program, "../../cmd/oktaws")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	dir := filepath.Join(root, "data")
	e, err := store.OpenBolt(dir)
	if err != nil {
		b.Fatal(err)
	}
	storetest.Fill(b, e, 10_000, time.Now(), 24*time.Hour)
	if err := e.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "oktaws.db"))
	if err != nil {
		b.Fatal(err)
	}
	sb, err := sandbox.Start(sandbox.Options{Relaxed: true})
	if err != nil {
		b.Fatal(err)
	}
	defer sb.Close()
	environ := []string{"OKTAWS_DATA_DIR=" + dir, "HOME=" + root, "AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull}
	for _, v := range sb.Env() {
		environ = append(environ, v.Name+"="+v.Value)
	}
	var wall, processor time.Duration
	var peak, resident, own float64
	b.ResetTimer()
	for range b.N {
		cmd := exec.Command(program, "serve")
		cmd.Env, cmd.Stderr, cmd.Dir = environ, os.Stderr, root
		stdout, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		line, err := bufio.NewReader(stdout).ReadString('\n')
		if err != nil || !strings.Contains(line, "oktaws is ready") {
			b.Fatalf("it said %q (%v)", line, err)
		}
		wall += time.Since(began)
		processor += processorTime(cmd.Process.Pid)
		peak, resident, own = memory(cmd.Process.Pid, "VmHWM"), memory(cmd.Process.Pid, "VmRSS"), memory(cmd.Process.Pid, "RssAnon")
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(wall.Milliseconds())/float64(b.N), "ms-to-ready")
	b.ReportMetric(float64(processor.Milliseconds())/float64(b.N), "cpu-ms-to-ready")
	b.ReportMetric(peak, "MB-peak")
	b.ReportMetric(resident, "MB-resident")
	b.ReportMetric(own, "MB-anonymous")
	b.ReportMetric(float64(info.Size())/1e6, "MB-store")
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
