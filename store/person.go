package store

import "strings"

// Person is who asks and decides: a Slack user of one workspace, or an operator. Names change and repeat; only IDs decide.
type Person struct {
	ID   string `json:"id"`   // U… or W…; of an operator, operator:<login>@<host>
	Team string `json:"team"` // T… or E…; of an operator, empty
}

const operatorPrefix = "operator:" // no ID of Slack's begins like this, or has a colon

// Operator is who acts from the command line of the machine that oktaws runs on, not from Slack.
func Operator(login, host string) Person { return Person{ID: operatorPrefix + login + "@" + host} }

// IsOperator says whether the person acts from the command line. Slack knows no such person: nothing can be sent there.
func (p Person) IsOperator() bool { return strings.HasPrefix(p.ID, operatorPrefix) }

// Mention is the person as a text for people has it: <@U…>, which Slack shows as a name, or "the operator root@host".
func (p Person) Mention() string {
	if who, ok := strings.CutPrefix(p.ID, operatorPrefix); ok {
		return "the operator " + who
	}
	return "<@" + p.ID + ">"
}
