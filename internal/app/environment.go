package app

import (
	"encoding/pem"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Variables that begin as settings do, and are none.
var otherVariables = []string{
	"OKTAWS_CONFIG",   // the file, where --config is not given
	"OKTAWS_RECORDED", // recorded traffic, for the tests
}

// injected tells the variables that Kubernetes puts into every pod beside a Service named oktaws
// (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables): nobody misspelt them.
var injected = regexp.MustCompile(`^OKTAWS_(SERVICE_(HOST|PORT(_.+)?)|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$`)

// variables returns the environment by name. Of a name that is there twice, the last counts.
func variables(environ []string) map[string]string {
	all := map[string]string{}
	for _, v := range environ {
		if name, value, ok := strings.Cut(v, "="); ok && name != "" {
			all[name] = value
		}
	}
	return all
}

// readVariables puts what the OKTAWS_ variables say over values. One that is set counts, even with an empty value.
func (l *loaded) readVariables(environ map[string]string, values map[string]written) {
	for _, name := range slices.Sorted(maps.Keys(environ)) {
		if !strings.HasPrefix(name, prefix) || slices.Contains(otherVariables, name) || injected.MatchString(name) {
			continue
		}
		s, ok := find(func(s setting) bool {
			return s.variable() == name || s.shape == roleSet && strings.HasPrefix(name, prefix+"ROLE_SETS_")
		})
		switch {
		case !ok:
			known := slices.Clone(otherVariables[:1])
			for _, s := range settings {
				known = append(known, s.variable())
			}
			l.problem(fault(didYouMean(name, known), "is not a variable of oktaws"), "", name, "")
		case s.fileOnly():
			section, _, _ := strings.Cut(s.path, ".default")
			l.problem(fault("Write "+section+" in oktaws.yaml.", "can be set in the file only"), s.path, name, "")
		default:
			w, err := s.fromText(environ[name])
			if err != nil {
				l.problem(err, s.path, s.name(), "")
				continue
			}
			values[s.path] = w
		}
	}
}

// secretVariables may be given as they are, or in a file that NAME_FILE names.
var secretVariables = []string{
	"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN",
	"OKTA_CLIENT_TOKEN", "OKTA_CLIENT_PRIVATEKEY",
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
}

// readSecrets takes the secrets from the environment, or from the files that it names.
func (l *loaded) readSecrets(environ map[string]string) {
	found := map[string]string{}
	for _, name := range secretVariables {
		if v := l.secret(environ, name); v != "" {
			found[name] = v
			if name != "AWS_ACCESS_KEY_ID" { // it tells whose key it is, and opens nothing
				l.secrets = append(l.secrets, v)
			}
		}
	}
	l.readSlack(found)
	l.readOkta(environ, found)
	l.readAWS(environ, found)
}

// secret returns the value of a secret, or "" where it isn't set. Slack's, Okta's and AWS's own variables count as
// not set when they are empty, as those SDKs have it.
func (l *loaded) secret(environ map[string]string, name string) string {
	part, _, _ := strings.Cut(strings.ToLower(name), "_")
	path := part + "." // no setting of the file, but the part can't work without it
	value, file := environ[name], environ[name+"_FILE"]
	switch {
	case value != "" && file != "":
		l.problem(fault("Unset one of them.", "and %s_FILE are both set", name), path, name, "")
		return ""
	case file == "":
		return value
	}
	info, err := os.Stat(file)
	if err == nil && info.IsDir() {
		err = fmt.Errorf("stat %s: %w", file, fs.ErrInvalid)
	}
	var content []byte
	if err == nil {
		content, err = os.ReadFile(file)
	}
	if err != nil {
		l.problem(fault("Let it name a file that oktaws may read.", "names a file that can't be read: %v", err), path, name+"_FILE", "")
		return ""
	}
	if info.Mode().Perm()&0o004 != 0 {
		l.warnings = append(l.warnings, fmt.Sprintf("%s_FILE: everybody on this machine may read %s; chmod 600 it, unless it is mounted so", name, file))
	}
	value = strings.TrimRight(string(content), "\r\n")
	if value == "" {
		l.problem(fault("", "names an empty file, %s", file), path, name+"_FILE", "")
	}
	return value
}

func (l *loaded) readSlack(found map[string]string) {
	token := func(name, begin, kind, other, where string) string {
		v := found[name]
		switch {
		case v == "" && l.troubled(name):
		case v == "":
			l.problem(fault("Set it, or "+name+"_FILE. "+where, "is not set"), "slack.", name, "")
		case strings.HasPrefix(v, other):
			l.problem(fault("It begins with "+begin+". "+where, "holds another kind of token"), "slack.", name, "")
		case !strings.HasPrefix(v, begin) || strings.ContainsAny(v, " \t\r\n"):
			l.problem(fault("It begins with "+begin+" and has no spaces. "+where, "does not hold %s", kind), "slack.", name, "")
		default:
			return v
		}
		return ""
	}
	l.Slack.BotToken = token("SLACK_BOT_TOKEN", "xoxb-", "a bot token", "xapp-", "Find it under OAuth & Permissions at https://api.slack.com/apps.")
	l.Slack.AppToken = token("SLACK_APP_TOKEN", "xapp-", "an app-level token", "xoxb-", "Make it under Basic Information, App-Level Tokens, at https://api.slack.com/apps, with the scope connections:write.")
}

func (l *loaded) readOkta(environ, found map[string]string) {
	o := &l.Okta
	o.Token, o.PrivateKey = found["OKTA_CLIENT_TOKEN"], found["OKTA_CLIENT_PRIVATEKEY"]
	o.ClientID, o.PrivateKeyID = environ["OKTA_CLIENT_CLIENTID"], environ["OKTA_CLIENT_PRIVATEKEYID"]
	oauth := o.ClientID != "" || o.PrivateKey != ""
	if o.PrivateKey != "" {
		// A container's environment often can't hold line ends.
		if !strings.Contains(o.PrivateKey, "\n") {
			o.PrivateKey = strings.ReplaceAll(o.PrivateKey, `\n`, "\n")
		}
		if block, _ := pem.Decode([]byte(o.PrivateKey)); block == nil {
			l.problem(fault("It begins with -----BEGIN; to name a file, set OKTA_CLIENT_PRIVATEKEY_FILE.", "does not hold a private key in PEM form"), "okta.", "OKTA_CLIENT_PRIVATEKEY", "")
		}
	}
	switch {
	case l.troubled("OKTA_CLIENT_TOKEN"), l.troubled("OKTA_CLIENT_PRIVATEKEY"):
	case o.Token != "" && oauth:
		l.problem(fault("Unset it; the OAuth 2.0 application is the better way.", "is set beside OKTA_CLIENT_CLIENTID or OKTA_CLIENT_PRIVATEKEY"), "okta.", "OKTA_CLIENT_TOKEN", "")
	case oauth && o.ClientID == "":
		l.problem(fault("Set it to the client ID of the service application.", "is not set, but OKTA_CLIENT_PRIVATEKEY is"), "okta.", "OKTA_CLIENT_CLIENTID", "")
	case oauth && o.PrivateKey == "":
		l.problem(fault("Set it, or OKTA_CLIENT_PRIVATEKEY_FILE.", "is not set, but OKTA_CLIENT_CLIENTID is"), "okta.", "OKTA_CLIENT_PRIVATEKEY", "")
	case !oauth && o.Token == "":
		l.problem(fault("Set both, or OKTA_CLIENT_TOKEN; each secret can be given as NAME_FILE too.", "are not set"), "okta.", "OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY", "")
	case strings.ContainsAny(o.Token, " \t\r\n"):
		l.problem(fault("Copy it once more.", "holds spaces or line ends"), "okta.", "OKTA_CLIENT_TOKEN", "")
	}
}

// readAWS keeps the SDK's own variables, in which a secret may have come from a file.
func (l *loaded) readAWS(environ, found map[string]string) {
	l.aws = map[string]string{}
	for name, value := range environ {
		if strings.HasPrefix(name, "AWS_") {
			l.aws[name] = value
		}
	}
	for name, value := range found {
		if strings.HasPrefix(name, "AWS_") {
			l.aws[name] = value
		}
	}
	id, secret := l.aws["AWS_ACCESS_KEY_ID"], l.aws["AWS_SECRET_ACCESS_KEY"]
	switch {
	case l.troubled("AWS_ACCESS_KEY_ID"), l.troubled("AWS_SECRET_ACCESS_KEY"):
	case id != "" && secret == "":
		l.problem(fault("Set it, or AWS_SECRET_ACCESS_KEY_FILE.", "is not set, but AWS_ACCESS_KEY_ID is"), "aws.", "AWS_SECRET_ACCESS_KEY", "")
	case id == "" && secret != "":
		l.problem(fault("Set it, or AWS_ACCESS_KEY_ID_FILE.", "is not set, but AWS_SECRET_ACCESS_KEY is"), "aws.", "AWS_ACCESS_KEY_ID", "")
	}
}

// troubled reports whether there is a problem with the variable, or with its file, already.
func (l *loaded) troubled(name string) bool {
	return slices.ContainsFunc(l.problems, func(p problem) bool { return p.setting == name || p.setting == name+"_FILE" })
}
