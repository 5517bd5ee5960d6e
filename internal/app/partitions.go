package app

import (
	"maps"
	"slices"
	"strings"

	"github.com/oktaws/oktaws/provision/aws"
)

// partitions are those that aws.partitions may name, and the keys of each.
var (
	partitions    = []string{"aws", "aws-us-gov", "aws-cn"}
	partitionKeys = []string{"region", "access_role", "external_id", "profile"}
)

// setPartitions sets how accounts of further partitions are reached. What is left out but the profile is as for the
// partition of aws.region.
func setPartitions(c *Config, w written) error {
	c.AWS.Partitions = map[string]aws.Reach{}
	for _, name := range slices.Sorted(maps.Keys(w.nested)) {
		reach, err := partitionReach(*c, name, w.nested[name])
		if err != nil {
			return err
		}
		c.AWS.Partitions[name] = reach
	}
	return nil
}

func partitionReach(c Config, name string, keys map[string]string) (aws.Reach, error) {
	reach := aws.Reach{AccessRole: c.AWS.AccessRole, ExternalID: c.AWS.ExternalID}
	switch {
	case !slices.Contains(partitions, name):
		return reach, fault(didYouMean(name, partitions), "has %s, which is no partition that oktaws knows", name)
	case c.AWS.Region != "" && name == aws.Partition(c.AWS.Region):
		return reach, fault("It is for the others; leave that one out.", "has %s, and aws.region %s is in it already", name, c.AWS.Region)
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		value := keys[key]
		var err error
		switch key {
		case "region":
			reach.Region, err = region(value)
		case "access_role":
			reach.AccessRole, err = accessRole(value)
		case "external_id":
			reach.ExternalID, err = externalID(value)
		case "profile":
			reach.Profile, err = profileName(value)
		default:
			return reach, fault(didYouMean(key, partitionKeys), "has %s for %s, which is not a key of a partition", key, name)
		}
		if err != nil {
			return reach, about("has %s whose "+key+" %s", name, err)
		}
	}
	if reach.Region == "" || aws.Partition(reach.Region) != name {
		return reach, fault("It is where the stacks of that partition shall be, such as "+exampleRegions[name]+".", "has %q as the region of %s, which is not one of that partition", reach.Region, name)
	}
	return reach, nil
}

var exampleRegions = map[string]string{"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}

// profileName is the name of a profile of the AWS SDK's shared files.
func profileName(s string) (string, error) {
	if strings.TrimSpace(s) == "" {
		return "", fault("Name a profile of the AWS SDK's shared files, or leave it out.", "is empty")
	}
	return s, nil
}
