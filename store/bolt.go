package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"
)

// The names of what OpenBolt keeps in its folder.
const (
	boltName    = "oktaws.db"
	boltNewName = boltName + ".new" // a store that is being made
)

// boltBucket is the one bucket that holds every key.
var boltBucket = []byte("oktaws")

// Bolt is the Engine for one process: a bbolt file in a folder that nobody else may read. Every Update that returns
// nil is on the disk.
type Bolt struct {
	db       *bbolt.DB
	file     *os.File // that db has open
	path     string
	doubtful bool // whether the disk may lack a page that the file shows; writer guards it
	lock     *folderLock
	writer   chan struct{} // holds a token while a transaction writes; a channel, so that waiting for it ends with ctx
	claims   *claims
	watchers *watchers

	mu      sync.Mutex // guards closed, and running.Add against Close
	closed  bool
	running sync.WaitGroup
	closing chan struct{} // closed when Close begins
	close   func() error
}

var _ Engine = (*Bolt)(nil)

// OpenBolt opens the store in dir, and makes both where there are none: the folder with mode 0700, the file oktaws.db
// in it with 0600. A folder or file that others may read is made private first.
//
// It fails with an *Error: a Conflict where another process holds the store (after about a second), Denied where the
// folder or the file can't be made private or used, Permanent where the file is damaged, cut short, or not a store of
// oktaws. It never changes such a file.
func OpenBolt(dir string) (*Bolt, error) {
	if err := makePrivate(dir); err != nil {
		return nil, err
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, boltName)
	b := &Bolt{path: path, lock: lock, writer: make(chan struct{}, 1), watchers: newWatchers(), closing: make(chan struct{})}
	epoch, err := b.openFile()
	if err != nil {
		lock.release()
		return nil, err
	}
	b.claims = newClaims(epoch)
	b.close = sync.OnceValue(b.shut)
	return b, nil
}

// openFile opens the file, whose folder is locked, and returns a number that grows with every opening.
func (b *Bolt) openFile() (epoch uint64, err error) {
	path := b.path
	switch _, statErr := os.Lstat(path); {
	case errors.Is(statErr, os.ErrNotExist):
		// Made aside and then put in place, so that an empty oktaws.db is never the trace of a start that was cut off:
		// it is a store that lost its content, and is refused.
		if err := makeBoltFile(path); err != nil {
			return 0, &Error{Kind: Denied, Message: "the store " + path + " can't be made",
				Remedy: "Let oktaws write to its data folder, and look at the free space of its disk.", Err: err}
		}
	case statErr != nil:
		return 0, unusable(path, statErr)
	default:
		if err := makeFilePrivate(path); err != nil {
			return 0, err
		}
		if err := verifyBoltFile(path); err != nil {
			return 0, err
		}
	}
	// The file was verified; should it be damaged in a way that bbolt alone knows of, then a fault in the memory that
	// it maps is a panic, and the panic an error.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			epoch, err = 0, damaged(path, fmt.Sprint(p))
		}
	}()
	o := boltOptions()
	o.OpenFile = func(path string, flag int, mode os.FileMode) (_ *os.File, err error) {
		b.file, err = os.OpenFile(path, flag, mode)
		return b.file, err
	}
	b.db, err = bbolt.Open(path, 0o600, o)
	switch {
	case errors.Is(err, bbolterrors.ErrTimeout):
		return 0, newError(Conflict, "Stop the program that has it open.", "the store %s is held by another program", path)
	case err != nil:
		return 0, unusable(path, err)
	}
	b.db.AllocSize = boltStep
	if err := b.settle(); err != nil {
		return 0, errors.Join(b.unwritten(err), b.db.Close())
	}
	err = b.db.Update(func(tx *bbolt.Tx) error {
		epoch, err = tx.Bucket(boltBucket).NextSequence()
		return err
	})
	if err != nil {
		return 0, errors.Join(b.unwritten(err), b.db.Close())
	}
	return epoch, nil
}

// makeBoltFile makes an empty store at path, whole or not at all.
func makeBoltFile(path string) error {
	unfinished := filepath.Join(filepath.Dir(path), boltNewName)
	if err := os.Remove(unfinished); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	db, err := bbolt.Open(unfinished, 0o600, boltOptions())
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucket(boltBucket)
		return err
	})
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// boltSpace is how much address space is mapped from the start, and boltStep how much the file grows at a time. bbolt
// maps a file that outgrows its space anew, and waits with that until no transaction reads: a view that lasts would
// hold up every writer.
const (
	boltSpace = 1 << 30
	boltStep  = 1 << 20
)

func boltOptions() *bbolt.Options {
	o := &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType}
	if strconv.IntSize == 64 && runtime.GOOS != "windows" { // where the file would get that large, too
		o.InitialMmapSize = boltSpace
	}
	return o
}

func unusable(path string, err error) *Error {
	return &Error{Kind: Denied, Message: "the store " + path + " can't be opened",
		Remedy: "Let oktaws read and write it: it must belong to the user that oktaws runs as.", Err: err}
}

func damaged(path, how string) *Error {
	return newError(Permanent, "Restore it from a backup, or give oktaws a data folder of its own (data_dir, OKTAWS_DATA_DIR). The file was left as it is.", "the store %s can't be used: %s", path, how)
}

// View runs read over one consistent snapshot.
func (b *Bolt) View(ctx context.Context, read func(Reader) error) error {
	leave, err := b.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tx, err := b.db.Begin(false)
	if err != nil {
		return fmt.Errorf("read the store %s: %w", b.path, err)
	}
	defer tx.Rollback()
	t := &boltReader{ctx: ctx, bucket: tx.Bucket(boltBucket)}
	defer t.end()
	return read(t)
}

// Update runs change in one transaction, once. Only one runs at a time.
func (b *Bolt) Update(ctx context.Context, change func(Writer) error) error {
	leave, err := b.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	select {
	case b.writer <- struct{}{}:
		defer func() { <-b.writer }()
	case <-ctx.Done():
		return ctx.Err()
	case <-b.closing:
		return ErrClosed
	}
	tx, err := b.db.Begin(true)
	if err != nil {
		return b.unwritten(err)
	}
	defer tx.Rollback() // does nothing after Commit; also when change panics
	t := &boltWriter{boltReader: boltReader{ctx: ctx, bucket: tx.Bucket(boltBucket)}, claims: b.claims, written: map[string]bool{}}
	defer t.end()
	if err := change(t); err != nil {
		return err
	}
	if t.refused != nil {
		return t.refused
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	release, err := b.claims.hold(t.guards)
	if err != nil {
		return err
	}
	defer release()
	if len(t.written) == 0 {
		return nil
	}
	if err := b.commit(tx); err != nil {
		return err
	}
	b.watchers.wake(t.written)
	return nil
}

// Claim makes the caller the one owner of key inside this process; other processes can't open the store.
func (b *Bolt) Claim(ctx context.Context, key string) (Claim, error) {
	leave, err := b.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return b.claims.take(key)
}

// Watch returns a channel that holds a token whenever a key under prefix was changed since the last receive.
func (b *Bolt) Watch(ctx context.Context, prefix string) <-chan struct{} {
	return b.watchers.watch(ctx, prefix)
}

// Close waits for the transactions that are running, closes the file, and gives the folder to the next process. It may
// be called again. Not from inside a transaction.
func (b *Bolt) Close() error { return b.close() }

func (b *Bolt) shut() error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	close(b.closing)
	b.running.Wait()
	b.claims.drop()
	b.watchers.end()
	err := b.db.Close()
	b.lock.release()
	if err != nil {
		return fmt.Errorf("close the store %s: %w", b.path, err)
	}
	return nil
}

// enter lets a call in unless the engine is closed or ctx has ended. The caller calls leave when it is through.
func (b *Bolt) enter(ctx context.Context) (leave func(), err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b.running.Add(1)
	return b.running.Done, nil
}
