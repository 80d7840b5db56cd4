package config

import "strings"

// imageRef is an image reference in parts.
type imageRef struct{ name, tag, digest string }

// parseImage splits [registry[:port]/]repository[:tag][@sha256:digest]. The
// grammar is small; the library for it costs every command a millisecond of
// start-up, so it only serves as the oracle of the test.
func parseImage(s string) (imageRef, bool) {
	var r imageRef
	name, digest, hasDigest := strings.Cut(s, "@")
	if hasDigest {
		hex, ok := strings.CutPrefix(digest, "sha256:")
		if !ok || len(hex) != 64 || !only(hex, isHex) {
			return r, false
		}
		r.digest = digest
	}
	r.name = name
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		r.name, r.tag = name[:colon], name[colon+1:]
		if !isTag(r.tag) {
			return r, false
		}
	}
	parts := strings.Split(r.name, "/")
	if len(parts) > 1 && isRegistry(parts[0]) {
		parts = parts[1:]
	}
	for _, p := range parts {
		if !isImagePath(p) {
			return r, false
		}
	}
	return r, len(r.name) < 200
}

// isRegistry tells a registry from the first part of a path: it has a dot, a
// port or a capital letter, or is localhost.
func isRegistry(s string) bool {
	host, port, hasPort := strings.Cut(s, ":")
	if !hasPort && !strings.Contains(s, ".") && s != "localhost" && s == strings.ToLower(s) {
		return false
	}
	if hasPort && (port == "" || !only(port, isDigit)) {
		return false
	}
	for label := range strings.SplitSeq(strings.ToLower(host), ".") {
		if !isLabel(label, 63) {
			return false
		}
	}
	return true
}

func isTag(s string) bool {
	return s != "" && len(s) <= 128 && s[0] != '.' && s[0] != '-' && isPlain(s, "_.-")
}

// isImagePath reports whether s is runs of a-z 0-9 with one dot, one or two
// underscores, or any number of dashes between them.
func isImagePath(s string) bool {
	for {
		end := strings.IndexFunc(s, func(r rune) bool { return !isAlnum(r) })
		if end < 0 {
			return s != ""
		}
		if end == 0 {
			return false
		}
		rest := strings.TrimLeftFunc(s[end:], func(r rune) bool { return r == '.' || r == '_' || r == '-' })
		switch sep := s[end : len(s)-len(rest)]; {
		case sep == ".", sep == "_", sep == "__", sep != "" && strings.Trim(sep, "-") == "":
		default:
			return false
		}
		s = rest
	}
}

func only(s string, f func(rune) bool) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !f(r) }) < 0
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }
func isHex(r rune) bool   { return isDigit(r) || 'a' <= r && r <= 'f' }
func isAlnum(r rune) bool { return isDigit(r) || 'a' <= r && r <= 'z' }
