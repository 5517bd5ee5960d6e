package slack

import "time"

func (s *Server) userInfo(a args) object {
	p := s.people[a["user"]]
	if p == nil {
		return refuse("user_not_found")
	}
	o := s.personJSON(p)
	if a.bool("include_locale") {
		o["locale"] = "en-US"
	}
	return object{"ok": true, "user": o}
}

func (s *Server) userByEmail(a args) object {
	for _, p := range s.people {
		if p.Email != "" && p.Email == a["email"] && !p.Deleted && p.TeamID == Team {
			return object{"ok": true, "user": s.personJSON(p)}
		}
	}
	return refuse("users_not_found")
}

func (s *Server) personJSON(p *Person) object {
	profile := object{
		"real_name": p.RealName, "real_name_normalized": p.RealName, "display_name": p.Name, "display_name_normalized": p.Name,
		"title": "", "phone": "", "skype": "", "status_text": "", "status_emoji": "", "status_expiration": 0, "avatar_hash": "", "team": p.TeamID,
	}
	if p.Email != "" && s.without("users:read.email") == nil {
		profile["email"] = p.Email
	}
	o := object{
		"id": p.ID, "team_id": p.TeamID, "name": p.Name, "deleted": p.Deleted, "profile": profile, "is_bot": p.Bot, "is_app_user": false, "updated": 0,
	}
	if p.Bot {
		profile["bot_id"], profile["api_app_id"] = Bot, App
	}
	if p.Deleted { // Slack leaves the rest out
		return o
	}
	zone := time.UTC
	if p.TZ != "" {
		if z, err := time.LoadLocation(p.TZ); err == nil {
			zone = z
		}
	}
	label, offset := s.clock.Now().In(zone).Zone()
	for name, v := range (object{
		"color": "9f69e7", "real_name": p.RealName, "tz": zone.String(), "tz_label": label, "tz_offset": offset,
		"is_admin": p.Admin, "is_owner": false, "is_primary_owner": false, "is_restricted": p.Restricted, "is_ultra_restricted": p.UltraRestricted,
		"is_email_confirmed": !p.Bot, "who_can_share_contact_card": "EVERYONE", "has_2fa": false,
	}) {
		o[name] = v
	}
	if p.TeamID != Team {
		o["is_stranger"] = true
	}
	return o
}

func (s *Server) groupList(args) object {
	if s.cfg.UserGroups == nil {
		return refuse("plan_upgrade_required")
	}
	groups := []object{}
	for id, users := range s.cfg.UserGroups {
		groups = append(groups, object{"id": id, "team_id": Team, "is_usergroup": true, "name": id, "handle": id, "users": users, "user_count": len(users)})
	}
	return object{"ok": true, "usergroups": groups}
}

func (s *Server) groupMembers(a args) object {
	if s.cfg.UserGroups == nil {
		return refuse("plan_upgrade_required")
	}
	users, known := s.cfg.UserGroups[a["usergroup"]]
	if !known {
		return refuse("no_such_subteam")
	}
	return object{"ok": true, "users": users}
}
