package operator

import (
	"context"
	"fmt"

	"github.com/oktaws/oktaws/provision"
	"github.com/oktaws/oktaws/store"
)

type credentialsDocument struct {
	Partition   string `json:"partition"`
	Account     string `json:"account"`
	Application string `json:"application"` // of Okta, into which they belong
	ID          string `json:"access_key_id"`
	Secret      string `json:"secret_access_key"`
}

// credentials makes the access key that an account's open task asks for, and shows it this one time. It refuses to write
// it into a file or a pipe unless anywhere is set.
func (s *Session) credentials(ctx context.Context, o asking, typed string, anywhere bool) error {
	if !s.Screen.Stdout && !anywhere {
		return refuse(store.Denied, "Call it in a terminal; or, to hand the key to a program such as a password manager, with --stdout-ok.",
			"the secret of an access key is shown on a terminal only, and stdout is none")
	}
	key, err := s.account(ctx, typed)
	if err != nil {
		return err
	}
	c, err := s.look(ctx, key)
	if err != nil {
		return err
	}
	if c.task == nil {
		return refuse(store.Conflict, fmt.Sprintf("See how it stands with oktaws status %s.", key.Typed()), "no access key is asked for in account %s", key.Typed())
	}
	secret, err := s.makeKey(ctx, c, fmt.Sprintf("Call oktaws credentials %s again in a minute.", key.Typed()))
	if err != nil {
		return err
	}
	if o.json {
		err = s.print(credentialsDocument{key.Partition, key.ID, c.account.AppLabel(), secret.ID, secret.Reveal()})
	} else {
		err = s.printKey(c, secret)
	}
	if err != nil || !o.wait {
		return err
	}
	if err := s.follow(ctx, []watched{{key: key, request: c.task.Request}}, throughTasks); err != nil {
		return err
	}
	a, err := s.known(ctx, key)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Stderr, "%s is %s.\n", about(key, oneLine(a.Label)), a.Position())
	if a.State == store.Failed {
		return Ended(Failed)
	}
	return nil
}

// makeKey makes the access key that the account's open task asks for. again is what to do where AWS is in trouble.
func (s *Session) makeKey(ctx context.Context, c scene, again string) (provision.Secret, error) {
	pipeline, err := s.Provisioner(ctx)
	if err != nil {
		return provision.Secret{}, err
	}
	p := s.progress()
	p.say("Making a key, which takes up to a minute")
	secret, err := pipeline.Credentials(ctx, c.task.ID, s.Who)
	p.end()
	if kind := store.KindOf(err); err != nil && kind == store.Transient {
		message, _ := store.Explain(err)
		return secret, &store.Error{Kind: kind, Message: message, Err: err, Remedy: again + " A key that was made meanwhile, and that nobody has seen, is deleted."}
	}
	return secret, err
}

// printKey shows the key, this one time, and says where it belongs.
func (s *Session) printKey(c scene, secret provision.Secret) error {
	fmt.Fprintf(s.Stderr, "For Okta's application %s, and no other. It is shown this once and kept nowhere; calling this again deletes the key and makes another.\n", oneLine(c.account.AppLabel()))
	_, err := fmt.Fprintf(s.Stdout, "Access key  %s\nSecret key  %s\n", secret.ID, secret.Reveal())
	return err
}
