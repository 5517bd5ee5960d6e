package app

import (
	"github.com/oktaws/oktaws/internal/export"
	"github.com/oktaws/oktaws/provision/aws"
)

// exportSetup is what the configuration says to whom it is exported.
func (p *program) exportSetup(c Config) export.Setup {
	reach := map[string]export.Reach{aws.Partition(c.AWS.Region): {Region: c.AWS.Region, AccessRole: c.AWS.AccessRole, ExternalID: c.AWS.ExternalID}}
	for name, r := range c.AWS.Partitions {
		reach[name] = export.Reach(r)
	}
	return export.Setup{
		Pipeline:       pipelineConfig(c),
		OrgURL:         c.Okta.OrgURL,
		Partitions:     reach,
		Profiles:       c.AWS.Profiles,
		SourceIdentity: c.AWS.SourceIdentity,
		Now:            p.Clock.Now(),
	}
}
