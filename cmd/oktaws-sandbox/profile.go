package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/oktaws/oktaws/internal/sandbox"
	"github.com/oktaws/oktaws/internal/sandbox/aws"
)

// profileName is the named profile that leads to the account aws.AccountGmail.
const profileName = "gmail"

// makeProfile makes an IAM user who may do all in the account, and a file of the AWS SDK's with a profile that has its key,
// as `aws configure` would write it. It returns the variable that names the file, and what removes it.
func makeProfile(sb *sandbox.Sandbox) (sandbox.Variable, func() error, error) {
	none := func() error { return nil }
	const account, everything = aws.AccountGmail, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	if err := errors.Join(sb.AWS.MakeUser(account, profileName, nil), sb.AWS.SetUserPolicy(account, profileName, "everything", everything)); err != nil {
		return sandbox.Variable{}, none, err
	}
	id, secret, err := sb.AWS.MakeKey(account, profileName)
	if err != nil {
		return sandbox.Variable{}, none, err
	}
	dir, err := os.MkdirTemp("", "oktaws-sandbox-*")
	if err != nil {
		return sandbox.Variable{}, none, fmt.Errorf("make a folder for the AWS profile: %w", err)
	}
	remove := func() error { return os.RemoveAll(dir) }
	file := filepath.Join(dir, "config")
	text := fmt.Sprintf("[profile %s]\naws_access_key_id = %s\naws_secret_access_key = %s\nregion = %s\n", profileName, id, secret, sandbox.Region)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return sandbox.Variable{}, none, errors.Join(fmt.Errorf("write the AWS profile: %w", err), remove())
	}
	return sandbox.Variable{Name: "AWS_CONFIG_FILE", Value: file}, remove, nil
}
