package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/web"
	"github.com/oktaws/oktaws/internal/sandbox/web/controlpage"
)

// world is a sandbox, the oktaws beside it, and the people of its scenario. It can begin anew as a whole; its pages stay
// where they are.
type world struct {
	o      worldOptions
	folder string    // of all its runs
	site   *web.Site // its pages

	changing sync.Mutex // held by what begins or ends anything, which alone uses and sets what follows
	closed   bool
	runs     int // of oktaws, so far
	acting   sync.WaitGroup
	hush     context.CancelFunc // sends the scenario's people home

	mu       sync.Mutex // held too where what follows is set, and by all others who look at it
	sandbox  *sandbox.Sandbox
	program  *program
	log      *logBuffer
	scenario scenario
	ended    string
}

type worldOptions struct {
	speed     float64       // of the clock; 0: 1
	stackTime time.Duration // see sandbox.Options
	accounts  int           // how many accounts the scenario 50-accounts has; 0: 50
	pages     string        // the address of the pages
	out       io.Writer     // where it is told that oktaws has ended by itself
}

var _ controlpage.World = (*world)(nil)

// newWorld begins in the named scenario. It doesn't wait until oktaws is ready; answers does.
func newWorld(o worldOptions, scenario string) (*world, error) {
	if o.speed == 0 {
		o.speed = 1
	}
	if err := forgetAWS(); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "oktaws-demo-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the store: %w", err)
	}
	w := &world{o: o, folder: folder}
	if err := w.begin(scenario); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return w, nil
}

// begin puts another sandbox, and another oktaws, in the place of those that there are, if any. Where it fails, those
// stay.
func (w *world) begin(name string) error {
	sc, err := scenarioNamed(name)
	if err != nil {
		return err
	}
	clock := sandbox.NewClock(w.o.speed)
	sb, err := sandbox.Start(sandbox.Options{Clock: clock, StackTime: w.o.stackTime, Relaxed: sc.relaxed})
	if err != nil {
		clock.Stop()
		return err
	}
	sb.Okta.SetPages(w.o.pages)
	w.end()
	w.mu.Lock()
	w.sandbox, w.scenario, w.log = sb, sc, &logBuffer{}
	w.mu.Unlock()
	if w.site == nil {
		w.site = web.New(sb, w)
	}
	p := w.run(w.nextRun())
	w.site.Show(sb)
	ctx, hush := context.WithCancel(context.Background())
	w.hush = hush
	w.acting.Go(func() { w.act(ctx, sc, cast{sb}, p) })
	return nil
}

// end ends what there is, if anything. oktaws is killed, since nobody needs its store any more.
func (w *world) end() {
	if w.sandbox == nil {
		return
	}
	w.hush()
	w.acting.Wait()
	w.program.kill()
	_ = w.sandbox.Close() // nothing of it is needed any more
	w.sandbox.Clock().Stop()
}

// act has the scenario's people do what it says, once oktaws is there.
func (w *world) act(ctx context.Context, sc scenario, people cast, p *program) {
	if sc.play == nil {
		return
	}
	select {
	case <-p.ready:
	case <-p.ended:
		return
	case <-ctx.Done():
		return
	}
	people.Clock().SetSpeed(max(hurry, w.o.speed))
	err := sc.play(ctx, people, w.o)
	if ctx.Err() == nil && err != nil {
		fmt.Fprintf(w.o.out, "The scenario %s could not be set up as a whole: %v\n", sc.Name, err)
	}
	people.Clock().SetSpeed(w.o.speed)
}

// nextRun is the folder of a run of oktaws that is to come.
func (w *world) nextRun() string {
	w.runs++
	return filepath.Join(w.folder, fmt.Sprintf("run-%d", w.runs))
}

// run starts oktaws on the store in dir, and tells where it ends by itself.
func (w *world) run(dir string) *program {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, log := start(w.sandbox, dir, w.log, w.scenario.settings...), w.log
	w.program, w.ended = p, ""
	go func() {
		if <-p.ended; p.life.Over() {
			return
		}
		w.mu.Lock()
		w.ended = fmt.Sprintf("It ended by itself, with exit code %d.", p.code)
		w.mu.Unlock()
		w.site.Tell()
		fmt.Fprintf(w.o.out, "oktaws ended by itself, with exit code %d; the pages are still there. Its log:\n%s", p.code, log)
	}()
	return p
}

// answers waits until oktaws answers, and says why it doesn't.
func (w *world) answers(ctx context.Context) error {
	w.mu.Lock()
	p := w.program
	w.mu.Unlock()
	select {
	case <-p.ready:
		return nil
	case <-p.ended:
		return fmt.Errorf("oktaws ended with exit code %d; its log says why", p.code)
	case <-ctx.Done():
		return fmt.Errorf("oktaws does not answer yet: %w", context.Cause(ctx))
	}
}

// Sandbox returns the present one.
func (w *world) Sandbox() *sandbox.Sandbox {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sandbox
}

// Scenarios returns the states that it can begin in.
func (w *world) Scenarios() (all []controlpage.Scenario) {
	for _, s := range scenarios {
		all = append(all, s.Scenario)
	}
	return all
}

// Scenario returns the name of the present one.
func (w *world) Scenario() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.scenario.Name
}

// change has do begin or end something, one at a time.
func (w *world) change(do func() error) error {
	w.changing.Lock()
	defer w.changing.Unlock()
	if w.closed {
		return errors.New("the demo has ended")
	}
	return do()
}

// Reset begins anew in the named scenario, and returns once oktaws answers.
func (w *world) Reset(ctx context.Context, scenario string) error {
	if err := w.change(func() error { return w.begin(scenario) }); err != nil {
		return err
	}
	return w.answers(ctx)
}

// Log returns what oktaws has logged lately.
func (w *world) Log() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

// Ended says why oktaws is not running; empty: it runs.
func (w *world) Ended() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// Restart kills oktaws and starts it anew on a copy of its store, since the one that was killed may hold on to its own
// for a while. It returns once oktaws answers.
func (w *world) Restart(ctx context.Context) error {
	err := w.change(func() error {
		w.program.kill()
		dir := w.nextRun()
		if err := os.CopyFS(storeIn(dir), os.DirFS(storeIn(w.program.dir))); err != nil {
			return fmt.Errorf("copy the store: %w", err)
		}
		w.run(dir)
		return nil
	})
	if err != nil {
		return err
	}
	return w.answers(ctx)
}

// Close ends everything.
func (w *world) Close() error {
	return w.change(func() error {
		w.closed = true
		w.end()
		return os.RemoveAll(w.folder)
	})
}
