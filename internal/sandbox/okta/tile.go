package okta

import (
	"net/http"
	"net/url"
	"strings"
)

// tilePath is the address of an application's tile, as _links.appLinks has it [R].
const tilePath = "/home/amazon_aws/{appId}/272"

// openTile answers whoever follows the link to a tile. Okta takes them to its sign-in, and on to the application [I];
// nobody has a session with the stand-in, so a browser is led to the page that asks who is there. There is nothing for
// anybody else, or where there are no pages.
func (s *Server) openTile(c *call) error {
	if to := s.pageFor(c, "/okta/tile/"+url.PathEscape(c.params["appId"])); to != "" {
		http.Redirect(c.w, c.r, to, http.StatusSeeOther)
		return nil
	}
	return noPath()
}

// pageFor returns the address of a page for the browser that makes the call; nothing where it is no browser, or where
// there are no pages.
func (s *Server) pageFor(c *call, path string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pages == "" || c.r.Method != http.MethodGet || !strings.Contains(c.r.Header.Get("Accept"), "text/html") {
		return ""
	}
	return s.pages + path
}
