package slack

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// serveUpload takes the bytes, raw or as the one file of a form. The address is the proof: no token is asked for. Slack
// says only that any status but 200 is a failure; which, what it refuses besides a wrong address, and what it answers
// in full are guesses.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	data, err := uploaded(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.ticketed(strings.TrimPrefix(r.URL.Path, "/upload/v1/"))
	status, answer := http.StatusBadRequest, ""
	switch {
	case f == nil:
		status, answer = http.StatusNotFound, "no such upload"
	case err != nil:
		answer = err.Error()
	case f.data != nil:
		answer = "uploaded before"
	case len(data) != f.Size:
		answer = fmt.Sprintf("%d bytes, not the %d that were announced", len(data), f.Size)
	case !s.room(len(data)):
		status, answer = http.StatusInsufficientStorage, "storage limit reached"
	default:
		f.fill(data)
		status, answer = http.StatusOK, fmt.Sprintf("OK - %d", len(data))
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

func (s *Server) ticketed(ticket string) *file {
	for _, f := range s.files {
		if ticket != "" && f.ticket == ticket {
			return f
		}
	}
	return nil
}

// uploaded is what a request brings.
func uploaded(r *http.Request) ([]byte, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		return io.ReadAll(r.Body)
	}
	if err := r.ParseMultipartForm(FileBytes); err != nil {
		return nil, fmt.Errorf("the form cannot be read: %w", err)
	}
	var files [][]byte
	for _, headers := range r.MultipartForm.File {
		for _, h := range headers {
			part, err := h.Open()
			if err != nil {
				return nil, err
			}
			data, err := io.ReadAll(part)
			_ = part.Close()
			if err != nil {
				return nil, err
			}
			files = append(files, data)
		}
	}
	if len(files) != 1 {
		return nil, fmt.Errorf("%d files in the form, not one", len(files))
	}
	return files[0], nil
}

// What is there instead of a file.
const (
	signInPage = `<!DOCTYPE html><html lang="en-US"><head><title>Sign in | Slack</title></head><body><h1>Sign in to your workspace</h1></body></html>`
	noFilePage = `<!DOCTYPE html><html lang="en-US"><body><h1>File not found</h1></body></html>`
)

// servePrivate serves url_private and url_private_download to the bot's token with files:read, where the app sees the
// file. Whoever else asks is shown the page to sign in on, with status 200, as by Slack: reported by users (slackapi's
// deno-slack-sdk issue 285, vercel's eve pull request 1531). Slack leads there by a redirect, which would lead out of
// the sandbox.
func (s *Server) servePrivate(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/files-pri/"), "/")
	id, ours := strings.CutPrefix(name, Team+"-")
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	f := s.whole(id)
	slug, download := strings.CutPrefix(rest, "download/")
	switch {
	case token != s.cfg.BotToken || s.without("files:read") != nil || f != nil && !s.sees(BotUser, f):
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, signInPage)
	case !ours || f == nil || f.Deleted || slug != fileSlug(f.Name):
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, noFilePage)
	default:
		w.Header().Set("Content-Type", f.Mime)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Security-Policy", "sandbox")
		if download {
			w.Header().Set("Content-Disposition", "attachment; filename="+strconv.Quote(slug))
		}
		_, _ = io.Copy(w, bytes.NewReader(f.data))
	}
}
