package xmltree_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/beevik/etree"

	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// grow returns src with its last element named line repeated until it has about size bytes.
func grow(src []byte, line string, size int) []byte {
	end := bytes.LastIndex(src, []byte("</"+line+">")) + len(line) + 3
	start := bytes.LastIndex(src[:end], []byte("<"+line+">"))
	var out bytes.Buffer
	out.Write(src[:start])
	for out.Len() < size-len(src)+end {
		out.Write(src[start:end])
	}
	out.Write(src[end:])
	return out.Bytes()
}

func sample(tb testing.TB, size int) []byte {
	src := sharedtest.Read(tb, "corpus", "peppol-bis3", "peppol-bis-invoice-3", "examples", "base-example.xml")
	return grow(src, "cac:InvoiceLine", size)
}

func BenchmarkTableXMLParse(b *testing.B) {
	for _, size := range []int{7 << 10, 1 << 20, 60 << 20} {
		src := sample(b, size)
		name := fmt.Sprintf("%dKB", size>>10)
		b.Run("fiscus/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				d, err := xmltree.Parse(src, xmltree.Options{})
				if err != nil {
					b.Fatal(err)
				}
				d.Release()
			}
		})
		b.Run("encoding-xml-tokens/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				dec := xml.NewDecoder(bytes.NewReader(src))
				for {
					if _, err := dec.RawToken(); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		b.Run("etree/"+name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if err := etree.NewDocument().ReadFromBytes(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
