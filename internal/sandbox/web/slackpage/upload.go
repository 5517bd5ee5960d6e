package slackpage

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/blockkit"
)

// mostBody is how many bytes a form may bring, in files and all: more than Slack takes, so that Slack is asked and says why
// not.
const mostBody = 4 * slack.FilesBytes

// readForm reads what was posted, with files or not. It comes before whatever else looks at the form. Of a form that is
// too large the rest is read too, and thrown away: a browser reads no answer before it has sent everything.
func readForm(w http.ResponseWriter, r *http.Request) error {
	body := r.Body
	r.Body = http.MaxBytesReader(w, body, mostBody)
	err := r.ParseMultipartForm(slack.FilesBytes)
	if errors.Is(err, http.ErrNotMultipart) {
		return nil
	}
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		_, _ = io.Copy(io.Discard, body)
		return fmt.Errorf("the files have more than %d MB: file_upload_size_restricted", mostBody>>20)
	}
	if err != nil {
		return fmt.Errorf("the form cannot be read: %w", err)
	}
	return nil
}

// chosen are the files that came with a form. Of one that is too large only so much is read that Slack sees that it is.
func chosen(headers []*multipart.FileHeader) ([]slack.NewFile, error) {
	var out []slack.NewFile
	for _, h := range headers {
		part, err := h.Open()
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", h.Filename, err)
		}
		data, err := io.ReadAll(io.LimitReader(part, slack.FileBytes+1))
		_ = part.Close()
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", h.Filename, err)
		}
		out = append(out, slack.NewFile{Name: h.Filename, Data: data})
	}
	return out, nil
}

// fill reads a modal's form: it gives Slack the files, and returns what the fields hold then. Files that Slack did not
// take are told of at their fields, by block ID.
func (v *visit) fill(r *http.Request, view slack.View) (values map[string]map[string]any, refused map[string]string) {
	values, refused = blockkit.Values(r.Form, view.Blocks), map[string]string{}
	for _, u := range blockkit.Uploads(r.MultipartForm, view.Blocks) {
		kept, err := v.uploadFor(view.ID, u)
		if err != nil {
			if field := new(slack.FieldError); errors.As(err, &field) {
				err = field.Err
			}
			refused[u.Block] = sentence(err.Error())
			continue
		}
		if values[u.Block] == nil {
			values[u.Block] = map[string]any{}
		}
		held, _ := values[u.Block][u.Action].([]string)
		for _, f := range kept {
			held = append(held, f.ID)
		}
		values[u.Block][u.Action] = held
	}
	return values, refused
}

func (v *visit) uploadFor(view string, u blockkit.Upload) ([]slack.File, error) {
	files, err := chosen(u.Files)
	if err != nil {
		return nil, err
	}
	return v.sb.Slack.UploadFor(v.me.ID, view, u.Block, u.Action, files...)
}

// takesFiles reports whether a view has a field for files, so that its form must be able to bring them.
func takesFiles(view slack.View) bool {
	var blocks []struct{ Element struct{ Type string } }
	_ = json.Unmarshal(view.Blocks, &blocks) // what is no such list has no such field
	return slices.ContainsFunc(blocks, func(b struct{ Element struct{ Type string } }) bool { return b.Element.Type == "file_input" })
}
