package app

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

func manifest(t *testing.T, into any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "manifest.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(content, into); err != nil {
		t.Fatal(err)
	}
}

// beyondGo is a pattern that Go's regular expressions can't express. Slack has it for domains, which manifest.yml has
// none of; it matches nothing, so that this would be noticed if it had.
type beyondGo string

func (b beyondGo) String() string          { return string(b) }
func (b beyondGo) MatchString(string) bool { return false }

// TestRecordedManifestSchemas needs Slack's published schemas, which are not ours to keep here.
func TestRecordedManifestSchemas(t *testing.T) {
	recorded := os.Getenv("OKTAWS_RECORDED")
	if recorded == "" {
		t.Skip("OKTAWS_RECORDED is not set: Slack's manifest schemas, which manifest.yml must satisfy, are in the folder of recordings")
	}
	var m any
	manifest(t, &m)
	compiler := jsonschema.NewCompiler()
	compiler.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) {
		if strings.Contains(s, "(?!") {
			return beyondGo(s), nil
		}
		return regexp.Compile(s)
	})
	for _, version := range []string{"1.0.0", "2.0.0"} {
		schema, err := compiler.Compile(filepath.Join(recorded, "slack", "manifest.schema."+version+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(m); err != nil {
			t.Errorf("schema %s: %v", version, err)
		}
	}
}

func TestManifestAsksForWhatTheBotUsesAndNoMore(t *testing.T) {
	var m struct {
		Features struct {
			Home struct {
				Tab      bool `yaml:"home_tab_enabled"`
				Messages bool `yaml:"messages_tab_enabled"`
			} `yaml:"app_home"`
			Commands []struct {
				Command string `yaml:"command"`
				Escape  bool   `yaml:"should_escape"`
				URL     string `yaml:"url"`
			} `yaml:"slash_commands"`
		} `yaml:"features"`
		OAuth struct {
			Scopes struct {
				Bot  []string `yaml:"bot"`
				User []string `yaml:"user"`
			} `yaml:"scopes"`
		} `yaml:"oauth_config"`
		Settings struct {
			Events        any `yaml:"event_subscriptions"`
			Interactivity struct {
				Enabled bool `yaml:"is_enabled"`
			} `yaml:"interactivity"`
			SocketMode bool `yaml:"socket_mode_enabled"`
		} `yaml:"settings"`
	}
	manifest(t, &m)
	want := []string{"channels:read", "chat:write", "commands", "files:read", "files:write", "groups:read", "im:write", "users:read"}
	if got := slices.Sorted(slices.Values(m.OAuth.Scopes.Bot)); !slices.Equal(got, want) || len(m.OAuth.Scopes.User) > 0 {
		t.Errorf("scopes: %v and %v, not %v", got, m.OAuth.Scopes.User, want)
	}
	if c := m.Features.Commands; len(c) != 1 || c[0].Command != "/oktaws" || !c[0].Escape || c[0].URL != "" {
		t.Errorf("commands: %+v", c)
	}
	if !m.Features.Home.Messages {
		t.Error("without the messages tab nobody can read the bot's direct messages")
	}
	if m.Features.Home.Tab || m.Settings.Events != nil {
		t.Error("the Home tab and events are subscribed to, but not handled")
	}
	if !m.Settings.Interactivity.Enabled || !m.Settings.SocketMode {
		t.Errorf("settings: %+v", m.Settings)
	}
}
