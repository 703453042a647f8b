package wire

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

const xop = "http://www.w3.org/2004/08/xop/include"

func contentID(n int) string { return fmt.Sprintf("part-%d@fiscus", n+1) }

// include is what stands in the place of part n.
// Source: XOP 1.0, clause 2.1.
func include(n int) string {
	return `<xop:Include xmlns:xop="` + xop + `" href="cid:` + contentID(n) + `"/>`
}

// packed makes the envelope and its parts one message.
// Source: SOAP MTOM 1.0, clause 3; RFC 2387, clause 3.
func packed(v version, envelope, attached []engine.Piece) ([]engine.Piece, string) {
	parts := []part{{body: envelope, head: `Content-Type: application/xop+xml; charset=utf-8; type="` + v.media + `"` +
		"\r\nContent-Transfer-Encoding: 8bit\r\nContent-ID: <root@fiscus>"}}
	for i, a := range attached {
		parts = append(parts, part{body: []engine.Piece{a}, head: "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: binary\r\nContent-ID: <" + contentID(i) + ">"})
	}
	pieces, boundary := multipartOf(parts)
	typ := `multipart/related; type="application/xop+xml"; start="<root@fiscus>"; start-info="` + v.media + `"; boundary="` + boundary + `"`
	if v.space == soap12 && v.action != "" {
		typ += `; action="` + quoted(v.action) + `"`
	}
	return pieces, typ
}

// maxParts bounds the parts of an answer.
const maxParts = 100

// unpacked returns the root of a message of several parts, with the parts put
// back as base64 in the places that name them; other messages as they are.
func unpacked(contentType string, b []byte) (string, []byte, error) {
	t, params, err := mime.ParseMediaType(contentType)
	if err != nil || t != "multipart/related" {
		return contentType, b, nil
	}
	in := multipart.NewReader(bytes.NewReader(b), params["boundary"])
	parts := map[string][]byte{}
	start, typ := strings.Trim(params["start"], "<>"), ""
	for i := 0; ; i++ {
		p, err := in.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil || i == maxParts {
			return "", nil, problem(RuleAnswer, "the parts of the answer cannot be told apart")
		}
		data, err := decoded(p)
		if err != nil {
			return "", nil, problem(RuleAnswer, "part %d of the answer cannot be read", i+1)
		}
		id := strings.Trim(p.Header.Get("Content-ID"), "<> ")
		if i == 0 && start == "" {
			start = id
		}
		if id == start {
			typ = rootType(p.Header.Get("Content-Type"))
		}
		parts[id] = data
	}
	root, ok := parts[start]
	if !ok {
		return "", nil, problem(RuleAnswer, "the answer lacks its main part")
	}
	whole, err := putBack(root, parts)
	return typ, whole, err
}

// rootType is the type of the content of an XOP package.
func rootType(t string) string {
	if media, _, err := mime.ParseMediaType(t); err == nil && media == "application/xop+xml" {
		return "text/xml"
	}
	return t
}

func decoded(p *multipart.Part) ([]byte, error) {
	data, err := io.ReadAll(p)
	if err != nil || !strings.EqualFold(p.Header.Get("Content-Transfer-Encoding"), "base64") {
		return data, err
	}
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(data)), ""))
}

// putBack replaces every xop:Include by its part; all else stays as received.
func putBack(root []byte, parts map[string][]byte) ([]byte, error) {
	d, err := xmltree.Parse(root, xmltree.Options{})
	if err != nil {
		return nil, problem(RuleAnswer, "the main part of the answer is no well-formed XML")
	}
	found := d.ByName(d.Lookup(xop, "Include"))
	if len(found) == 0 {
		return root, nil
	}
	text := d.Source(0)
	var out []byte
	from := 0
	for _, n := range found {
		href, _ := d.Attr(n, "href")
		id, err := url.PathUnescape(strings.TrimPrefix(href, "cid:"))
		data, ok := parts[id]
		if err != nil || !ok {
			return nil, problem(RuleAnswer, "the answer names part %q, which is not there", href)
		}
		start, stop := d.Range(n)
		out = append(out, text[from:start]...)
		out = base64.StdEncoding.AppendEncode(out, data)
		from = stop
	}
	return append(out, text[from:]...), nil
}
