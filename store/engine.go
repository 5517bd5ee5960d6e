package store

import (
	"context"
	"errors"
)

// MaxWrites is how many keys one Update may put or delete. It is what the strictest engine can hold in one transaction
// (etcd's default is 128 operations, and a guard costs two).
const MaxWrites = 64

// MaxPeople is how many people a task may fall to, and how many may have to approve: the messages to all of them become
// due in one transaction.
const MaxPeople = 10

// Errors that every engine answers with.
var (
	// ErrClaimed says that somebody else holds the key.
	ErrClaimed = errors.New("claimed by another owner")
	// ErrClaimLost says that the claim which an Update was to be guarded by is no longer held.
	ErrClaimLost = errors.New("claim lost to another owner")
	// ErrTooManyWrites says that an Update wrote more than MaxWrites keys. Nothing of it was kept.
	ErrTooManyWrites = errors.New("too many writes in one transaction")
	// ErrUnwritable says that the engine can keep no change for now: its disk is full, say. It stands in the chain of an
	// *Error that tells why. What was kept before is safe, and a later Update may succeed.
	ErrUnwritable = errors.New("the store can't be written")
	// ErrClosed says that the engine was closed.
	ErrClosed = errors.New("store is closed")
)

// Engine is the key-value contract under the records: ordered string keys, opaque values, four verbs. Whatever passes
// storetest.Run can carry oktaws. Its methods are safe to call from several goroutines, but not from inside of one of
// its own transactions.
type Engine interface {
	// View runs read over one consistent snapshot.
	View(ctx context.Context, read func(Reader) error) error
	// Update runs change in one serialisable transaction: all of its writes are kept and durable when Update returns
	// nil, and none of them otherwise, also when change panics. An engine may run change more than once, so change must
	// have no effect outside of the Writer. An error of the Writer stays: change can't make the rest be kept by hiding
	// it. Where ctx ends before the writes are kept, they are not.
	Update(ctx context.Context, change func(Writer) error) error
	// Claim makes the caller the one owner of key until the claim is released, or fails at once with ErrClaimed. A
	// claim is not a value: keys of claims and keys of records don't meet.
	Claim(ctx context.Context, key string) (Claim, error)
	// Watch returns a channel that holds a token whenever a key under prefix was changed since the last receive. Many
	// changes make one token: look at the store, not at the token. The channel is closed when ctx ends or the engine
	// is closed.
	Watch(ctx context.Context, prefix string) <-chan struct{}
	// Close waits for the transactions that are running and releases what the engine holds. Later calls fail with
	// ErrClosed, except Close, which does nothing.
	Close() error
}

// Reader reads inside a transaction, and in one goroutine; after it, it fails. Values are the caller's to keep.
type Reader interface {
	// Get returns the value of key, or nil when there is none. A value of no bytes is not nil.
	Get(key string) ([]byte, error)
	// Scan visits the keys that begin with prefix and are greater than after, in byte order, until visit returns false
	// or an error, which Scan returns. visit may write: keys behind the one it was called with are visited as they are
	// by then.
	Scan(prefix, after string, visit func(key string, value []byte) (more bool, err error)) error
}

// Writer reads, with its own writes visible, and writes inside a transaction.
type Writer interface {
	Reader
	// Put sets the value of key, which must not be empty.
	Put(key string, value []byte) error
	// Delete removes key, if it is there.
	Delete(key string) error
	// Guard makes the transaction fail with ErrClaimLost unless the claim is still held when it commits.
	Guard(Claim) error
}

// Claim is the ownership of one key.
type Claim interface {
	Key() string
	// Generation grows with every claim of the same key, so that a stale owner can be told from the present one.
	Generation() uint64
	// Release gives the key up. Releasing twice does nothing.
	Release()
}
