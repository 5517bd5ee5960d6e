package app

import (
	"context"

	"github.com/oktaws/oktaws/internal/export"
	"github.com/oktaws/oktaws/provision/aws"
	"github.com/oktaws/oktaws/store"
)

// exportTerraform prints the configuration by which Terraform takes over the accounts that are named, as 111122223333 or
// aws/111122223333; all linked ones where none is. It fails where one that is named isn't linked.
func (p *program) exportTerraform(ctx context.Context, c Config, s *store.Store, named []string) error {
	records, err := p.records(ctx, s)
	if err != nil {
		return err
	}
	if records, err = export.Pick(records, named); err != nil {
		return err
	}
	return export.Terraform(p.Stdout, p.exportSetup(c), records)
}

// exportCSV prints all accounts as a table.
func (p *program) exportCSV(ctx context.Context, c Config, s *store.Store) error {
	records, err := p.records(ctx, s)
	if err != nil {
		return err
	}
	return export.CSV(p.Stdout, pipelineConfig(c), records)
}

func (p *program) records(ctx context.Context, s *store.Store) (records []export.Record, err error) {
	err = s.View(ctx, func(tx *store.ReadTx) error {
		records, err = export.Read(tx, p.Clock.Now())
		return err
	})
	return records, err
}

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
