package helmrender

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// checkSchemas holds the values of a chart and its subcharts to their
// values.schema.json, as Helm does, except that Helm would fetch what a schema
// refers to from the network and from this machine's files.
func checkSchemas(c *chart.Chart, values map[string]any) (unchecked []string, err error) {
	l := &loaded{}
	var problems []string
	var walk func(c *chart.Chart, values map[string]any)
	walk = func(c *chart.Chart, values map[string]any) {
		if c.Schema != nil {
			if err := l.check(c.Schema, values); err != nil {
				problems = append(problems, c.Name()+": "+oneLine(err.Error(), " "))
			}
		}
		for _, sub := range c.Dependencies() {
			switch v := values[sub.Name()].(type) {
			case nil:
			case map[string]any:
				walk(sub, v)
			default:
				problems = append(problems, fmt.Sprintf("%s: its values are %T and not a mapping", sub.Name(), v))
			}
		}
	}
	walk(c, values)
	if len(problems) > 0 {
		return nil, fmt.Errorf("the values do not fit values.schema.json: %s", clip(strings.Join(problems, "; ")))
	}
	slices.Sort(l.skipped)
	return slices.Compact(l.skipped), nil
}

// loaded stands for what a schema refers to.
type loaded struct {
	skipped []string
}

// Load returns a schema that everything fits, and remembers what it stands for.
func (l *loaded) Load(url string) (any, error) {
	if strings.HasPrefix(url, "file:") {
		return nil, errors.New("a chart does not read files of this machine")
	}
	l.skipped = append(l.skipped, url)
	return true, nil
}

const schemaURL = "file:///values.schema.json"

func (l *loaded) check(schema []byte, values map[string]any) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return err
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(l)
	if err := compiler.AddResource(schemaURL, doc); err != nil {
		return err
	}
	compiled, err := compiler.Compile(schemaURL)
	if err != nil {
		return err
	}
	if err := compiled.Validate(values); err != nil {
		_, text, _ := strings.Cut(err.Error(), "\n")
		return errors.New(text)
	}
	return nil
}
