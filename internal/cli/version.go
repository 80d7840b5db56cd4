package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// buildVersion is set by the linker: -X …/internal/cli.buildVersion=v1.2.3.
var buildVersion string //nolint:gochecknoglobals // the linker can set nothing else

// versionInfo is what `bootstrap version` prints.
type versionInfo struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (v versionInfo) String() string { return v.Version }

// Version returns the version of this build.
func Version() string { return version().String() }

// userAgent is how the command line names itself to API servers.
func userAgent() string { return "bootstrap/" + version().Version }

func version() versionInfo {
	v := versionInfo{Version: buildVersion, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v.Revision = s.Value
		}
	}
	if v.Version == "" {
		v.Version = info.Main.Version
	}
	return v
}

func newVersionCommand(streams Streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of bootstrap",
		Example: "  bootstrap version --output json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := version()
			if output == outputJSON {
				return PrintJSON(streams.Out, v)
			}
			_, err := fmt.Fprintf(streams.Out, "bootstrap %s (%s, %s)\n", v.Version, v.Go, v.Platform)
			return err
		},
	}
	addOutputFlag(cmd, &output)
	return cmd
}

// PrintJSON writes a value as indented JSON.
func PrintJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
