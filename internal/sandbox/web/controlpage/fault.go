package controlpage

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// services are those that the hub tells apart.
var services = []string{"slack", "okta", "sts", "iam", "cloudformation", "organizations", "signin"}

// faultView is a fault that is on, in words.
type faultView struct{ ID, Calls, What, Often string }

func viewFaults(hub *wire.Hub) []faultView {
	var out []faultView
	for _, f := range hub.Faults() {
		out = append(out, faultView{ID: f.ID, Calls: faultCalls(f), What: faultWhat(f), Often: faultOften(f)})
	}
	return out
}

// faultCalls says which calls a fault is for.
func faultCalls(f wire.Fault) string {
	service, operation := f.Service, f.Operation
	switch {
	case service == "*":
		service = ""
	case operation == "*":
		operation = ""
	}
	switch {
	case service == "" && (operation == "" || operation == "*"):
		return "every call"
	case operation == "":
		return "every call of " + service
	case service == "":
		return operation
	}
	return service + " " + operation
}

// faultWhat says what a fault does to a call.
func faultWhat(f wire.Fault) string {
	var what []string
	if f.DelayMillis > 0 {
		what = append(what, fmt.Sprintf("waits %g s", float64(f.DelayMillis)/1000))
	}
	switch {
	case f.Cut == "before":
		what = append(what, "the connection is cut before the call has an effect")
	case f.Cut == "after":
		what = append(what, "takes effect, then the connection is cut")
	case f.Status != 0:
		answer := "answers " + strconv.Itoa(f.Status)
		if f.Code != "" {
			answer += " " + f.Code
		}
		if f.Message != "" {
			answer += " “" + f.Message + "”"
		}
		what = append(what, answer)
	}
	return strings.Join(what, ", then ")
}

// faultOften says for how long a fault is still on.
func faultOften(f wire.Fault) string {
	var often []string
	if f.Skip > 0 {
		often = append(often, fmt.Sprintf("after %d more", f.Skip))
	}
	switch {
	case f.Times == 1:
		often = append(often, "once")
	case f.Times > 1:
		often = append(often, fmt.Sprintf("%d more times", f.Times))
	}
	if !f.Until.IsZero() {
		often = append(often, "until "+f.Until.UTC().Format("15:04:05"))
	}
	if f.Times == 0 && f.Until.IsZero() {
		often = append(often, "until it is switched off")
	}
	return strings.Join(often, ", ")
}

// fault switches on what the form for any fault says.
func (c *console) fault(r *http.Request) (string, error) {
	f := wire.Fault{
		Service: strings.TrimSpace(r.PostFormValue("service")), Operation: strings.TrimSpace(r.PostFormValue("operation")),
		Code: strings.TrimSpace(r.PostFormValue("code")), Message: strings.TrimSpace(r.PostFormValue("message")), Cut: r.PostFormValue("cut"),
	}
	for _, n := range []struct {
		name string
		to   *int
	}{{"times", &f.Times}, {"skip", &f.Skip}, {"status", &f.Status}, {"delay", &f.DelayMillis}, {"retry", &f.RetryAfter}} {
		text := strings.TrimSpace(r.PostFormValue(n.name))
		if text == "" {
			continue
		}
		value, err := strconv.Atoi(text)
		if err != nil {
			return "", fmt.Errorf("%s is %q, which is no whole number", n.name, text)
		}
		*n.to = value
	}
	if f.Service != "" && !strings.ContainsAny(f.Service, "*?") && !slices.Contains(services, f.Service) {
		return "", fmt.Errorf("there is no service %q: it is one of %s", f.Service, strings.Join(services, ", "))
	}
	if err := f.Check(); err != nil {
		return "", err
	}
	c.place.Sandbox().Hub.Add(f)
	return fmt.Sprintf("Switched on: %s: %s, %s.", faultCalls(f), faultWhat(f), faultOften(f)), nil
}

// off switches one fault off, or all.
func (c *console) off(r *http.Request) (string, error) {
	hub, id := c.place.Sandbox().Hub, r.PostFormValue("id")
	if id == "all" {
		hub.Remove("")
		return "All faults are off.", nil
	}
	on := hub.Faults()
	i := slices.IndexFunc(on, func(f wire.Fault) bool { return f.ID == id })
	if i < 0 {
		return "", errors.New("this fault is off already")
	}
	hub.Remove(id)
	return fmt.Sprintf("Switched off: %s: %s.", faultCalls(on[i]), faultWhat(on[i])), nil
}
