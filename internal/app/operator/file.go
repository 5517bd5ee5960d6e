package operator

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/oktaws/oktaws/store"
)

// File is where a command's output goes in place of stdout. It is made by the process that was called, in the folder in
// which that was, whoever runs the command.
type File struct {
	Path  string
	Force bool // one that is there is replaced
}

// Fill makes the file of what write writes, for nobody else to read, and returns its size in bytes. It takes its place at
// once: where write fails, or is cut off, there is what was there before.
func (f File) Fill(write func(io.Writer) error) (n int64, err error) {
	if err := f.free(); err != nil {
		return 0, err
	}
	made, err := os.CreateTemp(filepath.Dir(f.Path), ".oktaws-*") // 0600
	if err != nil {
		return 0, f.unwritable(err)
	}
	defer func() {
		_ = made.Close()           // a second time where all went well
		_ = os.Remove(made.Name()) // it has another name by then
	}()
	counted := &counter{w: made}
	if err := write(counted); err != nil {
		return 0, cmp.Or(f.unwritable(counted.err), err)
	}
	if err := errors.Join(made.Sync(), made.Close()); err != nil {
		return 0, f.unwritable(err)
	}
	return counted.n, f.place(made.Name())
}

// free says why the file can't be made.
func (f File) free() error {
	info, err := os.Lstat(f.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return f.unwritable(err)
	case !info.Mode().IsRegular():
		return refuse(store.Conflict, "Name a file.", "%s is there, and is no file", f.Path)
	case !f.Force:
		return refuse(store.Conflict, "Name another file, or replace it with --force.", "%s is there already", f.Path)
	}
	return nil
}

// place gives the file its name. What has come there meanwhile isn't replaced unasked.
func (f File) place(made string) error {
	if !f.Force {
		switch err := os.Link(made, f.Path); {
		case err == nil:
			return nil
		case errors.Is(err, fs.ErrExist):
			return f.free()
		}
		// the file system knows of no second names
	}
	return f.unwritable(os.Rename(made, f.Path))
}

func (f File) unwritable(err error) error {
	if err == nil {
		return nil
	}
	return &store.Error{Kind: store.Denied, Message: "the file " + f.Path + " can't be written", Err: err,
		Remedy: "Name one in a folder where you may write, on a disk with free space."}
}

// Tell says that the file was written.
func (f File) Tell(stdout io.Writer, asJSON bool, n int64) error {
	if asJSON {
		return (&Session{Stdout: stdout}).print(fileDocument{f.Path, n})
	}
	_, err := fmt.Fprintf(stdout, "Written: %s, %s.\n", f.Path, plural(int(n), "byte", "bytes"))
	return err
}

type fileDocument struct {
	File  string `json:"file"` // as it was named
	Bytes int64  `json:"bytes"`
}

// counter counts what is written, and keeps why it could not be.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	c.err = cmp.Or(c.err, err)
	return n, err
}
