package awspage

import (
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// userView is an IAM user as its page shows it: its keys without their secrets, which nobody sees again.
type userView struct {
	aws.User
	Tags     []pair
	Policies []inline
	Keys     []aws.AccessKey
}

func (p pages) userView(account string, u aws.User) userView {
	return userView{u, pairs(u.Tags), inlines(u.Policies), p.aws().AccessKeys(account, u.Name)}
}

func (p pages) users(w http.ResponseWriter, c chrome) {
	var views []userView
	for _, u := range p.aws().Users(c.Account.ID) {
		views = append(views, p.userView(c.Account.ID, u))
	}
	p.render(w, "users", c.window(), struct {
		chrome
		Users []userView
	}{c, views})
}

func (p pages) user(w http.ResponseWriter, r *http.Request, c chrome) {
	c.Section, c.Object = "users", r.PathValue("name")
	c.acts, _ = p.actsOn(c)
	for _, u := range p.aws().Users(c.Account.ID) {
		if u.Name != c.Object {
			continue
		}
		p.render(w, "user", c.window(), struct {
			chrome
			User userView
		}{c, p.userView(c.Account.ID, u)})
		return
	}
	p.gone(w, c, "user "+c.Object)
}
