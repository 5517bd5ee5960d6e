package aws

import (
	"maps"
	"slices"
	"strings"
)

// userInlineSize is for all inline policies of a user together, in characters without white space.
const userInlineSize = 2048

// userEntry is a user as answers show it. Listings leave out the tags.
type userEntry struct {
	Path, UserName  string
	UserID          string `xml:"UserId"`
	Arn, CreateDate string
	Tags            []tag `xml:"Tags>member"`
}

func (u *user) entry(tags bool) userEntry {
	e := userEntry{Path: u.path, UserName: u.name, UserID: u.id, Arn: u.arn(), CreateDate: instant(u.created)}
	if tags {
		e.Tags = tagList(u.tags)
	}
	return e
}

func createUser(c *call) (any, error) {
	if err := c.without("PermissionsBoundary"); err != nil {
		return nil, err
	}
	name, err := c.name("UserName", entityName)
	if err != nil {
		return nil, err
	}
	path, err := c.path()
	if err != nil {
		return nil, err
	}
	tags, err := c.tags()
	if err != nil {
		return nil, err
	}
	if err := c.allowTagged("iam:CreateUser", "iam:TagUser", c.account.iam("user"+path+name), tags, nil); err != nil {
		return nil, err
	}
	if c.account.users[strings.ToLower(name)] != nil {
		return nil, exists("User with name " + name + " already exists.")
	}
	u := c.account.addUser(name, path, tags, c.now)
	return struct{ User userEntry }{u.entry(true)}, nil
}

// user finds the user that UserName names, if the caller may do the action with it. Without a name it is the
// caller, where that is a user.
func (c *call) user(action string) (*user, error) {
	if !c.form.Has("UserName") && c.who.user != nil {
		return c.who.user, c.allow(action, c.who.arn, nil)
	}
	name, err := c.name("UserName", entityName)
	if err != nil {
		return nil, err
	}
	u := c.account.users[strings.ToLower(name)]
	resource := c.account.iam("user/" + name)
	if u != nil {
		resource = u.arn()
	}
	if err := c.allow(action, resource, nil); err != nil {
		return nil, err
	}
	if u == nil {
		return nil, absent("The user with name " + name + " cannot be found.")
	}
	return u, nil
}

func getUser(c *call) (any, error) {
	u, err := c.user("iam:GetUser")
	if err != nil {
		return nil, err
	}
	return struct{ User userEntry }{u.entry(true)}, nil
}

func listUsers(c *call) (any, error) {
	prefix := c.form.Get("PathPrefix")
	if prefix == "" {
		prefix = "/"
	}
	if err := c.allow("iam:ListUsers", c.account.iam("user"+prefix), nil); err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(sorted(c.account.users), func(u *user) bool { return !strings.HasPrefix(u.path, prefix) })
	from, to, next, err := c.pageOf(len(all))
	if err != nil {
		return nil, err
	}
	out := struct {
		Users []userEntry `xml:"Users>member"`
		paged
	}{paged: paged{next != "", next}}
	for _, u := range all[from:to] {
		out.Users = append(out.Users, u.entry(false))
	}
	return out, nil
}

func deleteUser(c *call) (any, error) {
	u, err := c.user("iam:DeleteUser")
	if err != nil {
		return nil, err
	}
	switch {
	case len(u.keys) > 0:
		return nil, conflict("Cannot delete entity, must delete access keys first.")
	case len(u.inline) > 0:
		return nil, conflict("Cannot delete entity, must delete policies first.")
	}
	delete(c.account.users, strings.ToLower(u.name))
	return nil, nil
}

func tagUser(c *call) (any, error) {
	u, err := c.user("iam:TagUser")
	if err != nil {
		return nil, err
	}
	return nil, c.addTags(u.tags)
}

func untagUser(c *call) (any, error) {
	u, err := c.user("iam:UntagUser")
	if err != nil {
		return nil, err
	}
	return nil, c.removeTags(u.tags)
}

func listUserTags(c *call) (any, error) {
	u, err := c.user("iam:ListUserTags")
	if err != nil {
		return nil, err
	}
	return c.listTags(u.tags)
}

func putUserPolicy(c *call) (any, error) {
	u, err := c.user("iam:PutUserPolicy")
	if err != nil {
		return nil, err
	}
	name, err := c.name("PolicyName", policyName)
	if err != nil {
		return nil, err
	}
	raw, err := c.get("PolicyDocument")
	if err != nil {
		return nil, err
	}
	return nil, putInline(u.inline, name, raw, "user", u.name, userInlineSize)
}

func getUserPolicy(c *call) (any, error) {
	u, err := c.user("iam:GetUserPolicy")
	if err != nil {
		return nil, err
	}
	name, err := c.name("PolicyName", policyName)
	if err != nil {
		return nil, err
	}
	d := u.inline[name]
	if d == nil {
		return nil, absent("The user policy with name " + name + " cannot be found.")
	}
	return inlinePolicy{UserName: u.name, PolicyName: name, PolicyDocument: d.encode()}, nil
}

func listUserPolicies(c *call) (any, error) {
	u, err := c.user("iam:ListUserPolicies")
	if err != nil {
		return nil, err
	}
	return c.listNames(slices.Sorted(maps.Keys(u.inline)))
}

func deleteUserPolicy(c *call) (any, error) {
	u, err := c.user("iam:DeleteUserPolicy")
	if err != nil {
		return nil, err
	}
	name, err := c.name("PolicyName", policyName)
	if err != nil {
		return nil, err
	}
	if u.inline[name] == nil {
		return nil, absent("The user policy with name " + name + " cannot be found.")
	}
	delete(u.inline, name)
	return nil, nil
}
