package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// Check tries everything that the bot needs of Slack, and says of each thing whether it works. It posts nothing.
func (b *Bot) Check(ctx context.Context) []provision.Finding {
	var findings []provision.Finding
	found := func(what, detail string) {
		findings = append(findings, provision.Finding{What: what, OK: true, Detail: detail})
	}
	missing := func(what, detail, remedy string) {
		findings = append(findings, provision.Finding{What: what, Detail: detail, Remedy: remedy})
	}
	refused := func(what, token string, err error) {
		detail, remedy := said(token, err)
		missing(what, detail, remedy)
	}

	const tokenWhat = "Slack bot token"
	auth, err := b.api.AuthTestContext(ctx)
	if err != nil {
		refused(tokenWhat, botToken, err)
	} else {
		b.self.Store(&identity{user: auth.UserID, team: auth.TeamID, enterprise: auth.EnterpriseID})
		found(tokenWhat, fmt.Sprintf("%s in the workspace %s", auth.User, auth.Team))
		if lacking, known := lackingScopes(auth.Header.Get("X-OAuth-Scopes")); len(lacking) > 0 {
			missing("Slack scopes", "missing: "+strings.Join(lacking, ", "), "Add them on the Slack app's page OAuth & Permissions, and install it again.")
		} else if known {
			found("Slack scopes", "all that are needed")
		}
	}
	if _, _, err := b.api.StartSocketModeContext(ctx); err != nil {
		refused("Slack app token", appToken, err)
	} else {
		found("Slack app token", "opens Socket Mode connections")
	}
	if auth == nil {
		return findings
	}

	const channelWhat = "Slack admin channel"
	invite := "Invite the bot to the channel, and set slack.admin_channel to its ID (C…, at the bottom of the channel's details)."
	channel, err := b.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: b.cfg.AdminChannel})
	switch {
	case reason(err) == "channel_not_found":
		missing(channelWhat, b.cfg.AdminChannel+" isn't there, or the bot isn't in it", invite)
	case err != nil:
		refused(channelWhat, botToken, err)
	case channel.IsArchived:
		missing(channelWhat, "#"+channel.Name+" is archived", "Set slack.admin_channel to a channel that is in use.")
	case !channel.IsMember:
		missing(channelWhat, "the bot isn't in #"+channel.Name, invite)
	default:
		found(channelWhat, "#"+channel.Name)
	}

	const approversWhat = "Slack approvers"
	approvers := b.cfg.Approvers
	if len(approvers) == 0 {
		if approvers, err = b.askMembers(ctx); err != nil {
			refused(approversWhat, botToken, err)
			return findings
		}
	}
	able, unable, err := b.ableApprovers(ctx, approvers)
	switch {
	case err != nil:
		refused(approversWhat, botToken, err)
	case len(b.cfg.Approvers) > 0 && len(unable) > 0:
		missing(approversWhat, "can't approve: "+strings.Join(unable, ", "), "Correct approvals.approvers.")
	case able < b.cfg.Required:
		missing(approversWhat, fmt.Sprintf("%s may approve, and approvals.required is %d", plural(able, "person", "people"), b.cfg.Required),
			"Invite more admins to the channel, or lower approvals.required.")
	default:
		people := plural(able, "person", "people")
		if len(approvers) > mostAsked {
			people = "at least " + people
		}
		found(approversWhat, people)
	}
	return findings
}

// said is a refusal by Slack as people read it.
func said(token string, err error) (detail, remedy string) {
	if fatal := fatalReason(token, err); fatal != nil {
		return store.Explain(fatal)
	}
	if code := reason(err); code != "" {
		return "Slack answered " + code, "See https://docs.slack.dev for what it means."
	}
	return "Slack can't be reached: " + bare(err).Error(), "Look at the network, and at SLACK_API_URL where it is set."
}

// lackingScopes says which scopes a token with those in the header lacks. known is false where there is no header.
func lackingScopes(header string) (lacking []string, known bool) {
	if header == "" {
		return nil, false
	}
	var have []string
	for scope := range strings.SplitSeq(header, ",") {
		have = append(have, strings.TrimSpace(scope))
	}
	for _, scope := range []string{"commands", "chat:write", "im:write", "users:read", "files:read", "files:write"} {
		if !slices.Contains(have, scope) {
			lacking = append(lacking, scope)
		}
	}
	if !slices.Contains(have, "channels:read") && !slices.Contains(have, "groups:read") {
		lacking = append(lacking, "channels:read (or groups:read for a private channel)")
	}
	return lacking, true
}

// mostAsked bounds how many people one check asks Slack about.
const mostAsked = 50

// ableApprovers counts those who are full members, and names the others.
func (b *Bot) ableApprovers(ctx context.Context, ids []string) (able int, unable []string, err error) {
	for i, id := range ids {
		if i == mostAsked {
			break
		}
		u, err := b.api.GetUserInfoContext(ctx, id)
		if reason(err) == "user_not_found" || reason(err) == "user_not_visible" {
			unable = append(unable, id+" (unknown)")
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		if why := b.fullMember(*u); why != nil {
			message, _ := store.Explain(why)
			unable = append(unable, fmt.Sprintf("%s (%s)", id, strings.TrimSuffix(message, ".")))
			continue
		}
		able++
	}
	return able, unable, nil
}
