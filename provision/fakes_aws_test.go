package provision_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// AWS as the pipeline sees it: the account of a world. CloudFormation does what its template says and nothing else, as the
// real one does: what was changed past it stays so until the template changes.

func (w *world) Account(_ context.Context, key store.AccountKey) (provision.AWSAccount, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if other := w.others[key]; other != nil {
		return other, other.reach
	}
	return w, w.reach
}

func (w *world) Status(context.Context, store.AccountKey) (status string, err error) {
	err = w.do("Status", func() error { status = w.status; return nil })
	return status, err
}

func (w *world) Identity(context.Context) (id provision.Identity, err error) {
	err = w.do("Identity", func() error { id = w.identity; return nil })
	return id, err
}

func (w *world) arn(what string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", w.identity.Account.Partition, w.identity.Account.ID, what)
}

func missing(what string) error {
	return &store.Error{Kind: store.NotFound, Message: what + " isn't there", Remedy: "Look."}
}
func taken(what string) error {
	return &store.Error{Kind: store.Conflict, Message: what + " is there already", Remedy: "Look."}
}

func (w *world) Provider(_ context.Context, arn string) (p *provision.Provider, err error) {
	err = w.do("Provider", func() error { p = copyOf(w.providers[arn]); return nil })
	return p, err
}

func (w *world) CreateProvider(_ context.Context, name, metadata string, tags map[string]string) error {
	return w.do("CreateProvider", func() error {
		arn := w.arn("saml-provider/" + name)
		if w.providers[arn] != nil {
			return taken(arn)
		}
		w.providers[arn] = &provision.Provider{ARN: arn, Metadata: metadata, Tags: maps.Clone(tags), Created: w.clock.Now()}
		return nil
	})
}

func (w *world) provider(arn string, change func(*provision.Provider)) error {
	if w.providers[arn] == nil {
		return missing(arn)
	}
	change(w.providers[arn])
	return nil
}

func (w *world) UpdateProvider(_ context.Context, arn, metadata string) error {
	return w.do("UpdateProvider", func() error {
		return w.provider(arn, func(p *provision.Provider) { p.Metadata = metadata })
	})
}

func (w *world) TagProvider(_ context.Context, arn string, tags map[string]string) error {
	return w.do("TagProvider", func() error {
		return w.provider(arn, func(p *provision.Provider) { p.Tags = with(p.Tags, tags) })
	})
}

func (w *world) DeleteProvider(_ context.Context, arn string) error {
	return w.do("DeleteProvider", func() error {
		return w.provider(arn, func(*provision.Provider) { delete(w.providers, arn) })
	})
}

func with(tags, more map[string]string) map[string]string {
	out := maps.Clone(tags)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, more)
	return out
}

// stackRole is a role as a template describes it.
type stackRole struct {
	role   provision.Role
	tags   map[string]string // that the template names; those of the stack come to the role too
	retain bool
}

func (w *world) Stack(_ context.Context, nameOrID string) (found *provision.Stack, err error) {
	err = w.do("Stack", func() error {
		for _, id := range slices.Sorted(maps.Keys(w.stacks)) {
			s := w.stacks[id]
			if s.ID != nameOrID && (s.Name != nameOrID || s.Status == "DELETE_COMPLETE") {
				continue
			}
			found = copyOf(s)
			found.Tags, found.Parameters = maps.Clone(s.Tags), maps.Clone(s.Parameters)
			if next := w.next[s.ID]; next != "" { // one look sees it at work
				s.Status = next
				delete(w.next, s.ID)
			}
			return nil
		}
		return nil
	})
	return found, err
}

func (w *world) stack(nameOrID string) *provision.Stack {
	for _, s := range w.stacks {
		if s.ID == nameOrID || s.Name == nameOrID && s.Status != "DELETE_COMPLETE" {
			return s
		}
	}
	return nil
}

// begin has a stack be at work for one look, and then be as it says.
func (w *world) begin(s *provision.Stack, during, after string) {
	s.Status, w.next[s.ID] = during, after
}

func (w *world) CreateStack(_ context.Context, s provision.StackSpec) (id string, err error) {
	err = w.do("CreateStack", func() error {
		if w.stack(s.Name) != nil {
			return taken("the stack " + s.Name)
		}
		id = w.id("arn:stack/")
		made := &provision.Stack{ID: id, Name: s.Name, Parameters: s.Parameters, Tags: s.Tags, Updated: w.clock.Now()}
		w.stacks[id], w.templates[id] = made, s.Template
		want := w.describe(s, id)
		for _, r := range want {
			if w.roles[strings.ToLower(r.role.Name)] != nil {
				w.failure = r.role.Name + " already exists"
				w.begin(made, "CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE")
				return nil
			}
		}
		w.deploy(nil, want)
		w.inStack[id] = want
		w.begin(made, "CREATE_IN_PROGRESS", "CREATE_COMPLETE")
		return nil
	})
	return id, err
}

// deploy makes roles what a template says, where another one said otherwise.
func (w *world) deploy(before, want map[string]stackRole) {
	for id, was := range before {
		if now, ok := want[id]; !ok && !was.retain || ok && now.role.Name != was.role.Name {
			delete(w.roles, strings.ToLower(was.role.Name))
		}
	}
	for id, r := range want {
		was, ok := before[id]
		key := strings.ToLower(r.role.Name)
		if have := w.roles[key]; ok && have != nil { // what was changed past it stays
			want := r.role
			if same(was.role, want) && maps.Equal(was.tags, r.tags) {
				continue
			}
			want.Tags = with(have.Tags, r.tags)
			w.roles[key] = &want
			continue
		}
		w.roles[key] = copyOf(&r.role)
	}
}

func (w *world) UpdateStack(_ context.Context, s provision.StackSpec) (changed bool, err error) {
	err = w.do("UpdateStack", func() error {
		have := w.stack(s.Name)
		if have == nil {
			return missing("the stack " + s.Name)
		}
		changed = w.templates[have.ID] != s.Template || !maps.Equal(have.Parameters, s.Parameters) || !maps.Equal(have.Tags, s.Tags)
		if !changed {
			return nil
		}
		want := w.describe(s, have.ID)
		w.deploy(w.inStack[have.ID], want)
		w.inStack[have.ID], w.templates[have.ID] = want, s.Template
		have.Parameters, have.Tags, have.Updated = s.Parameters, s.Tags, w.clock.Now()
		w.begin(have, "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")
		return nil
	})
	return changed, err
}

func (w *world) DeleteStack(_ context.Context, id, _ string) error {
	return w.do("DeleteStack", func() error {
		s := w.stacks[id]
		switch {
		case s == nil || s.Status == "DELETE_COMPLETE":
			return nil // as CloudFormation has it
		case w.undeleted:
			w.begin(s, "DELETE_IN_PROGRESS", "DELETE_FAILED")
			return nil
		}
		if !strings.Contains(s.Status, "ROLLBACK") && s.Status != "REVIEW_IN_PROGRESS" {
			w.deploy(w.inStack[id], nil)
		}
		delete(w.inStack, id)
		w.begin(s, "DELETE_IN_PROGRESS", "DELETE_COMPLETE")
		return nil
	})
}

func (w *world) StackFailure(context.Context, string) (reason string, err error) {
	err = w.do("StackFailure", func() error { reason = w.failure; return nil })
	return reason, err
}

func (w *world) StackTemplate(_ context.Context, id string) (template string, err error) {
	err = w.do("StackTemplate", func() error { template = w.templates[id]; return nil })
	return template, err
}

func (w *world) StackResources(_ context.Context, id string) (out []provision.StackResource, err error) {
	err = w.do("StackResources", func() error {
		for _, logical := range slices.Sorted(maps.Keys(w.inStack[id])) {
			out = append(out, provision.StackResource{LogicalID: logical, PhysicalID: w.inStack[id][logical].role.Name, Type: "AWS::IAM::Role"})
		}
		out = append(out, w.resources...)
		return nil
	})
	return out, err
}

func (w *world) BeginImport(_ context.Context, s provision.StackSpec, roles map[string]string) (id string, err error) {
	err = w.do("BeginImport", func() error {
		if have := w.stack(s.Name); have != nil {
			if have.Status == "REVIEW_IN_PROGRESS" && w.imported[s.Token] {
				id = have.ID // it was begun before
				return nil
			}
			return taken("the stack " + s.Name)
		}
		id = w.id("arn:stack/")
		want := w.describe(s, id)
		for logical, r := range want {
			if roles[logical] != r.role.Name || !r.retain || len(roles) != len(want) {
				return fmt.Errorf("the template %s has other roles than %v, or one without a deletion policy", s.Template, roles)
			}
		}
		w.stacks[id] = &provision.Stack{ID: id, Name: s.Name, Status: "REVIEW_IN_PROGRESS", Parameters: s.Parameters, Updated: w.clock.Now()}
		w.templates[id], w.inStack[id], w.imported[s.Token] = s.Template, want, false
		w.change = s
		return nil
	})
	return id, err
}

func (w *world) FinishImport(_ context.Context, id, token string) (ready bool, err error) {
	err = w.do("FinishImport", func() error {
		if w.unimportable != "" {
			return &store.Error{Kind: store.Permanent, Message: w.unimportable, Remedy: "Mend it, then retry."}
		}
		if ready = w.imported[token]; !ready { // CloudFormation makes the change set first
			w.imported[token] = true
			return nil
		}
		w.stacks[id].Tags = w.change.Tags
		w.begin(w.stacks[id], "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE")
		return nil
	})
	return ready, err
}

// DetectDrift compares the roles with the template, as CloudFormation does: their session lengths and tags too.
func (w *world) DetectDrift(_ context.Context, id string) error {
	return w.do("DetectDrift", func() error {
		s := w.stacks[id]
		if s == nil {
			return missing("the stack " + id)
		}
		s.Drift, s.DriftSince = "IN_SYNC", w.clock.Now()
		for _, r := range w.inStack[id] {
			have := w.roles[strings.ToLower(r.role.Name)]
			if have == nil || !sameRole(*have, r.role) {
				s.Drift = "DRIFTED"
				continue
			}
			for key, v := range r.tags { // those that the template doesn't name don't count
				if have.Tags[key] != v {
					s.Drift = "DRIFTED"
				}
			}
		}
		return nil
	})
}

// same says whether two descriptions of a role are, tags apart.
func same(a, b provision.Role) bool {
	a.Tags, b.Tags = nil, nil
	return reflect.DeepEqual(a, b)
}

func sameRole(a, b provision.Role) bool {
	same := func(x, y string) bool {
		var i, j any
		_, _ = json.Unmarshal([]byte(x), &i), json.Unmarshal([]byte(y), &j)
		return reflect.DeepEqual(i, j)
	}
	return same(a.Trust, b.Trust) && slices.Equal(slices.Sorted(slices.Values(a.Policies)), slices.Sorted(slices.Values(b.Policies))) &&
		maps.EqualFunc(a.Inline, b.Inline, same) && a.Boundary == b.Boundary && a.MaxDuration == b.MaxDuration
}

func (w *world) Survey(context.Context) (s provision.Survey, err error) {
	err = w.do("Survey", func() error {
		s = provision.Survey{Roles: map[string]provision.Role{}, Users: map[string]provision.User{}}
		for k, r := range w.roles {
			role := *r
			role.MaxDuration, role.Description = 0, "" // no survey tells them
			s.Roles[strings.ToLower(k)] = role
		}
		for k, u := range w.users {
			s.Users[strings.ToLower(k)] = *u
		}
		return nil
	})
	return s, err
}

func (w *world) RestoreRole(_ context.Context, have *provision.Role, want provision.Role) error {
	return w.do("RestoreRole", func() error {
		key := strings.ToLower(want.Name)
		is := w.roles[key]
		switch {
		case have == nil && is != nil:
			return taken("the role " + want.Name)
		case have != nil && is == nil:
			return missing("the role " + want.Name)
		case is != nil:
			want.Tags, want.Path, want.Name = is.Tags, is.Path, is.Name
		}
		want.ARN = w.arn("role" + want.Path + want.Name)
		w.roles[key] = &want
		return nil
	})
}

func (w *world) CreateUser(_ context.Context, name, path string, tags map[string]string) error {
	return w.do("CreateUser", func() error {
		if w.users[name] != nil {
			return taken("the user " + name)
		}
		w.users[name] = &provision.User{Name: name, ARN: w.arn("user" + path + name), Path: path, Tags: maps.Clone(tags), Inline: map[string]string{}}
		return nil
	})
}

func (w *world) user(name string, change func(*provision.User)) error {
	if w.users[name] == nil {
		return missing("the user " + name)
	}
	change(w.users[name])
	return nil
}

func (w *world) PutUserPolicy(_ context.Context, user, policy, document string) error {
	return w.do("PutUserPolicy", func() error {
		return w.user(user, func(u *provision.User) { u.Inline = with(u.Inline, map[string]string{policy: document}) })
	})
}

func (w *world) TagUser(_ context.Context, name string, tags map[string]string) error {
	return w.do("TagUser", func() error {
		return w.user(name, func(u *provision.User) { u.Tags = with(u.Tags, tags) })
	})
}

func (w *world) DeleteUserPolicy(_ context.Context, user, policy string) error {
	return w.do("DeleteUserPolicy", func() error {
		return w.user(user, func(u *provision.User) { u.Inline = maps.Clone(u.Inline); delete(u.Inline, policy) })
	})
}

func (w *world) DeleteUser(_ context.Context, name string) error {
	return w.do("DeleteUser", func() error {
		u := w.users[name]
		switch {
		case u == nil:
			return missing("the user " + name)
		case len(w.keys)+len(u.Inline)+len(u.Policies)+len(u.Groups) > 0:
			return &store.Error{Kind: store.Conflict, Message: "Cannot delete entity", Remedy: "Look."}
		}
		delete(w.users, name)
		return nil
	})
}

func (w *world) AccessKeys(_ context.Context, user string) (keys []provision.AccessKey, err error) {
	err = w.do("AccessKeys", func() error {
		if w.users[user] != nil {
			keys = slices.Clone(w.keys)
		}
		return nil
	})
	return keys, err
}

func (w *world) CreateAccessKey(_ context.Context, user string) (s provision.Secret, err error) {
	err = w.do("CreateAccessKey", func() error {
		switch {
		case w.users[user] == nil:
			return missing("the user " + user)
		case len(w.keys) > 1:
			return &store.Error{Kind: store.Conflict, Message: "the user " + user + " has two keys already, and IAM allows no third", Remedy: "Look which of the two nobody uses."}
		}
		id := w.newKey()
		s = provision.NewSecret(id, "hush-"+id)
		return nil
	})
	return s, err
}

func (w *world) newKey() string {
	id := w.id("AKIA")
	w.keys = append(w.keys, provision.AccessKey{ID: id, Active: true, Created: w.clock.Now()})
	return id
}

func (w *world) DeleteAccessKey(_ context.Context, _, id string) error {
	return w.do("DeleteAccessKey", func() error {
		w.keys = slices.DeleteFunc(slices.Clone(w.keys), func(k provision.AccessKey) bool { return k.ID == id })
		return nil
	})
}

func (w *world) KeyUse(_ context.Context, id string) (use provision.KeyUse, err error) {
	err = w.do("KeyUse", func() error { use = w.use[id]; return nil })
	return use, err
}

func (w *world) SetAccessKeyActive(_ context.Context, _, id string, active bool) error {
	return w.do("SetAccessKeyActive", func() error {
		for i := range w.keys {
			if w.keys[i].ID == id {
				w.keys[i].Active = active
				return nil
			}
		}
		return missing("the key " + id)
	})
}

func (w *world) TryAccessKey(_ context.Context, s provision.Secret) error {
	return w.do("TryAccessKey", func() error {
		if w.tries > 0 {
			w.tries--
			return &store.Error{Kind: store.Transient, Message: "not yet"}
		}
		w.use[s.ID] = provision.KeyUse{At: w.clock.Now(), Service: "sts"}
		return nil
	})
}

// describe reads the roles off a template, with its parameters.
func (w *world) describe(s provision.StackSpec, id string) map[string]stackRole {
	var doc struct {
		Mappings  map[string]map[string]map[string]string `yaml:"Mappings"`
		Resources map[string]struct {
			DeletionPolicy string               `yaml:"DeletionPolicy"`
			Properties     map[string]yaml.Node `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal([]byte(s.Template), &doc); err != nil {
		panic(err)
	}
	account := w.identity.Account
	var value func(n *yaml.Node) any
	value = func(n *yaml.Node) any {
		switch n.Tag {
		case "!Ref":
			if n.Value == "AWS::Partition" {
				return account.Partition
			}
			if v, ok := s.Parameters[n.Value]; ok {
				return v
			}
			panic("the template refers to " + n.Value)
		case "!Sub":
			text := strings.NewReplacer("${AWS::Partition}", account.Partition, "${AWS::AccountId}", account.ID, "${!", "${").Replace(n.Value)
			return text
		case "!FindInMap":
			return doc.Mappings[n.Content[0].Value][value(n.Content[1]).(string)][n.Content[2].Value]
		}
		switch n.Kind {
		case yaml.MappingNode:
			out := map[string]any{}
			for i := 0; i < len(n.Content); i += 2 {
				out[n.Content[i].Value] = value(n.Content[i+1])
			}
			return out
		case yaml.SequenceNode:
			out := []any{}
			for _, c := range n.Content {
				out = append(out, value(c))
			}
			return out
		}
		var v any
		if err := n.Decode(&v); err != nil {
			panic(err)
		}
		return v
	}
	text := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return string(raw)
	}
	out := map[string]stackRole{}
	for logical, resource := range doc.Resources {
		p := map[string]any{}
		for name, node := range resource.Properties {
			p[name] = value(&node)
		}
		role := provision.Role{Name: p["RoleName"].(string), Path: "/", Trust: text(p["AssumeRolePolicyDocument"]), Inline: map[string]string{}, Tags: maps.Clone(s.Tags)}
		if role.Tags == nil {
			role.Tags = map[string]string{}
		}
		if path, ok := p["Path"].(string); ok {
			role.Path = path
		}
		if arn, ok := p["PermissionsBoundary"].(string); ok {
			role.Boundary = arn
		}
		policies, _ := p["ManagedPolicyArns"].([]any)
		for _, arn := range policies {
			role.Policies = append(role.Policies, arn.(string))
		}
		inline, _ := p["Policies"].([]any)
		for _, i := range inline {
			policy := i.(map[string]any)
			role.Inline[policy["PolicyName"].(string)] = text(policy["PolicyDocument"])
		}
		tags, _ := p["Tags"].([]any)
		named := map[string]string{}
		for _, t := range tags {
			named[t.(map[string]any)["Key"].(string)] = t.(map[string]any)["Value"].(string)
			role.Tags[t.(map[string]any)["Key"].(string)] = t.(map[string]any)["Value"].(string)
		}
		var seconds int
		if _, err := fmt.Sscan(fmt.Sprint(p["MaxSessionDuration"]), &seconds); err != nil {
			panic(err)
		}
		role.MaxDuration = time.Duration(seconds) * time.Second
		role.ARN = w.arn("role" + role.Path + role.Name)
		out[logical] = stackRole{role, named, resource.DeletionPolicy == "Retain"}
	}
	return out
}

func (w *world) Members(context.Context, string, string) (members []provision.Member, err error) {
	err = w.do("Members", func() error {
		members = []provision.Member{{Account: w.identity.Account, Name: "Gmail", State: "ACTIVE"}}
		return nil
	})
	return members, err
}
