package load

import (
	"fmt"
	"github.com/fiscus-project/fiscus/configpkg/loadtest"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/packages"
)

// BenchmarkTableLoadPackage reads, checks and compiles each shipped package,
// and one with a flow of 2,000 clauses.
func BenchmarkTableLoadPackage(b *testing.B) {
	for _, id := range packages.List() {
		files, err := packages.Package(id)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(id, func(b *testing.B) { benchmark(b, files) })
	}
	b.Run("2000 clauses", func(b *testing.B) { benchmark(b, manyClauses(2000)) })
}

func benchmark(b *testing.B, files fs.FS) {
	registry := loadtest.Registry()
	b.ReportAllocs()
	for b.Loop() {
		if p, problems := Load(files, registry, nil); p == nil {
			b.Fatal(problems)
		}
	}
}

// manyClauses returns a package with n flows that have three clauses each,
// together n clauses.
func manyClauses(n int) fs.FS {
	files := fstest.MapFS{"package.yaml": {Data: []byte("package: zz/many\nversion: 1.0.0\ndocuments: [invoice/1]\n")}}
	const perFile = 50
	for i := 0; i < n/4; i += perFile {
		var t strings.Builder
		for k := i; k < i+perFile; k++ {
			fmt.Fprintf(&t, "---\nflow: f%d\napplies:\n  all:\n    - {field: entity.country, is: ZZ}\n    - {field: document.type, in: [invoice, creditNote]}\n", k)
			fmt.Fprintf(&t, "    - {field: document.totals.payable, between: [\"%d\", \"%d\"]}\n    - {field: document.number, startsWith: N%d}\n", k, k+1, k)
			t.WriteString("steps: [{id: now, action: time.now}]\n")
		}
		files[fmt.Sprintf("flows/f%d.yaml", i)] = &fstest.MapFile{Data: []byte(t.String())}
	}
	return files
}
