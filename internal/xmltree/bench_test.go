package xmltree_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

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

// BenchmarkTableXMLParsePeers times the DOM of libxml2: 100 parses in one process of xmllint.
func BenchmarkTableXMLParsePeers(b *testing.B) {
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		b.Skip("xmllint is not installed")
	}
	for _, size := range []int{7 << 10, 1 << 20, 60 << 20} {
		src := sample(b, size)
		file := filepath.Join(b.TempDir(), "d.xml")
		if err := os.WriteFile(file, src, 0o600); err != nil {
			b.Fatal(err)
		}
		args, count := []string{"--noout", "--huge", "--repeat", file}, 100
		if size > 1<<20 {
			args, count = []string{"--noout", "--huge", file, file}, 2
		}
		b.Run(fmt.Sprintf("libxml2/%dKB", size>>10), func(b *testing.B) {
			best := time.Hour
			for range 3 {
				start := time.Now()
				if out, err := exec.Command(xmllint, args...).CombinedOutput(); err != nil {
					b.Fatalf("xmllint: %v\n%.300s", err, out)
				}
				best = min(best, time.Since(start)/time.Duration(count))
			}
			for b.Loop() {
			}
			b.ReportMetric(float64(best), "ns/op")
			b.ReportMetric(float64(len(src))/best.Seconds()/1e6, "MB/s")
		})
	}
}
