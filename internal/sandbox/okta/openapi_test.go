package okta

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// TestRecordedOperationsExist compares every operation with Okta's OpenAPI description: method, path, ID and scope.
func TestRecordedOperationsExist(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordedDir(t), "openapi-*.yaml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("want one OpenAPI description, got %v %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	// The description has three megabytes, of which the paths are one.
	body := string(text)
	from := strings.Index(body, "\npaths:\n")
	to := strings.Index(body, "\ncomponents:\n")
	if from < 0 || to < from {
		t.Fatal("the description has no paths before its components")
	}
	var described struct {
		Paths map[string]map[string]yaml.Node
	}
	if err := yaml.Unmarshal([]byte(body[from:to]), &described); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, op := range operations {
		if op.person || op.id == tokenOperation {
			continue // no part of the management API
		}
		node, ok := described.Paths[op.path][strings.ToLower(op.method)]
		if !ok {
			t.Errorf("%s %s is not in the description", op.method, op.path)
			continue
		}
		var d struct {
			OperationID string                `yaml:"operationId"`
			Security    []map[string][]string `yaml:"security"`
		}
		if err := node.Decode(&d); err != nil {
			t.Fatal(err)
		}
		if d.OperationID != op.id {
			t.Errorf("%s %s is %s, not %s", op.method, op.path, d.OperationID, op.id)
		}
		scope := ""
		for _, s := range d.Security {
			for _, one := range s["oauth2"] {
				scope = one
			}
		}
		if scope != op.scope {
			t.Errorf("%s needs the scope %q, not %q", op.id, scope, op.scope)
		}
		compared++
	}
	t.Logf("%d operations compared", compared)
}

// TestRecordedBuckets compares the rate limit bucket of every operation with Okta's list.
func TestRecordedBuckets(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(recordedDir(t), "rate-limit-buckets.txt"))
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		if f := strings.Fields(line); len(f) == 3 {
			listed[f[1]+" "+f[0]] = f[2]
		}
	}
	ids := strings.NewReplacer("{appId}", "ID", "{groupId}", "ID", "{groupRuleId}", "ID", "{userId}", "ID", "{keyId}", "ID", "{featureName}", "ID")
	for _, op := range operations {
		if op.bucket == bucketOther || op.person {
			continue // limits that are guesses, or none
		}
		want, ok := listed[op.method+" "+ids.Replace(op.path)]
		if !ok || want != string(op.bucket) {
			t.Errorf("%s is in the bucket %s, not %s", op.id, want, op.bucket)
		}
	}
}
