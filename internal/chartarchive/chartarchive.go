// Package chartarchive reads Helm charts, archives and folders, within limits on
// sizes, counts, names and ratio: charts come from strangers. It runs and
// interprets nothing of them but the name in Chart.yaml.
package chartarchive

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// What an archive may be. The largest charts in use have 5 MiB in 500 files.
const (
	// MaxArchive is how large an archive may be, in bytes.
	MaxArchive  = 32 << 20
	maxUnpacked = 64 << 20
	maxFile     = 5 << 20 // Helm's own
	maxFiles    = 5000
	maxName     = 500
	maxRatio    = 200 // text packs 10 to 30 times smaller
	maxNested   = 5
	maxDepth    = 32 // of folders
	maxMetadata = 128 << 10
)

// Chart is a chart that was read within limits. Nobody changes it.
type Chart struct {
	// Name and Version are those of Chart.yaml.
	Name, Version string
	// Files are in the order in which they were found. An archive among subcharts
	// is the folder that Helm would make of it, NAME.tgz.unpacked.
	Files []File
}

// String is the chart's name and version.
func (c *Chart) String() string { return c.Name + " " + c.Version }

// File is one file, its name below the chart's folder.
type File struct {
	Name string
	Data []byte
}

// Load unpacks an archive. Nothing of it runs yet.
func Load(archive []byte) (*Chart, error) {
	u := unpacking{left: maxUnpacked, files: maxFiles}
	if err := u.unpack(archive, "", 0); err != nil {
		return nil, fmt.Errorf("unpacking a chart: %w", err)
	}
	return u.chart()
}

// unpacking is what is left of the limits, for an archive and those in it.
type unpacking struct {
	all   []File
	left  int64
	files int
}

// LoadFolder reads a chart that is not packed. A file or folder whose name begins
// with a dot is left out, as what Git and editors keep.
func LoadFolder(folder fs.FS) (*Chart, error) {
	u := unpacking{left: maxUnpacked, files: maxFiles}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(path.Base(name), ".") && name != "."
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (hidden || strings.Count(name, "/") > maxDepth):
			return fs.SkipDir
		case entry.IsDir() || hidden:
			return nil
		}
		return u.addFile(folder, name)
	})
	if err != nil {
		return nil, fmt.Errorf("reading a chart's folder: %w", err)
	}
	return u.chart()
}

func (u *unpacking) addFile(folder fs.FS, name string) error {
	if u.files--; u.files < 0 {
		return fmt.Errorf("it has more than %d entries", maxFiles)
	}
	info, err := fs.Lstat(folder, name)
	if err != nil {
		return err
	}
	header, err := tar.FileInfoHeader(info, "")
	if err != nil {
		return fmt.Errorf("%q is a special file: a chart holds plain files", clip(name))
	}
	header.Name = "chart/" + name
	if _, err := inside(header); err != nil {
		return err
	}
	f, err := folder.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return u.add(f, header, name, 0)
}

// chart is what was unpacked, identified.
func (u *unpacking) chart() (*Chart, error) {
	c := &Chart{Files: u.all}
	for _, f := range u.all {
		if f.Name != "Chart.yaml" {
			continue
		}
		if err := c.identify(f.Data); err != nil {
			return nil, fmt.Errorf("reading a chart's Chart.yaml: %w", err)
		}
		return c, nil
	}
	return nil, errors.New("unpacking a chart: it has no Chart.yaml in its folder")
}

// identify reads the name and the version, and nothing that could be expanded.
func (c *Chart) identify(data []byte) error {
	if len(data) > maxMetadata {
		return fmt.Errorf("it is larger than %d KiB", maxMetadata>>10)
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return err
	}
	if len(doc.Content) == 1 && doc.Content[0].Kind == yaml.MappingNode {
		pairs := doc.Content[0].Content
		for i := 0; i+1 < len(pairs); i += 2 {
			switch pairs[i].Value {
			case "name":
				c.Name = pairs[i+1].Value
			case "version":
				c.Version = pairs[i+1].Value
			}
		}
	}
	if c.Name == "" || c.Version == "" {
		return errors.New("it has no name or no version")
	}
	return nil
}

// unpack adds the files of an archive below a prefix.
func (u *unpacking) unpack(archive []byte, prefix string, depth int) error {
	if len(archive) > MaxArchive {
		return fmt.Errorf("the archive is larger than %d MiB", MaxArchive>>20)
	}
	if depth > maxNested {
		return fmt.Errorf("archives are packed in each other more than %d deep", maxNested)
	}
	unzipped, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return fmt.Errorf("it is no gzip archive: %w", err)
	}
	all := &bounded{
		from: unzipped, left: min(int64(len(archive))*maxRatio+1<<20, maxUnpacked),
		over: fmt.Errorf("it unpacks to more than %d times its size, or %d MiB", maxRatio, maxUnpacked>>20),
	}
	r := tar.NewReader(all)
	seen := map[string]bool{}
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the archive: %w", err)
		}
		if u.files--; u.files < 0 {
			return fmt.Errorf("it has more than %d entries", maxFiles)
		}
		name, err := inside(header)
		if err != nil {
			return err
		}
		if name == "" {
			continue
		}
		if seen[name] {
			return fmt.Errorf("%q is there twice", clip(header.Name))
		}
		seen[name] = true
		if err := u.add(r, header, prefix+name, depth); err != nil {
			return err
		}
	}
}

// inside returns an entry's name below the chart's folder, "" for what is no
// file, and an error for what has no place in a chart.
func inside(h *tar.Header) (string, error) {
	shown := clip(h.Name)
	if len(h.Name) > maxName {
		return "", fmt.Errorf("%q has a name longer than %d bytes", shown, maxName)
	}
	switch h.Typeflag {
	case tar.TypeDir, tar.TypeXGlobalHeader:
		return "", nil
	case tar.TypeReg:
	case tar.TypeSymlink, tar.TypeLink:
		return "", fmt.Errorf("%q is a link to %q: a chart holds plain files", shown, clip(h.Linkname))
	default:
		return "", fmt.Errorf("%q is a special file: a chart holds plain files", shown)
	}
	unix := strings.ReplaceAll(h.Name, `\`, "/") // as Helm takes what Windows packed
	if strings.Contains(unix, "\x00") || path.IsAbs(unix) || strings.Contains(unix, ":/") {
		return "", fmt.Errorf("%q is not the name of a file in a chart", shown)
	}
	for part := range strings.SplitSeq(unix, "/") {
		if part == ".." {
			return "", fmt.Errorf("%q leads out of the chart", shown)
		}
	}
	_, name, below := strings.Cut(path.Clean(unix), "/")
	if !below {
		return "", fmt.Errorf("%q is not in the chart's folder", shown)
	}
	return name, nil
}

// add reads a file. An archive among subcharts becomes the folder that Helm
// would make of it, within the same limits.
func (u *unpacking) add(r io.Reader, h *tar.Header, name string, depth int) error {
	if h.Size > maxFile {
		return fmt.Errorf("%q is larger than %d MiB", clip(h.Name), maxFile>>20)
	}
	if u.left -= h.Size; u.left < 0 {
		return fmt.Errorf("it unpacks to more than %d MiB", maxUnpacked>>20)
	}
	data := make([]byte, h.Size)
	if _, err := io.ReadFull(r, data); err != nil {
		return fmt.Errorf("reading %q: %w", clip(h.Name), err)
	}
	base := path.Base(name)
	packed := path.Base(path.Dir(name)) == "charts" && path.Ext(base) == ".tgz"
	if packed && !strings.HasPrefix(base, "_") && !strings.HasPrefix(base, ".") {
		// A folder with .tgz in the end would be read as an archive.
		if err := u.unpack(data, name+".unpacked/", depth+1); err != nil {
			return fmt.Errorf("%q: %w", clip(h.Name), err)
		}
		return nil
	}
	u.all = append(u.all, File{Name: name, Data: bytes.TrimPrefix(data, []byte("\xEF\xBB\xBF"))})
	return nil
}

// bounded reads no more than is left, and then fails with over.
type bounded struct {
	from io.Reader
	left int64
	over error
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, b.over
	}
	n, err := b.from.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// clip keeps messages short: of a long one the beginning and the end, where the
// place is and the cause.
func clip(s string) string {
	const most = 1000
	if len(s) <= 2*most {
		return s
	}
	return strings.ToValidUTF8(s[:most]+" … "+s[len(s)-most:], "")
}
