package bot

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

const (
	maxDeliveries = 64      // worked on at once
	readLimit     = 4 << 20 // bytes of one envelope
	ackTimeout    = 2 * time.Second
	// linger is how long the connection stays after the last ack was handed over: slack-go writes acks in the
	// background, and gives no sign when it has.
	linger = 250 * time.Millisecond
)

// acker is what a delivery is acknowledged through; socketmode.Client has it.
type acker interface {
	AckCtx(ctx context.Context, envelopeID string, payload any) error
}

// listen takes envelopes from Slack's Socket Mode until ctx ends, and then finishes those that it has taken, at most
// until held ends. It returns an error only where Slack refuses the bot for good.
func (b *Bot) listen(ctx, held context.Context) error {
	connected, disconnect := context.WithCancel(held)
	defer disconnect()
	client := socketmode.New(b.api, socketmode.OptionReadLimit(readLimit))
	ended := make(chan error, 1)
	run := func() { ended <- client.RunContext(connected) }
	go run()
	var away awayness
	asked := make(chan string, 1)
	var taken sync.WaitGroup
	slots := make(chan struct{}, maxDeliveries)
	for {
		select {
		case <-ctx.Done():
			taken.Wait()
			select {
			case <-time.After(time.Until(time.Unix(0, b.acked.Load()).Add(linger))):
			case <-held.Done():
			}
			return nil
		case err := <-ended:
			if ctx.Err() != nil {
				continue
			}
			if fatal := fatalReason(appToken, err); fatal != nil {
				return fatal
			}
			b.log.Warn("the connection to Slack ended; connecting again", "error", err)
			go run()
		case why := <-asked:
			away.asking = false
			if fatal := fatalReason(appToken, slack.SlackErrorResponse{Err: why}); fatal != nil {
				return fatal
			}
			if why != "" {
				b.log.Warn("Slack sent a connection away; trying again", "reason", why)
			}
		case event := <-client.Events:
			if away.sentAway(event.Type) {
				taken.Go(func() { asked <- b.whySentAway(ctx) })
			}
			if err := b.notice(event); err != nil {
				return err
			}
			if event.Request == nil || event.Request.EnvelopeID == "" {
				continue
			}
			// The channel must be drained at once, or slack-go stops answering pings. Nothing waits here: what finds no
			// slot stays without an ack, so that Slack tells the person that it didn't work.
			select {
			case slots <- struct{}{}:
				taken.Go(func() {
					defer func() { <-slots }()
					b.take(held, client, event)
				})
			default:
				b.log.Error("too much at once: an envelope is left unanswered", "envelope", event.Request.EnvelopeID)
			}
		}
	}
}

// awayness notices that Slack sends connections away before it says hello. slack-go swallows the reason.
type awayness struct {
	dialed, asking bool
}

// sentAway says whether the reason is to be asked for now.
func (a *awayness) sentAway(event socketmode.EventType) bool {
	switch event {
	case socketmode.EventTypeConnected:
		a.dialed = true
	case socketmode.EventTypeHello:
		a.dialed = false
	case socketmode.EventTypeConnecting:
		if a.dialed && !a.asking {
			a.dialed, a.asking = false, true
			return true
		}
	}
	return false
}

// whySentAway makes a connection, and returns the reason that Slack gives for sending it away, or "". A connection that
// is welcome is closed again at once.
func (b *Bot) whySentAway(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, 2*maxDelay)
	defer cancel()
	_, address, err := b.api.StartSocketModeContext(ctx)
	if err != nil {
		return reason(err)
	}
	conn, _, err := websocket.DefaultDialer.DialContext(ctx, address, nil)
	if err != nil {
		return ""
	}
	defer func() { _ = conn.Close() }()
	var first socketmode.Request
	if err := conn.SetReadDeadline(time.Now().Add(callTimeout)); err != nil {
		return ""
	}
	if err := conn.ReadJSON(&first); err != nil || first.Type != socketmode.RequestTypeDisconnect {
		return ""
	}
	return first.Reason
}

// notice logs what slack-go says of the connection, and returns an error where trying on is no use.
func (b *Bot) notice(event socketmode.Event) error {
	switch event.Type {
	case socketmode.EventTypeHello:
		b.guard.connected()
		if n := event.Request.NumConnections; n > 1 {
			b.log.Warn("Slack has several connections of this app and sends each click to any one of them: another copy of oktaws may be running, or a dead connection may linger on Slack's side for some hours",
				"connections", n)
		}
		b.log.Info("connected to Slack", "host", event.Request.DebugInfo.Host)
		b.readyOnce.Do(func() { close(b.ready) })
	case socketmode.EventTypeConnectionError:
		failed, ok := event.Data.(*slack.ConnectionErrorEvent)
		if !ok {
			return nil
		}
		if fatal := fatalReason(appToken, failed.ErrorObj); fatal != nil {
			return fatal
		}
		if !errors.Is(failed.ErrorObj, context.Canceled) {
			b.log.Warn("Slack can't be reached; trying again", "call", "apps.connections.open", "error", failed.ErrorObj, "in", failed.Backoff)
		}
	case socketmode.EventTypeIncomingError:
		if failed, ok := event.Data.(*slack.IncomingEventError); ok {
			b.log.Info("the connection to Slack broke", "error", failed.ErrorObj)
		}
	case socketmode.EventTypeErrorWriteFailed:
		if failed, ok := event.Data.(*socketmode.ErrorWriteFailed); ok {
			b.log.Warn("an ack was not sent", "envelope", failed.Response.EnvelopeID, "error", failed.Cause)
		}
	case socketmode.EventTypeErrorBadMessage:
		if bad, ok := event.Data.(*socketmode.ErrorBadMessage); ok {
			b.log.Warn("Slack sent something that can't be read", "error", bad.Cause)
		}
	}
	return nil
}

// take answers one envelope.
func (b *Bot) take(ctx context.Context, to acker, event socketmode.Event) {
	id := event.Request.EnvelopeID
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("panic while answering Slack", "envelope", id, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	if a := b.respond(ctx, to, event); a.then != nil {
		a.then(ctx)
	}
}

// respond has what an envelope asks for recorded, and acknowledges it.
func (b *Bot) respond(ctx context.Context, to acker, event socketmode.Event) reply {
	id := event.Request.EnvelopeID
	acked := make(chan struct{})
	if first, taken := b.taken.LoadOrStore(id, acked); taken {
		// The same envelope twice at once: its bare ack must not be faster than the answer that goes with the first one.
		select {
		case <-first.(chan struct{}):
		case <-ctx.Done():
		}
	} else {
		defer close(acked)
		defer b.taken.Delete(id)
	}
	a := b.answer(ctx, event)
	err := b.ack(ctx, to, id, a.payload)
	if err != nil && a.payload != nil {
		b.log.Warn("the answer didn't go with the ack", "envelope", id, "error", err)
		err = b.ack(ctx, to, id, nil)
	}
	if err != nil {
		b.log.Warn("an ack was not sent", "envelope", id, "error", err)
	}
	return a
}

func (b *Bot) ack(ctx context.Context, to acker, id string, payload any) error {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	defer func() { b.acked.Store(time.Now().UnixNano()) }()
	return to.AckCtx(ctx, id, payload)
}

// reply is the answer to one envelope: what goes with the ack (nil: nothing), and what is done once it is on its way.
type reply struct {
	payload any
	then    func(ctx context.Context)
}

// answer decodes what arrived and has it done.
func (b *Bot) answer(ctx context.Context, event socketmode.Event) reply {
	switch data := event.Data.(type) {
	case slack.SlashCommand:
		return b.answerCommand(ctx, newCommand(event.Request.EnvelopeID, event.Request.AcceptsResponsePayload, data))
	case slack.InteractionCallback:
		switch data.Type {
		case slack.InteractionTypeBlockActions:
			return b.answerClick(ctx, newClick(event.Request.EnvelopeID, data))
		case slack.InteractionTypeViewSubmission:
			return b.answerSubmission(ctx, newSubmission(event.Request.EnvelopeID, data))
		}
	}
	// The manifest subscribes to no events and offers no shortcuts: an ack keeps Slack from sending them again.
	b.log.Debug("nothing to do for what Slack sent", "type", event.Type)
	return reply{}
}
