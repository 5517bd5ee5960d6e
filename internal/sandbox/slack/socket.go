package slack

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Socket Mode (docs.slack.dev/apis/events-api/using-socket-mode).
const (
	PingEvery      = 5 * time.Second
	MaxConnections = 10
	MaxAck         = 20_480 // bytes; Slack drops acknowledgements of this size or more
	WarningLead    = 10 * time.Second
	ticketLife     = 30 * time.Second
)

type ticket struct{ at time.Time }

func (s *Server) openConnection(args) object {
	maps.DeleteFunc(s.tickets, func(_ string, t ticket) bool { return s.deadlines.Since(t.at) > forgetAfter*ticketLife })
	id := random(16)
	s.tickets[id] = ticket{s.deadlines.Now()}
	base := strings.Replace(s.base, "http", "ws", 1)
	return object{"ok": true, "url": base + "/link/?ticket=" + id + "&app_id=" + App}
}

// socket is one connection of the app; one without conn is a ghost: Slack believes in it, but nobody is there.
type socket struct {
	conn    *websocket.Conn
	writing sync.Mutex
	closed  chan struct{}
	once    sync.Once
}

func newSocket(conn *websocket.Conn) *socket { return &socket{conn: conn, closed: make(chan struct{})} }

func (c *socket) send(frame any) error {
	if c.conn == nil {
		return nil
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	return c.write(frame)
}

// write is send for who holds c.writing.
func (c *socket) write(frame any) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	return c.conn.WriteJSON(frame)
}

func (c *socket) close() {
	c.once.Do(func() {
		close(c.closed)
		if c.conn != nil {
			_ = c.conn.Close()
		}
	})
}

var upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}

func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("ticket")
	s.mu.Lock()
	t, known := s.tickets[id]
	delete(s.tickets, id)
	s.mu.Unlock()
	if !known || s.deadlines.Since(t.at) > ticketLife {
		http.Error(w, "invalid ticket", http.StatusForbidden)
		return
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := newSocket(conn)
	s.mu.Lock()
	refusal := ""
	switch {
	case s.ctx.Err() != nil:
		refusal = "refresh_requested"
	case s.disabled:
		refusal = "link_disabled"
	case len(s.sockets) >= MaxConnections:
		refusal = "too_many_websockets"
	}
	if refusal != "" {
		s.mu.Unlock()
		_ = c.send(s.goodbye(refusal))
		c.close()
		return
	}
	hello := object{
		"type": "hello", "num_connections": len(s.sockets) + 1, "connection_info": object{"app_id": App},
		"debug_info": object{"host": host, "started": s.clock.Now().UTC().Format("2006-01-02 15:04:05.000"), "build_number": 100, "approximate_connection_time": 18060},
	}
	c.writing.Lock() // nothing goes before hello, though envelopes may come from now on
	s.sockets = append(s.sockets, c)
	s.wg.Go(func() { s.read(c) })
	s.wg.Go(func() { s.ping(c) })
	s.change()
	s.mu.Unlock()
	err = c.write(hello)
	c.writing.Unlock()
	if err != nil {
		c.close()
	}
}

const host = "applink-sandbox"

func (s *Server) goodbye(reason string) object {
	return object{"type": "disconnect", "reason": reason, "debug_info": object{"host": host}}
}

// read takes what the app sends until the connection ends.
func (s *Server) read(c *socket) {
	defer s.drop(c)
	for {
		_, frame, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		s.acknowledge(frame)
	}
}

// ping keeps to the real clock: the app drops a connection on which it has seen no ping for 30 s of its own time.
func (s *Server) ping(c *socket) {
	tick := time.NewTicker(PingEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		err := c.conn.WriteControl(websocket.PingMessage, []byte("Ping from "+host+" "+strconv.Itoa(n)), time.Now().Add(PingEvery))
		if err != nil {
			c.close()
			return
		}
		select {
		case <-tick.C:
		case <-c.closed:
			return
		}
	}
}

func (s *Server) drop(c *socket) {
	c.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets = slices.DeleteFunc(s.sockets, func(o *socket) bool { return o == c })
	s.change()
}

// next is the connection whose turn it is: any one of them gets a payload. Nil: there is none.
func (s *Server) next() *socket {
	if len(s.sockets) == 0 {
		return nil
	}
	s.turn++
	return s.sockets[s.turn%len(s.sockets)]
}

// Connections is how many connections Slack believes in, ghosts among them.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}

// Haunt adds connections that are dead, though Slack has not noticed: they count, and swallow payloads. A negative n
// takes so many away.
func (s *Server) Haunt(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ; n > 0; n-- {
		s.sockets = append(s.sockets, newSocket(nil))
	}
	s.sockets = slices.DeleteFunc(s.sockets, func(c *socket) bool {
		if c.conn != nil || n >= 0 {
			return false
		}
		n++
		return true
	})
	s.change()
}

// Disconnect tells every connection to go, for one of Slack's reasons: warning (they are closed about 10 s later),
// refresh_requested, too_many_websockets (closed at once), or link_disabled, after which every new connection is sent
// away too until Enable.
func (s *Server) Disconnect(reason string) error {
	if !slices.Contains([]string{"warning", "refresh_requested", "link_disabled", "too_many_websockets"}, reason) {
		return fmt.Errorf("no such reason to disconnect: %s", reason)
	}
	s.mu.Lock()
	sockets := slices.Clone(s.sockets)
	if reason == "link_disabled" {
		s.disabled = true
	}
	s.change()
	s.mu.Unlock()
	for _, c := range sockets {
		_ = c.send(s.goodbye(reason))
		if reason != "warning" {
			c.close()
			continue
		}
		s.spawn(func() {
			select {
			case <-s.deadlines.After(WarningLead):
				c.close()
			case <-c.closed:
			case <-s.ctx.Done():
			}
		})
	}
	return nil
}

// Enable has connections taken again after link_disabled.
func (s *Server) Enable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.disabled = false
	s.change()
}

// spawn runs f until Close, which waits for it.
func (s *Server) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.wg.Go(f)
	}
}
