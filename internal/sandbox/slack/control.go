package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// serveControl does over HTTP what the methods of Server do, for whoever is not in this process. People and channels go
// by ID or by name (requester, #aws-admins); bodies and answers are JSON; {"error": …} with status 400 says what could
// not be done.
//
//	POST /control/slack/command     {user, channel, command, text}          → Seen
//	POST /control/slack/click       {user, channel, ts, action, block?}     → Seen
//	POST /control/slack/click-old   {user, message, action}                 → Seen; message as /messages gave it
//	POST /control/slack/select      {user, channel, ts, action, choice, block?}  → Seen
//	POST /control/slack/click-view  {user, view, action, block?, values?}   → Seen; view is an ID; values as for submit
//	POST /control/slack/select-view {user, view, action, choice, block?, values?}  → Seen
//	POST /control/slack/submit      {user, view, values}                    → Seen; values: block ID → action ID → value
//	POST /control/slack/close-view  {user, view}
//	POST /control/slack/open-home   {user}
//	POST /control/slack/post        {user, channel, text}                   → {"ts"}
//	POST /control/slack/upload      {user, channel, ts?, text?, files}      → {"ts"}; ts of a message to answer; files: [{name, data}], data as base64
//	POST /control/slack/upload-view {user, view, block?, action, files}     → [File], whose IDs are a value for submit
//	POST /control/slack/open-file   {user, file}                            → {"file", "data"}; file is an ID
//	POST /control/slack/suggest     {user, channel, ts, block?, action, text}  → Suggestions
//	POST /control/slack/suggest-view {user, view, block?, action, text}     → Suggestions
//	POST /control/slack/join, leave {user, channel}
//	POST /control/slack/disconnect  {reason}
//	POST /control/slack/enable      {}
//	POST /control/slack/haunt       {n}
//	POST /control/slack/twice       {n}
//	POST /control/slack/redeliver   {}
//	GET  /control/slack/people, channels, unanswered, complaints, texts     → [Person], [Channel], [Missed], [Complaint], texts
//	GET  /control/slack/messages?channel=…
//	GET  /control/slack/ephemerals?user=…, views?user=…, home?user=…, dm?user=…
//	GET  /control/slack/wait?after=N  the number of changes so far, once it is above N (at the latest after 30 s)
func (s *Server) serveControl(mux *http.ServeMux) {
	for name, do := range s.orders() {
		mux.HandleFunc("POST /control/slack/"+name, func(w http.ResponseWriter, r *http.Request) {
			var o order
			d := json.NewDecoder(http.MaxBytesReader(w, r.Body, 2*FilesBytes)) // files come as base64
			d.DisallowUnknownFields()
			if err := d.Decode(&o); err != nil {
				writeJSON(w, http.StatusBadRequest, object{"error": fmt.Sprintf("%s: %v", name, err)})
				return
			}
			answer, err := do(r.Context(), o)
			if err != nil {
				writeJSON(w, http.StatusBadRequest, object{"error": err.Error()})
				return
			}
			writeJSON(w, http.StatusOK, answer)
		})
	}
	for name, get := range map[string]func(r *http.Request) any{
		"people":     func(*http.Request) any { return s.People() },
		"channels":   func(*http.Request) any { return s.Channels() },
		"unanswered": func(*http.Request) any { return listed(s.Missed()) },
		"complaints": func(*http.Request) any { return listed(s.Complained()) },
		"texts": func(*http.Request) any {
			messages, views := s.AllTexts()
			return object{"messages": listed(messages), "views": listed(views)}
		},
		"messages":   func(r *http.Request) any { return listed(s.Messages(r.FormValue("channel"))) },
		"ephemerals": func(r *http.Request) any { return listed(s.Ephemerals(r.FormValue("user"))) },
		"views":      func(r *http.Request) any { return listed(s.Views(r.FormValue("user"))) },
		"dm":         func(r *http.Request) any { return object{"channel": s.DM(r.FormValue("user"))} },
		"home": func(r *http.Request) any {
			v, published := s.Home(r.FormValue("user"))
			return object{"published": published, "view": v}
		},
		"wait": func(r *http.Request) any {
			after, _ := strconv.Atoi(r.FormValue("after"))
			ctx, cancel := context.WithTimeout(r.Context(), 30*time.Second)
			defer cancel()
			n := 0
			_ = s.Wait(ctx, func() bool { n = s.revision(); return n > after })
			return object{"changes": n}
		},
	} {
		mux.HandleFunc("GET /control/slack/"+name, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, http.StatusOK, get(r)) })
	}
}

// order is the body of what somebody asks for.
type order struct {
	User, Channel, Command, Text, TS, Action, Block, View, File, Reason string

	Choice  any
	Message Message
	Values  map[string]map[string]any
	Files   []NewFile
	N       int
}

// orders are what people, and whoever plays fate, can have done.
func (s *Server) orders() map[string]func(context.Context, order) (any, error) {
	done := object{"ok": true}
	return map[string]func(context.Context, order) (any, error){
		"command": func(ctx context.Context, o order) (any, error) {
			return s.Command(ctx, o.User, o.Channel, o.Command, o.Text)
		},
		"click": func(ctx context.Context, o order) (any, error) {
			return s.Use(ctx, o.User, o.Channel, o.TS, o.Block, o.Action, nil)
		},
		"click-old": func(ctx context.Context, o order) (any, error) { return s.ClickOld(ctx, o.User, o.Message, o.Action) },
		"select": func(ctx context.Context, o order) (any, error) {
			return s.Use(ctx, o.User, o.Channel, o.TS, o.Block, o.Action, o.Choice)
		},
		"click-view": func(ctx context.Context, o order) (any, error) {
			return s.UseView(ctx, o.User, o.View, o.Block, o.Action, nil, o.Values)
		},
		"select-view": func(ctx context.Context, o order) (any, error) {
			return s.UseView(ctx, o.User, o.View, o.Block, o.Action, o.Choice, o.Values)
		},
		"submit":     func(ctx context.Context, o order) (any, error) { return s.Submit(ctx, o.User, o.View, o.Values) },
		"close-view": func(ctx context.Context, o order) (any, error) { return done, s.CloseView(ctx, o.User, o.View) },
		"open-home":  func(_ context.Context, o order) (any, error) { return done, s.OpenHome(o.User) },
		"post": func(_ context.Context, o order) (any, error) {
			ts, err := s.Post(o.User, o.Channel, o.Text)
			return object{"ts": ts}, err
		},
		"upload": func(_ context.Context, o order) (any, error) {
			ts, err := s.Upload(o.User, o.Channel, o.TS, o.Text, o.Files...)
			return object{"ts": ts}, err
		},
		"upload-view": func(_ context.Context, o order) (any, error) {
			return s.UploadFor(o.User, o.View, o.Block, o.Action, o.Files...)
		},
		"open-file": func(_ context.Context, o order) (any, error) {
			f, data, err := s.Open(o.User, o.File)
			return object{"file": f, "data": data}, err
		},
		"suggest": func(ctx context.Context, o order) (any, error) {
			return s.Suggest(ctx, o.User, o.Channel, o.TS, o.Block, o.Action, o.Text)
		},
		"suggest-view": func(ctx context.Context, o order) (any, error) {
			return s.SuggestView(ctx, o.User, o.View, o.Block, o.Action, o.Text)
		},
		"join":       func(_ context.Context, o order) (any, error) { return done, s.Join(o.User, o.Channel) },
		"leave":      func(_ context.Context, o order) (any, error) { return done, s.Leave(o.User, o.Channel) },
		"disconnect": func(_ context.Context, o order) (any, error) { return done, s.Disconnect(o.Reason) },
		"enable":     func(context.Context, order) (any, error) { s.Enable(); return done, nil },
		"haunt":      func(_ context.Context, o order) (any, error) { s.Haunt(o.N); return done, nil },
		"twice":      func(_ context.Context, o order) (any, error) { s.DeliverTwice(o.N); return done, nil },
		"redeliver":  func(context.Context, order) (any, error) { return object{"ok": s.Redeliver()}, nil },
	}
}

// listed makes a list without items [] in JSON, not null.
func listed[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func (s *Server) revision() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rev
}
