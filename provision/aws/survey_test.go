package aws

import (
	"reflect"
	"testing"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

// details is a page of GetAccountAuthorizationDetails; more is the marker of the next.
func details(roles, users, more string) reply {
	end := "<IsTruncated>false</IsTruncated>"
	if more != "" {
		end = "<IsTruncated>true</IsTruncated><Marker>" + more + "</Marker>"
	}
	return answer("GetAccountAuthorizationDetails", "<RoleDetailList>"+roles+"</RoleDetailList><UserDetailList>"+users+"</UserDetailList>"+end)
}

func inline(list, name, document string) string {
	return "<" + list + "><member><PolicyName>" + name + "</PolicyName><PolicyDocument>" + encoded(document) + "</PolicyDocument></member></" + list + ">"
}

func attached(arns ...string) string {
	var list []string
	for _, arn := range arns {
		list = append(list, "<PolicyArn>"+arn+"</PolicyArn><PolicyName>p</PolicyName>")
	}
	return "<AttachedManagedPolicies>" + members(list...) + "</AttachedManagedPolicies>"
}

func TestSurveyReadsAllRolesAndUsers(t *testing.T) {
	a := newAmazon(t).on("GetAccountAuthorizationDetails", func(c call, _ int) reply {
		if c.form.Get("Marker") == "" {
			return details(members("<RoleName>Administrator</RoleName><Arn>arn:r</Arn><Path>/team/</Path><AssumeRolePolicyDocument>"+encoded(policy)+"</AssumeRolePolicyDocument>"+
				"<PermissionsBoundary><PermissionsBoundaryType>Policy</PermissionsBoundaryType><PermissionsBoundaryArn>arn:b</PermissionsBoundaryArn></PermissionsBoundary>"+
				attached("arn:1", "arn:2")+inline("RolePolicyList", "extra", policy)+tagMembers(provision.TagManaged, provision.TagManagedValue, provision.TagRequest, "r-1")), "", "m")
		}
		return details(members("<RoleName>plain</RoleName><Path>/</Path>"),
			members("<UserName>OktaSSOuser</UserName><Arn>arn:u</Arn><Path>/oktaws/</Path>"+attached("arn:3")+inline("UserPolicyList", "okta", policy)+
				"<GroupList>"+members("staff")+"</GroupList>"+tagMembers(provision.TagManaged, provision.TagManagedValue, provision.TagRequest, "r-1")), "")
	})
	got, err := reached(t).Survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := provision.Survey{
		Roles: map[string]provision.Role{
			"administrator": {Name: "Administrator", ARN: "arn:r", Path: "/team/", Trust: policy, Policies: []string{"arn:1", "arn:2"},
				Inline: map[string]string{"extra": policy}, Boundary: "arn:b", Tags: ours},
			"plain": {Name: "plain", Path: "/", Inline: map[string]string{}, Tags: map[string]string{}},
		},
		Users: map[string]provision.User{
			"oktassouser": {Name: "OktaSSOuser", ARN: "arn:u", Path: "/oktaws/", Tags: ours, Inline: map[string]string{"okta": policy}, Policies: []string{"arn:3"}, Groups: []string{"staff"}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("surveyed %+v\nwant %+v", got, want)
	}
	sent := a.received("GetAccountAuthorizationDetails")
	if len(sent) != 2 || sent[1].form.Get("Marker") != "m" {
		t.Fatalf("sent %v", sent)
	}
	for k, v := range map[string]string{"Filter.member.1": "Role", "Filter.member.2": "User", "Filter.member.3": "", "MaxItems": "1000"} {
		if got := sent[0].form.Get(k); got != v {
			t.Errorf("%s is %q, want %q", k, got, v)
		}
	}
}

func TestSurveyOfWhatCannotBeRead(t *testing.T) {
	const bad = "100%"
	for name, page := range map[string]reply{
		"trust policy":  details(members("<RoleName>r</RoleName><AssumeRolePolicyDocument>"+bad+"</AssumeRolePolicyDocument>"), "", ""),
		"role's policy": details(members("<RoleName>r</RoleName><RolePolicyList><member><PolicyName>p</PolicyName><PolicyDocument>"+bad+"</PolicyDocument></member></RolePolicyList>"), "", ""),
		"user's policy": details("", members("<UserName>u</UserName><UserPolicyList><member><PolicyName>p</PolicyName><PolicyDocument>"+bad+"</PolicyDocument></member></UserPolicyList>"), ""),
	} {
		t.Run(name, func(t *testing.T) {
			newAmazon(t).on("GetAccountAuthorizationDetails", always(page))
			_, err := reached(t).Survey(t.Context())
			expect(t, err, store.Transient, "read the roles and users in account 111122223333: AWS's answer can't be read", "")
		})
	}
}
