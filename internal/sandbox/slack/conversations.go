package slack

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
)

func (s *Server) openConversation(a args) object {
	if a["users"] == "" {
		if c := s.channels[a["channel"]]; c != nil && c.im() && c.has(BotUser) {
			return object{"ok": true, "no_op": true, "already_open": true, "channel": c.opened(a)}
		}
		if a["channel"] != "" {
			return refuse("channel_not_found")
		}
		return refuse("users_list_not_supplied")
	}
	users := strings.Split(a["users"], ",")
	if len(users) > 1 {
		if refusal := s.without("mpim:write"); refusal != nil {
			return refusal
		}
		return refuse("method_not_supported_for_channel_type") // group conversations: nothing here needs one
	}
	if refusal := s.without("im:write"); refusal != nil {
		return refusal
	}
	p := s.people[strings.TrimSpace(users[0])]
	switch {
	case p == nil:
		return refuse("user_not_found")
	case p.Deleted:
		return refuse("user_disabled")
	case p.Bot:
		return refuse("invalid_user_combination")
	case p.TeamID != Team && !s.shares(p):
		return refuse("user_not_visible")
	}
	c, isNew := s.direct(p)
	o := object{"ok": true, "channel": c.opened(a)}
	if !isNew {
		o["no_op"], o["already_open"] = true, true
	}
	return o
}

// shares reports whether a person of another workspace and the bot are in a channel together.
func (s *Server) shares(p *Person) bool {
	for _, c := range s.channels {
		if c.has(p.ID) && c.has(BotUser) {
			return true
		}
	}
	return false
}

func (c *Channel) opened(a args) object {
	if !a.bool("return_im") {
		return object{"id": c.ID}
	}
	return c.json()
}

// readable returns the channel where the bot's token may read about it.
func (s *Server) readable(id string) (*Channel, object) {
	c := s.channels[id]
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	if refusal := s.without(c.scope()); refusal != nil {
		return nil, refusal
	}
	if (c.Private || c.im()) && !c.has(BotUser) {
		return nil, refuse("channel_not_found")
	}
	return c, nil
}

// scope is what it takes to read about the channel.
func (c *Channel) scope() string {
	switch {
	case c.im():
		return "im:read"
	case c.Private:
		return "groups:read"
	}
	return "channels:read"
}

func (s *Server) conversationInfo(a args) object {
	c, refusal := s.readable(a["channel"])
	if refusal != nil {
		return refusal
	}
	o := c.json()
	if a.bool("include_num_members") {
		o["num_members"] = len(c.Members)
	}
	if a.bool("include_locale") {
		o["locale"] = "en-US"
	}
	return object{"ok": true, "channel": o}
}

func (s *Server) conversationMembers(a args) object {
	c, refusal := s.readable(a["channel"])
	if refusal != nil {
		return refusal
	}
	page, next, refusal := paginate(s, c.Members, a)
	if refusal != nil {
		return refusal
	}
	return object{"ok": true, "members": page, "response_metadata": object{"next_cursor": next}}
}

func (s *Server) conversationList(a args) object {
	types := "public_channel"
	if a["types"] != "" {
		types = a["types"]
	}
	scopes := map[string]string{"public_channel": "channels:read", "private_channel": "groups:read", "im": "im:read", "mpim": "mpim:read"}
	var wanted []string
	for _, t := range strings.Split(types, ",") {
		scope, known := scopes[strings.TrimSpace(t)]
		if !known {
			return refuse("invalid_types")
		}
		if refusal := s.without(scope); refusal != nil {
			return refusal
		}
		wanted = append(wanted, scope)
	}
	found := []object{}
	for _, c := range s.sortedChannels() {
		if slices.Contains(wanted, c.scope()) && (c.scope() == "channels:read" || c.has(BotUser)) {
			o := c.json()
			o["num_members"] = len(c.Members)
			found = append(found, o)
		}
	}
	page, next, refusal := paginate(s, found, a)
	if refusal != nil {
		return refusal
	}
	return object{"ok": true, "channels": page, "response_metadata": object{"next_cursor": next}}
}

// paginate returns the page that the arguments limit and cursor ask for, and the cursor of the next; a page may hold
// less than was asked for, as Slack says.
func paginate[T any](s *Server, all []T, a args) (page []T, next string, refusal object) {
	size := 100
	if a["limit"] != "" && a["limit"] != "0" {
		n, err := strconv.Atoi(a["limit"])
		if err != nil || n < 0 || n > 1000 {
			return nil, "", refuse("invalid_limit")
		}
		size = min(n, s.cfg.PageSize)
	}
	from := 0
	if a["cursor"] != "" {
		raw, err := base64.StdEncoding.DecodeString(a["cursor"])
		n, isOurs := strings.CutPrefix(string(raw), "from:")
		if from, _ = strconv.Atoi(n); err != nil || !isOurs || from <= 0 || from > len(all) {
			return nil, "", refuse("invalid_cursor")
		}
	}
	to := min(from+size, len(all))
	if to < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte("from:" + strconv.Itoa(to)))
	}
	return all[from:to], next, nil
}

func (c *Channel) json() object {
	if c.im() {
		return object{
			"id": c.ID, "created": c.created.Unix(), "is_im": true, "is_org_shared": false, "is_archived": false, "user": c.User,
			"last_read": "0000000000.000000", "latest": nil, "unread_count": 0, "unread_count_display": 0, "is_open": true, "priority": 0,
		}
	}
	purpose := object{"value": "", "creator": "", "last_set": 0}
	topic := purpose
	if c.Topic != "" {
		topic = object{"value": c.Topic, "creator": AdminOne, "last_set": c.created.Unix()}
	}
	return object{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "created": c.created.Unix(), "creator": AdminOne,
		"is_channel": !c.Private, "is_group": c.Private, "is_private": c.Private, "is_im": false, "is_mpim": false, "is_general": c.General,
		"is_archived": false, "is_member": c.has(BotUser), "is_shared": c.Shared, "is_ext_shared": c.Shared, "is_org_shared": false,
		"is_pending_ext_shared": false, "pending_shared": []string{}, "pending_connected_team_ids": []string{}, "shared_team_ids": c.teams(),
		"context_team_id": Team, "unlinked": 0, "updated": c.created.UnixMilli(), "topic": topic, "purpose": purpose, "previous_names": []string{},
	}
}

func (c *Channel) teams() []string {
	if c.Shared {
		return []string{Team, OtherTeam}
	}
	return []string{Team}
}
