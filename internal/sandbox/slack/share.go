package slack

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// NewFile is a file on somebody's computer.
type NewFile struct {
	Name string `json:"name"` // without folders
	Data []byte `json:"data"`
}

// filesAtOnce are the files that a client puts into one message, and the most of a file_input
// (docs.slack.dev/reference/block-kit/block-elements/file-input-element); that they are the same is a guess.
const filesAtOnce = 10

// Upload has a person drag files into a channel, or into the thread of a message in it, with some words to them. It
// returns the time stamp of the message. The app hears of them by file_shared and by message events, where it
// subscribes to these.
func (s *Server) Upload(user, channel, threadTS, text string, files ...NewFile) (ts string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, c, err := s.present(user, channel)
	if err != nil {
		return "", err
	}
	if parent := s.message(c.ID, threadTS); threadTS != "" && (parent == nil || parent.Deleted) {
		return "", fmt.Errorf("there is no message %s in %s to answer", threadTS, channel)
	}
	kept, err := s.receive(p, files)
	if err != nil {
		return "", err
	}
	return s.post(c, p.ID, content{text: s.escape(text), files: kept}, threadTS).TS, nil
}

// receive keeps a person's files, all or none.
func (s *Server) receive(p *Person, files []NewFile) ([]*file, error) {
	if len(files) == 0 {
		return nil, errors.New("there is no file to upload")
	}
	if len(files) > filesAtOnce {
		return nil, fmt.Errorf("%d files at once, and no more than %d can be", len(files), filesAtOnce)
	}
	total := 0
	for _, f := range files {
		switch {
		case strings.TrimSpace(f.Name) == "" || f.Name != path.Base(f.Name) || utf8.RuneCountInString(f.Name) > 255:
			return nil, fmt.Errorf("%q is no name of a file: 1 to 255 characters without a slash", f.Name)
		case len(f.Data) == 0:
			return nil, fmt.Errorf("%s is empty", f.Name)
		case len(f.Data) > FileBytes:
			return nil, fmt.Errorf("%s is larger than %d MB: file_upload_size_restricted", f.Name, FileBytes>>20)
		}
		total += len(f.Data)
	}
	if !s.room(total) {
		return nil, fmt.Errorf("the sandbox keeps %d MB of files, and there is no room for more: storage_limit_reached", FilesBytes>>20)
	}
	var kept []*file
	for _, given := range files {
		f := s.newFile(p.ID, given.Name, len(given.Data))
		f.fill(slices.Clone(given.Data))
		s.keep(f)
		kept = append(kept, f)
	}
	s.change()
	return kept, nil
}

// Open returns a file and its bytes, which must not be changed, to a person who sees it: their own, or one that is
// shared where they are.
func (s *Server) Open(user, fileID string) (File, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.active(user)
	if err != nil {
		return File{}, nil, err
	}
	f := s.whole(fileID)
	switch {
	case f == nil || !s.sees(p.ID, f):
		return File{}, nil, fmt.Errorf("there is no file %s for %s to see", fileID, p.Name)
	case f.Deleted:
		return File{}, nil, fmt.Errorf("file %s was deleted", fileID)
	}
	return f.File, f.data, nil
}

// UploadFor has a person put files into a file_input of their topmost modal, beside those that it holds. They are the
// person's alone until the form is sent. The block may be empty where only one has the action. What Slack says under
// the field, as of too many files or a type that it does not take, is a *FieldError.
func (s *Server) UploadFor(user, viewID, block, action string, files ...NewFile) ([]File, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, v, err := s.onTop(user, viewID)
	if err != nil {
		return nil, err
	}
	input, err := target{action: action, block: block}.find(v.spec["blocks"])
	if err != nil {
		return nil, fmt.Errorf("view %s: %w", viewID, err)
	}
	if input.kind() != "file_input" {
		return nil, fmt.Errorf("%s is a %s: it takes no files", action, input.kind())
	}
	held, _ := v.held(input).([]any)
	if err := input.takes(len(held), files); err != nil {
		return nil, &FieldError{Block: input.blockID(), Err: err}
	}
	kept, err := s.receive(p, files)
	if err != nil {
		return nil, &FieldError{Block: input.blockID(), Err: err}
	}
	var out []File
	for _, f := range kept {
		info := s.fileInfo(f)
		v.offers.add(input, info)
		held = append(slices.Clip(held), info)
		out = append(out, f.File)
	}
	v.hold(input, held)
	return out, nil
}

// takes reports what a file_input says to files beside the held ones that it has.
func (p part) takes(held int, files []NewFile) error {
	if most := p.mostFiles(); held+len(files) > most {
		return fmt.Errorf("no more than %d files", most)
	}
	types, _ := p.element["filetypes"].([]any)
	for _, f := range files {
		if len(types) > 0 && !slices.ContainsFunc(types, func(t any) bool { name, _ := t.(string); return strings.EqualFold(name, extension(f.Name)) }) {
			return fmt.Errorf("%s is of a type that is not accepted here: %v", f.Name, types)
		}
	}
	return nil
}

func (p part) mostFiles() int {
	if n, limited := numeric(p.element["max_files"]); limited {
		return int(n)
	}
	return filesAtOnce
}

// files are those that a person leaves in a file_input, by their IDs.
func (p part) files(ids []any) (any, error) {
	out := []any{}
	for _, id := range ids {
		i := slices.IndexFunc(p.offered, func(o any) bool { return o.(object)["id"] == id })
		if i < 0 {
			return nil, fmt.Errorf("file %v was not uploaded here", id)
		}
		if !slices.ContainsFunc(out, func(o any) bool { return o.(object)["id"] == id }) {
			out = append(out, p.offered[i])
		}
	}
	if most := p.mostFiles(); len(out) > most {
		return nil, fmt.Errorf("no more than %d files", most)
	}
	return out, nil
}

func takesFiles(spec object) bool {
	return slices.ContainsFunc(parts(spec["blocks"]), func(p part) bool { return p.kind() == "file_input" })
}

// hand gives the app the files of a form that is sent.
func (s *Server) hand(v *view) {
	for _, p := range parts(v.spec["blocks"]) {
		if p.kind() != "file_input" {
			continue
		}
		held, _ := v.held(p).([]any)
		for _, info := range held {
			if f := s.files[info.(object)["id"].(string)]; f != nil {
				f.handed = true
			}
		}
	}
}
