package packages

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"fmt"
	"io/fs"
	"os"
	"testing"

	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// note writes, signs and judges an NF-e of some lines.
type noteWork struct {
	b       *testing.B
	x       *bench
	mapping *nodes.Mapping
	input   map[string]any
	profile *xmldsig.Profile
	pair    *keys.Pair
	names   *xmltree.Names
	schema  *xsd.Schema
}

func newNoteWork(b *testing.B, lines int) *noteWork {
	bundle := loaded(b)
	x := on(b, bundle, "plain", "sp")
	one := x.doc["lines"].([]any)[0]
	all := make([]any, lines)
	for i := range all {
		all[i] = one
	}
	x.doc["lines"] = all
	w := &noteWork{b: b, x: x, mapping: bundle.Package.Mappings["mappings/nfe.yaml"], names: &xmltree.Names{},
		input: map[string]any{"key": "35261111222333000181550010000012341815263904", "digit": "4", "kind": "1", "number": decimal.FromInt(1234), "code": "81526390"}}
	var err error
	if w.pair, err = keys.StandIn("bench", keys.Describe{}); err != nil {
		b.Fatal(err)
	}
	profile, problems := xmldsig.Decode(map[string]any{"position": "after", "reference": "byId", "transforms": []any{"enveloped", "c14n10"},
		"c14n": "c14n10", "digest": "sha1", "method": "rsa-sha1", "keyInfo": []any{"certificate"}})
	if err := problems.Err(); err != nil {
		b.Fatal(err)
	}
	w.profile = profile
	return w
}

func (w *noteWork) write() []byte {
	r, err := w.mapping.Write(w.x.scope(nil), nodes.Options{Input: w.input})
	if err != nil {
		w.b.Fatal(err)
	}
	return r.Bytes
}

func (w *noteWork) sign(src []byte) []byte {
	doc, err := xmltree.Parse(src, xmltree.Options{})
	if err != nil {
		w.b.Fatal(err)
	}
	defer doc.Release()
	var target xmltree.Node
	for n := range doc.Elements(doc.Root()) {
		target = n
		break
	}
	signed, err := w.profile.Sign(xmldsig.Request{Source: src, Doc: doc, Element: target, Key: w.pair})
	if err != nil {
		w.b.Fatal(err)
	}
	return signed.Bytes
}

func (w *noteWork) compile() {
	root := os.DirFS(sharedtest.Path(w.b, "artifacts"))
	s, problems := xsd.Compile(fileSource{root}, w.names, "nfe/PL_010e_NT2025.002_v1.01/nfe_v4.00.xsd")
	if err := problems.Err(); err != nil {
		w.b.Fatal(err)
	}
	w.schema = s
}

func (w *noteWork) judge(src []byte) {
	doc, err := xmltree.Parse(src, xmltree.Options{Names: w.names})
	if err != nil {
		w.b.Fatal(err)
	}
	if problems := w.schema.Validate(doc); len(problems) > 0 {
		w.b.Fatal(problems)
	}
	doc.Release()
}

// fileSource reads schema files by their path.
type fileSource struct{ files fs.FS }

func (s fileSource) Resolve(base, location string) (string, bool) {
	name := xsd.RelativePath(base, location)
	_, err := fs.Stat(s.files, name)
	return name, err == nil
}

func (s fileSource) Read(name string) ([]byte, error) { return fs.ReadFile(s.files, name) }

// BenchmarkTableNote is NF-e write, sign and XSD beside the bare signature.
func BenchmarkTableNote(b *testing.B) {
	b.Run("bare RSA", func(b *testing.B) {
		w := newNoteWork(b, 1)
		sum := sha1.Sum([]byte("x"))
		for b.Loop() {
			if _, err := w.pair.Signer.(*rsa.PrivateKey).Sign(rand.Reader, sum[:], crypto.SHA1); err != nil {
				b.Fatal(err)
			}
		}
	})
	for _, lines := range []int{5, 990} {
		w := newNoteWork(b, lines)
		run := func(name string, do func()) {
			b.Run(fmt.Sprintf("%s/%d", name, lines), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					do()
				}
			})
		}
		run("write", func() { w.write() })
		run("write+sign", func() { w.sign(w.write()) })
		w.compile()
		run("write+sign+XSD", func() { w.judge(w.sign(w.write())) })
	}
}
