package terraform

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/groundwork-dev/groundwork/internal/awsname"
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
	block.SetAttributeValue("required_version", cty.StringVal(">= 1.11.0")) // the first to lock in S3 alone
	block.AppendNewBlock("required_providers", nil).Body().SetAttributeValue("aws", cty.ObjectVal(map[string]cty.Value{
		"source": cty.StringVal("hashicorp/aws"), "version": cty.StringVal(ProviderVersion),
	}))
	backend := block.AppendNewBlock("backend", []string{"s3"}).Body()
	for _, kv := range []struct {
		key   string
		value cty.Value
	}{
		{"bucket", cty.StringVal(awsname.AccountBucket(s.aws.AccountID, s.name, awsname.TerraformState))},
		{"key", cty.StringVal(s.key)},
		{"region", cty.StringVal(s.aws.Region)},
		{"encrypt", cty.True},
		{"use_lockfile", cty.True},
	} {
		backend.SetAttributeValue(kv.key, kv.value)
	}
	f.Body().AppendNewline()
	provider := f.Body().AppendNewBlock("provider", []string{"aws"}).Body()
	provider.SetAttributeRaw("region", raw("local.region"))
	provider.SetAttributeRaw("allowed_account_ids", raw("[local.account_id]"))
	provider.AppendNewBlock("default_tags", nil).Body().SetAttributeRaw("tags", raw("local.tags"))
	return encode(f, "")
}

// encode puts the head above what was written.
func encode(f *hclwrite.File, head string) []byte {
	return append([]byte(tree.Header+head), bytes.TrimLeft(hclwrite.Format(f.Bytes()), "\n")...)
}

// raw are the tokens of an expression.
func raw(expression string) hclwrite.Tokens {
	return hclwrite.Tokens{{Type: hclsyntax.TokenIdent, Bytes: []byte(expression)}}
}
