package controlpage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// beginTime is how long a world may take to begin anew.
const beginTime = time.Minute

var errAlone = errors.New("oktaws was not started from here: end it, and start it anew, where it runs")

// reset begins anew in a scenario.
func (c *console) reset(r *http.Request) (string, error) {
	name := r.PostFormValue("scenario")
	switch {
	case c.world == nil:
		return "", errAlone
	case !slices.ContainsFunc(c.world.Scenarios(), func(s Scenario) bool { return s.Name == name }):
		return "", fmt.Errorf("there is no scenario %q: choose one of the list", name)
	case r.PostFormValue("sure") == "":
		return "", errors.New("nothing was reset: tick the box that says that all is lost")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), beginTime)
	defer cancel()
	if err := c.world.Reset(ctx, name); err != nil {
		return "", fmt.Errorf("begin anew in the scenario %s: %w", name, err)
	}
	return "Everything has begun anew, in the scenario “" + name + "”.", nil
}

// restart has oktaws crash and come back.
func (c *console) restart(r *http.Request) (string, error) {
	if c.world == nil {
		return "", errAlone
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), beginTime)
	defer cancel()
	if err := c.world.Restart(ctx); err != nil {
		return "", fmt.Errorf("start oktaws anew: %w", err)
	}
	return "oktaws has crashed, and was started anew on the same store.", nil
}

// worldView is what the page says of the world.
type worldView struct {
	Scenarios []Scenario
	Chosen    string // the scenario that the form begins with
	Present   string
	Ended     string
}

func (c *console) viewWorld(filled *note) *worldView {
	if c.world == nil {
		return nil
	}
	v := &worldView{Scenarios: c.world.Scenarios(), Present: c.world.Scenario(), Ended: c.world.Ended()}
	v.Chosen = v.Present
	if filled != nil && filled.Form == "reset" {
		v.Chosen = filled.Values.Get("scenario")
	}
	return v
}
