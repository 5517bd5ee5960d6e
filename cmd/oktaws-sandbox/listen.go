package main

import (
	"errors"
	"fmt"
	"net"
	"syscall"
)

// usual is where the demo's pages are unless somebody says otherwise.
const usual = "127.0.0.1:8484"

// checkLoopback refuses an address that is not of this machine alone: whoever reaches the pages acts as everybody in them.
func checkLoopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen %s: not an address and a port, such as %s", address, usual)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("--listen %s: not an address of this machine alone; use localhost, 127.0.0.1 or [::1], such as %s", address, usual)
	}
	return nil
}

// listenLoopback listens at an address such as 127.0.0.1:8484, localhost:8484 or [::1]:0.
func listenLoopback(address string) (net.Listener, error) {
	if err := checkLoopback(address); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--listen %s: %w", address, err)
	}
	if a, ok := l.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() { // a hosts file may say anything of localhost
		return nil, errors.Join(fmt.Errorf("--listen %s: leads to %s, which is not of this machine alone; use %s", address, l.Addr(), usual), l.Close())
	}
	return l, nil
}

// listenUsual listens at the usual address, or, where that is taken, at a free port.
func listenUsual() (l net.Listener, taken bool, err error) {
	l, err = listenLoopback(usual)
	if errors.Is(err, syscall.EADDRINUSE) {
		l, err = listenLoopback("127.0.0.1:0")
		return l, true, err
	}
	return l, false, err
}
