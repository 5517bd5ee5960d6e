package awspage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// handy are the managed policies that can be attached here, by path and name.
var handy = []string{"AdministratorAccess", "PowerUserAccess", "ReadOnlyAccess", "SecurityAudit", "IAMFullAccess", "AmazonS3FullAccess", "AmazonEC2FullAccess", "job-function/Billing"}

func roleActs(account aws.Account, r aws.Role) []act {
	id := account.ID
	acts := []act{{
		Name: "trust", Title: "Edit the trust policy", Button: "Update policy",
		Means: "Who may take the role from now on.",
		Asks:  &question{Label: "Trust policy", Text: indentJSON(r.Trust)},
		do: func(s *aws.Server, said string) (string, error) {
			return "The role " + r.Name + " has another trust policy.", s.SetTrust(id, r.Name, said)
		},
	}}
	var free, attached []option
	for _, name := range handy {
		arn := "arn:" + account.Partition + ":iam::aws:policy/" + name
		if !slices.Contains(r.Policies, arn) {
			free = append(free, option{arn, policyName(arn)})
		}
	}
	for _, arn := range r.Policies {
		attached = append(attached, option{arn, policyName(arn)})
	}
	if len(free) > 0 {
		acts = append(acts, act{
			Name: "attach", Title: "Attach a policy", Button: "Attach",
			Means: "Whoever has the role may do what the policy allows besides.",
			Asks:  &question{Label: "Managed policy", Options: free},
			do: func(s *aws.Server, arn string) (string, error) {
				return policyName(arn) + " is attached to the role " + r.Name + ".", s.AttachPolicy(id, r.Name, arn)
			},
		})
	}
	if len(attached) > 0 {
		acts = append(acts, act{
			Name: "detach", Title: "Detach a policy", Button: "Detach",
			Means: "Whoever has the role may no longer do what the policy allows.",
			Asks:  &question{Label: "Managed policy", Options: attached},
			do: func(s *aws.Server, arn string) (string, error) {
				return policyName(arn) + " is detached from the role " + r.Name + ".", s.DetachPolicy(id, r.Name, arn)
			},
		})
	}
	return append(acts, act{
		Name: "session", Title: "Change the maximum session duration", Button: "Save",
		Means: "A sign-on that asks for a longer session is refused.",
		Asks:  &question{Label: "Maximum session duration", Options: hours(1, 2, 4, 8, 12), Text: fmt.Sprint(int(r.MaxSession / time.Hour))},
		do: func(s *aws.Server, said string) (string, error) {
			n, _ := strconv.Atoi(said) // one of the options
			return "Sessions of the role " + r.Name + " last up to " + said + " h.", s.SetSession(id, r.Name, time.Duration(n)*time.Hour)
		},
	}, act{
		Name: "delete", Title: "Delete the role", Button: "Delete " + r.Name,
		Means: "Nobody gets into it any more, and its policies are gone with it. A stack that made it doesn't notice.",
		do: func(s *aws.Server, _ string) (string, error) {
			return "The role " + r.Name + " is deleted.", s.DeleteRole(id, r.Name)
		},
	})
}

func policyName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

func hours(all ...int) (out []option) {
	for _, n := range all {
		out = append(out, option{fmt.Sprint(n), fmt.Sprintf("%d h", n)})
	}
	return out
}

// indentJSON puts a document into lines; what is no JSON stays as it is.
func indentJSON(document string) string {
	var b bytes.Buffer
	if json.Indent(&b, []byte(document), "", "  ") != nil {
		return document
	}
	return b.String()
}
