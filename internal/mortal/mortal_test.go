package mortal_test

import (
	"context"
	"errors"
	"testing"

	"github.com/oktaws/oktaws/internal/mortal"
	"github.com/oktaws/oktaws/store"
)

func TestNothingIsKeptAfterTheEnd(t *testing.T) {
	bolt, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bolt.Close() })
	var life mortal.Life
	e := life.Engine(bolt)
	put := func(value string) error {
		return e.Update(t.Context(), func(w store.Writer) error { return w.Put("key", []byte(value)) })
	}
	if err := put("before"); err != nil {
		t.Fatal(err)
	}
	life.End()
	if err := put("after"); !errors.Is(err, mortal.ErrOver) {
		t.Errorf("a change after the end: %v, want %v", err, mortal.ErrOver)
	}
	var got []byte
	if err := e.View(t.Context(), func(r store.Reader) (err error) { got, err = r.Get("key"); return err }); err != nil || string(got) != "before" {
		t.Errorf("kept: %q, %v", got, err)
	}
}

func TestTheEndWaitsForAChangeUnderWay(t *testing.T) {
	bolt, err := store.OpenBolt(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bolt.Close() })
	var life mortal.Life
	e := life.Engine(bolt)
	inside, goOn, changed, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1), make(chan struct{})
	go func() {
		changed <- e.Update(context.Background(), func(w store.Writer) error {
			close(inside)
			<-goOn
			return w.Put("key", []byte("whole"))
		})
	}()
	<-inside
	go func() { life.End(); close(ended) }()
	select {
	case <-ended:
		t.Fatal("the end came in the middle of a change")
	default:
	}
	close(goOn)
	if err := <-changed; err != nil {
		t.Errorf("the change: %v", err)
	}
	<-ended
}
