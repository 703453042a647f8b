package wire

import (
	"bytes"
	"context"
	"encoding/base64"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

const (
	soap11 = "http://schemas.xmlsoap.org/soap/envelope/"
	soap12 = "http://www.w3.org/2003/05/soap-envelope"
)

// SOAP declares the action "soap.call".
func SOAP() *engine.Spec {
	return &engine.Spec{
		Name:    "soap.call",
		Since:   "0.1",
		Summary: "Call an operation of a SOAP service, document/literal.",
		Source:  "SOAP 1.1, clauses 4 and 6; SOAP 1.2 part 1, clause 5, part 2, clause 7; XOP 1.0",
		Effect:  engine.Sends,
		Params: append([]engine.Param{
			{Name: "version", Type: formula.String, Default: "1.1", Values: []string{"1.1", "1.2"}, Doc: "Version of SOAP."},
			{Name: "soapAction", Type: formula.String, Doc: "Action of the operation: a header in 1.1, a parameter of the type in 1.2."},
			{Name: "header", Type: formula.Any, Doc: "XML that stands in the SOAP header."},
			{Name: "wrapper", Type: formula.MapOf(map[string]formula.Type{"element": formula.String, "namespace": formula.String, "as": formula.String}, false), Doc: "Element around the body: {element: a or a/b, namespace, as: xml (default), text, cdata or base64}."},
			{Name: "attachments", Type: formula.String, Values: []string{"mtom"}, Doc: "mtom: bytes in the body travel as parts of the message."},
		}, common()...),
		Out: []engine.Port{{Name: "out", Type: formula.Tree, Doc: "The payload: the first element inside the SOAP body."}},
		Example: `id: ask
action: soap.call
with:
  version: "1.2"
  url: https://authority.example/service
  soapAction: urn:service/ask
  wrapper: {element: data, namespace: "urn:service"}
  tls: {certificate: =param.certificate}
  body: =steps.message.out
`,
		Prepare: prepareSOAP,
		Read:    readSOAP,
	}
}

func prepareSOAP(_ context.Context, s *engine.Step) (*engine.Call, error) {
	c, err := newCall(s, "POST")
	if err != nil {
		return nil, err
	}
	mtom := s.Text("attachments") == "mtom"
	b, err := body(s, mtom)
	if err != nil {
		return nil, err
	}
	payload, err := payloadOf(b)
	if err != nil {
		return nil, err
	}
	if payload, err = wrapped(payload, s.Value("wrapper")); err != nil {
		return nil, err
	}
	v := versionOf(s.Text("version"), s.Text("soapAction"))
	envelope, err := v.envelope(s, payload)
	if err != nil {
		return nil, err
	}
	if v.space == soap11 && !hasHeader(c, "SOAPAction") {
		c.Header = append(c.Header, engine.HeaderField{Name: "SOAPAction", Value: text(`"` + oneLine(v.action) + `"`)})
	}
	typ := v.contentType()
	if mtom {
		var parts []engine.Piece
		if b != nil {
			parts = b.parts
		}
		envelope, typ = packed(v, envelope, parts)
	}
	setBody(c, envelope, typ)
	return c, nil
}

type version struct{ space, media, action string }

func versionOf(v, action string) version {
	if v == "1.2" {
		return version{soap12, "application/soap+xml", action}
	}
	return version{soap11, "text/xml", action}
}

func (v version) contentType() string {
	t := v.media + "; charset=utf-8"
	if v.space == soap12 && v.action != "" {
		t += `; action="` + quoted(v.action) + `"`
	}
	return t
}

func (v version) envelope(s *engine.Step, payload []engine.Piece) ([]engine.Piece, error) {
	lead := `<soap:Envelope xmlns:soap="` + v.space + `">`
	if h := s.Value("header"); h != nil {
		b, err := raw(h)
		if err != nil || b.Secret != nil {
			return nil, problem(RuleBody, "the SOAP header takes XML")
		}
		inner, err := element(b.Bytes)
		if err != nil {
			return nil, err
		}
		lead += "<soap:Header>" + string(inner) + "</soap:Header>"
	}
	out := append([]engine.Piece{{Bytes: []byte(lead + "<soap:Body>")}}, payload...)
	return append(out, engine.Piece{Bytes: []byte("</soap:Body></soap:Envelope>")}), nil
}

// payloadOf is a body as an XML element, without what may only stand before
// one. The element itself stays byte for byte what it was.
func payloadOf(b *content) ([]engine.Piece, error) {
	if b == nil || b.xml {
		if b == nil {
			return nil, nil
		}
		return b.pieces, nil
	}
	if len(b.pieces) != 1 || b.pieces[0].Secret != nil {
		return nil, problem(RuleBody, "the body of a SOAP call is XML")
	}
	inner, err := element(b.pieces[0].Bytes)
	return []engine.Piece{{Bytes: inner}}, err
}

func element(b []byte) ([]byte, error) {
	d, err := xmltree.Parse(b, xmltree.Options{})
	if err != nil {
		return nil, problem(RuleBody, "what stands in a SOAP message is one XML element: %v", err)
	}
	return d.Source(d.Root()), nil
}

// wrapped puts the payload into the element that the operation names.
func wrapped(payload []engine.Piece, v any) ([]engine.Piece, error) {
	if v == nil {
		return payload, nil
	}
	m, _ := v.(map[string]any)
	path, _ := m["element"].(string)
	space, _ := m["namespace"].(string)
	as, _ := m["as"].(string)
	inner, err := encoded(payload, as)
	if err != nil {
		return nil, err
	}
	open, closing := "", ""
	for i, name := range strings.Split(path, "/") {
		if !xmltree.IsNCName(name) {
			return nil, problem(RuleBody, "wrapper %q is no element name", path)
		}
		open += "<" + name
		if i == 0 && space != "" {
			open += ` xmlns="` + string(xmltree.AppendAttribute(nil, space)) + `"`
		}
		open += ">"
		closing = "</" + name + ">" + closing
	}
	out := append([]engine.Piece{{Bytes: []byte(open)}}, inner...)
	return append(out, engine.Piece{Bytes: []byte(closing)}), nil
}

// encoded writes the payload as XML or, for services that take a document as
// a text, as one.
func encoded(payload []engine.Piece, as string) ([]engine.Piece, error) {
	if as == "" || as == "xml" {
		return payload, nil
	}
	var b bytes.Buffer
	for _, p := range payload {
		if p.Secret != nil {
			return nil, problem(RuleBody, "a secret inside a wrapped text has no slot")
		}
		b.Write(p.Bytes)
	}
	out := b.Bytes()
	switch as {
	case "text":
		out = xmltree.AppendText(nil, b.String())
	case "cdata":
		out = []byte("<![CDATA[" + strings.ReplaceAll(b.String(), "]]>", "]]]]><![CDATA[>") + "]]>")
	case "base64":
		out = []byte(base64.StdEncoding.EncodeToString(out))
	default:
		return nil, problem(RuleBody, "wrapper as %q is not known", as)
	}
	return []engine.Piece{{Bytes: out}}, nil
}
