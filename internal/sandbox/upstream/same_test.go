package upstream

import "testing"

func TestSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"org/app:1", "docker.io/org/app:1", true},
		{"app:1", "index.docker.io/library/app:1", true},
		{"ghcr.io/org/app:1", "ghcr.io/org/app:1", true},
		{"ghcr.io/org/app:1", "org/app:1", false},
		{"org/app:1", "org/app:2", false},
		{"no such::reference", "no such::reference", false},
	} {
		if got := Same(tt.a, tt.b); got != tt.want {
			t.Errorf("Same(%q, %q) = %t; want %t", tt.a, tt.b, got, tt.want)
		}
	}
}
