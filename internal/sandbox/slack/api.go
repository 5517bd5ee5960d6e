package slack

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// method is one of the Web API's: whose token it takes, the scopes of which it needs one, its rate, the arguments
// without which it is refused, and what it does (with s.mu held). Facts from docs.slack.dev/reference/methods.
type method struct {
	token  tokenKind
	scopes []string
	rate   float64 // calls a minute
	need   []string
	do     func(s *Server, a args) object
}

type tokenKind int

const (
	botToken tokenKind = iota
	appToken
	noToken
)

// Calls a minute (docs.slack.dev/apis/web-api/rate-limits). Methods of the special tier take hundreds.
const (
	tier2   = 20
	tier3   = 50
	tier4   = 100
	special = 600
)

var (
	write     = []string{"chat:write"}
	readAny   = []string{"channels:read", "groups:read", "im:read", "mpim:read"}
	openAny   = []string{"channels:manage", "groups:write", "im:write", "mpim:write"}
	userGroup = []string{"usergroups:read"}
	fileWrite = []string{"files:write"}
	fileRead  = []string{"files:read"}
)

var methods = map[string]method{
	"api.test":              {token: noToken, rate: tier4, do: (*Server).apiTest},
	"auth.test":             {rate: special, do: (*Server).authTest},
	"team.info":             {scopes: []string{"team:read"}, rate: tier3, do: (*Server).teamInfo},
	"apps.connections.open": {token: appToken, scopes: []string{"connections:write"}, rate: tier3, do: (*Server).openConnection},
	"chat.postMessage":      {scopes: write, rate: special, need: []string{"channel"}, do: (*Server).postMessage},
	"chat.postEphemeral":    {scopes: write, rate: tier4, need: []string{"channel", "user"}, do: (*Server).postEphemeral},
	"chat.update":           {scopes: write, rate: tier3, need: []string{"channel", "ts"}, do: (*Server).updateMessage},
	"chat.delete":           {scopes: write, rate: tier3, need: []string{"channel", "ts"}, do: (*Server).deleteMessage},
	"chat.getPermalink":     {rate: special, need: []string{"channel", "message_ts"}, do: (*Server).permalink},
	"conversations.open":    {scopes: openAny, rate: tier3, do: (*Server).openConversation},
	"conversations.info":    {scopes: readAny, rate: tier3, need: []string{"channel"}, do: (*Server).conversationInfo},
	"conversations.members": {scopes: readAny, rate: tier4, need: []string{"channel"}, do: (*Server).conversationMembers},
	"conversations.list":    {scopes: readAny, rate: tier2, do: (*Server).conversationList},
	"users.info":            {scopes: []string{"users:read"}, rate: tier4, need: []string{"user"}, do: (*Server).userInfo},
	"users.lookupByEmail":   {scopes: []string{"users:read.email"}, rate: tier3, need: []string{"email"}, do: (*Server).userByEmail},
	"usergroups.list":       {scopes: userGroup, rate: tier2, do: (*Server).groupList},
	"usergroups.users.list": {scopes: userGroup, rate: tier2, need: []string{"usergroup"}, do: (*Server).groupMembers},
	"views.open":            {rate: tier4, need: []string{"view"}, do: (*Server).openView},
	"views.push":            {rate: tier4, need: []string{"view"}, do: (*Server).pushView},
	"views.update":          {rate: tier4, need: []string{"view"}, do: (*Server).updateView},
	"views.publish":         {rate: tier4, need: []string{"user_id", "view"}, do: (*Server).publishView},

	"files.getUploadURLExternal":   {scopes: fileWrite, rate: tier4, need: []string{"filename", "length"}, do: (*Server).uploadURL},
	"files.completeUploadExternal": {scopes: fileWrite, rate: tier4, need: []string{"files"}, do: (*Server).completeUpload},
	"files.info":                   {scopes: fileRead, rate: tier4, need: []string{"file"}, do: (*Server).aboutFile},
	"files.delete":                 {scopes: fileWrite, rate: tier3, need: []string{"file"}, do: (*Server).deleteFile},
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/api/")
	a := readArgs(r, body)
	m, known := methods[name]
	if !known {
		writeJSON(w, http.StatusOK, object{"ok": false, "error": "unknown_method", "req_method": name})
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.base == "" {
		s.base = "http://" + r.Host
	}
	if m.token != noToken {
		scopes, refusal := s.authorize(m, a["token"])
		if refusal != nil {
			writeJSON(w, http.StatusOK, refusal)
			return
		}
		w.Header().Set("X-OAuth-Scopes", strings.Join(scopes, ","))
		w.Header().Set("X-Accepted-OAuth-Scopes", strings.Join(m.scopes, ","))
	}
	wait := s.take(name, m.rate, m.rate)
	if name == "chat.postMessage" && wait == 0 {
		wait = s.take(name+" "+a["channel"], postsAMinute, postsAtOnce)
	}
	if wait > 0 {
		tooMany(w, wait)
		return
	}
	var messages []string
	for _, need := range m.need {
		if a[need] == "" {
			messages = append(messages, "[ERROR] missing required field: "+need)
		}
	}
	if messages != nil {
		writeJSON(w, http.StatusOK, refuse("invalid_arguments", messages...))
		return
	}
	writeJSON(w, http.StatusOK, m.do(s, a))
}

// authorize checks the token, and returns the scopes that it has.
func (s *Server) authorize(m method, token string) (scopes []string, refusal object) {
	var kind tokenKind
	switch token {
	case "":
		return nil, refuse("not_authed")
	case s.cfg.BotToken:
		kind, scopes = botToken, s.cfg.Scopes
	case s.cfg.AppToken:
		kind, scopes = appToken, s.cfg.AppScopes
	default:
		return nil, refuse("invalid_auth")
	}
	if kind != m.token {
		return nil, refuse("not_allowed_token_type")
	}
	if len(m.scopes) > 0 && !slices.ContainsFunc(m.scopes, func(need string) bool { return slices.Contains(scopes, need) }) {
		return nil, missingScope(m.scopes, scopes)
	}
	return scopes, nil
}

func missingScope(needed, provided []string) object {
	o := refuse("missing_scope")
	o["needed"], o["provided"] = strings.Join(needed, ","), strings.Join(provided, ",")
	return o
}

// without returns a refusal where the bot's token lacks the scope.
func (s *Server) without(scope string) object {
	if slices.Contains(s.cfg.Scopes, scope) {
		return nil
	}
	return missingScope([]string{scope}, s.cfg.Scopes)
}

// refuse is the form of an error; messages say more, as "[ERROR] …".
func refuse(code string, messages ...string) object {
	o := object{"ok": false, "error": code}
	if len(messages) > 0 {
		o["response_metadata"] = object{"messages": messages}
	}
	return o
}

// args are a call's arguments by name, from the query, the form or the JSON body; lists and objects as JSON. The token
// is among them, also where it came in the header.
type args map[string]string

func readArgs(r *http.Request, body []byte) args {
	a := args{}
	add := func(values url.Values) {
		for name := range values {
			a[name] = values.Get(name)
		}
	}
	add(r.URL.Query())
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json":
		var fields map[string]json.RawMessage
		_ = json.Unmarshal(body, &fields)
		for name, raw := range fields {
			var text string
			if json.Unmarshal(raw, &text) != nil {
				text = string(raw)
			}
			a[name] = text
		}
	case "multipart/form-data":
		rr := r.Clone(r.Context())
		rr.Body = io.NopCloser(bytes.NewReader(body))
		if rr.ParseMultipartForm(1<<20) == nil {
			add(rr.MultipartForm.Value)
		}
	default:
		values, _ := url.ParseQuery(string(body))
		add(values)
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		a["token"] = token
	}
	return a
}

// json is an argument that is JSON; empty for none.
func (a args) json(name string) json.RawMessage {
	raw := json.RawMessage(a[name])
	if absent(raw) {
		return nil
	}
	return raw
}

func (a args) bool(name string) bool {
	b, _ := strconv.ParseBool(a[name])
	return b
}

func (s *Server) apiTest(a args) object {
	if a["error"] != "" {
		return object{"ok": false, "error": a["error"], "args": a}
	}
	delete(a, "token")
	return object{"ok": true, "args": a}
}

func (s *Server) authTest(args) object {
	return object{
		"ok": true, "url": "https://" + TeamDomain + ".slack.com/", "team": "Sandbox", "user": s.people[BotUser].Name,
		"team_id": Team, "user_id": BotUser, "bot_id": Bot, "is_enterprise_install": false,
	}
}

func (s *Server) teamInfo(args) object {
	return object{"ok": true, "team": object{
		"id": Team, "name": "Sandbox", "domain": TeamDomain, "url": "https://" + TeamDomain + ".slack.com/", "email_domain": "", "icon": object{"image_default": true},
	}}
}
