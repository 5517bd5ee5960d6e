package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/okta"
	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// soon is a test's context, with an end to its patience.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// hear listens to what /live tells, from now on.
func (d *demo) hear(t *testing.T) *bufio.Reader {
	t.Helper()
	req, err := http.NewRequestWithContext(soon(t), http.MethodGet, d.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return bufio.NewReader(resp.Body)
}

// changed waits until it tells of a change.
func changed(t *testing.T, live *bufio.Reader) {
	t.Helper()
	for {
		line, err := live.ReadString('\n')
		if err != nil {
			t.Fatalf("/live: %v", err)
		}
		if strings.HasPrefix(line, "event: changed") {
			return
		}
	}
}

// page returns what a page says.
func (d *demo) page(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(d.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, resp.Status, err)
	}
	return string(b)
}

func TestResetBeginsAnewAtTheSameAddress(t *testing.T) {
	out := &output{}
	d := startTestDemo(t, demoOptions{scenario: "50-accounts", worldOptions: worldOptions{out: out}})
	before := d.Sandbox()
	if _, err := (cast{before}).ask(soon(t), slack.Requester, account, label, ""); err != nil {
		t.Fatal(err)
	}
	if err := before.Jump(soon(t), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	live := d.hear(t)
	if err := d.Reset(soon(t), "no such scenario"); err == nil || d.Sandbox() != before {
		t.Errorf("a scenario that isn't there: %v", err)
	}
	if err := d.Reset(soon(t), fresh); err != nil {
		t.Fatal(err)
	}
	changed(t, live)
	now := d.Sandbox()
	if now == before || d.site.Sandbox() != now || d.Scenario() != fresh {
		t.Error("the pages are still the old sandbox's")
	}
	if messages := now.Slack.Messages(slack.AdminChannel); len(messages) != 0 {
		t.Errorf("it is not fresh: %v", messages)
	}
	if out.String() != "" {
		t.Errorf("the people of the scenario before complained: %s", out.String())
	}
	if ahead := time.Until(now.Now()); ahead > time.Minute {
		t.Errorf("its clock is %s ahead", ahead)
	}
	if strings.Contains(d.page(t, "/"), "(done)") {
		t.Error("the tour has steps that are done")
	}
	if _, err := (cast{now}).ask(soon(t), slack.Requester, account, label, ""); err != nil {
		t.Error(err)
	}
}

func TestARestartedOktawsCarriesOn(t *testing.T) {
	d := startTestDemo(t, demoOptions{worldOptions: worldOptions{speed: 20}})
	c := cast{d.Sandbox()}
	request, err := c.ask(soon(t), slack.Requester, account, label, "")
	if err == nil {
		err = c.click(soon(t), slack.AdminOne, request, "approve")
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := d.Restart(soon(t)); err != nil {
			t.Fatal(err)
		}
	}
	if d.Sandbox() != c.Sandbox {
		t.Error("the sandbox is another one")
	}
	if _, err := c.message(soon(t), c.Slack.DM(slack.AdminOne), account, "credentials"); err != nil {
		t.Error(err)
	}
}

func TestAnOktawsThatEndsIsToldOf(t *testing.T) {
	out := &output{written: make(chan struct{}, 1)}
	d := startTestDemo(t, demoOptions{worldOptions: worldOptions{out: out}})
	live := d.hear(t)
	d.program.stop()
	<-out.written
	changed(t, live)
	if said := out.String(); !strings.Contains(said, "oktaws ended by itself, with exit code 0") || !strings.Contains(said, "oktaws has stopped") {
		t.Errorf("the console says %q", said)
	}
	if d.Ended() == "" || !strings.Contains(d.Log(), "oktaws has stopped") || !strings.Contains(d.page(t, "/"), d.Ended()) {
		t.Errorf("ended: %q, log: %s", d.Ended(), d.Log())
	}
	if err := d.Restart(soon(t)); err != nil || d.Ended() != "" {
		t.Errorf("started anew: %v %q", err, d.Ended())
	}
}

// ticked are the steps of the tour that are done, by their IDs.
func (d *demo) ticked(t *testing.T) (ids []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`id="step-([a-z-]+)" class="step done`).FindAllStringSubmatch(d.page(t, "/"), -1) {
		ids = append(ids, m[1])
	}
	return ids
}

func TestTheTourTicksItself(t *testing.T) {
	d := startTestDemo(t, demoOptions{worldOptions: worldOptions{speed: 60}})
	c, ctx := cast{d.Sandbox()}, soon(t)
	var request, task slack.Message
	for _, s := range []struct {
		done string
		do   func() error
	}{
		{"ask", func() (err error) { request, err = c.ask(ctx, slack.Requester, account, label, ""); return err }},
		{"approve watch", func() (err error) {
			if err := c.click(ctx, slack.AdminOne, request, "approve"); err != nil {
				return err
			}
			_, err = c.message(ctx, c.Slack.DM(slack.AdminOne), account, "credentials")
			return err
		}},
		{"wait", func() (err error) {
			if err := c.Jump(ctx, 24*time.Hour); err != nil {
				return err
			}
			task, err = c.message(ctx, c.Slack.DM(slack.AdminOne), "Reminder", "credentials")
			return err
		}},
		{"credentials provisioning linked", func() error {
			if err := c.enable(ctx, slack.AdminOne, task, label); err != nil {
				return err
			}
			_, err := c.message(ctx, c.Slack.DM(slack.Requester), "is linked", "")
			return err
		}},
		{"group", func() error {
			groups := c.Okta.Groups()
			i := slices.IndexFunc(groups, func(g okta.Group) bool { return g.Name == label+"-ReadOnlyAccess" })
			return c.Okta.SetMember(groups[i].ID, okta.TestUserLogin, true)
		}},
		{"sign-on", func() error {
			on, err := c.Okta.SignOn(okta.TestUserLogin, c.application(label).ID)
			if err != nil {
				return err
			}
			resp, err := http.PostForm(d.URL+"/saml", map[string][]string{"SAMLResponse": {on.Response}})
			if err == nil {
				err = resp.Body.Close()
			}
			return err
		}},
	} {
		before := d.ticked(t)
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v\n%s", s.done, err, d.Log())
		}
		if got, want := d.ticked(t), append(before, strings.Fields(s.done)...); !slices.Equal(got, want) {
			t.Errorf("ticked are %v, want %v", got, want)
		}
	}
}
