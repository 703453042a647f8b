package packages

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// sealWork is what is done to a document before it is stamped.
type sealWork struct {
	b      *testing.B
	bundle *load.Bundle
	pair   *keys.Pair
	scope  func() *formula.Scope
}

func newSealWork(b *testing.B, lines int) *sealWork {
	b.Helper()
	bundle := cfdiBundle(b, nil)
	w := &sealWork{b: b, bundle: bundle, pair: mustStandIn(b)}
	entity := school(b, bundle, "school")
	cat, list := engine.NewCatalog([]*engine.Package{bundle.Package}, nil, []*engine.Entity{entity})
	if err := list.Err(); err != nil {
		b.Fatal(err)
	}
	data, err := fs.ReadFile(bundle.Package.Files, "tests/documents/five.json")
	if err != nil {
		b.Fatal(err)
	}
	schema, err := document.CompileSchema(cfdi, bundle.Package.ExtensionJSON)
	if err != nil {
		b.Fatal(err)
	}
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	d, problems := r.Read("five", data, map[string]*document.Schema{engine.ExtensionName(cfdi): schema})
	if problems.Grave() {
		b.Fatal(problems)
	}
	one := d.Value["lines"].([]any)[0]
	all := make([]any, lines)
	for i := range all {
		all[i] = one
	}
	d.Value["lines"] = all
	w.scope = func() *formula.Scope {
		return cat.Outside(bundle.Package, engine.Outside{Environment: engine.Test, Entity: entity.ID, Document: d.Value, Keys: oneKey{w.pair},
			Day: func() civil.Date { return civil.Date{Year: 2026, Month: 11, Day: 23} }})
	}
	return w
}

func (w *sealWork) write() []byte {
	out, err := w.bundle.Package.Mappings["mappings/cfdi.yaml"].Write(w.scope(), nodes.Options{Input: map[string]any{"at": "2026-11-23T09:30:00", "number": "1"}})
	if err != nil {
		w.b.Fatal(err)
	}
	return out.Bytes
}

func (w *sealWork) text(doc []byte) []byte {
	tree, err := formula.ParseTree(doc, "xml")
	if err != nil {
		w.b.Fatal(err)
	}
	out, err := w.bundle.Package.Mappings["mappings/original-string.yaml"].Write(w.scope(), nodes.Options{Input: map[string]any{"in": tree}})
	if err != nil {
		w.b.Fatal(err)
	}
	return out.Bytes
}

func (w *sealWork) seal(text []byte) []byte {
	sum := sha256.Sum256(text)
	out, err := w.pair.Signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		w.b.Fatal(err)
	}
	return out
}

// BenchmarkTableCFDI is CFDI write, string and seal beside the bare signature.
func BenchmarkTableCFDI(b *testing.B) {
	b.Run("bare RSA", func(b *testing.B) {
		key := mustStandIn(b).Signer.(*rsa.PrivateKey)
		sum := sha256.Sum256([]byte("x"))
		for b.Loop() {
			if _, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:]); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, lines := range []int{5, 1000} {
		w := newSealWork(b, lines)
		doc := w.write()
		for _, part := range []struct {
			name string
			do   func()
		}{
			{"write", func() { w.write() }},
			{"string", func() { w.text(doc) }},
			{"write and string", func() { w.text(w.write()) }},
			{"write, string and seal", func() { w.seal(w.text(w.write())) }},
		} {
			b.Run(fmt.Sprintf("%s/%d", part.name, lines), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					part.do()
				}
			})
		}
	}
}
