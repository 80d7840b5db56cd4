package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// output is a benchmark whose cost is size^e, with a slow repeat at each size.
func output(e float64) string {
	var b strings.Builder
	for _, clusters := range []int{1, 10, 100} {
		for _, components := range []int{10, 100, 1000} {
			cost := 50 * math.Pow(float64(clusters*components), e)
			for _, slower := range []float64{1.5, 1} {
				fmt.Fprintf(&b, "BenchmarkX/clusters=%d,components=%d-2   3   %.1f ns/op   7 ns/component\n", clusters, components, cost*slower)
			}
		}
	}
	return b.String()
}

func TestRun(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want, fault string }{
		"linear":    {output(1), "exponent 1.00", ""},
		"quadratic": {output(2), "exponent 2.00", "grows with exponent 2.00"},
		"nothing":   {"PASS\n", "", "holds no benchmark"},
		"one size":  {"BenchmarkX/clusters=1/components=10 3 50 ns/op\n", "NaN", "NaN"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "bench.txt")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			var out strings.Builder
			err := run([]string{file}, &out)
			if !strings.Contains(out.String(), tt.want) {
				t.Errorf("got %q, want %q in it", out.String(), tt.want)
			}
			if fault := fmt.Sprint(err); (err != nil) != (tt.fault != "") || err != nil && !strings.Contains(fault, tt.fault) {
				t.Errorf("got error %v, want %q in it", err, tt.fault)
			}
		})
	}
}
