package wire

import (
	"slices"
)

// Ground is how well something about a real system is known.
type Ground string

// The grounds, the firmest first.
const (
	Recorded   Ground = "recorded"   // the traffic of a real one, which is played against the stand-in
	Documented Ground = "documented" // its maker's documents
	Others     Ground = "others"     // what code, tests and issues of others show
	Guess      Ground = "guess"      // nothing: the course that is worse for the caller
)

// Claim is one thing that a stand-in does, and where it is known from.
type Claim struct {
	Ground Ground
	Says   string
	Source string // the name of the recording; the address of a page, an issue or a repository; of a guess, the file that makes it, such as okta/limit.go
}

// InRecording is a claim that a recording shows, by the recording's name.
func InRecording(name, says string) Claim { return Claim{Recorded, says, name} }

// InDocuments is a claim that the maker's documents make, at the address.
func InDocuments(address, says string) Claim { return Claim{Documented, says, address} }

// ByOthers is a claim that others' code or issues bear out, at the address.
func ByOthers(address, says string) Claim { return Claim{Others, says, address} }

// Guessed is a claim that nothing bears out. File is where it is made, below internal/sandbox.
func Guessed(file, says string) Claim { return Claim{Guess, says, file} }

// Basis says what an operation does, and what its behavior rests on.
type Basis struct {
	Service, Operation string
	Does               string
	Claims             []Claim
	Aside              bool // no call to the service: what all calls share, or what a person does
}

// Every names what all calls of a service have in common.
const Every = "every call"

// Match puts together the bases of a service's operations, in their order, from what is known of them, and then what
// is known besides the operations. An operation of which nothing is known rests on nothing: it has a basis without
// claims. Strays are entries about operations that are not there, and second entries about the same.
func Match(service string, operations []string, known ...Basis) (bases []Basis, strays []string) {
	at := map[string]int{}
	for _, name := range operations {
		at[name] = len(bases)
		bases = append(bases, Basis{Service: service, Operation: name})
	}
	for _, b := range known {
		b.Service = service
		i, there := at[b.Operation]
		switch {
		case there && bases[i].Does == "":
			bases[i] = b
		case !there && b.Aside:
			at[b.Operation] = len(bases)
			bases = append(bases, b)
		default:
			strays = append(strays, service+" "+b.Operation)
		}
	}
	return bases, strays
}

type operationKey struct{ service, operation string }

// keepUnknown is how many calls of unknown operations are kept.
const keepUnknown = 1000

// register has the hub know a service's operations.
func (h *Hub) register(bases []Basis) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, b := range bases {
		key := operationKey{b.Service, b.Operation}
		if _, there := h.known[key]; there {
			continue // the service has been put behind the hub before
		}
		h.known[key] = b.Aside
		h.bases = append(h.bases, b)
	}
}

// Operations returns what the services behind the hub do, service by service.
func (h *Hub) Operations() []Basis {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.bases)
}

// Unknown returns the calls of operations that no service knows, without their bodies: the first thousand that are over.
func (h *Hub) Unknown() []Call {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.unknown)
}

// knows reports whether the call's operation is known. The caller holds h.mu.
func (h *Hub) knows(c *Call) bool {
	aside, there := h.known[operationKey{c.Service, c.Operation}]
	return there && !aside
}

// noteUnknown keeps a call of an unknown operation. The caller holds h.mu.
func (h *Hub) noteUnknown(c Call) {
	if c.Unknown && len(h.unknown) < keepUnknown {
		c.strip()
		h.unknown = append(h.unknown, c)
	}
}
