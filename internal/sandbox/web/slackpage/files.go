package slackpage

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // so too
	_ "image/png"  // so too
	"mime"
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
	"github.com/oktaws/oktaws/internal/sandbox/web/page"
)

// attached is a file as it stands in a message.
type attached struct {
	ID             string // of the element
	Name           string
	About          string // its type and size
	Alt            string // what a screen reader says in place of the picture
	Href, Download string
	Picture        bool
	Width, Height  int // of the picture as it is shown; 0: unknown
	Deleted        bool
}

// pictures are the types that are shown as such. Anything else could bring scripts with it, so it is only ever saved.
var pictures = map[string]bool{"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true}

// attached are the files of a message; prefix begins their elements' IDs.
func (v *visit) attached(prefix string, files []slack.File) []attached {
	var out []attached
	for _, f := range files {
		a := attached{
			ID: prefix + "-" + f.ID, Name: cmp.Or(f.Title, f.Name), About: fileKind(f.Type) + ", " + size(f.Size), Deleted: f.Deleted,
			Alt: cmp.Or(f.Alt, f.Title, f.Name), Href: v.path("files", f.ID), Download: v.path("files", f.ID) + "?download=1",
		}
		if pictures[f.Mime] && !f.Deleted {
			a.Picture, a.Width, a.Height = v.picture(f)
		}
		out = append(out, a)
	}
	return out
}

// mostWidth and mostHeight are what a picture in a message has at most, in pixels [I].
const (
	mostWidth  = 360
	mostHeight = 240
)

// picture reports whether the file is in truth what its name says, and how large it is shown: the page keeps room for it.
func (v *visit) picture(f slack.File) (is bool, width, height int) {
	_, data, err := v.sb.Slack.Open(v.me.ID, f.ID)
	if err != nil || http.DetectContentType(data) != f.Mime {
		return false, 0, 0
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil { // of WebP the standard library knows nothing; the browser does
		return f.Mime == "image/webp", 0, 0
	}
	scale := min(1, mostWidth/float64(c.Width), mostHeight/float64(c.Height))
	return true, max(1, int(scale*float64(c.Width))), max(1, int(scale*float64(c.Height)))
}

// fileKind is Slack's name of a type in words.
func fileKind(name string) string {
	switch name {
	case "text":
		return "Plain text"
	case "markdown", "binary", "zip":
		return strings.ToUpper(name[:1]) + name[1:]
	}
	return strings.ToUpper(name)
}

func size(n int) string {
	switch {
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.1f KB", float64(n)/(1<<10))
	}
	return counted(n, "byte", "bytes")
}

// openFile serves a file to a person who sees it: pictures as such, all else to be saved.
func (p *pages) openFile(w http.ResponseWriter, r *http.Request) {
	v := p.person(w, r)
	if v == nil {
		return
	}
	f, data, err := v.sb.Slack.Open(v.me.ID, r.PathValue("file"))
	if err != nil {
		page.Problem(w, p.place, http.StatusNotFound, page.Slack, sentence(err.Error()), v.path(v.first()))
		return
	}
	kind, how := "application/octet-stream", "attachment"
	if pictures[f.Mime] {
		kind = f.Mime
		if !r.URL.Query().Has("download") {
			how = "inline"
		}
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-cache") // it may be deleted
	h.Set("Content-Disposition", cmp.Or(mime.FormatMediaType(how, map[string]string{"filename": f.Name}), how))
	http.ServeContent(w, r, "", f.Created, bytes.NewReader(data))
}
