package slack

import (
	"os"
	"reflect"
	"testing"

	slackgo "github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
	"go.yaml.in/yaml/v3"
)

// What people are offered in the sandbox is what the manifest registers.
func TestRegistrationIsTheManifests(t *testing.T) {
	raw, err := os.ReadFile("../../../manifest.yml")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Display struct {
			Description string
		} `yaml:"display_information"`
		Features struct {
			Home struct {
				Tab      bool `yaml:"home_tab_enabled"`
				ReadOnly bool `yaml:"messages_tab_read_only_enabled"`
			} `yaml:"app_home"`
			Commands []struct {
				Command, Description string
				Hint                 string `yaml:"usage_hint"`
			} `yaml:"slash_commands"`
		}
		OAuth struct {
			Scopes struct{ Bot []string }
		} `yaml:"oauth_config"`
		Settings struct {
			Subscriptions struct {
				Events []string `yaml:"bot_events"`
			} `yaml:"event_subscriptions"`
		}
	}
	if err := yaml.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	want := Registration{Description: m.Display.Description, Events: m.Settings.Subscriptions.Events, HomeTab: m.Features.Home.Tab, MessagesReadOnly: m.Features.Home.ReadOnly}
	for _, c := range m.Features.Commands {
		want.Commands = append(want.Commands, SlashCommand{Name: c.Command, Description: c.Description, UsageHint: c.Hint})
	}
	if got := start(t, Config{}).Registration(); !reflect.DeepEqual(got, want) {
		t.Errorf("registered %+v, the manifest says %+v", got, want)
	}
	if !reflect.DeepEqual(DefaultScopes, m.OAuth.Scopes.Bot) {
		t.Errorf("the token has %q, the manifest asks for %q", DefaultScopes, m.OAuth.Scopes.Bot)
	}
	got := start(t, Config{Commands: []string{"/other"}}).Registration().Commands
	if len(got) != 1 || got[0] != (SlashCommand{Name: "/other"}) {
		t.Errorf("a command that the manifest does not know: %+v", got)
	}
}

// An app that counts on what its manifest does not ask for meets in the sandbox what it would meet in Slack.
func TestWhatIsNotInTheManifestIsNotThere(t *testing.T) {
	w := start(t, Config{})
	l := w.listen(ack())
	home := slackgo.HomeTabViewRequest{Type: slackgo.VTHomeTab, Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{approveBlock("Approve")}}}
	if _, err := w.api.PublishView(Requester, home, ""); errorOf(err) != "not_enabled" {
		t.Error("there is no Home: ", err)
	}
	if err := w.OpenHome(Requester); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Post(Requester, General, "hello"); err != nil {
		t.Fatal(err)
	}
	w.must(w.Command(w.ctx, Requester, General, "/oktaws", "help")) // comes after any event
	if heard := l.of(socketmode.EventTypeEventsAPI); len(heard) != 0 || len(w.Missed()) != 0 {
		t.Errorf("nothing is subscribed to: %+v", heard)
	}
}

func TestHome(t *testing.T) {
	w := start(t, Config{HomeTab: true, Events: []string{"app_home_opened"}})
	l := w.listen(ack())
	home := slackgo.HomeTabViewRequest{Type: slackgo.VTHomeTab, Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{approveBlock("Approve")}}}
	published, err := w.api.PublishView(Requester, home, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.api.PublishView(Requester, home, "1.stale"); errorOf(err) != "hash_conflict" {
		t.Error(err)
	}
	w.must(w.UseView(w.ctx, Requester, published.ID, "", "approve", nil, nil))
	if h, ok := w.Home(Requester); !ok || h.ID != published.ID {
		t.Error(h, ok)
	}
	if err := w.OpenHome(Requester); err != nil {
		t.Fatal(err)
	}
	w.heard(l, socketmode.EventTypeEventsAPI, 1)
	opened := l.of(socketmode.EventTypeEventsAPI)[0].Data.(slackevents.EventsAPIEvent).InnerEvent.Data.(*slackevents.AppHomeOpenedEvent)
	if opened.Tab != "home" || opened.View.ID != published.ID {
		t.Errorf("%+v", opened)
	}
}
