package aws

import (
	"context"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// The SDK reads the process's environment only. A secret that came from a file is not there, and a test's settings
// must not be.

// withKeyOf takes the bot's own access key, or else its profile, from the variables, where they hold one: in the order in
// which the SDK looks, a web identity's token comes between the two. A profile that isn't there is an error.
func withKeyOf(variables map[string]string) func(*config.LoadOptions) error {
	id, secret := variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
	profile := variables["AWS_PROFILE"]
	switch {
	case id != "" && secret != "":
		return config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, variables["AWS_SESSION_TOKEN"]))
	case profile != "" && variables["AWS_WEB_IDENTITY_TOKEN_FILE"] == "":
		return config.WithSharedConfigProfile(profile)
	}
	return func(*config.LoadOptions) error { return nil }
}

// sharedFiles takes the places of the SDK's shared files from the variables.
func sharedFiles(variables map[string]string) func(*config.LoadOptions) error {
	return func(o *config.LoadOptions) error {
		if file := variables["AWS_CONFIG_FILE"]; file != "" {
			o.SharedConfigFiles = []string{file}
		}
		if file := variables["AWS_SHARED_CREDENTIALS_FILE"]; file != "" {
			o.SharedCredentialsFiles = []string{file}
		}
		return nil
	}
}

// endpoints are the variables that name other addresses for the services.
type endpoints map[string]string

// apply puts them before the SDK's own sources of settings.
func (e endpoints) apply(cfg *sdk.Config) {
	cfg.ConfigSources = append([]any{e}, cfg.ConfigSources...)
	if url := e["AWS_ENDPOINT_URL"]; url != "" {
		cfg.BaseEndpoint = &url // where the process's environment has one, the SDK asks no source
	}
}

// GetServiceBaseEndpoint is how the SDK asks, with IDs such as IAM or CloudFormation.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	const all = "AWS_ENDPOINT_URL"
	for _, name := range []string{all + "_" + strings.ReplaceAll(strings.ToUpper(sdkID), " ", "_"), all} {
		if url := e[name]; url != "" {
			return url, true, nil
		}
	}
	return "", false, nil
}
