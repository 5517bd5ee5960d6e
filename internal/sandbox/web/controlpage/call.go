package controlpage

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/oktaws/oktaws/internal/sandbox/web/page"
	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// callView is what the page of one call shows.
type callView struct {
	row
	Bare              bool
	Request, Response body
	Before, After     int // the numbers of the calls next to it; 0: there is none
}

// call is the page of one call.
func (c *console) call(w http.ResponseWriter, r *http.Request) {
	hub := c.place.Sandbox().Hub
	seq, err := strconv.Atoi(r.PathValue("seq"))
	found, ok := wire.Call{}, false
	if err == nil {
		found, ok = hub.Call(seq)
	}
	if !ok {
		page.Problem(w, c.place, http.StatusNotFound, page.Control,
			fmt.Sprintf("There is no call %q on record: it is still under way, or was forgotten by a reset, or never came.", r.PathValue("seq")), "/control/wire")
		return
	}
	v := callView{row: newRow(&found), Bare: found.Bare, Request: newBody(found.Request), Response: newBody(found.Response)}
	if _, ok := hub.Call(seq - 1); ok {
		v.Before = seq - 1
	}
	if _, ok := hub.Call(seq + 1); ok {
		v.After = seq + 1
	}
	c.show(w, r, "/control/wire", "call", fmt.Sprintf("Call %d: %s %s", seq, found.Service, found.Operation), v)
}
