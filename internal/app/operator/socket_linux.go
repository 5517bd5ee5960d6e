package operator

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// longest is how long the path of a socket may be, in bytes (unix(7), sun_path).
const longest = 107

// shortPath is a path of the socket in dir that fits: where its own is too long, one by way of the folder, which must stay
// open as long as the path is used.
func shortPath(dir string) (string, io.Closer, error) {
	path := filepath.Join(dir, SocketName)
	if len(path) <= longest {
		return path, nil, nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", f.Fd(), SocketName), f, nil
}

// samePerson refuses who runs as another user than this process (unix(7), SO_PEERCRED).
func samePerson(c *net.UnixConn) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var peer *syscall.Ucred
	var failed error
	if err := raw.Control(func(fd uintptr) {
		peer, failed = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	}); err != nil {
		return err
	}
	if failed != nil {
		return fmt.Errorf("ask who is at the other end of the socket: %w", failed)
	}
	if int(peer.Uid) != os.Geteuid() {
		return foreign()
	}
	return nil
}
