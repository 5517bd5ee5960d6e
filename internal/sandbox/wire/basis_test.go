package wire_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

func TestBasesFollowTheOperations(t *testing.T) {
	bases, strays := wire.Match("svc", []string{"b", "a", "new"},
		wire.Basis{Operation: "a", Does: "does a"}, wire.Basis{Operation: "b", Does: "does b"}, wire.Basis{Operation: "a", Does: "does a again"},
		wire.Basis{Operation: wire.Every, Does: "is shared", Aside: true}, wire.Basis{Operation: "gone", Does: "is no more"})
	var got []string
	for _, b := range bases {
		got = append(got, b.Service+" "+b.Operation+": "+b.Does)
	}
	if want := []string{"svc b: does b", "svc a: does a", "svc new: ", "svc every call: is shared"}; !slices.Equal(got, want) {
		t.Errorf("bases %q, want %q", got, want)
	}
	if want := []string{"svc a", "svc gone"}; !slices.Equal(strays, want) {
		t.Errorf("strays %q, want %q", strays, want)
	}
}

func TestACallOfAnUnknownOperationIsKept(t *testing.T) {
	hub := wire.New(time.Now)
	service := wire.Service{
		Identify: func(r *http.Request, _ []byte) (string, string, string) {
			return "svc", strings.TrimPrefix(r.URL.Path, "/"), ""
		},
		Serve: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		Bases: []wire.Basis{{Service: "svc", Operation: "known"}, {Service: "svc", Operation: "aside", Aside: true}},
	}
	hub.Handler(service)
	h := hub.Handler(service) // a service may be put behind the hub again
	for _, path := range []string{"/known", "/strange", "/aside"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader("secret")))
	}
	if n := len(hub.Operations()); n != 2 {
		t.Errorf("%d operations, want 2", n)
	}
	var unknown []string
	for _, c := range hub.Unknown() {
		unknown = append(unknown, c.Operation+c.Request)
	}
	if want := []string{"strange", "aside"}; !slices.Equal(unknown, want) {
		t.Errorf("unknown %q, want %q", unknown, want)
	}
	for _, c := range hub.Calls(0) {
		if c.Unknown != (c.Operation != "known") {
			t.Errorf("on record: %+v", c)
		}
	}
}
