package slack

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"unicode/utf8"
)

// FieldError is what Slack itself says under a field of a form that it does not send.
type FieldError struct {
	Block string
	Err   error
}

func (e *FieldError) Error() string { return "block " + e.Block + ": " + e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// complete reports what Slack itself says under a field before it sends the form.
func (p part) complete(held any) error {
	text, isText := held.(string)
	many, isMany := held.([]any)
	if held == nil || isText && text == "" || isMany && len(many) == 0 {
		if p.block["optional"] == true {
			return nil
		}
		return errors.New("please complete this required field")
	}
	switch p.kind() {
	case "plain_text_input":
		return p.completeLength(utf8.RuneCountInString(text))
	case "email_text_input":
		if a, err := mail.ParseAddress(text); err != nil || a.Address != text {
			return errors.New("must be an e-mail address")
		}
	case "url_text_input":
		if u, err := url.Parse(text); err != nil || u.Scheme == "" {
			return errors.New("must be a URL")
		}
	case "number_input":
		return p.completeNumber(text)
	}
	return nil
}

func (p part) completeLength(n int) error {
	least, _ := numeric(p.element["min_length"])
	most, limited := numeric(p.element["max_length"])
	if !limited {
		most = 3000
	}
	if float64(n) < least {
		return fmt.Errorf("must be at least %v characters", least)
	}
	if float64(n) > most {
		return fmt.Errorf("must be at most %v characters", most)
	}
	return nil
}

var (
	wholeNumber   = regexp.MustCompile(`^-?[0-9]+$`)
	decimalNumber = regexp.MustCompile(`^-?[0-9]*\.?[0-9]+$`)
)

// completeNumber looks at a number (docs.slack.dev/reference/block-kit/block-elements/number-input-element).
func (p part) completeNumber(text string) error {
	if p.element["is_decimal_allowed"] != true && !wholeNumber.MatchString(text) {
		return errors.New("must be a whole number")
	}
	n, isNumber := numeric(text)
	if !isNumber || !decimalNumber.MatchString(text) {
		return errors.New("must be a number")
	}
	if least, limited := numeric(p.element["min_value"]); limited && n < least {
		return fmt.Errorf("must be at least %v", least)
	}
	if most, limited := numeric(p.element["max_value"]); limited && n > most {
		return fmt.Errorf("must be at most %v", most)
	}
	return nil
}
