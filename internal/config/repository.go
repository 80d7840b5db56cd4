package config

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// repository checks the URL and whether branch, provider and auth go with it.
// A URL that may hold a secret is never part of a message.
func (c *checker) repository(r *Repository) {
	if r.Branch != "" && !isBranch(r.Branch) {
		c.refuse(quote(r.Branch)+" cannot be the name of a branch", "", "spec", "repository", "branch")
	}
	if u := c.repositoryURL(r); u != nil {
		c.forge(r, u)
	}
}

func (c *checker) repositoryURL(r *Repository) *url.URL {
	const forms = "want https://host/path or ssh://git@host/path"
	path := []string{"spec", "repository", "url"}
	if len(r.URL) > maxURL {
		return nil
	}
	u, err := url.Parse(r.URL)
	if err != nil || u.Scheme == "" || !strings.Contains(r.URL, "://") {
		if user, host, repo, ok := scpForm(r.URL); ok {
			c.refuse("is in the short form of ssh", "write ssh://"+user+"@"+host+"/"+repo, path...)
		} else {
			c.refuse("is not a URL", forms, path...)
		}
		return nil
	}
	_, password := u.User.Password()
	switch {
	case password || u.Scheme != "ssh" && u.User != nil:
		c.refuse("holds credentials", "remove them from the URL; bootstrap reads a token from the environment", path...)
	case u.Scheme == "http":
		c.refuse("uses http, which sends the token in the clear", "use https://", path...)
	case u.Scheme != "https" && u.Scheme != "ssh":
		c.refuse("has the scheme "+quote(u.Scheme), forms, path...)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(r.URL, "#"):
		c.refuse("has a query or fragment, which no repository needs", "remove what follows ? or #", path...)
	case !isHost(u):
		c.refuse("has the host "+quote(u.Host), "want a host name, and a port only if it is unusual", path...)
	case !isRepositoryPath(u):
		c.refuse("has the path "+quote(u.Path), "want owner/name of letters, digits, - _ . and no empty or .. part", path...)
	default:
		return u
	}
	return nil
}

// scpForm splits git@host:path.
func scpForm(s string) (user, host, path string, ok bool) {
	user, rest, ok1 := strings.Cut(s, "@")
	host, path, ok2 := strings.Cut(rest, ":")
	ok = ok1 && ok2 && user != "" && path != "" && !strings.ContainsAny(user, ":/ ") && !strings.ContainsAny(host, "/@ ") && isPlain(path, "-_./~")
	return user, host, strings.TrimPrefix(path, "/"), ok
}

// forge checks that provider and auth fit the URL.
func (c *checker) forge(r *Repository, u *url.URL) {
	switch {
	case r.Auth == AuthSSH && u.Scheme != "ssh":
		c.refuse("is ssh, but the URL starts with "+u.Scheme+"://", "use an ssh:// URL, or auth: token", "spec", "repository", "auth")
	case r.Auth == AuthToken && u.Scheme != "https":
		c.refuse("is token, but the URL starts with "+u.Scheme+"://", "use an https:// URL, or auth: ssh", "spec", "repository", "auth")
	}
	if known := providerOf(u.Hostname()); known != ProviderGit && r.Provider != known && r.Provider != ProviderGit {
		c.refuse(fmt.Sprintf("is %s, but the repository is at %s", r.Provider, u.Hostname()), fmt.Sprintf("use provider: %s", known), "spec", "repository", "provider")
	}
	parts := strings.Count(strings.Trim(u.Path, "/"), "/") + 1
	if r.Provider != ProviderGit && parts < 2 || (r.Provider == ProviderGitHub || r.Provider == ProviderGitea) && parts > 2 {
		c.refuse("has the path "+quote(u.Path), fmt.Sprintf("a repository at %s is owner/name", r.Provider), "spec", "repository", "url")
	}
}

func isHost(u *url.URL) bool {
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return false
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return false
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		return strings.HasPrefix(u.Host, "[") // an IPv6 address
	}
	return host != "" && len(host) <= 253 && host[0] != '-' && host[0] != '.' && isPlain(host, "-.")
}

func isRepositoryPath(u *url.URL) bool {
	path := strings.Trim(u.Path, "/")
	if path == "" || u.RawPath != "" || !isPlain(path, "-_./~") {
		return false
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == "" || part == "." || part == ".." || part == ".git" || part[0] == '-' {
			return false
		}
	}
	return true
}

// isBranch reports whether git takes the name for a branch; what needs quotes
// in a shell is left out too.
func isBranch(s string) bool {
	if s == "" || !isPlain(s, "-_./+#=") || strings.Contains(s, "..") || s[0] == '-' || strings.HasSuffix(s, ".") || s == "HEAD" {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// isPlain reports whether s holds only ASCII letters, digits and the extra
// characters.
func isPlain(s, extra string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune(extra, r) {
			return false
		}
	}
	return true
}
