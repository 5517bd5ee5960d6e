package okta

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// apiError is an error in the form of Okta's management API.
type apiError struct {
	status        int
	code, summary string
	causes        []string
	challenge     string // WWW-Authenticate: then there is no body [C]
	html          bool   // as Okta's edge answers when it cannot reach the API
}

func (e *apiError) Error() string {
	return strings.Join(append([]string{fmt.Sprintf("%d %s %s", e.status, e.code, e.summary)}, e.causes...), ": ")
}

// oauthError is an error in the form of OAuth 2.0 (RFC 6749, 5.2).
type oauthError struct {
	status            int
	code, description string
}

func (e *oauthError) Error() string { return e.code + ": " + e.description }

// personError is what the admin console tells a person.
type personError struct {
	status int
	text   string
}

func (e *personError) Error() string { return e.text }

// invalid is 400 E0000001 about a field, in the recorded form.
func invalid(field string, causes ...string) *apiError {
	return &apiError{status: http.StatusBadRequest, code: "E0000001", summary: "Api validation failed: " + field, causes: causes}
}

// malformed is the answer to a body that cannot be read.
func malformed() *apiError {
	return &apiError{status: http.StatusBadRequest, code: "E0000003", summary: "The request body was not well-formed."}
}

// notFound is 404 E0000007. The kinds AppInstance and User are recorded; UserGroup and the others are guesses [I].
func notFound(id, kind string) *apiError {
	return &apiError{status: http.StatusNotFound, code: "E0000007",
		summary: fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind)}
}

func noPath() *apiError {
	return &apiError{status: http.StatusNotFound, code: "E0000008", summary: "The requested path was not found"}
}

func tooMany() *apiError {
	return &apiError{status: http.StatusTooManyRequests, code: "E0000047",
		summary: "API call exceeded rate limit due to too many requests."}
}

// faultError is the error that a fault asks for; without words of its own, those that suit the status.
func faultError(f wire.Fault) *apiError {
	e := &apiError{status: f.Status, code: f.Code, summary: f.Message}
	var like *apiError
	switch f.Status {
	case http.StatusBadRequest:
		like = invalid("sandbox")
	case http.StatusUnauthorized:
		like = &apiError{code: "E0000011", summary: "Invalid token provided"}
	case http.StatusForbidden:
		like = denied()
	case http.StatusNotFound:
		like = notFound("sandbox", "AppInstance")
	case http.StatusTooManyRequests:
		like = tooMany()
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		e.html = f.Code == ""
		like = &apiError{code: "E0000009", summary: "Internal Server Error"}
	default:
		like = &apiError{code: "E0000009", summary: "Internal Server Error"}
	}
	e.code, e.summary = or(e.code, like.code), or(e.summary, like.summary)
	return e
}

func denied() *apiError {
	return &apiError{status: http.StatusForbidden, code: "E0000006",
		summary: "You do not have permission to perform the requested action"}
}

// fail answers with an error.
func (c *call) fail(err error) {
	if e, ok := errors.AsType[*oauthError](err); ok {
		_ = c.reply(e.status, object{"error": e.code, "error_description": e.description})
		return
	}
	if e, ok := errors.AsType[*personError](err); ok {
		_ = c.reply(e.status, object{"ok": false, "error": e.text})
		return
	}
	e, ok := errors.AsType[*apiError](err)
	if !ok {
		e = &apiError{status: http.StatusInternalServerError, code: "E0000009", summary: "Internal Server Error"}
	}
	switch {
	case e.challenge != "":
		c.w.Header().Set("WWW-Authenticate", e.challenge)
		_ = c.reply(e.status, nil)
	case e.html:
		c.w.Header().Set("Content-Type", "text/html")
		c.w.WriteHeader(e.status)
		_, _ = fmt.Fprintf(c.w, "<html><head><title>%[1]d %[2]s</title></head><body><h1>%[1]d %[2]s</h1></body></html>\n", e.status, http.StatusText(e.status))
	default:
		causes := make([]object, len(e.causes))
		for i, cause := range e.causes {
			causes[i] = object{"errorSummary": cause}
		}
		_ = c.reply(e.status, object{"errorCode": e.code, "errorSummary": e.summary, "errorLink": e.code,
			"errorId": "oae" + randomText(16), "errorCauses": causes})
	}
}
