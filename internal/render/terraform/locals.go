package terraform

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/groundwork-dev/groundwork/internal/awsname"
	"github.com/groundwork-dev/groundwork/internal/config"
	"github.com/groundwork-dev/groundwork/internal/tree"
)

// local is a value of locals.tf.
type local struct {
	name  string
	value cty.Value
	// expression stands in place of value where it is not empty.
	expression string
	// always keeps it where only settings refer to it.
	always bool
}

func text(name, value string) local { return local{name: name, value: cty.StringVal(value)} }

func texts(name string, values []string) local {
	if len(values) == 0 {
		return local{name: name, value: cty.ListValEmpty(cty.String)}
	}
	list := make([]cty.Value, len(values))
	for i, v := range values {
		list[i] = cty.StringVal(v)
	}
	return local{name: name, value: cty.ListVal(list)}
}

// object keeps the values of an object by name; an empty one stays an object.
func object(name string, values map[string]cty.Value) local {
	return local{name: name, value: cty.ObjectVal(values)}
}

func (l local) kept() local {
	l.always = true
	return l
}

func localsFile(all []local) []byte {
	f := hclwrite.NewEmptyFile()
	body := f.Body().AppendNewBlock("locals", nil).Body()
	for _, l := range all {
		if l.expression != "" {
			body.SetAttributeRaw(l.name, raw(l.expression))
			continue
		}
		body.SetAttributeValue(l.name, l.value)
	}
	return encode(f, "# What follows from platform.yaml, the names of things above all: trees, roles and\n# stacks know them before the things are there.\n")
}

// settings are the versions, the place of the state, and what every resource
// has in common.
func (s stack) settings() []byte {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("terraform", nil).Body()
	block.SetAttributeValue("required_version", cty.StringVal(leastVersion))
	block.AppendNewBlock("required_providers", nil).Body().SetAttributeValue("aws", cty.ObjectVal(map[string]cty.Value{
		"source": cty.StringVal("hashicorp/aws"), "version": cty.StringVal(ProviderVersion),
	}))
	backend(block, s.aws, s.name, s.key)
	f.Body().AppendNewline()
	provider := f.Body().AppendNewBlock("provider", []string{"aws"}).Body()
	provider.SetAttributeRaw("region", raw("local.region"))
	provider.SetAttributeRaw("allowed_account_ids", raw("[local.account_id]"))
	provider.AppendNewBlock("default_tags", nil).Body().SetAttributeRaw("tags", raw("local.tags"))
	return encode(f, "")
}

// leastVersion is the first Terraform to lock a state in S3 alone.
const leastVersion = ">= 1.11.0"

// backend says where a stack's state is: an object of the platform's bucket.
func backend(block *hclwrite.Body, aws *config.AWS, platform, key string) {
	body := block.AppendNewBlock("backend", []string{"s3"}).Body()
	for _, kv := range []struct {
		key   string
		value cty.Value
	}{
		{"bucket", cty.StringVal(awsname.AccountBucket(aws.AccountID, platform, awsname.TerraformState))},
		{"key", cty.StringVal(key)},
		{"region", cty.StringVal(aws.Region)},
		{"encrypt", cty.True},
		{"use_lockfile", cty.True},
	} {
		body.SetAttributeValue(kv.key, kv.value)
	}
}

// KopsBackend returns what stands in terraform/k8s/<cluster> beside what kops
// renders there: where the state is, which kops does not say.
func KopsBackend(p *config.Platform, cluster string) File {
	f := hclwrite.NewEmptyFile()
	block := f.Body().AppendNewBlock("terraform", nil).Body()
	block.SetAttributeValue("required_version", cty.StringVal(leastVersion))
	backend(block, &p.Spec.AWS, p.Metadata.Name, "k8s/"+cluster+".tfstate")
	return File{"backend.tf", encode(f, "# The rest of the folder is kops'.\n")}
}

// encode puts the head above what was written.
func encode(f *hclwrite.File, head string) []byte {
	return append([]byte(tree.Header+head), bytes.TrimLeft(hclwrite.Format(f.Bytes()), "\n")...)
}

// raw are the tokens of an expression.
func raw(expression string) hclwrite.Tokens {
	return hclwrite.Tokens{{Type: hclsyntax.TokenIdent, Bytes: []byte(expression)}}
}
