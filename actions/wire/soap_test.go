package wire

import (
	"encoding/base64"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/nodes"
)

func TestSOAPCalls(t *testing.T) {
	t.Parallel()
	const url = "https://authority.example/s"
	pw := secret(t, "acme/pw", "p<w")
	body := []byte("\ufeff<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c -->\n<m:q xmlns:m=\"urn:m\"  a='1'>\r\n<b/></m:q>\n")
	inner := "<m:q xmlns:m=\"urn:m\"  a='1'>\r\n<b/></m:q>"
	one := `<soap:Envelope xmlns:soap="` + soap11 + `">`
	two := `<soap:Envelope xmlns:soap="` + soap12 + `">`
	end := "</soap:Body></soap:Envelope>"
	for name, test := range map[string]struct {
		values, refs, scope map[string]any
		want                string
	}{
		"1.1": {map[string]any{"soapAction": "urn:a", "body": body}, nil, nil,
			"SOAPAction: \"urn:a\"\nContent-Type: text/xml; charset=utf-8\n\n" + one + "<soap:Body>" + inner + end},
		"1.1 without action": {map[string]any{"body": body}, nil, nil, "SOAPAction: \"\"\nContent-Type: text/xml; charset=utf-8\n\n" + one + "<soap:Body>" + inner + end},
		"1.2": {map[string]any{"version": "1.2", "soapAction": "urn:a", "body": body}, nil, nil,
			"Content-Type: application/soap+xml; charset=utf-8; action=\"urn:a\"\n\n" + two + "<soap:Body>" + inner + end},
		"header":  {map[string]any{"version": "1.2", "header": "<h/>", "body": body}, nil, nil, "Content-Type: application/soap+xml; charset=utf-8\n\n" + two + "<soap:Header><h/></soap:Header><soap:Body>" + inner + end},
		"wrapper": {map[string]any{"version": "1.2", "wrapper": map[string]any{"element": "a/b", "namespace": "urn:x&y"}, "body": body}, nil, nil, "Content-Type: application/soap+xml; charset=utf-8\n\n" + two + `<soap:Body><a xmlns="urn:x&amp;y"><b>` + inner + "</b></a>" + end},
		"text":    {map[string]any{"version": "1.2", "wrapper": map[string]any{"element": "a", "as": "text"}, "body": []byte("<q/>")}, nil, nil, "Content-Type: application/soap+xml; charset=utf-8\n\n" + two + `<soap:Body><a>&lt;q/&gt;</a>` + end},
		"cdata":   {map[string]any{"version": "1.2", "wrapper": map[string]any{"element": "a", "as": "cdata"}, "body": []byte("<q>]]&gt;</q>")}, nil, nil, "Content-Type: application/soap+xml; charset=utf-8\n\n" + two + `<soap:Body><a><![CDATA[<q>]]&gt;</q>]]></a>` + end},
		"base64":  {map[string]any{"version": "1.2", "wrapper": map[string]any{"element": "a", "as": "base64"}, "body": []byte("<q/>")}, nil, nil, "Content-Type: application/soap+xml; charset=utf-8\n\n" + two + `<soap:Body><a>PHEvPg==</a>` + end},
		"inline": {map[string]any{"version": "1.2", "body": map[string]any{"xml": ""}}, map[string]any{"body": mapping(t, nodes.XML, "stamp", "xml", "=input.x", "password", "=param.pw")},
			map[string]any{"input": map[string]any{"x": "abc"}, "param": map[string]any{"pw": pw}}, "Content-Type: application/soap+xml; charset=utf-8\n\n" + two + `<soap:Body><stamp><xml>abc</xml><password>{acme/pw:p&lt;w}</password></stamp>` + end},
		"nothing": {map[string]any{"version": "1.2"}, nil, nil, "Content-Type: application/soap+xml; charset=utf-8\n\n" + two + "<soap:Body>" + end},
	} {
		test.values["url"] = url
		c, err := prepare(t, SOAP(), test.values, test.refs, test.scope)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, want := show(c), "POST "+url+"\n"+test.want; got != want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, want)
		}
	}
}

func TestMTOM(t *testing.T) {
	t.Parallel()
	m := mapping(t, nodes.XML, "file", "name", "=input.n", "data", "=input.b")
	c, err := prepare(t, SOAP(), map[string]any{"url": "https://h.example", "soapAction": "urn:a", "attachments": "mtom", "body": map[string]any{"xml": ""}},
		map[string]any{"body": m}, map[string]any{"input": map[string]any{"n": "a.xml", "b": []byte("\x00--\r\nbinary")}})
	if err != nil {
		t.Fatal(err)
	}
	typ := join(c.Header[len(c.Header)-1].Value)
	media, params, err := mime.ParseMediaType(typ)
	if err != nil || media != "multipart/related" || params["type"] != "application/xop+xml" || params["start-info"] != "text/xml" {
		t.Fatalf("%s: %v", typ, err)
	}
	in := multipart.NewReader(strings.NewReader(join(c.Body)), params["boundary"])
	root, err := in.NextRawPart()
	if err != nil || root.Header.Get("Content-ID") != params["start"] {
		t.Fatalf("%v %v", root, err)
	}
	// What we send reads back as what it says, by our own reader.
	typ, whole, err := unpacked(typ, []byte(join(c.Body)))
	want := `<file><name>a.xml</name><data>` + base64.StdEncoding.EncodeToString([]byte("\x00--\r\nbinary")) + `</data></file>`
	if err != nil || typ != "text/xml" || !strings.Contains(string(whole), want) {
		t.Errorf("%s %s %v", typ, whole, err)
	}
}

func envelope(space, body string) string {
	return `<S:Envelope xmlns:S="` + space + `" xmlns:q="urn:q"><S:Header><x/></S:Header><S:Body>` + body + `</S:Body></S:Envelope>`
}

func TestReadSOAP(t *testing.T) {
	t.Parallel()
	related := func(root string, ids ...string) string {
		b := "--b\r\nContent-Type: application/xop+xml; type=\"text/xml\"\r\nContent-ID: <root>\r\n\r\n" + root
		for _, id := range ids {
			b += "\r\n--b\r\nContent-ID: <" + id + ">\r\nContent-Transfer-Encoding: binary\r\n\r\nDATA"
		}
		return b + "\r\n--b--\r\n"
	}
	inc := `<d><xop:Include xmlns:xop="` + xop + `" href="cid:p%40x"/></d>`
	for name, test := range map[string]struct {
		status                int
		typ, body             string
		payload, source, code string
		fails                 bool
	}{
		"1.1":               {200, "text/xml", envelope(soap11, "\n<q:a>1</q:a>"), "q:a", "<q:a>1</q:a>", "", false},
		"1.2":               {200, "application/soap+xml", envelope(soap12, "<a/>"), "a", "<a/>", "", false},
		"fault":             {500, "text/xml", envelope(soap11, "<S:Fault><faultcode>x</faultcode></S:Fault>"), "S:Fault", "<S:Fault><faultcode>x</faultcode></S:Fault>", "FAULT", false},
		"no SOAP fault":     {200, "text/xml", envelope(soap11, "<Fault/>"), "Fault", "<Fault/>", "", false},
		"empty body":        {200, "text/xml", envelope(soap11, ""), "", "", "", false},
		"nothing":           {202, "", "", "", "", "", false},
		"error page":        {503, "text/html", "<html>", "", "", "", false},
		"page with success": {200, "text/html", "<html>", "", "", "", true},
		"no envelope":       {200, "text/xml", "<a/>", "", "", "", true},
		"cut":               {200, "text/xml", envelope(soap11, "<a>")[:80], "", "", "", true},
		"other version":     {200, "text/xml", envelope("urn:other", "<a/>"), "", "", "", true},
		"parts":             {200, `multipart/related; boundary=b; start="<root>"; type="application/xop+xml"`, related(envelope(soap11, inc), "p@x"), "d", "<d>REFUQQ==</d>", "", false},
		"parts, no start":   {200, `multipart/related; boundary=b`, related(envelope(soap11, inc), "p@x"), "d", "<d>REFUQQ==</d>", "", false},
		"part missing":      {200, `multipart/related; boundary=b`, related(envelope(soap11, inc)), "", "", "", true},
		"parts cut":         {200, `multipart/related; boundary=b`, related(envelope(soap11, inc))[:60], "", "", "", true},
		"no main part":      {200, `multipart/related; boundary=b; start=other`, related(envelope(soap11, inc)), "", "", "", true},
	} {
		r, err := SOAP().Read(nil, &engine.Response{Status: test.status, Header: [][2]string{{"Content-Type", test.typ}}, Body: []byte(test.body)})
		if (err != nil) != test.fails || r.Code != test.code || (r.Tree != nil) != (test.payload != "") {
			t.Errorf("%s: %+v %v", name, r, err)
			continue
		}
		if r.Tree != nil && string(r.Tree.Source()) != test.source {
			t.Errorf("%s: payload %s", name, r.Tree.Source())
		}
	}
}

func FuzzReadSOAP(f *testing.F) {
	f.Add("text/xml", []byte(envelope(soap11, "<a/>")))
	f.Add("multipart/related; boundary=b", []byte("--b\r\nContent-ID: <r>\r\n\r\n<a/>\r\n--b--"))
	f.Fuzz(func(_ *testing.T, typ string, b []byte) {
		r := &engine.Response{Status: 200, Header: [][2]string{{"Content-Type", typ}}, Body: b}
		_, _ = SOAP().Read(nil, r)
		_, _ = HTTP().Read(nil, r)
	})
}
