package bot

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/store"
)

// Who may what, decided by Slack's user ID and team ID when somebody clicks, never by name or e-mail address. Where
// Slack can't be asked, nobody may anything.

// believedFor is how long Slack's answers are believed: long enough that one click asks once, and that a flurry of
// clicks stays within Slack's rates; short enough that who left or was deactivated can't decide any more.
const believedFor = 3 * time.Second

// people remembers for a short while what Slack said of people.
type people struct {
	mu        sync.Mutex
	known     map[string]known
	members   []string // of the admin channel
	membersAt time.Time
}

type known struct {
	user slack.User
	at   time.Time
}

func denied(message, remedy string) error {
	return &store.Error{Kind: store.Denied, Message: message, Remedy: remedy}
}

func unasked(what string, err error) error {
	return &store.Error{Kind: store.Transient, Message: "Slack couldn't be asked " + what + ", so nothing was changed.", Remedy: "Please try again in a moment.", Err: err}
}

// member returns the person behind a delivery, and refuses everybody who isn't a full member of this workspace.
func (b *Bot) member(ctx context.Context, d *delivery) (slack.User, error) {
	self := b.self.Load()
	if self == nil {
		return slack.User{}, unasked("who you are", nil)
	}
	if d.by.ID == "" || d.by.Team != self.team || (d.enterprise != "" && self.enterprise != "" && d.enterprise != self.enterprise) {
		return slack.User{}, denied("oktaws serves the members of its own workspace only.", "Ask somebody of that workspace.")
	}
	u, err := b.person(ctx, d.by.ID)
	if err != nil {
		return u, err
	}
	return u, b.fullMember(u)
}

// fullMember says why somebody isn't a full member of this workspace.
func (b *Bot) fullMember(u slack.User) error {
	self := b.self.Load()
	switch {
	case u.Deleted:
		return denied("This Slack account is deactivated.", "")
	case u.IsBot || u.IsWorkflowBot || u.IsConnectorBot || u.ID == self.user:
		return denied("oktaws serves people, not bots.", "")
	case u.IsStranger || (u.TeamID != "" && u.TeamID != self.team && !slices.Contains(u.Enterprise.Teams, self.team)):
		return denied("oktaws serves the members of its own workspace only.", "Ask somebody of that workspace.")
	case u.IsRestricted || u.IsUltraRestricted:
		return denied("Guests can't use oktaws.", "Ask a full member of this workspace.")
	}
	return nil
}

// person asks Slack about somebody.
func (b *Bot) person(ctx context.Context, id string) (slack.User, error) {
	now := b.clock.Now()
	b.people.mu.Lock()
	k, ok := b.people.known[id]
	b.people.mu.Unlock()
	if ok && now.Sub(k.at) < believedFor {
		return k.user, nil
	}
	u, err := b.api.GetUserInfoContext(ctx, id)
	if err != nil {
		if code := reason(err); code == "user_not_found" || code == "user_not_visible" {
			return slack.User{}, denied("oktaws serves the members of its own workspace only.", "Ask somebody of that workspace.")
		}
		return slack.User{}, unasked("who you are", err)
	}
	b.people.mu.Lock()
	defer b.people.mu.Unlock()
	for other, k := range b.people.known {
		if now.Sub(k.at) >= believedFor {
			delete(b.people.known, other)
		}
	}
	if b.people.known == nil {
		b.people.known = map[string]known{}
	}
	b.people.known[id] = known{user: *u, at: now}
	return *u, nil
}

// approver refuses those who may not decide on requests. It presumes a full member.
func (b *Bot) approver(ctx context.Context, p store.Person) error {
	allowed := b.cfg.Approvers
	if len(allowed) == 0 {
		members, err := b.adminMembers(ctx)
		if err != nil {
			return unasked("who the admins are", err)
		}
		allowed = members
	}
	if slices.Contains(allowed, p.ID) {
		return nil
	}
	if len(b.cfg.Approvers) == 0 {
		return denied("Only the members of <#"+b.cfg.AdminChannel+"> may do this.", "Ask somebody in <#"+b.cfg.AdminChannel+">.")
	}
	var approvers []store.Person
	for _, id := range b.cfg.Approvers {
		approvers = append(approvers, store.Person{ID: id})
	}
	return denied("Only approvers may do this, and you are not one of them.", "Ask one of them: "+mentions(approvers)+".")
}

// adminMembers returns the user IDs of the admin channel's members.
func (b *Bot) adminMembers(ctx context.Context) ([]string, error) {
	now := b.clock.Now()
	b.people.mu.Lock()
	members, at := b.people.members, b.people.membersAt
	b.people.mu.Unlock()
	if len(members) > 0 && now.Sub(at) < believedFor {
		return members, nil
	}
	members, err := b.askMembers(ctx)
	if err != nil {
		return nil, err
	}
	b.people.mu.Lock()
	defer b.people.mu.Unlock()
	b.people.members, b.people.membersAt = members, now
	return members, nil
}

func (b *Bot) askMembers(ctx context.Context) ([]string, error) {
	var members []string
	params := slack.GetUsersInConversationParameters{ChannelID: b.cfg.AdminChannel, Limit: 999} // the most that Slack gives at once
	for {
		some, next, err := b.api.GetUsersInConversationContext(ctx, &params)
		if err != nil {
			return nil, err
		}
		members = append(members, some...)
		if next == "" {
			return members, nil
		}
		params.Cursor = next
	}
}

// posted refuses a click that doesn't come from the very message that the store has at key. A message gets its buttons
// after it is on record where it stands, so that no click can be too early.
func (b *Bot) posted(ctx context.Context, key string, c *click) error {
	var m store.Message
	err := b.store.View(ctx, func(tx *store.ReadTx) (err error) {
		m, err = tx.Message(key)
		return err
	})
	if err == nil && (m.TS == "" || m.TS != c.ts || m.Channel != c.channel) || err != nil && store.KindOf(err) == store.NotFound {
		return oldMessage()
	}
	return err
}

// mayDecide refuses those who may not decide on the request: also who asked for it.
func (b *Bot) mayDecide(ctx context.Context, d *delivery, r store.Request) error {
	if _, err := b.member(ctx, d); err != nil {
		return err
	}
	if r.Requester.ID == d.by.ID {
		return denied("Nobody decides on their own request.", "Another admin must decide.")
	}
	return b.approver(ctx, d.by)
}

// mayHelp refuses those who are neither in the list nor approvers.
func (b *Bot) mayHelp(ctx context.Context, d *delivery, first []store.Person, refused string) error {
	if _, err := b.member(ctx, d); err != nil {
		return err
	}
	if slices.ContainsFunc(first, func(p store.Person) bool { return p.ID == d.by.ID }) {
		return nil
	}
	err := b.approver(ctx, d.by)
	if refusal, ok := errors.AsType[*store.Error](err); ok && refusal.Kind == store.Denied {
		return denied(refused, refusal.Remedy)
	}
	return err
}
