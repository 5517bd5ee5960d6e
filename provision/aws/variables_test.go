package aws

import "testing"

func TestVariablesCountOverTheProcesssOwn(t *testing.T) {
	for name, set := range map[string]map[string]string{
		"for all services": {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
		"for none":         {},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAmazon(t)
			t.Setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE0000")
			t.Setenv("AWS_ENDPOINT_URL", "")
			for k, v := range set {
				t.Setenv(k, v)
			}
			account := reached(t, func(c *Config) {
				c.Variables = map[string]string{"AWS_ENDPOINT_URL": a.url, "AWS_ACCESS_KEY_ID": ownKey, "AWS_SECRET_ACCESS_KEY": ownSecret}
			})
			if _, err := account.Identity(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := a.the("AssumeRole").key; got != ownKey {
				t.Errorf("signed by %s", got)
			}
		})
	}
}

func TestServicesOwnAddressCountsOverTheGeneralOne(t *testing.T) {
	e := endpoints{"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_IAM": "http://127.0.0.1:2", "AWS_ENDPOINT_URL_SOME_SERVICE": "http://127.0.0.1:3"}
	for id, want := range map[string]string{"IAM": "http://127.0.0.1:2", "STS": "http://127.0.0.1:1", "Some Service": "http://127.0.0.1:3"} {
		if got, found, err := e.GetServiceBaseEndpoint(t.Context(), id); got != want || !found || err != nil {
			t.Errorf("%s: %s %v %v", id, got, found, err)
		}
	}
	if _, found, _ := (endpoints{}).GetServiceBaseEndpoint(t.Context(), "IAM"); found {
		t.Error("an address out of nothing")
	}
}
