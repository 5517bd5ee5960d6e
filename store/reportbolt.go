package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"go.etcd.io/bbolt"
)

// CheckBolt checks the store in dir as Check does, and before that the file's whole structure. It changes nothing, and
// upgrades nothing. It fails with an *Error: NotFound where there is no store, a Conflict where a process uses it,
// Permanent where the file is damaged, no store of oktaws, or of a newer schema than this program knows.
func CheckBolt(ctx context.Context, dir string) (Report, error) {
	path := filepath.Join(dir, boltName)
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return Report{}, newError(NotFound, "Look whether the data folder is the right one (data_dir, OKTAWS_DATA_DIR).", "there is no store %s", path)
	}
	lock, err := lockFolder(dir)
	if err != nil {
		return Report{}, err
	}
	defer lock.release()
	if err := verifyBoltFile(path); err != nil {
		return Report{}, err
	}
	var report Report
	err = viewBoltFile(ctx, path, func(r Reader) error {
		report, err = inspect(r)
		return err
	})
	return report, err
}

// viewBoltFile reads a file that was verified, and that no other process changes.
func viewBoltFile(ctx context.Context, path string, read func(Reader) error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = damaged(path, fmt.Sprint(p))
		}
	}()
	o := boltOptions()
	o.ReadOnly = true
	db, err := bbolt.Open(path, 0o600, o)
	if err != nil {
		return unusable(path, err)
	}
	defer db.Close()
	return db.View(func(tx *bbolt.Tx) error {
		r := &boltReader{ctx: ctx, bucket: tx.Bucket(boltBucket)}
		defer r.end()
		return read(r)
	})
}
