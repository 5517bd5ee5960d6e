package aws

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"

	"github.com/oktaws/oktaws/internal/sandbox/wire"
)

// Error is a refusal in AWS's words.
type Error struct {
	Status        int
	Code, Message string
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// namespaces and versions of the services that speak the Query protocol.
var protocols = map[string]struct{ version, namespace string }{
	"sts":            {"2011-06-15", "https://sts.amazonaws.com/doc/2011-06-15/"},
	"iam":            {"2010-05-08", "https://iam.amazonaws.com/doc/2010-05-08/"},
	"cloudformation": {"2010-05-15", "http://cloudformation.amazonaws.com/doc/2010-05-15/"},
}

// jsonCodes are the names that AWS JSON services have for the errors that are common to all.
var jsonCodes = map[string]string{
	"MissingAuthenticationToken": "MissingAuthenticationTokenException",
	"IncompleteSignature":        "IncompleteSignatureException",
	"InvalidClientTokenId":       "UnrecognizedClientException",
	"SignatureDoesNotMatch":      "InvalidSignatureException",
	"ExpiredToken":               "ExpiredTokenException",
	"AccessDenied":               "AccessDeniedException",
	"InvalidAction":              "UnknownOperationException",
}

// answer writes the result of an operation: XML in the service's namespace, or JSON for organizations.
func answer(w http.ResponseWriter, service, action, requestID string, result any) {
	w.Header().Set("X-Amzn-Requestid", requestID)
	if service == "organizations" {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		_ = json.NewEncoder(w).Encode(result)
		return
	}
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	root := xml.StartElement{Name: xml.Name{Local: action + "Response"}, Attr: []xml.Attr{{Name: xml.Name{Local: "xmlns"}, Value: protocols[service].namespace}}}
	_ = e.EncodeToken(root)
	if result != nil {
		_ = e.EncodeElement(result, xml.StartElement{Name: xml.Name{Local: action + "Result"}})
	}
	_ = e.EncodeElement(struct {
		RequestID string `xml:"RequestId"`
	}{requestID}, xml.StartElement{Name: xml.Name{Local: "ResponseMetadata"}})
	_ = e.EncodeToken(root.End())
	_ = e.Close()
	w.Header().Set("Content-Type", "text/xml")
	_, _ = w.Write(b.Bytes())
}

// refuse writes an error in the service's form.
func refuse(w http.ResponseWriter, service, requestID string, err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{500, "InternalFailure", err.Error()}
	}
	w.Header().Set("X-Amzn-Requestid", requestID)
	if service == "organizations" {
		code, status := e.Code, e.Status
		if c, ok := jsonCodes[code]; ok {
			code, status = c, 400
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "Message": e.Message})
		return
	}
	type detail struct{ Type, Code, Message string }
	kind := "Sender"
	if e.Status >= 500 {
		kind = "Receiver"
	}
	space := protocols[service].namespace
	if space == "" {
		space = protocols["sts"].namespace
	}
	b, _ := xml.Marshal(struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Space     string   `xml:"xmlns,attr"`
		Error     detail
		RequestID string `xml:"RequestId"`
	}{Space: space, Error: detail{kind, e.Code, e.Message}, RequestID: requestID})
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(e.Status)
	_, _ = w.Write(b)
}

// fail answers with a fault of the hub's.
func fail(w http.ResponseWriter, r *http.Request, f wire.Fault) {
	if forSignIn(r) {
		failSignIn(w, f)
		return
	}
	sig, _, _ := parseSignature(r)
	code, message := f.Code, f.Message
	if code == "" {
		code = map[int]string{400: "ValidationError", 403: "AccessDenied", 404: "NoSuchEntity", 409: "ConcurrentModification", 429: "Throttling", 503: "ServiceUnavailable"}[f.Status]
		if code == "" {
			code = "InternalFailure"
		}
	}
	if message == "" {
		message = map[string]string{"Throttling": "Rate exceeded"}[code]
		if message == "" {
			message = "The request failed because a fault is switched on."
		}
	}
	refuse(w, sig.service, newUUID(), &Error{f.Status, code, message})
}
