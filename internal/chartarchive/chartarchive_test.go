package chartarchive_test

import (
	"archive/tar"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/chartarchive"
	"github.com/groundwork-dev/groundwork/internal/chartarchive/charttest"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

// hostile returns archives that Load refuses, and a part of what it says.
func hostile(t testing.TB) map[string]struct {
	archive []byte
	want    string
} {
	t.Helper()
	entry := func(h tar.Header) []byte {
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		chart := tar.Header{Typeflag: tar.TypeReg, Name: "web/Chart.yaml", Size: int64(len(charttest.Meta))}
		return charttest.Archive(t, []tar.Header{chart, h}, func(h tar.Header) string {
			if h.Name == "web/Chart.yaml" {
				return charttest.Meta
			}
			return strings.Repeat("\x00", int(h.Size))
		})
	}
	many := []tar.Header{}
	for i := range 5001 {
		many = append(many, tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprint("web/", i)})
	}
	var large []tar.Header
	for i := range 16 {
		large = append(large, tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprint("web/", i), Size: 5 << 20})
	}
	zeros := func(h tar.Header) string { return strings.Repeat("\x00", int(h.Size)) }
	nested := charttest.Pack(t, nil)
	for range 7 {
		nested = charttest.Pack(t, map[string]string{"charts/web.tgz": string(nested)})
	}
	good := charttest.Pack(t, nil)
	return map[string]struct {
		archive []byte
		want    string
	}{
		"nothing":                {nil, "it is no gzip archive"},
		"no archive":             {[]byte("apiVersion: v2\n"), "it is no gzip archive"},
		"cut off":                {good[:len(good)/2], "reading the archive: "},
		"empty":                  {charttest.Archive(t, nil, nil), "it has no Chart.yaml"},
		"no folder":              {charttest.Archive(t, []tar.Header{{Typeflag: tar.TypeReg, Name: "Chart.yaml"}}, zeros), `"Chart.yaml" is not in the chart's folder`},
		"out of the chart":       {entry(tar.Header{Name: "web/../../etc/passwd"}), `"web/../../etc/passwd" leads out of the chart`},
		"out, by backslashes":    {entry(tar.Header{Name: `web\..\..\passwd`}), "leads out of the chart"},
		"absolute":               {entry(tar.Header{Name: "/etc/passwd"}), `"/etc/passwd" is not the name`},
		"a drive":                {entry(tar.Header{Name: `web/C:\a`}), "is not the name"},
		"a symlink":              {entry(tar.Header{Typeflag: tar.TypeSymlink, Name: "web/a", Linkname: "/etc/passwd"}), `"web/a" is a link to "/etc/passwd"`},
		"a hard link":            {entry(tar.Header{Typeflag: tar.TypeLink, Name: "web/a", Linkname: "web/Chart.yaml"}), "is a link"},
		"a device":               {entry(tar.Header{Typeflag: tar.TypeChar, Name: "web/a"}), "is a special file"},
		"a pipe":                 {entry(tar.Header{Typeflag: tar.TypeFifo, Name: "web/a"}), "is a special file"},
		"twice":                  {entry(tar.Header{Name: "web/Chart.yaml", Size: int64(len(charttest.Meta))}), `"web/Chart.yaml" is there twice`},
		"a long name":            {entry(tar.Header{Name: "web/" + strings.Repeat("a", 501)}), "has a name longer than 500 bytes"},
		"a large file":           {entry(tar.Header{Name: "web/a", Size: 5<<20 + 1}), `"web/a" is larger than 5 MiB`},
		"a bomb":                 {charttest.Archive(t, large, zeros), "it unpacks to more than "},
		"many files":             {charttest.Archive(t, many, zeros), "it has more than 5000 entries"},
		"archives in each other": {nested, "archives are packed in each other more than 5 deep"},
		"a bomb in an archive":   {charttest.Pack(t, map[string]string{"charts/a.tgz": string(charttest.Archive(t, large, zeros))}), `"web/charts/a.tgz": reading "web/4": it unpacks to more than`},
		"a large archive":        {make([]byte, 32<<20+1), "the archive is larger than 32 MiB"},
		"metadata of text":       {charttest.Pack(t, map[string]string{"Chart.yaml": "web"}), "it has no name or no version"},
		"no version":             {charttest.Pack(t, map[string]string{"Chart.yaml": "name: web\n"}), "it has no name or no version"},
		"broken metadata":        {charttest.Pack(t, map[string]string{"Chart.yaml": "name: [\n"}), "reading a chart's Chart.yaml: yaml: "},
		"large metadata":         {charttest.Pack(t, map[string]string{"Chart.yaml": strings.Repeat("#\n", 70_000)}), "it is larger than 128 KiB"},
		"deep metadata":          {charttest.Pack(t, map[string]string{"Chart.yaml": strings.Repeat("[", 100_000)}), "reading a chart's Chart.yaml: yaml: "},
	}
}

// TestHostileArchives is not parallel: it measures.
func TestHostileArchives(t *testing.T) {
	for name, test := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			testsupport.Within(t, func() {
				c, err := chartarchive.Load(test.archive)
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v %v, want %q", c, err, test.want)
				}
				if err != nil && (len(err.Error()) > 4000 || strings.Contains(err.Error(), "\n")) {
					t.Errorf("%d bytes: %q", len(err.Error()), err)
				}
			})
		})
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	sub := charttest.Pack(t, map[string]string{"values.yaml": "a: 1\n"})
	files := map[string]string{"Chart.yaml": "\xEF\xBB\xBF" + charttest.Meta, "templates/a.yaml": "a: 1\n", "charts/sub-1.tgz": string(sub)}
	folder := fstest.MapFS{".git/config": {}, ".helmignore": {}}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	packed, err := chartarchive.Load(charttest.Pack(t, files))
	if err != nil {
		t.Fatal(err)
	}
	open, err := chartarchive.LoadFolder(folder)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Chart.yaml", "charts/sub-1.tgz.unpacked/Chart.yaml", "charts/sub-1.tgz.unpacked/values.yaml", "templates/a.yaml"}
	for _, c := range []*chartarchive.Chart{packed, open} {
		if got := c.String(); got != "web 1.2.3" {
			t.Error(got)
		}
		var got []string
		for _, f := range c.Files {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestHostileFolders(t *testing.T) {
	t.Parallel()
	many := fstest.MapFS{}
	for i := range 5001 {
		many[fmt.Sprint(i)] = &fstest.MapFile{}
	}
	for name, test := range map[string]struct {
		folder fstest.MapFS
		want   string
	}{
		"a link":       {fstest.MapFS{"values.yaml": {Mode: fs.ModeSymlink, Data: []byte("/etc/passwd")}}, `"chart/values.yaml" is a link`},
		"a pipe":       {fstest.MapFS{"values.yaml": {Mode: fs.ModeNamedPipe}}, "is a special file"},
		"many files":   {many, "it has more than 5000 entries"},
		"a large file": {fstest.MapFS{"a": {Data: make([]byte, 5<<20+1)}}, "is larger than 5 MiB"},
		"no chart":     {fstest.MapFS{"values.yaml": {}}, "it has no Chart.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := chartarchive.LoadFolder(test.folder)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v %v, want %q", c, err, test.want)
			}
		})
	}
}

// FuzzLoad starts from good and bad archives and looks for a panic, and for what
// is let in beyond the limits.
func FuzzLoad(f *testing.F) {
	f.Add(charttest.Pack(f, map[string]string{"values.yaml": "a: 1\n", "charts/a.tgz": string(charttest.Pack(f, nil))}))
	for _, test := range hostile(f) {
		if len(test.archive) < 64<<10 {
			f.Add(test.archive)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := chartarchive.Load(data)
		if (c == nil) == (err == nil) {
			t.Errorf("%v %v", c, err)
		}
		if c != nil && (c.Name == "" || c.Version == "") {
			t.Errorf("%+v", c)
		}
	})
}
