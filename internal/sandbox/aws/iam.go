package aws

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// iamOperations is what IAM does here (https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html).
var iamOperations = map[string]operation{
	"CreateSAMLProvider":   createSAMLProvider,
	"GetSAMLProvider":      getSAMLProvider,
	"UpdateSAMLProvider":   updateSAMLProvider,
	"DeleteSAMLProvider":   deleteSAMLProvider,
	"ListSAMLProviders":    listSAMLProviders,
	"TagSAMLProvider":      tagSAMLProvider,
	"UntagSAMLProvider":    untagSAMLProvider,
	"ListSAMLProviderTags": listSAMLProviderTags,

	"CreateRole":               createRole,
	"GetRole":                  getRole,
	"ListRoles":                listRoles,
	"DeleteRole":               deleteRole,
	"UpdateAssumeRolePolicy":   updateAssumeRolePolicy,
	"AttachRolePolicy":         attachRolePolicy,
	"DetachRolePolicy":         detachRolePolicy,
	"ListAttachedRolePolicies": listAttachedRolePolicies,
	"ListRolePolicies":         listRolePolicies,
	"GetRolePolicy":            getRolePolicy,
	"PutRolePolicy":            putRolePolicy,
	"DeleteRolePolicy":         deleteRolePolicy,
	"TagRole":                  tagRole,
	"UntagRole":                untagRole,
	"ListRoleTags":             listRoleTags,

	"UpdateRole":                    updateRole,
	"PutRolePermissionsBoundary":    putRolePermissionsBoundary,
	"DeleteRolePermissionsBoundary": deleteRolePermissionsBoundary,

	"CreateUser":       createUser,
	"GetUser":          getUser,
	"ListUsers":        listUsers,
	"DeleteUser":       deleteUser,
	"TagUser":          tagUser,
	"UntagUser":        untagUser,
	"ListUserTags":     listUserTags,
	"PutUserPolicy":    putUserPolicy,
	"GetUserPolicy":    getUserPolicy,
	"ListUserPolicies": listUserPolicies,
	"DeleteUserPolicy": deleteUserPolicy,

	"CreateAccessKey":      createAccessKey,
	"ListAccessKeys":       listAccessKeys,
	"UpdateAccessKey":      updateAccessKey,
	"DeleteAccessKey":      deleteAccessKey,
	"GetAccessKeyLastUsed": getAccessKeyLastUsed,

	"CreateAccountAlias": createAccountAlias,
	"ListAccountAliases": listAccountAliases,

	"GetAccountAuthorizationDetails": getAccountAuthorizationDetails,
}

// pageSize is how many items a listing answers with where MaxItems is absent. AWS's is 100 and may be less at any
// time; a small one shows who doesn't ask for the rest.
const pageSize = 10

const tagQuota = 50

var (
	entityName  = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)
	policyName  = regexp.MustCompile(`^[\w+=,.@-]{1,128}$`)
	entityPath  = regexp.MustCompile(`^/([!-~]+/)?$`)
	tagKey      = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	tagValue    = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
	aliasFormat = regexp.MustCompile(`^[a-z0-9]([a-z0-9]|-[a-z0-9]){1,61}[a-z0-9]?$`)
)

func exists(message string) error { return &Error{409, "EntityAlreadyExists", message} }
func absent(message string) error { return &Error{404, "NoSuchEntity", message} }
func conflict(message string) error {
	return &Error{409, "DeleteConflict", message}
}
func quota(name string, n int) error {
	return &Error{409, "LimitExceeded", fmt.Sprintf("Cannot exceed quota for %s: %d", name, n)}
}

// name returns a parameter that names a role, user or inline policy.
func (c *call) name(parameter string, pattern *regexp.Regexp) (string, error) {
	v, err := c.get(parameter)
	if err != nil {
		return "", err
	}
	if !pattern.MatchString(v) {
		field := strings.ToLower(parameter[:1]) + parameter[1:]
		return "", validation("The specified value for " + field + " is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
	}
	return v, nil
}

func (c *call) path() (string, error) {
	path := c.form.Get("Path")
	if path == "" {
		return "/", nil
	}
	if len(path) > 512 || !entityPath.MatchString(path) {
		return "", validation("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return path, nil
}

// pageOf says which of n items the page that was asked for holds, and what to ask for the next with.
func (c *call) pageOf(n int) (from, to int, next string, err error) {
	size, err := c.number("MaxItems", 1, 1000, pageSize)
	if err != nil {
		return 0, 0, "", err
	}
	index := make([]int, n)
	for i := range index {
		index[i] = i
	}
	part, next, err := page(index, c.form.Get("Marker"), size)
	if err != nil || len(part) == 0 {
		return 0, 0, "", err
	}
	return part[0], part[len(part)-1] + 1, next, nil
}

// paged is the end of every listing.
type paged struct {
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

type tag struct{ Key, Value string }

func tagList(tags map[string]string) []tag {
	var out []tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, tag{k, tags[k]})
	}
	return out
}

// tags reads the parameter Tags
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules).
func (c *call) tags() (map[string]string, error) {
	tags, lower := map[string]string{}, map[string]bool{}
	for _, m := range c.members("Tags") {
		k, v := c.form.Get(m+".Key"), c.form.Get(m+".Value")
		switch {
		case !tagKey.MatchString(k):
			return nil, badValue("Tags.key", k, `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+ and have a length of 1 to 128`)
		case !tagValue.MatchString(v):
			return nil, badValue("Tags.value", v, `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]* and have a length of 0 to 256`)
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			return nil, &Error{400, "InvalidInput", "Tag keys cannot start with the reserved prefix aws:"}
		case lower[strings.ToLower(k)]:
			return nil, &Error{400, "InvalidInput", "Duplicate tag keys found. Please note that Tag keys are case insensitive."}
		}
		tags[k], lower[strings.ToLower(k)] = v, true
	}
	if len(tags) > tagQuota {
		return nil, quota("TagsPerResource", tagQuota)
	}
	return tags, nil
}

// addTags adds the parameter Tags to those that are there.
func (c *call) addTags(to map[string]string) error {
	tags, err := c.tags()
	if err != nil {
		return err
	}
	all := maps.Clone(to)
	maps.Copy(all, tags)
	if len(all) > tagQuota {
		return quota("TagsPerResource", tagQuota)
	}
	maps.Copy(to, tags)
	return nil
}

// removeTags takes away the tags that the parameter TagKeys names. One that is not there is no error.
func (c *call) removeTags(from map[string]string) error {
	var keys []string
	for _, m := range c.members("TagKeys") {
		key := c.form.Get(m)
		switch {
		case !tagKey.MatchString(key):
			return badValue("TagKeys", key, `Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+ and have a length of 1 to 128`)
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return &Error{400, "InvalidInput", "Tag keys cannot start with the reserved prefix aws:"}
		}
		keys = append(keys, key)
	}
	switch {
	case keys == nil:
		return missing("TagKeys")
	case len(keys) > tagQuota:
		return badValue("TagKeys", "…", "Member must have length less than or equal to 50")
	}
	for _, key := range keys {
		delete(from, key)
	}
	return nil
}

func (c *call) listTags(tags map[string]string) (any, error) {
	all := tagList(tags)
	from, to, next, err := c.pageOf(len(all))
	if err != nil {
		return nil, err
	}
	return struct {
		Tags []tag `xml:"Tags>member"`
		paged
	}{all[from:to], paged{next != "", next}}, nil
}

// allowTagged asks for the permission to make something and, where it gets tags, for that to tag it.
func (c *call) allowTagged(make, mark, resource string, tags map[string]string, more facts) error {
	more = facts{}.with(more)
	for k, v := range tags {
		more["aws:RequestTag/"+k] = v
	}
	if err := c.allow(make, resource, more); err != nil || len(tags) == 0 {
		return err
	}
	return c.allow(mark, resource, more)
}

// listNames answers a listing of names, such as those of inline policies.
func (c *call) listNames(names []string) (any, error) {
	from, to, next, err := c.pageOf(len(names))
	if err != nil {
		return nil, err
	}
	return struct {
		PolicyNames []string `xml:"PolicyNames>member"`
		paged
	}{names[from:to], paged{next != "", next}}, nil
}

// encode writes a policy as IAM answers with it: URL-encoded by RFC 3986.
func (d *document) encode() string { return escape(d.raw) }

// withoutSpace is the length of a policy as quotas count it.
func withoutSpace(policy string) int { return len(strings.Join(strings.Fields(policy), "")) }

// createAccountAlias replaces the alias that there was, since an account has one.
func createAccountAlias(c *call) (any, error) {
	alias, err := c.get("AccountAlias")
	if err != nil {
		return nil, err
	}
	if len(alias) > 63 || !aliasFormat.MatchString(alias) {
		return nil, badValue("AccountAlias", alias, "Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$")
	}
	if err := c.allow("iam:CreateAccountAlias", "*", nil); err != nil {
		return nil, err
	}
	for _, a := range c.accounts {
		if a.alias == alias && a.partition == c.account.partition {
			return nil, exists("The account alias " + alias + " already exists.")
		}
	}
	c.account.alias = alias
	return nil, nil
}

func listAccountAliases(c *call) (any, error) {
	if err := c.allow("iam:ListAccountAliases", "*", nil); err != nil {
		return nil, err
	}
	var aliases []string
	if c.account.alias != "" {
		aliases = []string{c.account.alias}
	}
	return struct {
		AccountAliases []string `xml:"AccountAliases>member"`
		paged
	}{AccountAliases: aliases}, nil
}

// inlinePolicy is the answer with one inline policy.
type inlinePolicy struct {
	RoleName       string `xml:",omitempty"`
	UserName       string `xml:",omitempty"`
	PolicyName     string
	PolicyDocument string
}
