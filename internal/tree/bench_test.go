package tree

import (
	"fmt"
	"os"
	"testing"
)

// large returns a tree of clusters with 5,000 files each.
func large(b *testing.B, clusters int) *Tree {
	b.Helper()
	t := New()
	for c := range clusters {
		for i := range 1000 {
			for _, file := range []string{"namespace", "network-policies", "source", "release", "kustomization"} {
				data := fmt.Appendf(nil, "%sname: %s\ncomponent: %d\n%0800d\n", Header, file, i, c)
				if err := t.Add(fmt.Sprintf("infrastructure/controllers/c%03d/component%04d/%s.yaml", c, i, file), data); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	if err := t.WithInventories(); err != nil {
		b.Fatal(err)
	}
	return t
}

// BenchmarkCompare compares a tree with files that are the same.
func BenchmarkCompare(b *testing.B) {
	for _, clusters := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("files=%d", clusters*5000), func(b *testing.B) {
			want := large(b, clusters)
			root, err := os.OpenRoot(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer root.Close()
			changes, err := Compare(want, root.FS())
			if err != nil {
				b.Fatal(err)
			}
			if err := Apply(root, want, changes); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if changes, err := Compare(want, root.FS()); err != nil || !changes.Empty() {
					b.Fatal(changes, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*want.Len()), "µs/file")
		})
	}
}

// BenchmarkApply writes a tree into an empty folder.
func BenchmarkApply(b *testing.B) {
	for _, clusters := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("files=%d", clusters*5000), func(b *testing.B) {
			want := large(b, clusters)
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				root, err := os.OpenRoot(b.TempDir())
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				changes, err := Compare(want, root.FS())
				if err != nil {
					b.Fatal(err)
				}
				if err := Apply(root, want, changes); err != nil {
					b.Fatal(err)
				}
				root.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*want.Len()), "µs/file")
		})
	}
}
