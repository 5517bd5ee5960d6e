package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// lockName is the file whose lock is the right to use the folder, and whose content says who holds it.
const lockName = "oktaws.lock"

// lockPatience is how long a process waits for the one before it to let go of the folder.
const lockPatience = time.Second

const ownFolder = "Give oktaws a folder of its own: data_dir in oktaws.yaml, or OKTAWS_DATA_DIR. One that doesn't exist yet will do; oktaws makes it."

// makePrivate makes the folder where there is none, and closes one that others may look into. It leaves the mode alone
// of a folder that holds other people's things too.
func makePrivate(dir string) error {
	if dir == "" {
		return newError(Permanent, ownFolder, "no data folder is set")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &Error{Kind: Denied, Message: "the data folder " + dir + " can't be made", Remedy: ownFolder, Err: err}
	}
	info, err := os.Stat(dir)
	if err != nil {
		return &Error{Kind: Denied, Message: "the data folder " + dir + " can't be looked at", Remedy: ownFolder, Err: err}
	}
	if isPrivate(info) {
		return nil
	}
	open := fmt.Sprintf("others may look into the data folder %s (its mode is %s)", dir, info.Mode())
	if info.Mode()&os.ModeSticky != 0 {
		return newError(Denied, ownFolder, "%s, and it is one that programs share", open)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return &Error{Kind: Denied, Message: open + ", and its content can't be listed", Remedy: ownFolder, Err: err}
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "oktaws") && e.Name() != "lost+found" {
			return newError(Denied, ownFolder+" Or close this one: chmod 700 "+dir, "%s, and it holds other things too, such as %s", open, e.Name())
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return &Error{Kind: Denied, Message: open + ", and oktaws may not change that",
			Remedy: "Run chmod 700 " + dir + " as its owner. Or: " + ownFolder, Err: err}
	}
	return nil
}

// makeFilePrivate closes a store that others may read.
func makeFilePrivate(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return unusable(path, err)
	}
	if !info.Mode().IsRegular() {
		return damaged(path, "it is not a regular file")
	}
	if isPrivate(info) {
		return nil
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return &Error{Kind: Denied, Message: fmt.Sprintf("others may read the store %s (its mode is %s), and oktaws may not change that", path, info.Mode()),
			Remedy: "Run chmod 600 " + path + " as its owner.", Err: err}
	}
	return nil
}

// isPrivate says whether nobody but the owner has any right. Windows has no such modes.
func isPrivate(info os.FileInfo) bool {
	return runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0
}

// syncFolder makes a name that was put into the folder survive a loss of power.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil // a folder can't be opened there
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// folderLock is the right to use a data folder. The system takes it from a process that ends in any way.
type folderLock struct{ file *os.File }

// holder is who has the lock, as the lock's file says it. It says so only while the lock is held.
type holder struct {
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

// errLocked says that somebody else has the lock of a file.
var errLocked = errors.New("locked")

func lockFolder(dir string) (*folderLock, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &Error{Kind: Denied, Message: "the data folder " + dir + " can't be used", Remedy: "Let oktaws write to it. Or: " + ownFolder, Err: err}
	}
	for end := time.Now().Add(lockPatience); ; time.Sleep(20 * time.Millisecond) {
		err = tryLock(f)
		if err == nil {
			break
		}
		if errors.Is(err, errLocked) && time.Now().Before(end) {
			continue
		}
		defer f.Close()
		if !errors.Is(err, errLocked) {
			return nil, &Error{Kind: Denied, Message: "the data folder " + dir + " can't be locked", Remedy: "Put it on a local disk.", Err: err}
		}
		return nil, newError(Conflict, "Stop that process, or give this one a data folder of its own (data_dir, OKTAWS_DATA_DIR).",
			"the store in %s is in use by %s", dir, readHolder(f))
	}
	host, _ := os.Hostname() // for people; nothing depends on it
	note, err := json.Marshal(holder{PID: os.Getpid(), Host: host, Since: time.Now().UTC().Truncate(time.Second)})
	if err == nil {
		err = rewrite(f, note)
	}
	if err != nil {
		return nil, &Error{Kind: Denied, Message: "the data folder " + dir + " can't be written", Remedy: "Look at the free space of its disk.", Err: errors.Join(err, f.Close())}
	}
	return &folderLock{file: f}, nil
}

// readHolder returns who has the lock, for people. A note that can't be right names nobody.
func readHolder(f io.ReaderAt) string {
	var h holder
	note, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<10))
	if err != nil || json.Unmarshal(note, &h) != nil || h.PID <= 0 {
		return "another process"
	}
	if host, err := os.Hostname(); err != nil || host == h.Host && !alive(h.PID) {
		return "another process" // the note of one that was killed, before the present one wrote its own
	}
	return fmt.Sprintf("process %d on %s, since %s", h.PID, h.Host, h.Since.Format(time.RFC3339))
}

// release gives the lock up. What it says goes first, so that it never speaks for the next holder.
func (l *folderLock) release() {
	_ = rewrite(l.file, nil) // only the note is lost
	_ = l.file.Close()
}

func rewrite(f *os.File, content []byte) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(content, 0)
	return err
}
