package slack

import (
	"os"
	"reflect"
	"testing"

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
	}
	if err := yaml.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	want := Registration{Description: m.Display.Description, HomeTab: m.Features.Home.Tab, MessagesReadOnly: m.Features.Home.ReadOnly}
	for _, c := range m.Features.Commands {
		want.Commands = append(want.Commands, SlashCommand{Name: c.Command, Description: c.Description, UsageHint: c.Hint})
	}
	if got := start(t, Config{}).Registration(); !reflect.DeepEqual(got, want) {
		t.Errorf("registered %+v, the manifest says %+v", got, want)
	}
	got := start(t, Config{Commands: []string{"/other"}}).Registration().Commands
	if len(got) != 1 || got[0] != (SlashCommand{Name: "/other"}) {
		t.Errorf("a command that the manifest does not know: %+v", got)
	}
}
