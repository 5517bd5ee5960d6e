package slackpage

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/oktaws/oktaws/internal/sandbox/slack"
)

// composer is where a person writes.
type composer struct {
	ID, Action string
	Label      string // what writing here is, such as "Message #general"
	Off        string // why nobody can write here; empty: they can
	Offers     []offer
	Draft      string // what was not sent
	Refused    *told  // why not
}

// offer is one line of what Slack offers to whoever has typed a slash.
type offer struct{ Text, Hint, Description string }

func (v *visit) composer(thread string) composer {
	c := composer{ID: "compose-" + v.me.ID + "-" + v.at, Action: v.here("send"), Label: "Message #" + v.channel.Name}
	app := v.sb.Slack.Registration()
	if v.at == dm {
		c.Label = "Message oktaws"
		if app.MessagesReadOnly {
			c.Off = "Sending messages to this app has been turned off."
		}
	}
	for _, n := range v.memory.told(v.me.ID, v.channel.ID) {
		if n.Composer && n.Thread == thread {
			t := v.told(n)
			c.Refused, c.Draft = &t, n.Unsent
		}
	}
	if thread != "" {
		c.ID, c.Label = c.ID+"-"+thread, "Reply…"
		return c // commands don't work in threads, so none are offered
	}
	for _, command := range app.Commands {
		c.Offers = append(c.Offers, offer{Text: command.Name, Hint: command.UsageHint, Description: command.Description})
		for _, word := range subcommands(command.UsageHint) {
			c.Offers = append(c.Offers, offer{Text: command.Name + " " + word})
		}
	}
	return c
}

// subcommands are the words that a usage hint offers, as in "link | status"; a hint of another form offers none.
func subcommands(hint string) []string {
	if !strings.Contains(hint, "|") {
		return nil
	}
	var out []string
	for _, alternative := range strings.Split(hint, "|") {
		if words := strings.Fields(alternative); len(words) > 0 && strings.Trim(words[0], "abcdefghijklmnopqrstuvwxyz-") == "" {
			out = append(out, words[0])
		}
	}
	return out
}

// send posts what the person wrote, with files or without, or runs the command that it is.
func (p *pages) send(w http.ResponseWriter, r *http.Request) {
	large := readForm(w, r)
	v := p.visit(w, r)
	if v == nil {
		return
	}
	v.memory.written(v.me.ID, v.channel.ID, v.thread)
	if n := v.say(r, large); n != nil {
		n.Person, n.Channel, n.Thread, n.TS = v.me.ID, v.channel.ID, v.thread, stamp(v.Now())
		v.memory.tell(*n)
	}
	v.back(w, r)
}

// say returns what Slack has to say to what was written; nil: nothing. large is why the form could not be read.
func (v *visit) say(r *http.Request, large error) *notice {
	written := strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")
	text := strings.TrimSpace(written)
	unsent := func(why string) *notice {
		return &notice{Text: "Your message was not sent.", Why: why, Composer: true, Unsent: text}
	}
	files, err := v.brought(r, large)
	switch {
	case err != nil:
		return unsent(sentence(err.Error()))
	case text == "" && len(files) == 0:
		return nil
	case v.at == dm && v.sb.Slack.Registration().MessagesReadOnly:
		return &notice{Text: "Sending messages to this app has been turned off.", Why: "The app's manifest says messages_tab_read_only_enabled.", Composer: true}
	case utf8.RuneCountInString(text) > slack.PostTextLimit:
		return unsent(fmt.Sprintf("It has more than %d characters: msg_too_long.", slack.PostTextLimit))
	case len(files) > 0: // a command takes no files: with some, what begins with a slash is words [I]
		if _, err := v.sb.Slack.Upload(v.me.ID, v.channel.ID, v.thread, text, files...); err != nil {
			return unsent(sentence(err.Error()))
		}
		return nil
	case strings.HasPrefix(written, "/"):
		return v.command(r, text)
	}
	if _, err := v.sb.Slack.PostIn(v.me.ID, v.channel.ID, v.thread, text); err != nil {
		return unsent(sentence(err.Error()))
	}
	return nil
}

// brought are the files that came with what was written.
func (v *visit) brought(r *http.Request, large error) ([]slack.NewFile, error) {
	if large != nil || r.MultipartForm == nil {
		return nil, large
	}
	return chosen(r.MultipartForm.File["files"])
}

// command runs a command, and returns what Slack has to say to it; nil: nothing.
func (v *visit) command(r *http.Request, text string) *notice {
	command, rest := text, ""
	if i := strings.IndexAny(text, " \t\n"); i > 0 {
		command, rest = text[:i], strings.TrimSpace(text[i:])
	}
	if v.thread != "" { // docs.slack.dev/interactivity/implementing-slash-commands [D]
		return &notice{Text: command + " is not supported in threads. Sorry!", Why: "Type it in the channel itself."}
	}
	seen, err := v.sb.Slack.Command(r.Context(), v.me.ID, v.channel.ID, command, rest)
	switch {
	case err != nil && strings.HasSuffix(err.Error(), "is not a valid command"):
		return &notice{Text: sentence(err.Error()), Why: "A message that begins with a slash is taken for a command; put a space before the slash to send it as it is."}
	case err != nil:
		return &notice{Text: command + " was not sent.", Why: sentence(err.Error())}
	case seen.Error != "":
		return &notice{Text: fmt.Sprintf("%s failed with the error %q", command, seen.Error), Why: silence(seen.Error)}
	}
	return nil // an answer that came with the acknowledgement is among the messages
}

// silence is what it means that the app did not acknowledge.
func silence(code string) string {
	switch code {
	case slack.OperationTimeout:
		return "oktaws did not acknowledge it within 3 seconds."
	case slack.DispatchFailed:
		return "oktaws could not be reached: it has no connection to Slack, or its answer made no sense. Is it running?"
	}
	return ""
}

// sentence begins with a capital, except for a command and the name of a file, and ends with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if first, _, _ := strings.Cut(s, " "); !strings.ContainsAny(first, "./") {
		s = strings.ToUpper(s[:1]) + s[1:]
	}
	if !strings.ContainsAny(s[len(s)-1:], ".!?") {
		s += "."
	}
	return s
}

func (p *pages) dismiss(w http.ResponseWriter, r *http.Request) {
	if v := p.visit(w, r); v != nil {
		v.memory.dismiss(v.me.ID, r.PathValue("notice"))
		v.back(w, r)
	}
}
