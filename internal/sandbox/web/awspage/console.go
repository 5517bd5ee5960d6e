package awspage

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// judged is an action with what the session's policies say of it.
type judged struct {
	What, Action, Resource string
	Allowed                bool
	Why                    string
}

// telling are the actions that tell roles apart. ACCOUNT, REGION and PARTITION stand for the session's.
var telling = []judged{
	{What: "List the account's roles", Action: "iam:ListRoles", Resource: "arn:PARTITION:iam::ACCOUNT:role/"},
	{What: "Make an IAM user", Action: "iam:CreateUser", Resource: "arn:PARTITION:iam::ACCOUNT:user/somebody"},
	{What: "Trust another identity provider", Action: "iam:CreateSAMLProvider", Resource: "arn:PARTITION:iam::ACCOUNT:saml-provider/Another"},
	{What: "See the EC2 instances", Action: "ec2:DescribeInstances", Resource: "*"},
	{What: "Start an EC2 instance", Action: "ec2:RunInstances", Resource: "arn:PARTITION:ec2:REGION:ACCOUNT:instance/*"},
	{What: "List the S3 buckets", Action: "s3:ListAllMyBuckets", Resource: "*"},
	{What: "Read a file in S3", Action: "s3:GetObject", Resource: "arn:PARTITION:s3:::reports/2026.csv"},
	{What: "Write a file to S3", Action: "s3:PutObject", Resource: "arn:PARTITION:s3:::reports/2026.csv"},
	{What: "See the stacks", Action: "cloudformation:DescribeStacks", Resource: "*"},
	{What: "Delete a stack", Action: "cloudformation:DeleteStack", Resource: "arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/*"},
	{What: "See what the account costs", Action: "ce:GetCostAndUsage", Resource: "*"},
	{What: "List the organization's accounts", Action: "organizations:ListAccounts", Resource: "*"},
}

// actionName is a service's prefix and an action of it.
var actionName = regexp.MustCompile(`^[a-z0-9-]{1,64}:[A-Za-z0-9]{1,128}$`)

// console is the management console as the role, or says that the session has ended.
func (p pages) console(w http.ResponseWriter, r *http.Request) {
	c, ok := p.aws().Console(r.PathValue("id"))
	if !ok {
		p.missing(w, "There is no such session of the console: it was signed out of, or never was. A session begins at a tile on Okta's dashboard.", "/okta")
		return
	}
	if c.Expired {
		p.show(w, http.StatusUnauthorized, "expired", "Session ended", c)
		return
	}
	data := struct {
		aws.Console
		Left    time.Duration
		Actions []judged
		Allowed int
		Tried   *judged // what the person wants to know; nil: nothing
		Wrong   string  // why that is no action
	}{Console: c, Left: c.Expires.Sub(p.place.Sandbox().Now())}
	names := strings.NewReplacer("PARTITION", c.Account.Partition, "ACCOUNT", c.Account.ID, "REGION", c.Region)
	for _, j := range telling {
		j.Resource = names.Replace(j.Resource)
		if j.Allowed, j.Why = p.aws().May(c.ID, j.Action, j.Resource); j.Allowed {
			data.Allowed++
		}
		data.Actions = append(data.Actions, j)
	}
	if action := strings.TrimSpace(r.FormValue("action")); action != "" {
		data.Tried, data.Wrong = p.try(c.ID, action, strings.TrimSpace(r.FormValue("resource")))
	}
	p.render(w, "console", c.Role+" @ "+c.Account.Name, data)
}

// Short is why, without what the row says already: who asks, for which action, on what resource.
func (j judged) Short() string {
	if _, rest, long := strings.Cut(j.Why, " on resource: "+j.Resource+" "); long && !j.Allowed {
		return strings.ToUpper(rest[:1]) + rest[1:] + "."
	}
	return j.Why
}

// try asks whether the session may do what the person typed. No resource stands for all.
func (p pages) try(console, action, resource string) (tried *judged, wrong string) {
	if resource == "" {
		resource = "*"
	}
	j := judged{Action: action, Resource: resource}
	switch {
	case !actionName.MatchString(action):
		return &j, action + " is no action: one has a service and a name, such as s3:GetObject."
	case resource != "*" && !strings.HasPrefix(resource, "arn:"):
		return &j, resource + " is no resource: one is an ARN, such as arn:aws:s3:::reports/2026.csv, or *."
	}
	j.Allowed, j.Why = p.aws().May(console, action, resource)
	return &j, ""
}

// signOut ends a session.
func (p pages) signOut(w http.ResponseWriter, r *http.Request) {
	p.aws().SignOut(r.PostFormValue("console"))
	http.Redirect(w, r, "/aws/signed-out", http.StatusSeeOther)
}

func (p pages) signedOut(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, "signed-out", "Signed out", nil)
}
