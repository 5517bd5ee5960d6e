package aws

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// call is one authenticated request.
type call struct {
	*Server
	service, action, region string
	form                    url.Values // of the Query protocol, or the JSON members as strings
	who                     *principal
	account                 *account // the caller's
	now                     time.Time
	requestID               string
}

// operation does a call. The result becomes the XML <ActionResult>, or the JSON body.
type operation func(*call) (any, error)

var operations = map[string]map[string]operation{
	"sts":            stsOperations,
	"iam":            iamOperations,
	"cloudformation": stackOperations,
	"organizations":  organizationOperations,
}

// identify names a call for the hub.
func (s *Server) identify(r *http.Request, body []byte) (service, action, subject string) {
	s.keepResponse(body)
	if forSignIn(r) {
		return identifySignIn(r, body)
	}
	sig, _, _ := parseSignature(r)
	service, action, form := s.parse(r, body, sig.service)
	defer s.read()()
	if who, _ := s.holder(sig.key); who != nil {
		subject = who.account.id
	}
	if arn, err := parseARN(form.Get("RoleArn")); err == nil && strings.HasPrefix(action, "AssumeRole") {
		subject = arn.account
	}
	return service, action, subject
}

// parse finds out what a request asks for. The service comes from the signature's scope; without one from what the
// request looks like, so that the refusal has the right form.
func (s *Server) parse(r *http.Request, body []byte, scope string) (service, action string, form url.Values) {
	if target := r.Header.Get("X-Amz-Target"); scope == "organizations" || scope == "" && target != "" {
		form = url.Values{}
		var members map[string]any
		if json.Unmarshal(body, &members) == nil {
			for name, v := range members {
				form.Set(name, fmt.Sprint(v))
			}
		}
		_, action, _ = strings.Cut(target, ".")
		return "organizations", action, form
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		form = url.Values{}
	}
	service = scope
	for name, p := range protocols {
		if service == "" && p.version == form.Get("Version") {
			service = name
		}
	}
	return service, form.Get("Action"), form
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if forSignIn(r) {
		s.serveSignIn(w, r)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	defer s.lock()()
	c := &call{Server: s, now: s.clock.Now().UTC(), requestID: newUUID()}
	result, err := c.handle(r, body)
	if err != nil {
		refuse(w, c.service, c.requestID, err)
		return
	}
	answer(w, c.service, c.action, c.requestID, result)
}

func (c *call) handle(r *http.Request, body []byte) (any, error) {
	sig, signed, err := parseSignature(r)
	c.region = sig.region
	c.service, c.action, c.form = c.parse(r, body, sig.service)
	switch {
	case err != nil:
		return nil, err
	case c.service == "sts" && c.action == "AssumeRoleWithSAML":
		return c.do() // no matter who signed it, if anybody did [I]
	case !signed:
		return nil, &Error{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}
	}
	if c.who, err = c.authenticate(r, body, sig); err != nil {
		return nil, err
	}
	c.account = c.who.account
	c.who.used(c.service, c.region, c.now)
	if !c.account.partition.has(c.region) {
		return nil, &Error{403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region."}
	}
	return c.do()
}

// do finds the operation and does it.
func (c *call) do() (any, error) {
	version := c.form.Get("Version")
	do, known := operations[c.service][c.action]
	if p, query := protocols[c.service]; query && version != p.version || !known {
		return nil, &Error{400, "InvalidAction", "Could not find operation " + c.action + " for version " + version}
	}
	return do(c)
}

var regionName = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)

// authenticate finds who signed the request.
func (s *Server) authenticate(r *http.Request, body []byte, sig signature) (*principal, error) {
	invalid := &Error{403, "InvalidClientTokenId", "The security token included in the request is invalid."}
	who, secret := s.holder(sig.key)
	// Keys of one partition mean nothing in the others.
	if who == nil || who.account.barred() || who.account.partition != partitionOf(sig.region) {
		return nil, invalid
	}
	token := r.Header.Get("X-Amz-Security-Token")
	if ss := who.session; ss != nil {
		if token != ss.token || ss.role.gone {
			return nil, invalid
		}
	} else if token != "" || !who.key.active || s.clock.Since(who.key.created) < s.keyDelay {
		return nil, invalid
	}
	// Real time, since the SDK's clock signs and decides when to renew.
	now := time.Now()
	if err := sig.verify(r, body, secret, now); err != nil {
		return nil, err
	}
	if who.session != nil && now.After(who.session.expires) {
		return nil, &Error{403, "ExpiredToken", "The security token included in the request is expired"}
	}
	return who, nil
}

// get returns a parameter that must be there.
func (c *call) get(name string) (string, error) {
	if !c.form.Has(name) {
		return "", missing(name)
	}
	return c.form.Get(name), nil
}

func missing(parameter string) error {
	field := strings.ToLower(parameter[:1]) + parameter[1:]
	return validation("1 validation error detected: Value null at '" + field + "' failed to satisfy constraint: Member must not be null")
}

// number returns a whole number between low and high, or otherwise where the parameter is absent.
func (c *call) number(name string, low, high, otherwise int) (int, error) {
	text := c.form.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return 0, &Error{400, "MalformedInput", name + " is not a number"}
	case n < low:
		return 0, badValue(name, text, "Member must have value greater than or equal to "+strconv.Itoa(low))
	case n > high:
		return 0, badValue(name, text, "Member must have value less than or equal to "+strconv.Itoa(high))
	}
	return n, nil
}

// without refuses parameters that the stand-in knows nothing about, so that nobody takes them for done.
func (c *call) without(names ...string) error {
	for given := range c.form {
		head, _, _ := strings.Cut(given, ".")
		if slices.Contains(names, head) && c.form.Get(given) != "" {
			return validation("the sandbox does not do " + c.action + " with " + head)
		}
	}
	return nil
}

// members returns the elements of a list parameter as the prefixes of their own parameters: Tags.member.1, ….
func (c *call) members(name string) []string {
	var out []string
	for i := 1; ; i++ {
		prefix := name + ".member." + strconv.Itoa(i)
		there := slices.ContainsFunc(slices.Collect(maps.Keys(c.form)), func(k string) bool {
			return k == prefix || strings.HasPrefix(k, prefix+".")
		})
		if !there {
			return out
		}
		out = append(out, prefix)
	}
}

func validation(message string) error { return &Error{400, "ValidationError", message} }

func badValue(name, value, constraint string) error {
	field := strings.ToLower(name[:1]) + name[1:]
	return validation("1 validation error detected: Value '" + value + "' at '" + field + "' failed to satisfy constraint: " + constraint)
}

// page cuts the items of a listing. marker is opaque: where the next page begins.
func page[T any](items []T, marker string, size int) (out []T, next string, err error) {
	start := 0
	if marker != "" {
		b, err := base64.RawURLEncoding.DecodeString(marker)
		if err == nil {
			start, err = strconv.Atoi(strings.TrimPrefix(string(b), "from:"))
		}
		if err != nil || start < 0 {
			return nil, "", validation("Invalid Marker.")
		}
	}
	start = min(start, len(items))
	end := min(start+size, len(items))
	if end < len(items) {
		next = base64.RawURLEncoding.EncodeToString([]byte("from:" + strconv.Itoa(end)))
	}
	return items[start:end], next, nil
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return strings.Join([]string{h[:8], h[8:12], h[12:16], h[16:20], h[20:]}, "-")
}

// newID makes an ID such as AKIA…: a prefix and 16 letters and digits.
func newID(prefix string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	for i := range b {
		b[i] = letters[b[i]%32]
	}
	return prefix + string(bytes.Clone(b))
}

// newSecret makes a secret of n letters of base64 and remembers that it was issued.
func (s *Server) newSecret(n int) string {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	secret := base64.StdEncoding.EncodeToString(b)[:n]
	s.secrets = append(s.secrets, secret)
	return secret
}

// instant writes times as the Query services do.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
