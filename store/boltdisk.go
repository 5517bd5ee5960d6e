package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"go.etcd.io/bbolt"
)

// bbolt writes a transaction's pages beside those that are in use, has them on the disk, and only then names the new
// tree, in one page. So a disk that is full takes nothing away, and the next transaction can be tried at once. Only where
// the disk fails while that one page is brought to it, the file shows a tree that the disk may lack; settle mends that.

// commit keeps a transaction, and returns nil once it is on the disk.
func (b *Bolt) commit(tx *bbolt.Tx) error {
	if err := b.inPlace(); err != nil {
		return err
	}
	if b.doubtful {
		if err := b.settle(); err != nil {
			return b.unwritten(err)
		}
		b.doubtful = false
	}
	id := uint64(tx.ID())
	err := tx.Commit()
	if err == nil {
		return nil
	}
	b.doubtful = b.settle() != nil
	if !b.doubtful && b.newest() == id {
		return nil // it is on the disk after all
	}
	return b.unwritten(err)
}

// settle has the disk have the pages that name the tree, as the file shows them: after a write that failed, the system
// takes them for written, and the next transaction would write over the tree that the disk still names.
func (b *Bolt) settle() error {
	both := make([]byte, 2*b.db.Info().PageSize)
	if _, err := b.file.ReadAt(both, 0); err != nil {
		return err
	}
	if _, err := b.file.WriteAt(both, 0); err != nil {
		return err
	}
	return b.file.Sync()
}

// newest is the number of the newest transaction in the file.
func (b *Bolt) newest() uint64 {
	info, err := b.file.Stat()
	if err != nil {
		return 0
	}
	m, err := presentMeta(b.file, info.Size())
	if err != nil {
		return 0
	}
	return m.transaction
}

// inPlace checks that what is written goes into the file that the next start will open.
func (b *Bolt) inPlace() error {
	own, err := b.file.Stat()
	if err != nil {
		return b.unwritten(err)
	}
	there, err := os.Stat(b.path)
	if err == nil && os.SameFile(own, there) {
		return nil
	}
	return &Error{Kind: Transient, Message: "the store " + b.path + " was deleted, moved or replaced while oktaws was using it, so nothing can be recorded",
		Remedy: "Put that very file back, and oktaws goes on by itself. Where it is lost, stop oktaws and restore a backup.", Err: errors.Join(ErrUnwritable, err)}
}

// unwritten says why the store can't be written, and what an operator does about it.
func (b *Bolt) unwritten(err error) *Error {
	if _, known := errors.AsType[syscall.Errno](err); !known {
		err = errors.Join(err, b.growth()) // bbolt hides the cause where the file can't grow
	}
	folder := filepath.Dir(b.path)
	const goesOn = " What was recorded before is safe, and oktaws goes on by itself once that is done."
	e := &Error{Kind: Transient, Err: fmt.Errorf("%w: %w", ErrUnwritable, err)}
	switch {
	case errors.Is(err, syscall.ENOSPC):
		e.Message, e.Remedy = "the disk of the data folder "+folder+" is full, so nothing can be recorded", "Free some space on it."+goesOn
	case errors.Is(err, syscall.EDQUOT):
		e.Message, e.Remedy = "the disk quota of the data folder "+folder+" is used up, so nothing can be recorded", "Free some space, or raise the quota."+goesOn
	case errors.Is(err, syscall.EFBIG):
		e.Message, e.Remedy = "the store "+b.path+" may not grow any more, so nothing can be recorded", "Raise the limit of the size of a file (ulimit -f), and start oktaws again. What was recorded before is safe."
	case errors.Is(err, syscall.EROFS):
		e.Message, e.Remedy = "the disk of the data folder "+folder+" is mounted read-only, so nothing can be recorded", "Look at its health, and mount it writable."+goesOn
	case errors.Is(err, syscall.EIO):
		e.Message, e.Remedy = "the disk of the data folder "+folder+" fails, so nothing can be recorded", "Look at its health, and back the store up."+goesOn
	default:
		e.Message, e.Remedy = "the store "+b.path+" can't be written, so nothing can be recorded", "Look at the free space and the health of its disk."+goesOn
	}
	return e
}

// growth tries to make the file larger by a step, and returns why that fails.
func (b *Bolt) growth() error {
	info, err := b.file.Stat()
	if err != nil {
		return err
	}
	return b.file.Truncate(info.Size() + boltStep)
}
