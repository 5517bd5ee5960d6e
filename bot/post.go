package bot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// post is one message being brought in line, under a claim.
type post struct {
	bot     *Bot
	claim   store.Claim
	message store.Message
}

// save writes the message. Where the record was touched meanwhile, it stays due, and is looked at again.
func (p *post) save(ctx context.Context) error {
	var saved store.Message
	err := p.bot.store.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Guard(p.claim); err != nil {
			return err
		}
		saved = p.message
		return tx.SaveMessage(&saved)
	})
	if err == nil {
		p.message = saved
	}
	return err
}

// settled notes that Slack has what it shall have.
func (p *post) settled(ctx context.Context) error {
	p.message.Due, p.message.Attempts = time.Time{}, 0
	return p.save(ctx)
}

func (p *post) later(ctx context.Context, due time.Time) error {
	p.message.Due = due
	return p.save(ctx)
}

// The methods that messages go through. Slack's limits are each method's own.
const (
	posting = "chat.postMessage"
	editing = "chat.update"
)

// pauses is until when Slack wants to be left alone, by method. What finds a method paused leaves its record as it is:
// still due, it is looked at again a second later, however many there are, without a write to the store.
type pauses struct {
	mu     sync.Mutex
	method map[string]pause
}

type pause struct {
	end     time.Time
	careful time.Time // until then one call a second is enough, so that not every worker is refused anew
}

// asked says whether a call of the method has to wait.
func (p *pauses) asked(method string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.method[method]
	if m.end.After(now) {
		return true
	}
	if m.careful.After(now) {
		m.end = now.Add(time.Second)
		p.method[method] = m
	}
	return false
}

// ask notes that Slack asked for a pause.
func (p *pauses) ask(method string, end time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.method == nil {
		p.method = map[string]pause{}
	}
	end = latest(end, p.method[method].end)
	p.method[method] = pause{end: end, careful: end.Add(time.Minute)}
}

// send posts the message, without its buttons: those follow as an edit, once it is on record where it stands. Slack may
// have a message although the bot was cut off before it heard so, and posts it again: then the first one has no button
// that somebody could click in vain.
func (p *post) send(ctx context.Context, r rendering, under store.Message) error {
	if p.bot.calm.asked(posting, p.bot.clock.Now()) {
		return nil
	}
	where, err := p.bot.channel(ctx, p.message.Where)
	if err != nil {
		return p.failed(ctx, posting, err)
	}
	first := r.content.inert()
	hash, err := first.hash()
	if err != nil {
		return p.failed(ctx, posting, err)
	}
	options := append(p.options(first), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	if under.TS != "" {
		where = under.Channel
		options = append(options, slack.MsgOptionTS(under.TS))
	}
	channel, ts, err := p.bot.api.PostMessageContext(ctx, where, options...)
	if err != nil {
		return p.failed(ctx, posting, err)
	}
	if p.message.TS != "" && !r.retired.empty() {
		p.message.Old = append(slices.Clone(p.message.Old), store.Post{Channel: p.message.Channel, TS: p.message.TS})
	}
	p.message.Channel, p.message.TS = channel, ts
	p.message.Identity, p.message.Hash = r.identity, hash
	p.message.Edited = time.Time{}
	if len(p.message.Old) > 0 || len(first.blocks) < len(r.content.blocks) {
		p.message.Attempts = 0
		if err := p.later(context.WithoutCancel(ctx), p.bot.clock.Now()); err != nil {
			return err
		}
		return p.bot.settleMessage(ctx, p.claim, p.message.Key())
	}
	return p.settled(context.WithoutCancel(ctx))
}

// uploading is the last of the calls by which a file gets into Slack.
const uploading = "files.completeUploadExternal"

// upload posts a file into the thread of the message that it belongs to, which is rendered anew then: it goes by whether the
// file is there. Where the bot is cut off before it heard so, the file comes twice, which does no harm.
func (p *post) upload(ctx context.Context, r rendering, under store.Message) error {
	if p.bot.calm.asked(uploading, p.bot.clock.Now()) {
		return nil
	}
	file, err := p.bot.api.UploadFileContext(ctx, slack.UploadFileParameters{
		Content: r.file.data, FileSize: len(r.file.data), Filename: r.file.name, Title: r.file.name,
		InitialComment: r.content.text, Channel: under.Channel, ThreadTimestamp: under.TS,
	})
	if err != nil {
		return errors.Join(p.failed(ctx, uploading, bare(err)), p.tellParent(ctx))
	}
	p.message.Channel, p.message.TS, p.message.Identity = under.Channel, file.ID, r.identity
	return errors.Join(p.settled(context.WithoutCancel(ctx)), p.tellParent(ctx))
}

// tellParent has the message rendered anew in whose thread this one stands.
func (p *post) tellParent(ctx context.Context) error {
	return p.bot.store.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		if err := tx.Guard(p.claim); err != nil {
			return err
		}
		return renderAgain(tx, p.message.Under)
	})
}

// edit makes the posted message what it shall be.
func (p *post) edit(ctx context.Context, r rendering, hash string) error {
	now := p.bot.clock.Now().UTC()
	if p.bot.calm.asked(editing, now) {
		return nil
	}
	_, _, _, err := p.bot.api.UpdateMessageContext(ctx, p.message.Channel, p.message.TS, p.options(r.content)...)
	if slices.Contains(gone, reason(err)) {
		p.bot.log.Info("a message was deleted, or can't be edited any more; posting it anew", "key", p.message.Key(), "reason", reason(err))
		p.message.TS, p.message.Identity, p.message.Hash = "", "", ""
		return p.later(ctx, p.bot.clock.Now())
	}
	if err != nil {
		return p.failed(ctx, editing, err)
	}
	if without, err := r.content.inert().hash(); err != nil || p.message.Hash != without {
		p.message.Edited = now // that the buttons followed is still the post
	}
	p.message.Identity, p.message.Hash = r.identity, hash
	if len(p.message.Old) > 0 {
		return p.later(ctx, p.bot.clock.Now())
	}
	return p.settled(context.WithoutCancel(ctx))
}

// retire takes the buttons off an earlier post of the message.
func (p *post) retire(ctx context.Context, r rendering) error {
	if p.bot.calm.asked(editing, p.bot.clock.Now()) {
		return nil
	}
	old := p.message.Old[0]
	c := r.retired
	if c.empty() {
		c = r.content
	}
	_, _, _, err := p.bot.api.UpdateMessageContext(ctx, old.Channel, old.TS, p.options(c)...)
	if err != nil && !slices.Contains(gone, reason(err)) && !slices.Contains(unreachable, reason(err)) {
		return p.failed(ctx, editing, err)
	}
	if p.message.Old = slices.Clone(p.message.Old[1:]); len(p.message.Old) > 0 {
		return p.later(ctx, p.bot.clock.Now())
	}
	return p.settled(ctx)
}

func (p *post) options(c content) []slack.MsgOption {
	return []slack.MsgOption{slack.MsgOptionText(c.text, false), slack.MsgOptionBlocks(c.blocks...)}
}

// failed plans the next attempt.
func (p *post) failed(ctx context.Context, method string, err error) error {
	b, now := p.bot, p.bot.clock.Now()
	ctx = context.WithoutCancel(ctx)
	if limited, ok := errors.AsType[*slack.RateLimitedError](err); ok {
		end := now.Add(max(limited.RetryAfter, time.Second))
		b.calm.ask(method, end)
		b.log.Info("Slack asks for a pause", "call", method, "for", limited.RetryAfter)
		return p.later(ctx, end)
	}
	if fatal := fatalReason(botToken, err); fatal != nil && method != uploading { // a scope for files isn't worth an end
		b.stop(fatal)
	}
	wait := retryAfter(err, p.message.Attempts)
	b.log.Warn("a message didn't reach Slack; trying again", "key", p.message.Key(), "where", p.message.Where, "error", err, "in", wait)
	p.message.Attempts++
	return p.later(ctx, now.Add(wait))
}

// isPerson tells a person's ID from a channel's.
func isPerson(where string) bool {
	return strings.HasPrefix(where, "U") || strings.HasPrefix(where, "W")
}

// channel is where a message for a channel, or for a person, is posted: D… for a person.
func (b *Bot) channel(ctx context.Context, where string) (string, error) {
	if !isPerson(where) {
		return where, nil
	}
	if dm, ok := b.dms.Load(where); ok {
		return dm.(string), nil
	}
	dm, _, _, err := b.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{where}})
	if err != nil {
		return "", err
	}
	b.dms.Store(where, dm.ID)
	return dm.ID, nil
}
