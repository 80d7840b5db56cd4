package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/groundwork-dev/groundwork/internal/config"
)

func TestSetImage(t *testing.T) {
	t.Parallel()
	const from, to = "ghcr.io/acme/shop:1.0.0", "ghcr.io/acme/shop:1.1.0"
	tests := []struct{ name, in, want, wantErr string }{
		{
			name: "only this app's",
			in:   "spec:\n  apps:\n    blog:\n      image: " + from + " # both\n    shop:\n      port: 80\n      image: " + from + " # fixed\n",
			want: "spec:\n  apps:\n    blog:\n      image: " + from + " # both\n    shop:\n      port: 80\n      image: " + to + " # fixed\n",
		},
		{
			name: "in quotes, all in one line",
			in:   `spec: {apps: {blog: {image: "` + from + `"}, shop: {image: "` + from + `"}}}`,
			want: `spec: {apps: {blog: {image: "` + from + `"}, shop: {image: "` + to + `"}}}`,
		},
		{
			name: "after letters of more than a byte",
			in:   "spec: {note: 'größe', apps: {shop: {image: '" + from + "'}}}\r\n",
			want: "spec: {note: 'größe', apps: {shop: {image: '" + to + "'}}}\r\n",
		},
		{name: "another image", in: "spec: {apps: {shop: {image: other:1}}}", wantErr: "the image of shop is other:1, want " + from},
		{name: "no such app", in: "spec: {apps: {blog: {image: x}}}", wantErr: "no spec.apps.shop.image"},
		{name: "folded", in: "spec:\n  apps:\n    shop:\n      image: >-\n        " + from + "\n", wantErr: "line 4: the image of shop is not written out there"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := setImage([]byte(tt.in), "shop", from, to)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Errorf("err = %v; want %q in it", err, tt.wantErr)
				}
				return
			}
			if err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestGitEnvironment(t *testing.T) {
	t.Parallel()
	const helper = `!f() { echo username=git; echo "password=$GROUNDWORK_GIT_TOKEN"; }; f`
	tests := []struct {
		name, url string
		env       map[string]string
		want      []string
	}{
		{"no token", "https://forge.test/a/b", nil, nil},
		{"deploy keys", "ssh://git@forge.test/a/b", map[string]string{tokenVariable: "secret"}, nil},
		{
			"a token", "https://forge.test:3000/a/b",
			map[string]string{tokenVariable: "secret"},
			[]string{"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=credential.https://forge.test:3000.helper", "GIT_CONFIG_VALUE_0=" + helper},
		},
		{
			"beside other settings", "https://forge.test/a/b",
			map[string]string{tokenVariable: "secret", "GIT_CONFIG_COUNT": "2"},
			[]string{"GIT_CONFIG_COUNT=3", "GIT_CONFIG_KEY_2=credential.https://forge.test.helper", "GIT_CONFIG_VALUE_2=" + helper},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := gitEnvironment(config.Repository{URL: tt.url}, func(name string) (string, bool) {
				v, ok := tt.env[name]
				return v, ok
			})
			var got []string
			for _, kv := range env {
				if strings.HasPrefix(kv, "GIT_CONFIG") {
					got = append(got, kv)
				}
				if strings.Contains(kv, "secret") {
					t.Errorf("the token is in %q", kv)
				}
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
