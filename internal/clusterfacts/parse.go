package clusterfacts

import (
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
)

const head = `# Everything that kops asks of AWS, of the internet and of the state store, with
# where each answer came from and when. A render reads it and asks nothing.
# ` + "`bootstrap cluster facts --cluster %s --refresh`" + ` records it again.
`

// Format returns the lock as YAML, the same for equal facts.
func (f *Facts) Format() ([]byte, error) {
	text, err := yaml.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("writing the facts of cluster %s: %w", f.Metadata.Name, err)
	}
	return append(fmt.Appendf(nil, head, f.Metadata.Name), text...), nil
}

// Load reads the lock of a cluster from a repository. The error is
// diag.Problems for what is wrong with it, and wraps fs.ErrNotExist when there
// is none.
func Load(repository fs.FS, cluster string) (*Facts, error) {
	name := Path(cluster)
	data, err := strictyaml.Read(repository, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (record the facts with `bootstrap cluster facts --cluster %s --refresh`)", err, cluster)
	}
	if err != nil {
		return nil, err
	}
	f, err := Parse(name, data)
	if err == nil && f.Metadata.Name != cluster {
		return nil, diag.Problems{{
			Position: diag.Position{File: name}, Path: "metadata.name",
			Message: fmt.Sprintf("is %q, in the folder of cluster %s", f.Metadata.Name, cluster), Hint: "record the facts again",
		}}
	}
	return f, err
}

// Parse reads a lock. The error is diag.Problems.
func Parse(file string, data []byte) (*Facts, error) {
	doc, err := strictyaml.Parse(file, data)
	if err != nil {
		return nil, err
	}
	f := &Facts{}
	if err := doc.Decode(f); err != nil {
		return nil, diag.Problems{{Position: diag.Position{File: file}, Message: strings.TrimPrefix(err.Error(), "decoding "+file+": "), Hint: "restore the file from Git, or record the facts again"}}
	}
	c := checker{doc: doc}
	c.check(f)
	if err := c.problems.Err(); err != nil {
		c.problems.Sort()
		return nil, err
	}
	return f, nil
}

// What facts look like.
var (
	imageID   = regexp.MustCompile(`^ami-[0-9a-f]{8,17}$`)
	accountID = regexp.MustCompile(`^[0-9]{12}$`)
	zoneID    = regexp.MustCompile(`^[A-Z0-9]{1,32}$`)
	zoneName  = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$`)
	date      = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)

type checker struct {
	doc      *strictyaml.Document
	problems diag.Problems
}

func (c *checker) refuse(message string, path ...string) {
	c.problems = append(c.problems, diag.Problem{
		Position: c.doc.Position(path...), Path: strictyaml.Dotted(path...), Message: message, Hint: "record the facts again",
	})
}

func (c *checker) check(f *Facts) {
	if f.APIVersion != APIVersion || f.Kind != Kind {
		c.refuse("want " + APIVersion + " and " + Kind + " as apiVersion and kind")
	}
	if !accountID.MatchString(f.Account.ID) {
		c.refuse("is no number of an account", "account", "id")
	}
	if f.DNSZone != nil && !zoneID.MatchString(f.DNSZone.ID) {
		c.refuse("is no number of a hosted zone", "dnsZone", "id")
	}
	for _, name := range f.Zones.Names {
		if !zoneName.MatchString(name) {
			c.refuse(fmt.Sprintf("%q is no availability zone", strictyaml.Clip(name)), "zones", "names")
		}
	}
	for name, image := range f.Images {
		if !imageID.MatchString(image.ID) {
			c.refuse("is no number of a machine image", "images", name, "id")
		}
	}
	for name, t := range f.InstanceTypes {
		if t.CPUs < 1 || t.MemoryMiB < 1 || len(t.Architectures) == 0 {
			c.refuse("has no processors, memory or architecture", "instanceTypes", name)
		}
	}
	for name, file := range f.Files {
		c.sum(file.SHA256, "files", name, "sha256")
	}
	if f.EncryptionConfig != nil {
		c.sum(f.EncryptionConfig.SHA256, "encryptionConfig", "sha256")
	}
	for name, keyset := range f.Keysets {
		c.keyset(name, keyset)
	}
	for _, name := range slices.Sorted(maps.Keys(f.Origins())) {
		if o := f.Origins()[name]; o.Source == "" || !date.MatchString(o.Date) {
			c.refuse("has no source and date (YYYY-MM-DD)", strings.SplitN(name, ".", 2)...)
		}
	}
}

func (c *checker) sum(sum string, path ...string) {
	if b, err := hex.DecodeString(sum); err != nil || len(b) != 32 {
		c.refuse("is no SHA-256", path...)
	}
}

// keyset refuses what is not certificates alone: a private key in Git would be
// everybody's.
func (c *checker) keyset(name string, k Keyset) {
	if _, ok := k.Certificates[k.Primary]; !ok {
		c.refuse("has no certificate "+k.Primary, "keysets", name, "primary")
	}
	for id, text := range k.Certificates {
		block, rest := pem.Decode([]byte(text))
		if block == nil || block.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" {
			c.refuse("is not one certificate in PEM", "keysets", name, "certificates", id)
		}
	}
}
