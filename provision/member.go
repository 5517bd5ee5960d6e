package provision

import (
	"context"

	"github.com/oktaws/oktaws/store"
)

// Member is an account of an AWS organization.
type Member struct {
	Account    store.AccountKey
	Name       string // as the organization has it; people may have given several accounts the same
	State      string // ACTIVE, SUSPENDED, PENDING_CLOSURE, PENDING_ACTIVATION; SUSPENDED too where it is closed
	Unit       string // path of the organizational unit that it is in, such as Root/Workloads/Prod; empty where no unit was asked for
	Management bool   // it manages the organization
}

// Members returns the accounts of the partition's organization, or of one of its organizational units; see AWS.
func (r *Reconciler) Members(ctx context.Context, partition, unit string) ([]Member, error) {
	return r.aws.Members(ctx, partition, unit)
}
