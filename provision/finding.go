package provision

// Finding is one line of what `oktaws check` prints: a credential or a permission that was tried.
type Finding struct {
	What   string // "Slack bot token", "Okta: create applications", …
	OK     bool
	Detail string // what was found; never a secret
	Remedy string // what to do, where it isn't OK
}
