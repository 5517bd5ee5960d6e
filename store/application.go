package store

import "time"

// Application is an Okta application that several accounts share. What belongs to the application and not to one of the
// accounts is kept here; who changes it in Okta claims it first.
type Application struct {
	Meta
	Partition    string    `json:"partition"`
	Label        string    `json:"label"`
	AppID        string    `json:"app_id,omitempty"`
	Made         time.Time `json:"made,omitzero"` // when we had Okta make it; zero: it was there
	SigningKeyID string    `json:"signing_key_id,omitempty"`
	PeopleID     string    `json:"people_id,omitempty"`           // the Okta group of everybody who has the application; empty: the accounts assign their groups themselves
	RuleID       string    `json:"rule_id,omitempty"`             // the Okta group rule that fills it
	NextKeyID    string    `json:"next_signing_key_id,omitempty"` // the signing key that takes its place, once every account's identity provider has its certificate
}

const applicationPrefix = "application/"

// Key is where the application is stored.
func (a *Application) Key() string { return applicationPrefix + a.Partition + "/" + a.Label }

// SharedApplication returns what is known of the application of a label; where nothing is, its IDs are empty.
func (tx *ReadTx) SharedApplication(partition, label string) (Application, error) {
	a := Application{Partition: partition, Label: label}
	_, err := get(tx.r, a.Key(), &a)
	return a, err
}

// SaveApplication writes what is known of a shared application.
func (tx *Tx) SaveApplication(a *Application) error { return tx.put(a) }

// Sharing visits the accounts that are linked, or being linked, through the shared application, until visit returns false.
func (tx *ReadTx) Sharing(partition, label string, visit func(Account) bool) error {
	return scan(tx.r, accountPrefix+partition+"/", "", func(a Account) bool {
		return a.Desired != WantLinked || a.Shared != label || visit(a)
	})
}
