package awspage

import (
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

func accountActs(a aws.Account) []act {
	if a.Managing || a.Closed {
		return nil
	}
	return []act{{
		Name: "close", Title: "Close the account", Button: "Close " + a.Name,
		Means: "It stays in the organization's list, and nobody gets in any more: nothing that somebody signs for it, or signs on to, is heeded. It can't be opened again here.",
		do: func(s *aws.Server, _ string) (string, error) {
			return "Account " + a.ID + " is closed.", s.CloseAccount(a.ID)
		},
	}}
}

func providerActs(id string, p aws.Provider) []act {
	acts := []act{{
		Name: "metadata", Title: "Upload other metadata", Button: "Replace the metadata",
		Means: "Those of an identity provider that nobody runs, with a certificate of its own: AWS refuses everybody whom Okta sends.",
		do: func(s *aws.Server, _ string) (string, error) {
			return "The identity provider " + p.Name + " holds other metadata.", s.SetMetadata(id, p.Name, "")
		},
	}}
	if len(p.Tags) > 0 {
		acts = append(acts, untag("the identity provider "+p.Name, func(s *aws.Server) error { return s.SetProviderTags(id, p.Name, nil) }))
	}
	return append(acts, act{
		Name: "delete", Title: "Delete the identity provider", Button: "Delete " + p.Name,
		Means: "Nobody signs on by it any more. The roles that trust it stay as they are.",
		do: func(s *aws.Server, _ string) (string, error) {
			return "The identity provider " + p.Name + " is deleted.", s.DeleteProvider(id, p.Name)
		},
	})
}

func stackActs(id string, st aws.Stack) []act {
	var acts []act
	if len(st.Tags) > 0 {
		acts = append(acts, untag("the stack "+st.Name, func(s *aws.Server) error { return s.SetStackTags(id, st.Name, nil) }))
	}
	return append(acts, act{
		Name: "delete", Title: "Delete the stack", Button: "Delete " + st.Name,
		Means: "Its roles are deleted with it, but for those that the template retains.",
		do: func(s *aws.Server, _ string) (string, error) {
			return "The stack " + st.Name + " is deleted.", s.DeleteStack(id, st.Name)
		},
	})
}

// untag takes all tags off a thing, and with them the mark of who made it.
func untag(what string, do func(*aws.Server) error) act {
	return act{
		Name: "untag", Title: "Remove all tags", Button: "Remove the tags",
		Means: "With them goes the mark by which oktaws knows what it has made.",
		do: func(s *aws.Server, _ string) (string, error) {
			return strings.ToUpper(what[:1]) + what[1:] + " has no tags any more.", do(s)
		},
	}
}
