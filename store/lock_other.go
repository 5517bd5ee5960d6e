//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package store

import "os"

// tryLock leaves it to bbolt's own lock to keep other processes out, where the standard library can't lock a file.
func tryLock(*os.File) error { return nil }

func alive(int) bool { return true }
