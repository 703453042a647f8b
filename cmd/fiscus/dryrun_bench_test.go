package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/fiscus-project/fiscus/service/dryrun"
)

// BenchmarkTableDryRunFolder is a dry-run of a folder on two workers, each
// document read from its file: of a package that signs (with the stand-in, RSA
// of 2048 bits) and stops before its call. It reports documents a second.
func BenchmarkTableDryRunFolder(b *testing.B) {
	data, err := os.ReadFile("../../packages/br/nfe/tests/documents/plain.json")
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	files := make([]string, 200)
	for i := range files {
		files[i] = filepath.Join(dir, fmt.Sprintf("%04d.json", i))
		if err := os.WriteFile(files[i], data, 0o600); err != nil {
			b.Fatal(err)
		}
	}
	for _, c := range []struct{ name, pkg, entity string }{{"signed", "br/nfe", "acme-sp"}, {"unsigned", "testdata/slip", "plain"}, {"small and signed", "testdata/slip", "sealed"}} {
		b.Run(c.name, func(b *testing.B) {
			a := &app{data: b.TempDir(), format: "text", stderr: os.Stderr}
			o := &dryRun{setup: setup{entity: c.entity, environment: "test"}}
			side, err := a.side(o, []string{c.pkg})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				err := dryrun.Each(b.Context(), len(files), 2, func(ctx context.Context, i int) dryrun.Result {
					return side.Try(ctx, fileDocument(files[i]))
				}, func(_ int, r dryrun.Result) error {
					if n++; r.Err != nil || r.Report.Next == nil {
						return fmt.Errorf("%s: %v %+v", r.File, r.Err, r.Report)
					}
					return nil
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "documents/s")
		})
	}
}
