package aws

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm   = "AWS4-HMAC-SHA256"
	amzTime     = "20060102T150405Z"
	allowedSkew = 15 * time.Minute
)

// signature is what an Authorization header says.
type signature struct {
	key, date, region, service string
	signed                     []string
	value                      string
}

// parseSignature reads the Authorization header; ok is false where there is none.
func parseSignature(r *http.Request) (sig signature, ok bool, err error) {
	header := r.Header.Get("Authorization")
	if header == "" {
		return sig, false, nil
	}
	rest, found := strings.CutPrefix(header, algorithm+" ")
	if !found {
		return sig, true, incomplete("Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization=" + strings.SplitN(header, " ", 2)[0])
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	for _, name := range []string{"Credential", "SignedHeaders", "Signature"} {
		if fields[name] == "" {
			return sig, true, incomplete("Authorization header requires '" + name + "' parameter.")
		}
	}
	scope := strings.Split(fields["Credential"], "/")
	if len(scope) != 5 || scope[4] != "aws4_request" {
		return sig, true, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got a malformed one.")
	}
	sig = signature{key: scope[0], date: scope[1], region: scope[2], service: scope[3], signed: strings.Split(fields["SignedHeaders"], ";"), value: fields["Signature"]}
	if r.Header.Get("X-Amz-Date") == "" {
		return sig, true, incomplete("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.")
	}
	if !slices.Contains(sig.signed, "host") {
		return sig, true, incomplete("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-amz-") && !slices.Contains(sig.signed, name) {
			return sig, true, incomplete("'" + name + "' must be a 'SignedHeader' in the AWS Authorization.")
		}
	}
	return sig, true, nil
}

// verify checks the signature of a request with the secret, and that it was made within 15 minutes of the real time,
// which is what SDKs sign with
// (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
func (sig signature) verify(r *http.Request, body []byte, secret string, now time.Time) error {
	date := r.Header.Get("X-Amz-Date")
	var headers strings.Builder
	for _, name := range sig.signed {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	canonical := strings.Join([]string{
		r.Method, canonicalPath(r.URL), canonicalQuery(r.URL), headers.String(), strings.Join(sig.signed, ";"), hash(body),
	}, "\n")
	scope := sig.date + "/" + sig.region + "/" + sig.service + "/aws4_request"
	key := []byte("AWS4" + secret)
	for _, part := range []string{sig.date, sig.region, sig.service, "aws4_request", algorithm + "\n" + date + "\n" + scope + "\n" + hash([]byte(canonical))} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(key)), []byte(sig.value)) {
		return &Error{403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	}
	at, err := time.Parse(amzTime, date)
	switch now = now.UTC(); {
	case err != nil || !strings.HasPrefix(date, sig.date):
		return &Error{403, "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + sig.date + "' != '" + date + "'."}
	case at.Before(now.Add(-allowedSkew)):
		return &Error{403, "SignatureDoesNotMatch", "Signature expired: " + date + " is now earlier than " + now.Add(-allowedSkew).Format(amzTime) + " (" + now.Format(amzTime) + " - 15 min.)"}
	case at.After(now.Add(allowedSkew)):
		return &Error{403, "SignatureDoesNotMatch", "Signature not yet current: " + date + " is still later than " + now.Add(allowedSkew).Format(amzTime) + " (" + now.Format(amzTime) + " + 15 min.)"}
	}
	return nil
}

func incomplete(message string) error { return &Error{403, "IncompleteSignature", message} }

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func canonicalPath(u *url.URL) string {
	if u.EscapedPath() == "" {
		return "/"
	}
	parts := strings.Split(u.EscapedPath(), "/")
	for i, p := range parts {
		parts[i] = escape(p) // once more: every service but S3 signs the path encoded twice
	}
	return strings.Join(parts, "/")
}

func canonicalQuery(u *url.URL) string {
	var pairs []string
	for name, values := range u.Query() {
		for _, v := range values {
			pairs = append(pairs, escape(name)+"="+escape(v))
		}
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape encodes as RFC 3986 does, which is how AWS encodes documents in answers too.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
