package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// benchOptions is what is measured.
type benchOptions struct {
	accounts int
	speed    float64 // 0: that of the mode
	modes    []string
	json     bool
	profile  string // the file for oktaws's CPU profile; of the last mode
}

func benchCommand(began *bool, stdout, stderr io.Writer) *cobra.Command {
	var o benchOptions
	var names []string
	for _, m := range benchModes {
		names = append(names, m.name)
	}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Link many accounts against Okta's real limits, on a fast clock, and compare with the least time that these allow",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, m := range o.modes {
				if !slices.Contains(names, m) {
					return fmt.Errorf("--mode %s: it is one of %s", m, strings.Join(names, ", "))
				}
			}
			if o.accounts <= 0 || o.speed < 0 {
				return errors.New("--accounts must be more than 0, and --speed not less than 0")
			}
			*began = true
			return measure(cmd.Context(), o, stdout, stderr)
		},
	}
	cmd.Flags().IntVar(&o.accounts, "accounts", 200, "how many accounts are linked")
	cmd.Flags().Float64Var(&o.speed, "speed", 0, "how many times as fast as the real one the clock runs (default: as two cores keep up with)")
	cmd.Flags().StringSliceVar(&o.modes, "mode", names, "how Okta learns the roles")
	cmd.Flags().StringVar(&o.profile, "cpuprofile", "", "write there where oktaws's processor time went, for go tool pprof (of several modes, the last)")
	cmd.Flags().BoolVar(&o.json, "json", false, "print a JSON document a mode, each in a line")
	return cmd
}

// measured is what came of one mode. Times are in seconds of the sandbox's clock, but for the processor's.
type measured struct {
	Mode       string       `json:"mode"`
	Accounts   int          `json:"accounts"`
	Speed      float64      `json:"speed"`
	Floor      float64      `json:"floor_seconds"`
	FloorBy    string       `json:"floor_bucket"`
	Took       float64      `json:"took_seconds"` // from the approval to the last account linked
	Ratio      float64      `json:"ratio"`
	Refused    int          `json:"refused_calls"` // 429s of Okta
	PeakMemory int64        `json:"peak_memory_bytes"`
	CPU        float64      `json:"cpu_seconds"`
	Real       float64      `json:"real_seconds"` // that the run took in all
	SignedOn   int          `json:"signed_on"`    // accounts that a person tried, and got into
	Calls      []benchCalls `json:"calls"`
}

// benchCalls are the calls of one bucket of Okta, or of another service.
type benchCalls struct {
	Bucket     string         `json:"bucket"`
	Calls      int            `json:"calls"`
	PerAccount float64        `json:"per_account"`
	Operations map[string]int `json:"operations"`
}

// measure runs the modes one after the other.
func measure(ctx context.Context, o benchOptions, stdout, stderr io.Writer) error {
	if err := forgetAWS(); err != nil {
		return err
	}
	fmt.Fprintln(stderr, "Making keys for Okta's applications, which takes some seconds …")
	if err := okta.MakePairs(); err != nil {
		return err
	}
	for _, m := range benchModes {
		if !slices.Contains(o.modes, m.name) {
			continue
		}
		if o.speed > 0 {
			m.speed = o.speed
		}
		fmt.Fprintf(stderr, "Linking %d accounts in mode %s, %g times as fast as in reality …\n", o.accounts, m.name, m.speed)
		got, err := linkAll(ctx, m, o)
		if err != nil {
			return fmt.Errorf("mode %s: %w", m.name, err)
		}
		if o.json {
			if err := json.NewEncoder(stdout).Encode(got); err != nil {
				return err
			}
			continue
		}
		got.print(stdout)
	}
	return nil
}

// linkAll links so many accounts in a mode, in a sandbox of its own.
func linkAll(ctx context.Context, m benchMode, o benchOptions) (got measured, err error) {
	began := time.Now()
	clock := sandbox.NewClockSince(began, m.speed)
	defer clock.Stop()
	sb, err := sandbox.Start(sandbox.Options{Clock: clock, StackTime: stackTime})
	if err != nil {
		return got, err
	}
	defer func() { _ = sb.Close() }() // nothing of it is needed any more
	slow(sb.Hub, m.speed)
	dir, err := os.MkdirTemp("", "oktaws-bench-")
	if err != nil {
		return got, fmt.Errorf("make a folder for the store: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	oktaws, err := startAlone(ctx, sb, began, m.speed, dir, o.profile, m.settings...)
	if err != nil {
		return got, err
	}
	b := &bench{cast: cast{sb}, oktaws: oktaws, mode: m, members: benchMembers(o.accounts)}
	err = b.play(ctx)
	use, ended := oktaws.stop()
	err = errors.Join(err, ended)
	if unknown := sb.Hub.Unknown(); err == nil && len(unknown) > 0 {
		err = fmt.Errorf("the sandbox does not know %s %s, so its answer means nothing", unknown[0].Service, unknown[0].Operation)
	}
	if err != nil {
		return got, fmt.Errorf("%w\n\nThe log of oktaws:\n%s", err, oktaws.log)
	}
	floor, by := m.floor(o.accounts)
	took := b.linked.Sub(b.approved)
	got = measured{Mode: m.name, Accounts: o.accounts, Speed: m.speed, Floor: floor.Seconds(), FloorBy: by, Took: took.Seconds(),
		Ratio: took.Seconds() / floor.Seconds(), PeakMemory: use.peak, CPU: use.cpu.Seconds(), Real: time.Since(began).Seconds(), SignedOn: b.signedOn}
	got.count(b.calls)
	return got, nil
}

// count sorts the calls into buckets.
func (m *measured) count(calls []wire.Call) {
	by := map[string]*benchCalls{}
	for _, c := range calls {
		name := c.Service
		if c.Service == "okta" {
			bucket := okta.BucketOf(c.Operation)
			if bucket == "" {
				continue // what people do in a browser
			}
			name += " " + bucket
			if c.Status == 429 {
				m.Refused++
			}
		}
		if by[name] == nil {
			by[name] = &benchCalls{Bucket: name, Operations: map[string]int{}}
		}
		by[name].Calls++
		by[name].Operations[c.Operation]++
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		by[name].PerAccount = float64(by[name].Calls) / float64(m.Accounts)
		m.Calls = append(m.Calls, *by[name])
	}
}

// print says it to people.
func (m measured) print(w io.Writer) {
	long := func(seconds float64) time.Duration {
		return time.Duration(seconds * float64(time.Second)).Round(time.Second)
	}
	fmt.Fprintf(w, "\nmode %s, %d accounts\n", m.Mode, m.Accounts)
	fmt.Fprintf(w, "  the least that Okta's limits allow  %v (%s)\n", long(m.Floor), m.FloorBy)
	fmt.Fprintf(w, "  from approval to the last one linked %v\n", long(m.Took))
	fmt.Fprintf(w, "  ratio %.2f\n", m.Ratio)
	fmt.Fprintf(w, "  429s %d\n", m.Refused)
	fmt.Fprintf(w, "  peak memory %.0f MiB, processor %.1f s, in %.0f s of real time\n", float64(m.PeakMemory)/(1<<20), m.CPU, m.Real)
	fmt.Fprintf(w, "  signed on to %d of %d that were tried\n", m.SignedOn, m.SignedOn)
	fmt.Fprintln(w, "  calls an account:")
	for _, c := range m.Calls {
		fmt.Fprintf(w, "    %6.2f  %s\n", c.PerAccount, c.Bucket)
		for _, op := range slices.Sorted(maps.Keys(c.Operations)) {
			fmt.Fprintf(w, "      %6.2f  %s\n", float64(c.Operations[op])/float64(m.Accounts), op)
		}
	}
}
