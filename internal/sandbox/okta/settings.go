package okta

import (
	"cmp"
	"fmt"
	"slices"
)

// defaultSettings are those that Okta fills in where settings.app is empty [R].
func defaultSettings() object {
	return object{
		"appFilter":           "okta",
		"groupFilter":         `aws_(?{{accountid}}\d+)_(?{{role}}[a-zA-Z0-9+=,.@\-_]+)`,
		"secretKey":           nil,
		"webSSOAllowedClient": nil,
		"useGroupMapping":     false,
		"joinAllRoles":        false,
		"identityProviderArn": nil,
		"overrideAcsURL":      nil,
		"sessionDuration":     3600,
		"roleValuePattern":    "arn:aws:iam::${accountid}:saml-provider/OKTA,arn:aws:iam::${accountid}:role/${role}",
		"awsEnvironmentType":  "aws.amazon",
		"accessKey":           nil,
		"loginURL":            "https://console.aws.amazon.com/ec2/home",
		"secretKeyEnc":        nil,
	}
}

// appSettings completes the settings.app of a request with the defaults. A key that the request leaves out goes back to
// its default: what Okta does is not known, and this is the worse for a caller who does not send the whole [I].
//
// The causes of what it refuses are in the recorded form; their words are guesses, and so is that an unknown key is
// refused and not ignored [I]. The duration's range is AWS's [D]; the one known environment is the recorded one.
func appSettings(given object) (object, []string) {
	settings := defaultSettings()
	var causes []string
	for key, value := range given {
		standard, known := settings[key]
		if key == "accountID" { // a key of newer applications [R]
			standard, known = nil, true
		}
		if !known {
			causes = append(causes, fmt.Sprintf("settings.app.%s: The property is not defined for the app.", key))
			continue
		}
		if value == nil {
			if key == "accountID" {
				settings[key] = nil
			}
			continue
		}
		if cause := checkSetting(key, standard, value); cause != "" {
			causes = append(causes, cause)
			continue
		}
		settings[key] = value
	}
	slices.SortFunc(causes, cmp.Compare[string])
	return settings, causes
}

// checkSetting returns what is wrong with a value, or nothing.
func checkSetting(key string, standard, value any) string {
	bad := func(what string) string { return fmt.Sprintf("settings.app.%s: %s", key, what) }
	switch standard.(type) {
	case bool:
		if _, ok := value.(bool); !ok {
			return bad("The value must be true or false.")
		}
	case int:
		n, ok := value.(float64)
		if !ok || n != float64(int(n)) {
			return bad("The value must be a whole number.")
		}
		if n < 3600 || n > 43200 {
			return bad("The value must be between 3600 and 43200.")
		}
	default:
		text, ok := value.(string)
		if !ok {
			return bad("The value must be a text.")
		}
		if key == "awsEnvironmentType" && text != "aws.amazon" {
			return bad("The value is not one of the allowed values.")
		}
	}
	return ""
}
