//go:build !linux

package operator

import (
	"io"
	"net"
	"path/filepath"

	"github.com/oktaws/oktaws/store"
)

// longest is how long the path of a socket may be, in bytes (sys/un.h of BSD and macOS).
const longest = 103

// shortPath is the path of the socket in dir, if it fits.
func shortPath(dir string) (string, io.Closer, error) {
	path := filepath.Join(dir, SocketName)
	if len(path) > longest {
		return "", nil, refuse(store.Permanent, "Give oktaws a data folder with a shorter name (data_dir, OKTAWS_DATA_DIR).",
			"the socket %s has a name of %d bytes, and the system takes %d", path, len(path), longest)
	}
	return path, nil, nil
}

// samePerson trusts the modes of the folder and the socket here, which let nobody else in.
func samePerson(*net.UnixConn) error { return nil }
