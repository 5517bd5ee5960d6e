package slack

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/jonboulle/clockwork"
	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// workspace is a Server with a client of the library that the product uses.
type workspace struct {
	*Server
	t   *testing.T
	ctx context.Context
	hub *wire.Hub
	url string
	api *slackgo.Client
}

// patience is how long a test waits for anything at all, however busy the machine is.
const patience = 20 * time.Second

// web is how tests call the server by hand.
var web = &http.Client{Timeout: patience}

// start runs a Server. What is over within seconds is over in a test whose own clock says so, and never because the
// machine is slow.
func start(t *testing.T, cfg Config) *workspace {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	if cfg.Hub == nil {
		cfg.Hub = wire.New(time.Now)
	}
	if cfg.Clock == nil && cfg.Deadlines == nil {
		cfg.Deadlines = clockwork.NewFakeClock()
	}
	s := New(cfg)
	at := httptest.NewServer(s.Handler())
	s.SetURL(at.URL)
	t.Cleanup(func() {
		cancel()
		closed := make(chan struct{})
		go func() { defer close(closed); s.Close(); at.Close() }()
		select {
		case <-closed:
		case <-time.After(patience):
			t.Error("the server does not close")
		}
	})
	w := &workspace{Server: s, t: t, ctx: ctx, hub: cfg.Hub, url: at.URL}
	w.api = w.client(DefaultBotToken, DefaultAppToken)
	return w
}

func (w *workspace) client(bot, app string) *slackgo.Client {
	return slackgo.New(bot, slackgo.OptionAppLevelToken(app), slackgo.OptionAPIURL(w.url+"/api/"), slackgo.OptionHTTPClient(web))
}

// dial opens a socket by hand. Slack sends nothing over it before its hello, though the handshake is over by then.
func (w *workspace) dial(address string) *websocket.Conn {
	w.t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(w.ctx, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		w.t.Fatal(err)
	}
	return conn
}

// connect opens a socket by hand, and returns it with the first frame that came over it.
func (w *workspace) connect() (*websocket.Conn, object) {
	w.t.Helper()
	_, address, err := w.api.StartSocketModeContext(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	conn := w.dial(address)
	return conn, w.frame(conn)
}

func (w *workspace) frame(conn *websocket.Conn) object {
	w.t.Helper()
	var frame object
	if err := conn.ReadJSON(&frame); err != nil {
		w.t.Fatal(err)
	}
	return frame
}

// listener is one connection of the app, which notes what it gets and does as it is told.
type listener struct {
	*socketmode.Client
	mu    sync.Mutex
	seen  []socketmode.Event
	noted chan struct{} // holds one where something was seen since it was last looked
	stop  context.CancelFunc
}

// listen connects, and waits until the connection stands.
func (w *workspace) listen(do func(*socketmode.Client, socketmode.Event)) *listener {
	w.t.Helper()
	before := w.Connections()
	ctx, stop := context.WithCancel(w.ctx)
	l := &listener{Client: socketmode.New(w.api), noted: make(chan struct{}, 1), stop: stop}
	var running sync.WaitGroup
	running.Go(func() { _ = l.RunContext(ctx) })
	running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-l.Events:
				l.mu.Lock()
				l.seen = append(l.seen, e)
				l.mu.Unlock()
				select {
				case l.noted <- struct{}{}:
				default:
				}
				switch e.Type {
				case socketmode.EventTypeSlashCommand, socketmode.EventTypeInteractive, socketmode.EventTypeEventsAPI:
					if do != nil {
						do(l.Client, e)
					}
				}
			}
		}
	})
	w.t.Cleanup(func() { stop(); running.Wait() })
	w.wait(func() bool { return w.Connections() > before })
	w.heard(l, socketmode.EventTypeHello, 1)
	return l
}

// heard returns once the app has got n of a kind.
func (w *workspace) heard(l *listener, kind socketmode.EventType, n int) {
	w.t.Helper()
	for len(l.of(kind)) < n {
		select {
		case <-l.noted:
		case <-w.ctx.Done():
			w.t.Fatalf("heard %d of %s, not %d", len(l.of(kind)), kind, n)
		}
	}
}

func (l *listener) of(kind socketmode.EventType) []socketmode.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.seen), func(e socketmode.Event) bool { return e.Type != kind })
}

func (w *workspace) wait(done func() bool) {
	w.t.Helper()
	if err := w.Wait(w.ctx, done); err != nil {
		w.t.Fatal("waited in vain: ", err)
	}
}

// must returns what a person saw, where they could do what they did.
func (w *workspace) must(seen Seen, err error) Seen {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	return seen
}

func ack(payload ...any) func(*socketmode.Client, socketmode.Event) {
	return func(c *socketmode.Client, e socketmode.Event) { _ = c.Ack(*e.Request, payload...) }
}

func blocksOf(blocks ...slackgo.Block) slackgo.MsgOption { return slackgo.MsgOptionBlocks(blocks...) }

func textOf(s string) slackgo.MsgOption { return slackgo.MsgOptionText(s, false) }

func plainOf(s string) *slackgo.TextBlockObject {
	return slackgo.NewTextBlockObject("plain_text", s, false, false)
}

func approveBlock(text string) slackgo.Block {
	return slackgo.NewActionBlock("decide", slackgo.NewButtonBlockElement("approve", "req-1", plainOf(text)), slackgo.NewButtonBlockElement("deny", "req-1", plainOf("Deny")))
}

func formOf(title string) slackgo.ModalViewRequest {
	input := slackgo.NewInputBlock("account", plainOf("Account"), nil, slackgo.NewPlainTextInputBlockElement(plainOf("111122223333"), "id"))
	return slackgo.ModalViewRequest{
		Type: slackgo.VTModal, Title: plainOf(title), Submit: plainOf("Send"), CallbackID: "link", PrivateMetadata: "meta",
		Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{input}},
	}
}

func errorOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
