package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"go.etcd.io/bbolt"
)

var errEnded = errors.New("the transaction has ended")

// boltReader reads inside a bbolt transaction. bbolt's keys and values die with the transaction, so it copies them.
type boltReader struct {
	ctx    context.Context // of the transaction that this reader is
	bucket *bbolt.Bucket
	writes int // so that Scan knows when its place in the tree is lost
}

// end makes a reader that outlives its transaction fail, where bbolt would read memory that is no longer there.
func (r *boltReader) end() { r.bucket = nil }

func (r *boltReader) alive() error {
	if r.bucket == nil {
		return errEnded
	}
	return r.ctx.Err()
}

func (r *boltReader) Get(key string) ([]byte, error) {
	if err := r.alive(); err != nil {
		return nil, err
	}
	return bytes.Clone(r.bucket.Get([]byte(key))), nil
}

func (r *boltReader) Scan(prefix, after string, visit func(key string, value []byte) (bool, error)) error {
	if err := r.alive(); err != nil {
		return err
	}
	cursor := r.bucket.Cursor()
	k, v := cursor.Seek([]byte(max(prefix, after)))
	if after != "" && string(k) == after {
		k, v = cursor.Next()
	}
	for k != nil && strings.HasPrefix(string(k), prefix) {
		key, writes := string(k), r.writes
		more, err := visit(key, bytes.Clone(v))
		if err != nil || !more {
			return err
		}
		if err := r.alive(); err != nil {
			return err
		}
		if writes == r.writes {
			k, v = cursor.Next()
			continue
		}
		cursor = r.bucket.Cursor() // visit wrote, which moves the tree under a cursor
		if k, v = cursor.Seek([]byte(key)); string(k) == key {
			k, v = cursor.Next()
		}
	}
	return nil
}

// boltWriter writes inside a bbolt transaction.
type boltWriter struct {
	boltReader
	claims  *claims
	guards  []*claim
	written map[string]bool
	refused error // why it must not be committed, even if change returns nil
}

func (w *boltWriter) Put(key string, value []byte) error {
	if err := w.write(key); err != nil {
		return err
	}
	// bbolt keeps the value until it commits, and would read a nil one back as no value at all.
	if err := w.bucket.Put([]byte(key), append([]byte{}, value...)); err != nil {
		w.refused = fmt.Errorf("put %q: %w", key, err)
	}
	return w.refused
}

func (w *boltWriter) Delete(key string) error {
	if err := w.write(key); err != nil {
		return err
	}
	if err := w.bucket.Delete([]byte(key)); err != nil {
		w.refused = fmt.Errorf("delete %q: %w", key, err)
	}
	return w.refused
}

func (w *boltWriter) write(key string) error {
	if err := w.alive(); err != nil {
		return err
	}
	if w.refused != nil {
		return w.refused
	}
	w.written[key] = true
	switch {
	case key == "":
		w.refused = errors.New("write to an empty key")
	case len(w.written) > MaxWrites:
		w.refused = ErrTooManyWrites
	}
	w.writes++
	return w.refused
}

func (w *boltWriter) Guard(c Claim) error {
	if err := w.alive(); err != nil {
		return err
	}
	own, ok := c.(*claim)
	if !ok || !w.claims.holds(own) {
		w.refused = ErrClaimLost
		return ErrClaimLost
	}
	w.guards = append(w.guards, own)
	return nil
}
