package aws

// boundary is a role's permissions boundary as answers show it.
type boundary struct{ PermissionsBoundaryType, PermissionsBoundaryArn string }

func boundaryOf(arn string) *boundary {
	if arn == "" {
		return nil
	}
	return &boundary{"Policy", arn}
}

// checkBoundary refuses a boundary that is no managed policy.
func (a *account) checkBoundary(arn string) error {
	if a.managed(arn) == nil {
		return absent("Scope ARN: " + arn + " does not exist or is not attachable.")
	}
	return nil
}

func putRolePermissionsBoundary(c *call) (any, error) {
	arn, err := c.get("PermissionsBoundary")
	if err != nil {
		return nil, err
	}
	r, err := c.role("iam:PutRolePermissionsBoundary", facts{"iam:PermissionsBoundary": arn})
	if err != nil {
		return nil, err
	}
	if err := r.account.checkBoundary(arn); err != nil {
		return nil, err
	}
	r.boundary = arn
	return nil, nil
}

// deleteRolePermissionsBoundary of a role that has none is refused [I].
func deleteRolePermissionsBoundary(c *call) (any, error) {
	r, err := c.role("iam:DeleteRolePermissionsBoundary", nil)
	if err != nil {
		return nil, err
	}
	if r.boundary == "" {
		return nil, absent("The role with name " + r.name + " has no permissions boundary.")
	}
	r.boundary = ""
	return nil, nil
}
