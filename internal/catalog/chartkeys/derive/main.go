// Command derive makes a component's chart-keys.json from the values.yaml that
// comes with its chart:
//
//	go run ./internal/catalog/chartkeys/derive -chart NAME -version 1.2.3 -o .../chart-keys.json values.yaml [subchart=values.yaml ...]
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
	var file chartkeys.File
	flag.StringVar(&file.Chart, "chart", "", "name of the chart")
	flag.StringVar(&file.Version, "version", "", "version of the chart")
	out := flag.String("o", "", "file to write")
	open := flag.String("open", "", "values that may hold anything, parted by commas")
	also := flag.String("also", "", "values that only the templates name, parted by commas")
	flag.Parse()
	if err := run(file, *out, *open, *also, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "derive:", err)
		os.Exit(1)
	}
}

func run(file chartkeys.File, out, open, also string, files []string) error {
	var keys chartkeys.Keys
	for _, arg := range files {
		name, path, isSub := strings.Cut(arg, "=")
		if !isSub {
			path = arg
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found, err := chartkeys.Derive(text)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
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
	file.Keys = keys
	text, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if _, err := chartkeys.Parse(text); err != nil {
		return err
	}
	return os.WriteFile(out, text, 0o644)
}
