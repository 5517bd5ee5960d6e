package slack

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// What the workspace keeps of files. Slack takes files of up to 1 GB and calls more than a plan's storage
// storage_limit_reached (docs.slack.dev/reference/methods/files.getUploadURLExternal); these limits are the sandbox's
// own, but that of one file is what a file_input takes
// (docs.slack.dev/reference/block-kit/block-elements/file-input-element).
const (
	FileBytes  = 10 << 20 // of one file
	FilesBytes = 20 << 20 // of all files
	AltLength  = 1000     // characters of a description for screen readers
)

// uploadLife is how long an upload may wait to be completed. Slack says that it discards one that never is; when, it
// does not say: a guess.
const uploadLife = time.Hour

// File is a file as people see it.
type File struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Mime    string    `json:"mimetype"`
	Type    string    `json:"filetype"` // Slack's word for it: png, text, binary, …
	Size    int       `json:"size"`     // bytes
	User    string    `json:"user"`     // who uploaded it
	Alt     string    `json:"alt_txt,omitempty"`
	Created time.Time `json:"created"`
	Deleted bool      `json:"deleted,omitempty"` // only its place in messages is left
}

// file is one from the time that the app asks for its upload URL, or a person uploads it.
type file struct {
	File
	data   []byte // never changed once it is there
	ticket string // the secret in its upload URL; empty: the upload is complete
	handed bool   // somebody sent it to the app in a form
}

// newFile makes one that is not yet kept.
func (s *Server) newFile(user, name string, size int) *file {
	f := &file{File: File{ID: "F0" + strings.ToUpper(random(4)), Name: name, Title: name, Size: size, User: user, Created: s.clock.Now()}}
	f.Type, f.Mime = "binary", "application/octet-stream"
	if k, known := fileKinds[extension(name)]; known {
		f.Type, f.Mime = k.name, k.mime
	}
	return f
}

// fill gives the file its bytes. Of a name that says nothing, they say whether it is a text.
func (f *file) fill(data []byte) {
	f.data = data
	if f.Type == "binary" && strings.HasPrefix(http.DetectContentType(data), "text/plain") {
		f.Type, f.Mime = "text", "text/plain"
	}
}

// fileKinds are Slack's types by the ending of a name (docs.slack.dev/reference/objects/file-object). That a type has
// this MIME type is common knowledge, not Slack's word.
var fileKinds = map[string]struct{ name, pretty, mime string }{
	"csv":  {"csv", "CSV", "text/csv"},
	"gif":  {"gif", "GIF", "image/gif"},
	"html": {"html", "HTML", "text/html"},
	"jpeg": {"jpg", "JPEG", "image/jpeg"},
	"jpg":  {"jpg", "JPEG", "image/jpeg"},
	"json": {"json", "JSON", "application/json"},
	"log":  {"text", "Plain Text", "text/plain"},
	"md":   {"markdown", "Markdown", "text/markdown"},
	"pdf":  {"pdf", "PDF", "application/pdf"},
	"png":  {"png", "PNG", "image/png"},
	"svg":  {"svg", "SVG", "image/svg+xml"},
	"txt":  {"text", "Plain Text", "text/plain"},
	"webp": {"webp", "WebP", "image/webp"},
	"xml":  {"xml", "XML", "text/xml"},
	"yaml": {"yaml", "YAML", "text/yaml"},
	"yml":  {"yaml", "YAML", "text/yaml"},
	"zip":  {"zip", "Zip", "application/zip"},
}

func (f *file) pretty() string {
	for _, k := range fileKinds {
		if k.name == f.Type {
			return k.pretty
		}
	}
	if f.Type == "binary" {
		return "Binary"
	}
	return f.Type
}

// extension is the ending of a name, in small letters and without its dot.
func extension(name string) string { return strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")) }

// room reports whether n more bytes can be kept. Uploads that were never completed make room once they are old, and so
// do files that a person put into a form that was never sent.
func (s *Server) room(n int) bool {
	held := 0
	for id, f := range s.files {
		unsent := f.User != BotUser && !f.handed && len(s.sharedIn(f)) == 0
		if (f.ticket != "" || unsent) && s.clock.Since(f.Created) > uploadLife {
			delete(s.files, id)
			continue
		}
		held += len(f.data)
	}
	return held+n <= FilesBytes
}

// keep holds a complete file, and has a search of AllTexts find what the app wrote into it.
func (s *Server) keep(f *file) {
	f.ticket = ""
	s.files[f.ID] = f
	if f.User == BotUser {
		text := f.Name + "\n" + f.Title + "\n" + f.Alt
		if utf8.Valid(f.data) {
			text += "\n" + string(f.data)
		}
		s.posted.add(text)
	}
}

// whole returns the file with the ID, once its upload is complete; nil: there is none.
func (s *Server) whole(id string) *file {
	if f := s.files[id]; f != nil && f.ticket == "" {
		return f
	}
	return nil
}

// sharedIn are the messages in which people see the file, oldest channel by ID first.
func (s *Server) sharedIn(f *file) []*Message {
	var out []*Message
	for _, c := range s.sortedChannels() {
		for _, m := range s.messages[c.ID] {
			if !m.Deleted && slices.Contains(m.files, f) {
				out = append(out, m)
			}
		}
	}
	return out
}

// sees reports whether a person, or the bot, may open the file: their own, or one shared where they are
// (docs.slack.dev/reference/scopes/files.read); the app also what somebody sent to it in a form.
func (s *Server) sees(user string, f *file) bool {
	return f.User == user || user == BotUser && f.handed ||
		slices.ContainsFunc(s.sharedIn(f), func(m *Message) bool { return s.channels[m.Channel].has(user) })
}

// fileJSON is the file as it stands in a message; of a deleted one, its grave.
func (s *Server) fileJSON(f *file) object {
	if f.Deleted {
		return object{"id": f.ID, "mode": "tombstone"}
	}
	private := s.base + "/files-pri/" + Team + "-" + f.ID
	o := object{
		"id": f.ID, "created": f.Created.Unix(), "timestamp": f.Created.Unix(), "name": f.Name, "title": f.Title,
		"mimetype": f.Mime, "filetype": f.Type, "pretty_type": f.pretty(), "user": f.User, "user_team": Team, "username": "",
		"editable": false, "size": f.Size, "mode": "hosted", "is_external": false, "external_type": "", "public_url_shared": false,
		"display_as_bot": false, "is_public": s.isPublic(f), "file_access": "visible", "has_rich_preview": false,
		"url_private": private + "/" + fileSlug(f.Name), "url_private_download": private + "/download/" + fileSlug(f.Name),
		"permalink": fmt.Sprintf("https://%s.slack.com/files/%s/%s/%s", TeamDomain, f.User, f.ID, fileSlug(f.Name)),
	}
	if f.Alt != "" {
		o["alt_txt"] = f.Alt
	}
	return o
}

func (s *Server) isPublic(f *file) bool {
	return slices.ContainsFunc(s.sharedIn(f), func(m *Message) bool { c := s.channels[m.Channel]; return !c.Private && !c.im() })
}

// fileSlug is a name as it stands in an address. How Slack makes it, it does not say: a guess.
func fileSlug(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '_'
	}, name)
}

// fileInfo is fileJSON with where the file is shared, as files.info and forms have it.
func (s *Server) fileInfo(f *file) object {
	o := s.fileJSON(f)
	public, private := object{}, object{}
	lists := map[string][]string{"channels": {}, "groups": {}, "ims": {}}
	for _, m := range s.sharedIn(f) {
		c := s.channels[m.Channel]
		share := object{
			"ts": m.TS, "channel_name": c.Name, "team_id": Team, "share_user_id": m.User,
			"reply_users": []string{}, "reply_users_count": 0, "reply_count": 0,
		}
		if m.ThreadTS != "" {
			share["thread_ts"] = m.ThreadTS
		}
		list, where := "channels", public
		switch {
		case c.im():
			list, where = "ims", private
		case c.Private:
			list, where = "groups", private
		}
		if !slices.Contains(lists[list], c.ID) {
			lists[list] = append(lists[list], c.ID)
		}
		before, _ := where[c.ID].([]object)
		where[c.ID] = append(before, share)
	}
	for list, ids := range lists {
		o[list] = ids
	}
	shares := object{}
	if len(public) > 0 {
		shares["public"] = public
	}
	if len(private) > 0 {
		shares["private"] = private
	}
	o["shares"], o["has_more_shares"] = shares, false
	return o
}
