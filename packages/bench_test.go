package packages

import (
	"fmt"
	"testing"

	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/decimal"
)

// What writing an NF-e costs, without signature and schema; linear in the lines.
func BenchmarkWriteNote(b *testing.B) {
	bundle := loaded(b)
	for _, lines := range []int{1, 5, 990} {
		x := on(b, bundle, "plain", "sp")
		one := x.doc["lines"].([]any)[0]
		all := make([]any, lines)
		for i := range all {
			all[i] = one
		}
		x.doc["lines"] = all
		in := map[string]any{"key": "35261111222333000181550010000012341815263904", "digit": "4", "kind": "1", "number": decimal.FromInt(1234), "code": "81526390"}
		m := bundle.Package.Mappings["mappings/nfe.yaml"]
		b.Run(fmt.Sprint(lines), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Write(x.scope(nil), nodes.Options{Input: in}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
