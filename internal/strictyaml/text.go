package strictyaml

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/groundwork-dev/groundwork/internal/diag"
)

// checkText refuses what is not bounded text before the YAML library sees it.
// It runs in time linear in the size and allocates nothing on good input.
func checkText(file string, data []byte, limits rules) *diag.Problem {
	if len(data) > limits.bytes {
		return tooLarge(file, int64(len(data)), limits.bytes)
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return at(file, data, 0, "is UTF-16 text, want UTF-8", "save the file as UTF-8")
	}
	marks := 0
	for i := 0; i < len(data); {
		c := data[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && n == 1 {
				return at(file, data, i, fmt.Sprintf("byte 0x%02x is not UTF-8", c), "save the file as UTF-8")
			}
			if isHidden(r) && i+n > len("\ufeff") {
				return at(file, data, i, fmt.Sprintf("invisible character U+%04X", r), "remove it; YAML files are plain text")
			}
			i += n
			continue
		}
		if c < 0x20 && c != '\n' && c != '\t' && !isCRLF(data, i) || c == 0x7f {
			return at(file, data, i, fmt.Sprintf("control character U+%04X", c), "remove it; YAML files are plain text")
		}
		if isMark(data, i) {
			if marks++; marks > limits.marks {
				return at(file, data, i, fmt.Sprintf("more than %d values", limits.marks), "split the file; a file of this tool never needs so many")
			}
		}
		i++
	}
	return nil
}

// isHidden reports whether a character would make the file mean something else
// than what a reviewer sees: controls, line breaks that editors do not count,
// and marks that turn the direction of text around.
func isHidden(r rune) bool {
	switch {
	case 0x80 <= r && r < 0xa0, r == 0x2028, r == 0x2029, 0x202a <= r && r <= 0x202e, 0x2066 <= r && r <= 0x2069:
		return true
	case r == 0xfeff, r == 0xfffe, r == 0xffff:
		return true
	}
	return false
}

// isCRLF reports whether a line of Windows ends here.
func isCRLF(data []byte, i int) bool {
	return data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n'
}

// isMark reports whether the byte may start or separate a YAML value. It errs
// on the side of yes: no value but the first comes without such a byte.
func isMark(data []byte, i int) bool {
	switch data[i] {
	case ',', '[', '{', ':':
		return true
	case '-', '?':
		if i+1 == len(data) {
			return true
		}
		switch data[i+1] {
		case ' ', '\t', '\n', '\r', ',', '[', ']', '{', '}', '"', '\'':
			return true
		}
	}
	return false
}

func tooLarge(file string, size int64, limit int) *diag.Problem {
	return &diag.Problem{
		Position: diag.Position{File: file},
		Message:  fmt.Sprintf("has %d bytes, more than the limit of %d", size, limit),
		Hint:     "is this the right file?",
	}
}

// at makes a problem at a byte of the data.
func at(file string, data []byte, offset int, message, hint string) *diag.Problem {
	before := data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return &diag.Problem{
		Position: diag.Position{
			File:   file,
			Line:   bytes.Count(before, []byte{'\n'}) + 1,
			Column: utf8.RuneCount(before[start:]) + 1,
		},
		Message: message,
		Hint:    hint,
	}
}
