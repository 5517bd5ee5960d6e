package awspage

import (
	"slices"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

func userActs(id string, u aws.User, keys []aws.AccessKey) []act {
	var on, off, all []option
	for _, k := range keys {
		all = append(all, option{k.ID, k.ID})
		if k.Active {
			on = append(on, option{k.ID, k.ID})
		} else {
			off = append(off, option{k.ID, k.ID})
		}
	}
	onKey := func(name, title, means, button, done string, keys []option, do func(s *aws.Server, key string) error) []act {
		if len(keys) == 0 {
			return nil
		}
		return []act{{Name: name, Title: title, Means: means, Button: button, Asks: &question{Label: "Access key", Options: keys},
			do: func(s *aws.Server, key string) (string, error) {
				return "The access key " + key + " is " + done + ".", do(s, key)
			}}}
	}
	acts := slices.Concat(
		onKey("deactivate-key", "Deactivate an access key", "Whoever works with the key is refused until it is activated again.", "Deactivate", "inactive", on,
			func(s *aws.Server, key string) error { return s.SetKeyActive(id, u.Name, key, false) }),
		onKey("activate-key", "Activate an access key", "The key is taken again.", "Activate", "active", off,
			func(s *aws.Server, key string) error { return s.SetKeyActive(id, u.Name, key, true) }),
		onKey("delete-key", "Delete an access key", "Whoever works with the key is refused from now on.", "Delete", "deleted", all,
			func(s *aws.Server, key string) error { return s.DeleteKey(id, u.Name, key) }),
	)
	if names := sortedKeys(u.Policies); len(names) > 0 {
		var policies []option
		for _, name := range names {
			policies = append(policies, option{name, name})
		}
		acts = append(acts, act{
			Name: "delete-policy", Title: "Delete a policy", Button: "Delete",
			Means: "The user may no longer do what the policy allows.",
			Asks:  &question{Label: "Inline policy", Options: policies},
			do: func(s *aws.Server, name string) (string, error) {
				return "The user " + u.Name + " has no policy " + name + " any more.", s.DeleteUserPolicy(id, u.Name, name)
			},
		})
	}
	if len(u.Tags) > 0 {
		acts = append(acts, untag("the user "+u.Name, func(s *aws.Server) error { return s.SetUserTags(id, u.Name, nil) }))
	}
	return append(acts, act{
		Name: "delete", Title: "Delete the user", Button: "Delete " + u.Name,
		Means: "Its keys and policies are gone with it.",
		do: func(s *aws.Server, _ string) (string, error) {
			return "The user " + u.Name + " is deleted.", s.DeleteUser(id, u.Name)
		},
	})
}
