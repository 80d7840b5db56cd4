// Command derive makes a file of package chartkeys from a chart's values.yaml:
//
//	go run ./internal/catalog/chartkeys/derive -o internal/catalog/chartkeys/data/name-1.2.3.json values.yaml [subchart=values.yaml ...]
//
// Flag -open names a value, its keys parted by slashes, that may hold anything
// although the chart's default has keys. Flag -also adds values of the top level
// that the chart's templates read although values.yaml does not list them.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/groundwork-dev/groundwork/internal/catalog/chartkeys"
)

func main() {
	out := flag.String("o", "", "file to write")
	open := flag.String("open", "", "values that may hold anything, parted by commas")
	also := flag.String("also", "", "values that only the templates name, parted by commas")
	flag.Parse()
	if err := run(*out, *open, *also, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "derive:", err)
		os.Exit(1)
	}
}

func run(out, open, also string, files []string) error {
	var keys chartkeys.Keys
	for _, arg := range files {
		name, file, isSub := strings.Cut(arg, "=")
		if !isSub {
			file = arg
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		found, err := chartkeys.Derive(text)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if keys == nil {
			keys = found
			continue
		}
		keys.Add(name, found)
	}
	for name := range strings.SplitSeq(also, ",") {
		if name != "" {
			keys[name] = nil
		}
	}
	for path := range strings.SplitSeq(open, ",") {
		if path != "" && !keys.Open(strings.Split(path, "/")...) {
			return fmt.Errorf("there is no value %s", path)
		}
	}
	text, err := json.MarshalIndent(keys, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(text, '\n'), 0o644)
}
