package okta

import (
	"net/http"
)

// listFeatures answers 400 while provisioning is off [D]. What it answers for amazon_aws afterwards is not known: the
// feature that the recordings of another app show [I].
func (s *Server) listFeatures(c *call) error {
	f, err := s.provisioningFeature(c)
	if err != nil {
		return err
	}
	return c.reply(http.StatusOK, []object{f})
}

func (s *Server) getFeature(c *call) error {
	f, err := s.provisioningFeature(c)
	if err != nil {
		return err
	}
	if c.params["featureName"] != f["name"] {
		return notFound(c.params["featureName"], "ApplicationFeature")
	}
	return c.reply(http.StatusOK, f)
}

func (s *Server) provisioningFeature(c *call) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.find(c.params["appId"])
	if err != nil {
		return nil, err
	}
	if !a.provisioning.enabled {
		return nil, invalid("feature", "Provisioning is not enabled for the app instance.")
	}
	status := func(on bool) object {
		if on {
			return object{"status": "ENABLED"}
		}
		return object{"status": "DISABLED"}
	}
	return object{"name": "USER_PROVISIONING", "status": "ENABLED",
		"description": "User provisioning settings from Okta to a downstream application",
		"capabilities": object{
			"create": object{"lifecycleCreate": status(a.provisioning.createUsers)},
			"update": object{"profile": status(a.provisioning.updateAttributes), "lifecycleDeactivate": status(false),
				"password": object{"status": "DISABLED", "seed": "RANDOM", "change": "KEEP_EXISTING"}}},
		"_links": object{"self": object{"href": c.base + "/api/v1/apps/" + a.id + "/features/USER_PROVISIONING",
			"hints": object{"allow": []string{"GET", "PUT"}}}}}, nil
}
