package slack

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An app uploads a file in three steps: it asks for an address, sends the bytes there, and says where the file goes
// (docs.slack.dev/messaging/working-with-files, docs.slack.dev/reference/methods/files.completeUploadExternal).
func (s *Server) uploadURL(a args) object {
	n, err := strconv.Atoi(a["length"])
	switch {
	case err != nil || n < 0:
		return refuse("invalid_arguments", "[ERROR] must be an integer [json-pointer:/length]")
	case n == 0:
		return refuse("missing_argument")
	case utf8.RuneCountInString(a["alt_txt"]) > AltLength:
		return refuse("alt_txt_too_large")
	case a["snippet_type"] != "" && n > 1<<20:
		return refuse("snippet_too_large")
	case n > FileBytes:
		return refuse("file_upload_size_restricted")
	case !s.room(n):
		return refuse("storage_limit_reached")
	}
	f := s.newFile(BotUser, a["filename"], n)
	f.Alt, f.ticket = a["alt_txt"], random(24)
	if a["snippet_type"] != "" { // Slack knows a list of them, of which it publishes a part: a guess that any will do
		f.Type, f.Mime = a["snippet_type"], "text/plain"
	}
	s.files[f.ID] = f
	return object{"ok": true, "upload_url": s.base + "/upload/v1/" + f.ticket, "file_id": f.ID}
}

// completeUpload makes the files be there, and shares them in a message of each channel; of none, they stay the app's.
func (s *Server) completeUpload(a args) object {
	files, titles, refusal := s.toComplete(a)
	if refusal != nil {
		return refusal
	}
	if a["username"]+a["icon_url"]+a["icon_emoji"] != "" {
		if refusal := s.without("chat:write.customize"); refusal != nil {
			return refusal
		}
	}
	channels, refusal := s.shareWith(a)
	if refusal != nil {
		return refusal
	}
	what := content{text: a["initial_comment"], files: files}
	if what.text == "" {
		what.blocks = a.json("blocks")
	}
	if what.text != "" || what.blocks != nil {
		if refusal := what.look(PostTextLimit); refusal != nil {
			return refusal
		}
	}
	answer := []object{}
	for i, f := range files {
		if titles[i] != "" {
			f.Title = titles[i]
		}
		s.keep(f)
		answer = append(answer, object{"id": f.ID, "title": f.Title})
	}
	for _, c := range channels {
		s.post(c, BotUser, what, a["thread_ts"])
	}
	s.change()
	return object{"ok": true, "files": answer}
}

// toComplete reads the argument files. An upload that was never made, or is complete, is no longer to be found: for the
// latter Slack says that the method can be called once, not what it answers.
func (s *Server) toComplete(a args) (files []*file, titles []string, refusal object) {
	var named []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(a["files"]), &named); err != nil || len(named) == 0 {
		return nil, nil, refuse("invalid_arguments", "[ERROR] must be an array of files [json-pointer:/files]")
	}
	for _, n := range named {
		f := s.files[n.ID]
		if f == nil || f.ticket == "" || f.data == nil || slices.Contains(files, f) {
			return nil, nil, refuse("file_not_found")
		}
		files, titles = append(files, f), append(titles, n.Title)
	}
	return files, titles, nil
}

// shareWith are the channels that channel_id and channels name: by ID only, in channels also people by theirs.
func (s *Server) shareWith(a args) (channels []*Channel, refusal object) {
	if id := a["channel_id"]; id != "" {
		c, refusal := s.joined(s.channels[id])
		if refusal != nil {
			return nil, refusal
		}
		channels = append(channels, c)
	}
	if a["channels"] == "" {
		return channels, nil
	}
	ids := strings.Split(a["channels"], ",")
	if len(ids) > 100 {
		return nil, refuse("channels_limit_exceeded")
	}
	for _, id := range ids {
		id = strings.TrimSpace(id)
		if s.people[id] == nil && s.channels[id] == nil {
			return nil, refuse("invalid_channel")
		}
		c, refusal := s.destination(id)
		if refusal != nil {
			return nil, refusal
		}
		if !slices.Contains(channels, c) {
			channels = append(channels, c)
		}
	}
	if a["thread_ts"] != "" && len(channels) > 1 { // “provide only one channel”; that it is refused is a guess
		return nil, refuse("invalid_arguments", "[ERROR] thread_ts is for one channel [json-pointer:/thread_ts]")
	}
	return channels, nil
}

func (s *Server) aboutFile(a args) object {
	f := s.whole(a["file"])
	switch {
	case f == nil:
		return refuse("file_not_found")
	case f.Deleted:
		return refuse("file_deleted")
	case !s.sees(BotUser, f):
		return refuse("not_visible")
	}
	return object{"ok": true, "file": s.fileInfo(f), "comments": []object{}, "response_metadata": object{"next_cursor": ""}}
}

// deleteFile leaves the messages that shared the file, with the file's grave in them.
func (s *Server) deleteFile(a args) object {
	f := s.whole(a["file"])
	switch {
	case f == nil || !s.sees(BotUser, f):
		return refuse("file_not_found")
	case f.Deleted:
		return refuse("file_deleted")
	case f.User != BotUser:
		return refuse("cant_delete_file")
	}
	f.Deleted, f.data = true, nil
	s.tell(object{"type": "file_deleted", "file_id": f.ID, "event_ts": s.stamp()})
	s.change()
	return object{"ok": true}
}
