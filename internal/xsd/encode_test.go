package xsd_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// A decoded schema gives the same problems as the one it was encoded from.
func TestEncode(t *testing.T) {
	t.Parallel()
	corpus := sharedtest.Path(t, "corpus")
	decoded := map[string]*xsd.Schema{}
	for i, row := range verdicts(t) {
		if i%7 != 0 || differs[row.document] != "" {
			continue
		}
		s := compiled.get(t, row.schema)
		d := decoded[row.schema]
		if d == nil {
			var err error
			if d, err = xsd.Decode(s.Encode(), &xmltree.Names{}); err != nil {
				t.Fatal(err)
			}
			decoded[row.schema] = d
		}
		src, err := os.ReadFile(filepath.Join(corpus, row.document))
		if err != nil {
			continue
		}
		want, got := judge(t, s, src), judge(t, d, src)
		if want != got {
			t.Errorf("%s:\nwant %s\n got %s", row.document, want, got)
		}
	}
}

func judge(t *testing.T, s *xsd.Schema, src []byte) string {
	doc, err := xmltree.Parse(src, xmltree.Options{Names: s.Names()})
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc).Error()
}

func FuzzDecode(f *testing.F) {
	s, probs := xsd.Compile(inline(`<xs:element name="a" type="xs:int"/>`), &xmltree.Names{}, "a.xsd")
	if probs.Grave() {
		f.Fatal(probs)
	}
	good := s.Encode()
	f.Add(good, 20, byte(1))
	f.Fuzz(func(t *testing.T, data []byte, at int, with byte) {
		if _, err := xsd.Decode(data, &xmltree.Names{}); err == nil && string(data) != string(good) {
			t.Skip("a fuzzer that computes the checksum")
		}
		if at >= 0 && at < len(good) && with != 0 {
			bad := append([]byte{}, good...)
			bad[at] ^= with
			if _, err := xsd.Decode(bad, &xmltree.Names{}); err == nil {
				t.Fatal("a damaged schema is accepted")
			}
		}
	})
}

func BenchmarkTableXSDDecode(b *testing.B) {
	for _, schema := range []string{ublSchema, cfdiSchema, "nfe/PL_010_V1.30/nfe_v4.00.xsd"} {
		data := compiled.get(b, schema).Encode()
		b.Run(schema, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := xsd.Decode(data, &xmltree.Names{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
