package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/oktaws/oktaws/internal/app/operator"
	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/store"
)

// alone are the defaults, where they are others, of a command that links one account and needs no configuration: Okta
// learns the roles with an access key, as everywhere without names of groups that say the account, and who has entered it
// sits and waits.
var alone = map[string]string{"okta.integration_mode": string(store.ModeAPI), "tasks.check_every": "15s"}

// loadFor reads the configuration for a command, with what its line says in place of the environment.
func (p *program) loadFor(own operator.Own) (loaded, error) {
	if err := p.takeOkta(own); err != nil {
		return loaded{}, err
	}
	usual := alone
	if !own.Alone {
		usual = nil
	}
	l := p.loadOver(usual)
	for i := range l.problems {
		wrong := &l.problems[i]
		switch {
		case own.Alone && wrong.setting == "OKTA_CLIENT_ORGURL" && p.environ["OKTA_CLIENT_ORGURL"] == "":
			wrong.setting, wrong.text, wrong.remedy = "--okta-api-host", "is not given", "Give the organization's host, such as --okta-api-host example.okta.com, or set OKTA_CLIENT_ORGURL."
		case own.Alone && wrong.setting == "OKTA_CLIENT_CLIENTID and OKTA_CLIENT_PRIVATEKEY":
			wrong.setting, wrong.text, wrong.remedy = "--okta-token-file", "is not given", "Let it name a file that holds an Okta API token, or set OKTA_CLIENT_TOKEN."
		default:
			wrong.setting = named(own).Replace(wrong.setting)
		}
	}
	if own.Alone && l.aws["AWS_PROFILE"] != "" {
		// Who names a profile means its account, whatever else the environment holds.
		for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE"} {
			delete(l.aws, name)
		}
	}
	return l, nil
}

// takeOkta puts the Okta organization and the token of the command line in place of those of the environment.
func (p *program) takeOkta(own operator.Own) error {
	if own.Token != "" || own.TokenFile != "" {
		for _, name := range []string{"TOKEN", "TOKEN_FILE", "CLIENTID", "PRIVATEKEY", "PRIVATEKEY_FILE", "PRIVATEKEYID"} {
			delete(p.environ, "OKTA_CLIENT_"+name)
		}
	}
	if own.Token != "" {
		p.environ["OKTA_CLIENT_TOKEN"] = own.Token
		p.hide([]string{own.Token})
		fmt.Fprintln(p.Stderr, "Whoever is on this machine can read --okta-token in the list of processes, and it stays in the shell's history: --okta-token-file FILE and OKTA_CLIENT_TOKEN keep it to yourself.")
	}
	if own.TokenFile != "" {
		p.environ["OKTA_CLIENT_TOKEN_FILE"] = own.TokenFile
	}
	if own.Host == "" {
		return nil
	}
	address := own.Host
	if !strings.Contains(address, "://") {
		address = "https://" + address
	}
	if err := (&loaded{}).readOrgURL(address); err != nil {
		remedy := "Give the organization's host, such as example.okta.com."
		if f, ok := errors.AsType[*faulty](err); ok {
			remedy = cmp.Or(f.remedy, remedy)
		}
		return &store.Error{Kind: store.Permanent, Message: "--okta-api-host " + err.Error(), Remedy: strings.Replace(remedy, "Set it to", "Give", 1)}
	}
	p.environ["OKTA_CLIENT_ORGURL"] = address
	return nil
}

// named calls what was given on the command line by the name that it has there.
func named(own operator.Own) *strings.Replacer {
	var names []string
	switch {
	case own.Token != "":
		names = append(names, "OKTA_CLIENT_TOKEN", "--okta-token")
	case own.TokenFile != "":
		names = append(names, "OKTA_CLIENT_TOKEN_FILE", "--okta-token-file", "OKTA_CLIENT_TOKEN", "--okta-token-file")
	}
	if own.Host != "" {
		names = append(names, "OKTA_CLIENT_ORGURL", "--okta-api-host")
	}
	return strings.NewReplacer(names...)
}

// standIn finds the account that the AWS credentials lead to, and the region, where the configuration has none. Where that
// is the account to link, it is worked on with them alone, and they with it.
func (l loaded) standIn(ctx context.Context, p *program, account string) (loaded, store.AccountKey, error) {
	usual := l
	if usual.AWS.Region = ""; l.given["aws.region"] {
		usual.AWS.Region = l.AWS.Region
	}
	c, err := newAWS(ctx, usual, p.quietLog(l.Log), l.AWS.Region)
	if err != nil {
		return l, store.AccountKey{}, err
	}
	id, err := c.Caller(ctx)
	if err != nil {
		return l, store.AccountKey{}, err
	}
	l.AWS.Region = c.Region()
	if here := aws.Partition(l.AWS.Region); id.Account.Partition != here {
		return l, store.AccountKey{}, &store.Error{Kind: store.Permanent,
			Message: fmt.Sprintf("the AWS credentials lead to account %s, and the region %s is in the partition %s", id.Account, l.AWS.Region, here),
			Remedy:  "Set AWS_REGION to a region of the account's own partition."}
	}
	_, digits, has := strings.Cut(account, "/")
	if !has {
		digits = account
	}
	if digits = strings.ReplaceAll(digits, "-", ""); digits == "" || digits == id.Account.ID {
		l.AWS.AccessRole, l.only = "", &id.Account
	}
	return l, id.Account, nil
}

// tryOkta fails where the Okta organization can't be reached, or doesn't take the token: better now than halfway.
func (p *program) tryOkta(ctx context.Context, l loaded, own operator.Own) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	c, err := newOkta(l.Config, p.Clock, p.quietLog(l.Log))
	if err != nil {
		return err
	}
	for _, f := range c.Check(ctx) {
		if !f.OK {
			return &store.Error{Kind: store.Permanent, Message: oneLine(named(own).Replace(f.Detail)), Remedy: named(own).Replace(f.Remedy)}
		}
	}
	return nil
}

// read reads the file that a command names; - is stdin.
func (p *program) read(name string) ([]byte, error) {
	var from io.Reader
	switch {
	case name == "":
		return nil, nil
	case name == "-" && p.Stdin == nil:
		from = strings.NewReader("")
	case name == "-":
		from = p.Stdin
	default:
		f, err := os.Open(name)
		if err != nil {
			return nil, &store.Error{Kind: store.NotFound, Message: "the list of accounts can't be read: " + err.Error(), Remedy: "Let --file name a file that you may read, or - for what comes in on stdin."}
		}
		defer func() { _ = f.Close() }()
		from = f
	}
	content, err := io.ReadAll(io.LimitReader(from, roster.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the list of accounts: %w", err)
	}
	return content, nil
}
