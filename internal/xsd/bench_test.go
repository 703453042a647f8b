package xsd_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

const (
	ublSchema  = "ubl-2.1/maindoc/UBL-Invoice-2.1.xsd"
	cfdiSchema = "cfdi/4/cfdv40.xsd"
)

// lines returns src with its last element of this name repeated to n.
func lines(src []byte, name string, n int) []byte {
	end := bytes.LastIndex(src, []byte("</"+name+">")) + len(name) + 3
	start := bytes.LastIndex(src[:end], []byte("<"+name))
	for !strings.ContainsRune(" >\n\r\t", rune(src[start+1+len(name)])) {
		start = bytes.LastIndex(src[:start], []byte("<"+name))
	}
	return []byte(string(src[:start]) + strings.Repeat(string(src[start:end]), n) + string(src[end:]))
}

func samples(tb testing.TB) map[string][]byte {
	ubl := sharedtest.Read(tb, "corpus", "peppol-bis3", "peppol-bis-invoice-3", "examples", "base-example.xml")
	cfdi := sharedtest.Read(tb, "corpus", "cfdi", "CfdiUtils", "created-with-discounts-40.xml")
	return map[string][]byte{"ubl/5": lines(ubl, "cac:InvoiceLine", 5), "ubl/1000": lines(ubl, "cac:InvoiceLine", 1000), "cfdi/5": cfdi}
}

func BenchmarkTableXSDValidate(b *testing.B) {
	for name, src := range samples(b) {
		schema := ublSchema
		if strings.HasPrefix(name, "cfdi") {
			schema = cfdiSchema
		}
		s := compiled.get(b, schema)
		b.Run("parse+validate/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				doc, err := xmltree.Parse(src, xmltree.Options{Names: compiled.names})
				if err != nil {
					b.Fatal(err)
				}
				if probs := s.Validate(doc); len(probs) > 0 {
					b.Fatal(probs)
				}
				doc.Release()
			}
		})
		doc, err := xmltree.Parse(src, xmltree.Options{Names: compiled.names})
		if err != nil {
			b.Fatal(err)
		}
		b.Run("validate/"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.Validate(doc)
			}
		})
	}
}

func BenchmarkTableXSDCompile(b *testing.B) {
	for _, schema := range []string{ublSchema, cfdiSchema, "nfe/PL_010_V1.30/nfe_v4.00.xsd"} {
		b.Run(schema, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, probs := xsd.Compile(artifacts(b), &xmltree.Names{}, entries(schema)...); probs.Grave() {
					b.Fatal(probs)
				}
			}
		})
	}
}

// BenchmarkTableXSDMemory reports the heap that a compiled schema keeps.
func BenchmarkTableXSDMemory(b *testing.B) {
	for _, schema := range []string{ublSchema, cfdiSchema} {
		b.Run(schema, func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			s, _ := xsd.Compile(artifacts(b), &xmltree.Names{}, entries(schema)...)
			runtime.GC()
			runtime.ReadMemStats(&after)
			runtime.KeepAlive(s)
			for b.Loop() {
			}
			b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20), "MB")
			b.ReportMetric(0, "ns/op")
		})
	}
}
