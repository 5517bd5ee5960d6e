package aws

import (
	"fmt"
	"strings"
	"time"
)

// principal is who makes a call: a user with a key, or a session of a role.
type principal struct {
	account *account
	arn, id string
	key     *accessKey
	user    *user
	role    *role
	session *session
}

// session is what AssumeRole and AssumeRoleWithSAML issue.
type session struct {
	role               *role
	name, source       string
	key, secret, token string
	policy             *document // of the session itself; nil: none
	expires            time.Time // real time
}

// holder finds whose key it is, and the key's secret; nil where there is none.
func (s *Server) holder(id string) (*principal, string) {
	if k := s.keys[id]; k != nil {
		u := k.user
		return &principal{account: u.account, arn: u.arn(), id: u.id, key: k, user: u}, k.secret
	}
	if ss := s.sessions[id]; ss != nil {
		return ss.principal(), ss.secret
	}
	return nil, ""
}

func (ss *session) principal() *principal {
	r := ss.role
	arn := r.account.arn("sts", "", "assumed-role/"+r.name+"/"+ss.name)
	return &principal{account: r.account, arn: arn, id: r.id + ":" + ss.name, role: r, session: ss}
}

// used notes the use of an access key, as GetAccessKeyLastUsed tells.
func (p *principal) used(service, region string, now time.Time) {
	if p.key != nil {
		p.key.lastUsed, p.key.lastService, p.key.lastRegion = now, service, region
	}
}

// facts are the condition keys that every request of the principal has.
func (p *principal) facts(region string) facts {
	f := facts{
		"aws:principalarn":     p.arn,
		"aws:principalaccount": p.account.id,
		"aws:userid":           p.id,
		"aws:principaltype":    "User",
		"aws:requestedregion":  region,
		"aws:securetransport":  "false",
		"aws:principalorgid":   p.account.partition.orgID,
	}
	if p.user != nil {
		f["aws:username"] = p.user.name
	}
	if p.session != nil {
		// The role's own ARN, not the session's: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
		f["aws:principalarn"], f["aws:principaltype"] = p.role.arn(), "AssumedRole"
		if p.session.source != "" {
			f["aws:sourceidentity"] = p.session.source
		}
	}
	return f
}

// may answers whether the principal's policies allow the action, nil or AccessDenied in AWS's words
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html). onlyDenials leaves it to
// somebody else's policy to allow.
func (p *principal) may(action, resource string, f facts, onlyDenials bool) error {
	type layer struct {
		documents      []*document
		kind, article  string
		applies, final bool
	}
	var identity []*document
	var boundary string
	if p.user != nil {
		identity = p.user.documents()
	} else {
		identity, boundary = p.role.documents(), p.role.boundary
	}
	layers := []layer{
		{p.account.controls, "service control policy", "a ", len(p.account.controls) > 0, false},
		{identity, "identity-based policy", "an ", true, true},
	}
	if boundary != "" {
		layers = append(layers, layer{[]*document{managedPolicy(boundary)}, "permissions boundary", "a ", true, false})
	}
	if p.session != nil && p.session.policy != nil {
		layers = append(layers, layer{[]*document{p.session.policy}, "session policy", "a ", true, false})
	}
	refused := func(why string) error {
		return &Error{403, "AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", p.arn, action, resource, why)}
	}
	verdicts := make([]verdict, len(layers))
	for i, l := range layers {
		if verdicts[i] = judge(l.documents, action, resource, f); l.applies && verdicts[i] == denied {
			return refused("with an explicit deny in " + l.article + l.kind)
		}
	}
	for i, l := range layers {
		if l.applies && verdicts[i] == silent && !(l.final && onlyDenials) {
			return refused("because no " + l.kind + " allows the " + action + " action")
		}
	}
	return nil
}

// allow refuses the call unless the caller may do the action. more are facts about this request alone.
func (c *call) allow(action, resource string, more facts) error {
	return c.who.may(action, resource, c.who.facts(c.region).with(more), false)
}

// trusts answers whether the role lets the principal do the action (sts:AssumeRole, sts:SetSourceIdentity), by its
// trust policy and, unless that names a principal of its own account, by the principal's policies too.
func (r *role) trusts(p *principal, action string, f facts) error {
	refused := &Error{403, "AccessDenied", fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", p.arn, action, r.arn())}
	granted, direct := false, false
	for _, st := range r.trust.statements {
		if !st.speaksOf(action, "", f) {
			continue
		}
		for _, t := range st.principals {
			names, whole := t.covers(p)
			switch {
			case !names && !whole:
			case st.deny:
				return refused
			default:
				granted = true
				direct = direct || names && p.account == r.account
			}
		}
	}
	if !granted {
		return refused
	}
	return p.may(action, r.arn(), f, direct)
}

// covers reports whether a trust policy's principal names p itself, or the whole account that p is of.
func (t trusted) covers(p *principal) (names, whole bool) {
	if t.kind != "AWS" {
		return false, false
	}
	switch t.value {
	case "*", p.account.id, p.account.iam("root"):
		return false, true
	}
	return t.value == p.arn || p.role != nil && t.value == p.role.arn(), false
}

// arn is an Amazon Resource Name, as far as it is needed.
type arn struct{ partition, service, region, account, resource string }

func parseARN(text string) (arn, error) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || partitions[parts[1]] == nil || parts[5] == "" {
		return arn{}, validation(text + " is invalid")
	}
	return arn{parts[1], parts[2], parts[3], parts[4], parts[5]}, nil
}
