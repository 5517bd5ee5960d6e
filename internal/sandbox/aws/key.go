package aws

import "slices"

const keyQuota = 2 // access keys of a user

func createAccessKey(c *call) (any, error) {
	u, err := c.user("iam:CreateAccessKey")
	if err != nil {
		return nil, err
	}
	if len(u.keys) >= keyQuota {
		return nil, quota("AccessKeysPerUser", keyQuota)
	}
	k := c.addKey(u, c.now)
	type made struct {
		UserName                            string
		AccessKeyID                         string `xml:"AccessKeyId"`
		Status, SecretAccessKey, CreateDate string
	}
	return struct{ AccessKey made }{made{u.name, k.id, k.status(), k.secret, instant(k.created)}}, nil
}

func (k *accessKey) status() string {
	if k.active {
		return "Active"
	}
	return "Inactive"
}

func listAccessKeys(c *call) (any, error) {
	u, err := c.user("iam:ListAccessKeys")
	if err != nil {
		return nil, err
	}
	type entry struct {
		UserName           string
		AccessKeyID        string `xml:"AccessKeyId"`
		Status, CreateDate string
	}
	var out struct {
		List []entry `xml:"AccessKeyMetadata>member"`
		paged
	}
	for _, k := range u.keys {
		out.List = append(out.List, entry{u.name, k.id, k.status(), instant(k.created)})
	}
	return out, nil
}

// accessKey finds the key AccessKeyId among the user's.
func (c *call) accessKey(action string) (*user, int, error) {
	u, err := c.user(action)
	if err != nil {
		return nil, 0, err
	}
	id, err := c.get("AccessKeyId")
	if err != nil {
		return nil, 0, err
	}
	i := slices.IndexFunc(u.keys, func(k *accessKey) bool { return k.id == id })
	if i < 0 {
		return nil, 0, absent("The Access Key with id " + id + " cannot be found.")
	}
	return u, i, nil
}

func updateAccessKey(c *call) (any, error) {
	u, i, err := c.accessKey("iam:UpdateAccessKey")
	if err != nil {
		return nil, err
	}
	status := c.form.Get("Status")
	if status != "Active" && status != "Inactive" {
		return nil, badValue("Status", status, "Member must satisfy enum value set: [Active, Inactive]")
	}
	u.keys[i].active = status == "Active"
	return nil, nil
}

func deleteAccessKey(c *call) (any, error) {
	u, i, err := c.accessKey("iam:DeleteAccessKey")
	if err != nil {
		return nil, err
	}
	delete(c.keys, u.keys[i].id)
	u.keys = slices.Delete(u.keys, i, i+1)
	return nil, nil
}

// getAccessKeyLastUsed says N/A for a key that was never used, and leaves out the date then
// (https://docs.aws.amazon.com/IAM/latest/APIReference/API_AccessKeyLastUsed.html).
func getAccessKeyLastUsed(c *call) (any, error) {
	id, err := c.get("AccessKeyId")
	if err != nil {
		return nil, err
	}
	k := c.keys[id]
	if k == nil || k.user.account != c.account {
		return nil, &Error{403, "AccessDenied", "User: " + c.who.arn + " is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key " + id}
	}
	if err := c.allow("iam:GetAccessKeyLastUsed", k.user.arn(), nil); err != nil {
		return nil, err
	}
	type used struct {
		LastUsedDate        string `xml:",omitempty"`
		ServiceName, Region string
	}
	last := used{ServiceName: "N/A", Region: "N/A"}
	if !k.lastUsed.IsZero() {
		last = used{instant(k.lastUsed), k.lastService, k.lastRegion}
	}
	return struct {
		UserName          string
		AccessKeyLastUsed used
	}{k.user.name, last}, nil
}
