package actions_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/wire"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// sending is a package that signs a document, sends it by SOAP with a password
// in the body, and asks for the answer by HTTP.
var sending = fstest.MapFS{
	"package.yaml": {Data: []byte(`package: xx/send
version: 1.0.0
engine: ">=0.1 <1"
documents: [invoice/1]
date: document.issued
parameters:
  - {name: certificate, type: certificate, required: true}
  - {name: password, type: secret, required: true}
  - {name: base, type: string, required: true}
const:
  signature: {position: after, transforms: [enveloped, c14n10], c14n: c14n10, digest: sha256, method: rsa-sha256, keyInfo: [certificate]}
`)},
	"mappings/doc.yaml": {Data: []byte(`mapping: doc
format: xml
namespaces: {"": "urn:doc"}
root:
  doc:
    info:
      "@Id": ="d" + (document.number ?? "")
      total: =document.lines[0].netAmount
`)},
	"flows/issue.yaml": {Data: []byte(`flow: issue
applies: {all: [{field: document.type, is: invoice}]}
steps:
  - id: map
    action: transform.write
    with: {mapping: mappings/doc.yaml}
  - id: sign
    action: xml.sign
    with: {in: =steps.map.out, element: info, id: Id, certificate: =param.certificate, profile: =const.signature}
  - id: genuine
    action: xml.verify
    with: {in: =steps.sign.out, element: info}
  - id: send
    action: soap.call
    needs: [genuine]
    with:
      version: "1.2"
      url: =param.base + "/soap"
      soapAction: urn:send
      body:
        xml:
          send:
            "@xmlns": urn:service
            user: acme
            password: =param.password
            digest: =steps.sign.digest
            file: =base64(steps.sign.out)
    answer: {code: =at("//code"), codes: {"100": {class: done, status: accepted}}, default: {class: unknown}}
    handle: {unknown: park}
  - id: ask
    action: http.call
    needs: [send]
    with: {url: =param.base + "/status", auth: {bearer: =param.password}}
    answer: {code: =at("state"), codes: {"fine": {class: done}}, default: {class: unknown}}
`)},
}

type bridge struct{ client wire.Client }

func (b *bridge) Do(ctx context.Context, c *engine.Call, gate engine.Gate) *engine.Response {
	call := &wire.Call{Method: c.Method, URL: c.URL, Body: slots(c.Body), Gate: gate, NotAfter: time.Time{}}
	for _, h := range c.Header {
		call.Header = append(call.Header, wire.Field{Name: h.Name, Value: slots(h.Value)})
	}
	r, fail := b.client.Send(ctx, call)
	if fail != nil {
		return &engine.Response{Code: fail.Code, Reason: fail.Reason}
	}
	return &engine.Response{Status: r.Status, Header: r.Header, Body: r.Body, Received: r.Received}
}

func slots(in []engine.Piece) (out []wire.Piece) {
	for _, p := range in {
		q := wire.Piece{Bytes: p.Bytes}
		if p.Secret != nil {
			q.Secret = *p.Secret
		}
		out = append(out, q)
	}
	return out
}

type keyring struct{ pair *keys.Pair }

func (k keyring) Key(any) (*keys.Pair, error)        { return k.pair, nil }
func (k keyring) Secret(name string) ([]byte, error) { return []byte("canary<" + name), nil }

func TestSignAndSend(t *testing.T) {
	var sent, asked atomic.Int32
	var file string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/status" {
			asked.Add(1)
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"state": "%s"}`, map[bool]string{true: "fine"}[r.Header.Get("Authorization") == "Bearer canary<acme/pw"])
			return
		}
		sent.Add(1)
		b, _ := io.ReadAll(r.Body)
		d, err := xmltree.Parse(b, xmltree.Options{})
		if err == nil {
			file = d.Text(d.Root())
		}
		w.Header().Set("Content-Type", "application/soap+xml")
		_, _ = io.WriteString(w, `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><r><code>100</code></r></e:Body></e:Envelope>`)
	}))
	t.Cleanup(server.Close)
	p, problems := load.Load(sending, registry(), nil)
	if p == nil || problems.Grave() {
		t.Fatal(problems)
	}
	cat, list := engine.NewCatalog([]*engine.Package{p},
		[]*engine.Deployment{{Name: "d", Environment: engine.Test, Use: []engine.Use{{Package: p.ID, Entities: []string{"acme"}}}}},
		[]*engine.Entity{{ID: "acme", Fields: map[string]any{"id": "acme", "country": "XX", "zone": "UTC"},
			Parameters: map[string]map[string]engine.Expr{p.ID: {"certificate": enginetest.Value(t, `=secret("acme/a1")`),
				"password": enginetest.Value(t, `=secret("acme/pw")`), "base": enginetest.Value(t, server.URL)}}}})
	if list.Grave() {
		t.Fatal(list)
	}
	pair, err := keys.StandIn("Acme", keys.Describe{})
	if err != nil {
		t.Fatal(err)
	}
	log := engine.NewMemory(nil)
	e, err := engine.New(cat, engine.Hands{Clock: &clock{time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}, Log: log, Keys: keyring{pair}, DigestKey: []byte("k"),
		Transport: &bridge{wire.Client{Policy: wire.Policy{AllowPrivate: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}}}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := e.Submit(t.Context(), &engine.Request{Document: []byte(document), File: "doc.json", Entity: "acme", Environment: engine.Test})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), []string{sub.ID}, 1, time.Minute); err != nil {
		t.Fatal(err)
	}
	report, err := e.Report(t.Context(), sub.ID)
	if err != nil {
		t.Fatal(err)
	}
	if report.Status.Run != engine.RunCompleted || report.Status.Document != engine.DocAccepted || sent.Load() != 1 || asked.Load() != 1 {
		t.Errorf("%+v %+v, sent %d, asked %d, %v", report.Steps, report.Status, sent.Load(), asked.Load(), report.Findings)
	}
	if !strings.HasPrefix(file, "acmecanary<acme/pw") {
		t.Errorf("what was sent begins %.60q", file)
	}
	if strings.Contains(fmt.Sprintf("%+v", report), "canary") {
		t.Error("the report shows the secret")
	}
}
