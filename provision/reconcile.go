package provision

import (
	"context"
	"log/slog"

	"github.com/oktaws/oktaws/store"
)

// Reconciler makes AWS and Okta match the store.
type Reconciler struct {
	store *store.Store
	aws   AWS
	okta  Okta
	cfg   Config
	log   *slog.Logger
}

// New makes the reconciler; nothing is called before Run.
func New(s *store.Store, aws AWS, okta Okta, cfg Config, log *slog.Logger) *Reconciler {
	return &Reconciler{store: s, aws: aws, okta: okta, cfg: cfg, log: log}
}

// Run works on the accounts that are due until ctx ends, and then finishes what it holds.
func (r *Reconciler) Run(ctx context.Context) error {
	panic("being written")
}

// CheckTask looks at once whether the task is done, notes what it saw, and returns the task as it stands then: open
// with what is missing, or done.
func (r *Reconciler) CheckTask(ctx context.Context, taskID string) (store.Task, error) {
	panic("being written")
}

// Credentials makes the access key that the task asks for and returns it, the one time that its secret is known. A
// key that was made before and that Okta hasn't used is deleted first. It fails with a Conflict where Okta uses a key
// already. It can take some seconds, until AWS accepts the new key.
func (r *Reconciler) Credentials(ctx context.Context, taskID string, by store.Person) (Secret, error) {
	panic("being written")
}

// StepTitle is a step of the pipeline as people read it.
type StepTitle struct {
	Name  string
	Title string
}

// Titles returns the steps of an integration mode in the order in which people read them.
func Titles(mode store.Mode) []StepTitle {
	panic("being written")
}
