package aws

import (
	"regexp"
	"strings"
	"time"
)

const providerQuota = 100

var providerName = regexp.MustCompile(`^[\w._-]{1,128}$`)

// addProvider makes a SAML provider; quotas and names are the caller's to check.
func (a *account) addProvider(name, metadata string, tags map[string]string, at time.Time) (*provider, error) {
	e, err := parseMetadata(metadata)
	if err != nil {
		return nil, err
	}
	if tags == nil {
		tags = map[string]string{}
	}
	p := &provider{account: a, name: name, metadata: metadata, uuid: newID(""), created: at, validUntil: e.validUntil(at), tags: tags}
	a.providers[name] = p
	return p, nil
}

func createSAMLProvider(c *call) (any, error) {
	if err := c.without("AddPrivateKey", "AssertionEncryptionMode"); err != nil {
		return nil, err
	}
	name, err := c.get("Name")
	if err != nil {
		return nil, err
	}
	metadata, err := c.get("SAMLMetadataDocument")
	if err != nil {
		return nil, err
	}
	if !providerName.MatchString(name) {
		return nil, badValue("Name", name, `Member must satisfy regular expression pattern: [\w._-]+ and have a length of 1 to 128`)
	}
	tags, err := c.tags()
	if err != nil {
		return nil, err
	}
	target := c.account.iam("saml-provider/" + name)
	if err := c.allowTagged("iam:CreateSAMLProvider", "iam:TagSAMLProvider", target, tags, nil); err != nil {
		return nil, err
	}
	switch {
	case c.account.providers[name] != nil:
		return nil, exists("SAMLProvider " + target + " already exists.")
	case len(c.account.providers) >= providerQuota:
		return nil, quota("SamlProvidersPerAccount", providerQuota)
	}
	p, err := c.account.addProvider(name, metadata, tags, c.now)
	if err != nil {
		return nil, err
	}
	return struct {
		SAMLProviderArn string
		Tags            []tag `xml:"Tags>member"`
	}{p.arn(), tagList(tags)}, nil
}

// provider finds the provider that SAMLProviderArn names, if the caller may do the action with it.
func (c *call) provider(action string) (*provider, error) {
	text, err := c.get("SAMLProviderArn")
	if err != nil {
		return nil, err
	}
	a, err := parseARN(text)
	name, ok := strings.CutPrefix(a.resource, "saml-provider/")
	if err != nil || !ok || a.service != "iam" {
		return nil, &Error{400, "InvalidInput", "Invalid ARN: " + text}
	}
	if err := c.allow(action, text, nil); err != nil {
		return nil, err
	}
	if a.account != c.account.id || a.partition != c.account.partition.name {
		return nil, &Error{403, "AccessDenied", "User: " + c.who.arn + " is not authorized to perform: " + action + " on resource: " + text}
	}
	p := c.account.providers[name]
	if p == nil {
		return nil, absent("Manifest not found for arn " + text)
	}
	return p, nil
}

func getSAMLProvider(c *call) (any, error) {
	p, err := c.provider("iam:GetSAMLProvider")
	if err != nil {
		return nil, err
	}
	return struct {
		SAMLProviderUUID     string
		SAMLMetadataDocument string
		CreateDate           string
		ValidUntil           string
		Tags                 []tag `xml:"Tags>member"`
	}{p.uuid, p.metadata, instant(p.created), instant(p.validUntil), tagList(p.tags)}, nil
}

func updateSAMLProvider(c *call) (any, error) {
	if err := c.without("AddPrivateKey", "RemovePrivateKey", "AssertionEncryptionMode"); err != nil {
		return nil, err
	}
	p, err := c.provider("iam:UpdateSAMLProvider")
	if err != nil {
		return nil, err
	}
	metadata, err := c.get("SAMLMetadataDocument")
	if err != nil {
		return nil, err
	}
	e, err := parseMetadata(metadata)
	if err != nil {
		return nil, err
	}
	p.metadata, p.validUntil = metadata, e.validUntil(c.now)
	return struct{ SAMLProviderArn string }{p.arn()}, nil
}

// deleteSAMLProvider leaves the roles that trust the provider as they are, as AWS does.
func deleteSAMLProvider(c *call) (any, error) {
	p, err := c.provider("iam:DeleteSAMLProvider")
	if err != nil {
		return nil, err
	}
	delete(c.account.providers, p.name)
	return nil, nil
}

func listSAMLProviders(c *call) (any, error) {
	if err := c.allow("iam:ListSAMLProviders", c.account.iam("saml-provider/*"), nil); err != nil {
		return nil, err
	}
	type entry struct{ Arn, CreateDate, ValidUntil string }
	var out struct {
		List []entry `xml:"SAMLProviderList>member"`
	}
	for _, p := range sorted(c.account.providers) {
		out.List = append(out.List, entry{p.arn(), instant(p.created), instant(p.validUntil)})
	}
	return out, nil
}

func tagSAMLProvider(c *call) (any, error) {
	p, err := c.provider("iam:TagSAMLProvider")
	if err != nil {
		return nil, err
	}
	return nil, c.addTags(p.tags)
}

func untagSAMLProvider(c *call) (any, error) {
	p, err := c.provider("iam:UntagSAMLProvider")
	if err != nil {
		return nil, err
	}
	return nil, c.removeTags(p.tags)
}

func listSAMLProviderTags(c *call) (any, error) {
	p, err := c.provider("iam:ListSAMLProviderTags")
	if err != nil {
		return nil, err
	}
	return c.listTags(p.tags)
}
