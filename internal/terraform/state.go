package terraform

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// managed are the addresses of the managed resources in a state, sorted.
func managed(state string) ([]string, error) {
	if strings.TrimSpace(state) == "" {
		return nil, nil
	}
	// The format is Terraform's own, version 4 (internal/states/statefile/version4.go).
	var file struct {
		Version   int `json:"version"`
		Resources []struct {
			Module    string `json:"module"`
			Mode      string `json:"mode"`
			Type      string `json:"type"`
			Name      string `json:"name"`
			Instances []struct {
				Key any `json:"index_key"`
			} `json:"instances"`
		} `json:"resources"`
	}
	if err := json.Unmarshal([]byte(state), &file); err != nil {
		return nil, err
	}
	if file.Version != 4 {
		return nil, fmt.Errorf("it is in version %d of Terraform's format, not 4", file.Version)
	}
	var all []string
	for _, r := range file.Resources {
		if r.Mode != "managed" {
			continue
		}
		address := r.Type + "." + r.Name
		if r.Module != "" {
			address = r.Module + "." + address
		}
		for _, i := range r.Instances {
			switch key := i.Key.(type) {
			case string:
				all = append(all, fmt.Sprintf("%s[%q]", address, key))
			case float64:
				all = append(all, fmt.Sprintf("%s[%d]", address, int(key)))
			default:
				all = append(all, address)
			}
		}
	}
	slices.Sort(all)
	return all, nil
}
