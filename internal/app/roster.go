package app

import (
	"maps"
	"slices"

	"github.com/oktaws/oktaws/internal/roster"
	"github.com/oktaws/oktaws/store"
)

// rosterRules are what lists of accounts to link have to heed of the configuration.
func rosterRules(c Config) roster.Rules {
	r := roster.Rules{
		Partitions:    servedPartitions(c),
		LabelTemplate: c.Okta.LabelTemplate,
		LabelPattern:  c.Okta.LabelPattern,
		RoleSets:      slices.Sorted(maps.Keys(c.RoleSets)),
	}
	if c.Okta.Mode == store.ModeGroups {
		r.Shared = c.Okta.Shared
	}
	return r
}
