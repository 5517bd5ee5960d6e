package aws

import "fmt"

// refusal is why a SAML response, or a role that it names, is not taken: AWS's words first, and then the precise cause,
// which AWS keeps to itself.
//
// The words and codes are those of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html [D] and, as
// STS writes them, of what users of clients have reported [C], but where a comment says that they are guessed.
type refusal struct {
	status    int
	code      string // of STS
	discovery string // the code of the service behind STS that reads the responses; empty: STS itself refuses
	words     string
	cause     string // sentences
}

// The services that the sign-in page names in its errors [D].
const (
	tokenService     = "AWSSecurityTokenService"
	discoveryService = "AWSOpenIdDiscoveryService"
)

// wordsInvalid head every refusal whose words are not known [D; that they stand for these too is a guess: I].
const wordsInvalid = "Your request included an invalid SAML response"

// Error is the refusal as the sign-in page shows it.
func (r *refusal) Error() string {
	if r.words == wordsInvalid { // the page names no service then [D]
		return r.words + ". " + r.cause
	}
	service, code := tokenService, r.code
	if r.discovery != "" {
		service, code = discoveryService, r.discovery
	}
	return fmt.Sprintf("%s (Service: %s; Status Code: %d; Error Code: %s). %s", r.words, service, r.status, code, r.cause)
}

// sts is the refusal as STS answers with it.
func (r *refusal) sts() error {
	words := r.words
	if r.discovery != "" {
		words += fmt.Sprintf(" (Service: %s; Status Code: %d; Error Code: %s)", discoveryService, r.status, r.discovery)
	}
	return &Error{r.status, r.code, words + ". " + r.cause}
}

// invalidResponse refuses what is no proper SAML response for AWS.
func invalidResponse(cause string, args ...any) *refusal {
	return invalidToken(wordsInvalid, cause, args...)
}

// invalidToken refuses with words of AWS's.
func invalidToken(words, cause string, args ...any) *refusal {
	return &refusal{status: 400, code: "InvalidIdentityToken", words: words, cause: fmt.Sprintf(cause, args...)}
}

// badSignature refuses a response that the provider's certificates do not vouch for.
func badSignature(cause string, args ...any) *refusal {
	return invalidToken("Response signature invalid", cause, args...)
}

// expiredToken refuses a response that comes too late.
func expiredToken(cause string, args ...any) *refusal {
	return &refusal{status: 400, code: "ExpiredTokenException", words: "Token must be redeemed within 5 minutes of issuance", cause: fmt.Sprintf(cause, args...)}
}

// notAuthorized refuses a role.
func notAuthorized(cause string, args ...any) *refusal {
	return &refusal{status: 403, code: "AccessDenied", words: "Not authorized to perform sts:AssumeRoleWithSAML", cause: fmt.Sprintf(cause, args...)}
}
