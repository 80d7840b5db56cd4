package strictyaml_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/strictyaml"
	"github.com/groundwork-dev/groundwork/internal/testsupport"
)

// hostile holds inputs made to cost much. Each must end in one clear error
// that holds the text in want; "" is for input that is merely strange.
func hostile() map[string]struct {
	data []byte
	want string
} {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'i'; c++ {
		p := string(c - 1)
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+p+",", 9), ","))
	}
	repeat := func(s string, n int) []byte { return bytes.Repeat([]byte(s), n) }
	fill := func(s string) []byte { return repeat(s, strictyaml.MaxBytes/len(s)) }
	blocks := func(n int) []byte {
		var b bytes.Buffer
		for i := range n {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.Bytes()
	}
	return map[string]struct {
		data []byte
		want string
	}{
		"bomb":                      {[]byte(bomb), "is not allowed"},
		"10,000 flow lists":         {append(repeat("[", 10_000), repeat("]", 10_000)...), "nest"},
		"10,000 flow mappings":      {append(repeat("{a: ", 10_000), repeat("}", 10_000)...), "nest"},
		"9,999 flow lists":          {append(repeat("[", 9_999), repeat("]", 9_999)...), "nest"},
		"10,000 open lists":         {repeat("[", 10_000), ""},
		"10,000 dashes":             {append(repeat("- ", 10_000), 'x'), "nest"},
		"10,000 question marks":     {append(repeat("? ", 10_000), 'x'), "a key cannot be"},
		"1,400 blocks":              {blocks(1_400), "nest"},
		"65 lists":                  {append(repeat("[", 66), repeat("]", 66)...), "nest"},
		"1 MiB of open lists":       {fill("["), ""},
		"1 MiB of open mappings":    {fill("{"), ""},
		"1 MiB of commas":           {fill(","), ""},
		"1 MiB of dashes":           {fill("- "), ""},
		"1 MiB of colons":           {fill(": "), ""},
		"1 MiB of quotes":           {fill("'"), ""},
		"1 MiB of double quotes":    {fill(`"`), ""},
		"1 MiB of hashes":           {fill("#\n"), ""},
		"1 MiB of comments":         {append([]byte("a: b\n"), repeat("# c\n", 260_000)...), ""},
		"1 MiB of indents comments": {append([]byte("a:\n  b: c\n"), repeat("  # c\n", 170_000)...), ""},
		"1 MiB of newlines":         {fill("\n"), ""},
		"1 MiB of text":             {fill("x"), ""},
		"1 MiB of words":            {fill("x "), ""},
		"1 MiB of lines":            {fill("x\n"), ""},
		"1 MiB of percent":          {fill("%\n"), ""},
		"1 MiB of tags":             {fill("!"), ""},
		"1 MiB of anchors":          {fill("&a "), ""},
		"1 MiB of aliases":          {fill("*a "), ""},
		"1 MiB of documents":        {fill("---\n"), ""},
		"1 MiB of document values":  {fill("--- a\n"), ""},
		"1 MiB of document ends":    {fill("...\n"), ""},
		"1 MiB of literals":         {append([]byte("a: |\n"), repeat(" x\n", 340_000)...), ""},
		"1 MiB of blank literals":   {append([]byte("a: |\n"), repeat("\n", 1_000_000)...), ""},
		"1 MiB of escapes":          {fill(`"\u0041`), ""},
		"40,000 items":              {[]byte("[" + strings.Repeat("a,", 39_000) + "a]"), ""},
		"40,000 keys":               {[]byte("{" + strings.Repeat("a,", 39_000) + "a}"), "there twice"},
		"20,000 empty mappings":     {[]byte("[" + strings.Repeat("{},", 19_000) + "a]"), ""},
		"many values":               {[]byte("[" + strings.Repeat("a,", 60_000) + "a]"), "more than 40000 values"},
		"too large":                 {repeat("a", strictyaml.MaxBytes+1), "more than the limit"},
		"not UTF-8":                 {[]byte("a: b\nb: \xff\n"), "not UTF-8"},
		"UTF-16":                    {[]byte("\xff\xfea\x00:\x00"), "UTF-16"},
		"NUL":                       {[]byte("a: b\x00c\n"), "U+0000"},
		"two documents":             {[]byte("a: 1\n---\nb: 2\n"), "second YAML document"},
		"empty":                     {nil, "holds no YAML value"},
		"only comments":             {[]byte("# nothing\n"), "holds no YAML value"},
	}
}

func TestHostileInputEndsQuickly(t *testing.T) { // not parallel: measures time and memory
	for name, in := range hostile() {
		t.Run(name, func(t *testing.T) {
			var err error
			testsupport.Within(t, func() { _, err = strictyaml.Parse("in.yaml", in.data) })
			if in.want != "" && (err == nil || !strings.Contains(err.Error(), in.want)) {
				t.Errorf("error is %v, want it to hold %q", err, in.want)
			}
			checkLines(t, in.data, err)
		})
	}
}

func checkLines(t *testing.T, data []byte, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var problems diag.Problems
	if !errors.As(err, &problems) {
		t.Fatalf("error is a %T, want diag.Problems", err)
	}
	lines := bytes.Count(data, []byte{'\n'}) + 1
	for _, p := range problems {
		if len(data) <= strictyaml.MaxBytes && (p.Line < 1 || p.Line > lines) {
			t.Errorf("line %d of a file with %d lines: %s", p.Line, lines, p)
		}
		if len(p.String()) > 2_000 {
			t.Errorf("problem of %d bytes", len(p.String()))
		}
	}
	if len(problems) > strictyaml.MaxProblems+1 {
		t.Errorf("%d problems", len(problems))
	}
}

func TestReadRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{
		"dir/a.yaml": {Data: []byte("a: 1\n")},
		"big.yaml":   {Data: bytes.Repeat([]byte("a"), strictyaml.MaxBytes+1)},
		"ok.yaml":    {Data: []byte("a: 1\n")},
	}
	for name, want := range map[string]string{
		"dir": "is a folder", "big.yaml": "more than the limit", "none.yaml": "file does not exist", "../ok.yaml": "not exist",
	} {
		if _, err := strictyaml.ReadFile(fsys, name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("reading %s: error is %v, want it to hold %q", name, err, want)
		}
	}
	if _, err := strictyaml.ReadFile(fsys, "ok.yaml"); err != nil {
		t.Error(err)
	}
}
