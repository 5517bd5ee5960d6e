package operator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/oktaws/oktaws/store"
)

// SocketName is the socket's in the data folder.
const SocketName = "oktaws.sock"

// protocol is the version of what is said over the socket: JSON values, one a line. The caller says call first, and later
// at most one more, cancel; the answer is a refusal, or frames, of which the last has the exit code. Every version has
// the version in its call, and takes a refusal.
const protocol = 1

type call struct {
	Protocol int `json:"oktaws"`
	Request
	Cancel bool `json:"cancel,omitempty"`
}

// frame is a piece of the answer.
type frame struct {
	Out     []byte         `json:"out,omitempty"`
	Err     []byte         `json:"err,omitempty"`
	Exit    *int           `json:"exit,omitempty"` // the last one's
	Refused *errorDocument `json:"refused,omitempty"`
}

// greeting is how long who connects may take to say what it wants.
const greeting = 10 * time.Second

// Server answers commands in the process that holds the data folder.
type Server struct {
	listener *net.UnixListener
	path     string
	folder   io.Closer // of a path that is too long for a socket; nil else
}

// Listen makes the socket in the data folder dir, which this process holds: one that is there was left by a process that
// was killed. It fails where the system has no such sockets, or not in this folder.
func Listen(dir string) (*Server, error) {
	path := filepath.Join(dir, SocketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove the former socket: %w", err)
	}
	short, folder, err := shortPath(dir)
	if err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on %s: %w", path, err), closing(folder))
	}
	l.SetUnlinkOnClose(false) // the path may be another name for it
	s := &Server{listener: l, path: path, folder: folder}
	if err := os.Chmod(path, 0o600); err != nil { // the folder is closed to others all the while
		return nil, errors.Join(fmt.Errorf("close the socket %s to others: %w", path, err), s.close())
	}
	return s, nil
}

func closing(c io.Closer) error {
	if c == nil {
		return nil
	}
	return c.Close()
}

func (s *Server) close() error {
	return errors.Join(s.listener.Close(), os.Remove(s.path), closing(s.folder))
}

// Do runs a command: it writes to the streams, and returns the exit code.
type Do func(ctx context.Context, r Request, stdout, stderr io.Writer) int

// Serve has do run what is asked for until ctx ends. The context of a command ends with ctx, and when who called gives up or
// is gone. A command that the end of ctx cuts off gets no exit code.
func (s *Server) Serve(ctx context.Context, do Do) {
	var running sync.WaitGroup
	defer running.Wait()
	stop := context.AfterFunc(ctx, func() { _ = s.close() })
	defer stop()
	for {
		c, err := s.listener.AcceptUnix()
		if ctx.Err() != nil {
			return
		}
		if err != nil { // such as too many open files: that passes, and nothing else of oktaws needs to end for it
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
			continue
		}
		running.Go(func() {
			defer func() { _ = c.Close() }()
			answer(ctx, c, do)
		})
	}
}

func answer(ctx context.Context, c *net.UnixConn, do Do) {
	frames := &frameWriter{e: json.NewEncoder(c)}
	refused := func(err error) {
		message, remedy := store.Explain(err)
		frames.send(frame{Refused: &errorDocument{Message: message, Remedy: remedy, Kind: kindWord(store.KindOf(err))}})
	}
	if err := samePerson(c); err != nil {
		refused(err)
		return
	}
	// Who neither speaks nor reads holds up nothing at the end.
	ending := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now().Add(time.Second)) })
	defer ending()
	said := json.NewDecoder(c)
	_ = c.SetReadDeadline(time.Now().Add(greeting))
	var asked call
	if err := said.Decode(&asked); err != nil {
		return // nobody who wants anything
	}
	_ = c.SetReadDeadline(time.Time{})
	if asked.Protocol != protocol {
		refused(otherVersion())
		return
	}
	wanted, giveUp := context.WithCancel(ctx)
	defer giveUp()
	go func() { // until the connection is closed
		var more call
		_ = said.Decode(&more) // whatever it is, or that it is gone, is the wish to end
		giveUp()
	}()
	code := do(wanted, asked.Request, streamOf(frames, func(p []byte) frame { return frame{Out: p} }), streamOf(frames, func(p []byte) frame { return frame{Err: p} }))
	if ctx.Err() == nil {
		frames.send(frame{Exit: &code})
	}
}

func otherVersion() error {
	return refuse(store.Conflict, "Use the oktaws that oktaws serve was started with, or restart oktaws serve.",
		"the oktaws that holds the data folder is of another version, and doesn't understand this one")
}

// frameWriter sends frames, one at a time.
type frameWriter struct {
	mu sync.Mutex
	e  *json.Encoder
}

func (w *frameWriter) send(f frame) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.e.Encode(f) == nil
}

// stream is one stream of a command's output.
type stream func(p []byte) bool

func streamOf(w *frameWriter, make func([]byte) frame) io.Writer {
	return stream(func(p []byte) bool { return w.send(make(p)) })
}

func (s stream) Write(p []byte) (int, error) {
	if !s(p) {
		return 0, io.ErrClosedPipe
	}
	return len(p), nil
}

// ErrNobody says that no process answers in the data folder.
var ErrNobody = errors.New("no oktaws answers in the data folder")

// Client is a connection to the process that holds the data folder.
type Client struct {
	conn *net.UnixConn
	dir  string
}

// Dial reaches the process that holds the data folder dir. It fails with ErrNobody where there is none, and with Denied
// where the folder is somebody else's.
func Dial(dir string) (*Client, error) {
	short, folder, err := shortPath(dir)
	if err == nil {
		defer func() { _ = closing(folder) }()
		var conn *net.UnixConn
		if conn, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: short, Net: "unix"}); err == nil {
			return &Client{conn: conn, dir: dir}, nil
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOTDIR):
		return nil, ErrNobody // no socket, or that of a process that was killed
	case errors.Is(err, fs.ErrPermission):
		return nil, &store.Error{Kind: store.Denied, Message: "the data folder " + dir + " belongs to another user", Err: err,
			Remedy: "Run this as the user that oktaws serve runs as, such as with sudo -u oktaws; or name another folder (data_dir, OKTAWS_DATA_DIR)."}
	}
	return nil, &store.Error{Kind: store.Denied, Message: "the oktaws that holds the data folder " + dir + " can't be reached", Err: err,
		Remedy: "Give oktaws a data folder on a local disk, with a shorter name (data_dir, OKTAWS_DATA_DIR)."}
}

// Close ends the connection; Run does so by itself.
func (c *Client) Close() { _ = c.conn.Close() }

// lastWords is how long a command that was told to end may take to say how it stands.
const lastWords = 5 * time.Second

// Run has the command run there, copies what it prints, and returns its exit code. The end of ctx is passed on. It fails
// where the command was refused, or cut off.
func (c *Client) Run(ctx context.Context, r Request, stdout, stderr io.Writer) (int, error) {
	defer func() { _ = c.conn.Close() }()
	if err := samePerson(c.conn); err != nil {
		return Failed, err
	}
	e := json.NewEncoder(c.conn)
	if err := e.Encode(call{Protocol: protocol, Request: r}); err != nil {
		return Failed, c.cutOff(err)
	}
	stop := context.AfterFunc(ctx, func() {
		_ = e.Encode(call{Protocol: protocol, Cancel: true}) // who can't be told is gone
		_ = c.conn.SetReadDeadline(time.Now().Add(lastWords))
	})
	defer stop()
	d := json.NewDecoder(c.conn)
	for {
		var f frame
		if err := d.Decode(&f); err != nil {
			return Failed, c.cutOff(err)
		}
		var err error
		switch {
		case f.Refused != nil:
			return Failed, refuse(kindOf(f.Refused.Kind), f.Refused.Remedy, "%s", f.Refused.Message)
		case f.Exit != nil:
			return *f.Exit, nil
		case f.Out != nil:
			_, err = stdout.Write(f.Out)
		case f.Err != nil:
			_, err = stderr.Write(f.Err)
		default:
			return Failed, otherVersion()
		}
		if err != nil {
			return Failed, fmt.Errorf("print what oktaws says: %w", err)
		}
	}
}

func (c *Client) cutOff(err error) error {
	return &store.Error{Kind: store.Transient, Err: err,
		Message: "the oktaws that holds " + c.dir + " ended while it ran this command",
		Remedy:  "What the command has begun carries on when oktaws starts again; oktaws status shows where it stands."}
}

// kindOf reads what kindWord writes.
func kindOf(word string) store.Kind {
	for _, k := range []store.Kind{store.Permanent, store.Conflict, store.NotFound, store.Denied, store.NeedsPerson} {
		if kindWord(k) == word {
			return k
		}
	}
	return store.Transient
}

func foreign() error {
	return refuse(store.Denied, "Run this as the user that oktaws serve runs as, such as with sudo -u oktaws.", "the oktaws that holds the data folder runs as another user")
}
