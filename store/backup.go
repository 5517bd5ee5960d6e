package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

const boltRestoring = boltName + ".restoring" // a backup that is being put into the folder

// Backup writes a copy of the store, as it is at this moment, to w. It is a store itself, of which
// RestoreBolt makes the one in a data folder. What is deleted or overwritten meanwhile keeps its place in the file until the end, so
// a slow w makes the file grow.
func (b *Bolt) Backup(ctx context.Context, w io.Writer) error {
	leave, err := b.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tx, err := b.db.Begin(false)
	if err != nil {
		return fmt.Errorf("back up the store %s: %w", b.path, err)
	}
	defer tx.Rollback()
	if _, err := tx.WriteTo(writerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return w.Write(p)
	})); err != nil {
		if ctx.Err() != nil {
			return ctx.Err() // bbolt hides the causes of its errors
		}
		return fmt.Errorf("back up the store %s: %w", b.path, err)
	}
	return nil
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Restore says how RestoreBolt goes about it.
type Restore struct {
	Replace bool      // the store that is in the folder makes way, and is kept beside
	Now     time.Time // names the former store
}

// Restored is what RestoreBolt has done.
type Restored struct {
	Bytes  int64  // that the backup has
	Schema int    // of its records; an older one than this program's is upgraded by New
	Former string // path of the store that was there before, oktaws.db.before-restore-20261123T120000Z; empty: there was none
}

// RestoreBolt makes the store in dir the one that Backup wrote. The folder is made where there is none, private as
// OpenBolt has it. The backup is read and checked whole before anything changes, and then takes its place at once: cut
// off anywhere, there is the former store or the restored one, never a part of it.
//
// It fails with an *Error: a Conflict where a process uses the folder, or where a store is there that isn't to be
// replaced; Permanent where the backup is cut short, damaged, no store of oktaws, or of a newer schema than this
// program knows; Denied where the folder can't be written.
func RestoreBolt(ctx context.Context, dir string, backup io.Reader, how Restore) (done Restored, err error) {
	if err := makePrivate(dir); err != nil {
		return done, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return done, err
	}
	defer lock.release()
	path, incoming := filepath.Join(dir, boltName), filepath.Join(dir, boltRestoring)
	_, err = os.Lstat(path)
	there := !errors.Is(err, os.ErrNotExist)
	if there && !how.Replace {
		return done, newError(Conflict, "Restore into another data folder, or replace the store with --replace: it is then kept beside the restored one.",
			"there is a store in the data folder %s", dir)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(incoming) // what is left of it is in the way of nothing
		}
	}()
	if done.Bytes, err = writeWhole(ctx, incoming, backup); err != nil {
		return done, err
	}
	if done.Schema, err = verifyBackup(incoming); err != nil {
		return done, err
	}
	if there {
		done.Former = path + ".before-restore-" + how.Now.UTC().Format("20060102T150405Z")
		if err := keepBeside(ctx, path, done.Former); err != nil {
			return done, unrestored(dir, err)
		}
	}
	if err := errors.Join(os.Rename(incoming, path), syncFolder(dir)); err != nil {
		return done, unrestored(dir, err)
	}
	return done, nil
}

// verifyBackup checks that the file is a whole store, of records that this program can read, and returns their schema.
func verifyBackup(path string) (schema int, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, unrestored(filepath.Dir(path), err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, unrestored(filepath.Dir(path), err)
	}
	if err := verifyBolt(f, info.Size()); err != nil {
		return 0, newError(Permanent, "Take another backup. Nothing was changed.", "the backup can't be used: %s", err)
	}
	err = viewBoltFile(context.Background(), path, func(r Reader) error {
		schema, _, err = schemaOf(r)
		return err
	})
	switch {
	case err != nil:
		return 0, err
	case schema < 1:
		return 0, newError(Permanent, "Take another backup. Nothing was changed.", "the backup can't be used: it has no schema mark")
	case schema > Schema:
		return 0, newError(Permanent, "Restore it with the version of oktaws that wrote it. Nothing was changed.",
			"the backup has schema %d; this version of oktaws knows schema %d", schema, Schema)
	}
	return schema, nil
}

// keepBeside gives a file a second name, so that at no moment there is none; where the file system knows of no second
// names, it makes a copy.
func keepBeside(ctx context.Context, path, beside string) error {
	err := os.Link(path, beside)
	if err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = writeWhole(ctx, beside, f)
	return err
}

// writeWhole writes a private file and has it on the disk before it returns.
func writeWhole(ctx context.Context, path string, content io.Reader) (n int64, err error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, unrestored(filepath.Dir(path), err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, unrestored(filepath.Dir(path), err)
	}
	var unread error
	n, err = io.Copy(f, readerFunc(func(p []byte) (int, error) {
		if unread = ctx.Err(); unread != nil {
			return 0, unread
		}
		n, err := content.Read(p)
		if err != nil && !errors.Is(err, io.EOF) {
			unread = err
		}
		return n, err
	}))
	if unread != nil {
		return n, errors.Join(fmt.Errorf("read the backup: %w", unread), f.Close())
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return n, unrestored(filepath.Dir(path), err)
	}
	return n, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func unrestored(dir string, err error) *Error {
	return &Error{Kind: Denied, Message: "the backup can't be put into the data folder " + dir,
		Remedy: "Let oktaws write to the folder, and look at the free space of its disk.", Err: err}
}
