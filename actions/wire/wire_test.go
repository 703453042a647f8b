package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
	transport "github.com/fiscus-project/fiscus/internal/wire"
)

func secret(t testing.TB, name, value string) formula.Secret {
	t.Helper()
	s, err := formula.NewSecret(name, value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func rule(err error) string {
	var p diag.Problem
	if errors.As(err, &p) {
		return p.Rule
	}
	return fmt.Sprint(err)
}

// step makes a step; scope has the names of the flow.
func step(values, refs, scope map[string]any) *engine.Step {
	s := formula.NewScope(nil)
	for k, v := range scope {
		s.Set(k, v)
	}
	return engine.NewStep("x", values, refs, s, engine.StepHands{})
}

// withDefaults puts in what the interpreter would.
func withDefaults(s *engine.Spec, values map[string]any) map[string]any {
	out := map[string]any{}
	for _, p := range s.Params {
		if p.Default != nil {
			out[p.Name] = p.Default
		}
	}
	maps.Copy(out, values)
	return out
}

func prepare(t testing.TB, s *engine.Spec, values, refs, scope map[string]any) (*engine.Call, error) {
	t.Helper()
	c, err := s.Prepare(t.Context(), step(withDefaults(s, values), refs, scope))
	if err != nil {
		return nil, err
	}
	again, err := s.Prepare(t.Context(), step(withDefaults(s, values), refs, scope))
	if err != nil || show(c) != show(again) {
		t.Errorf("the same step gave two calls: %s and %s, %v", show(c), show(again), err)
	}
	return c, nil
}

func join(pieces []engine.Piece) string {
	var b strings.Builder
	for _, p := range pieces {
		b.Write(p.Bytes)
		if p.Secret != nil {
			b.WriteString("{" + p.Secret.Name() + ":" + p.Secret.Reveal() + "}")
		}
	}
	return b.String()
}

// show writes a call with secrets in braces.
func show(c *engine.Call) string {
	var b strings.Builder
	b.WriteString(c.Method + " " + c.URL + "\n")
	for _, h := range c.Header {
		b.WriteString(h.Name + ": " + join(h.Value) + "\n")
	}
	return b.String() + "\n" + join(c.Body)
}

// mapping makes a mapping by hand: elements with a formula as text, in order.
func mapping(t testing.TB, f nodes.Format, root string, pairs ...string) *nodes.Mapping {
	t.Helper()
	decl := &formula.Decl{Names: map[string]formula.Type{"input": formula.Any, "steps": formula.Any, "param": formula.Any}}
	top := &nodes.Node{Kind: nodes.Element, Name: root}
	if root == "" {
		top.Kind = nodes.Group
	}
	for i := 0; i < len(pairs); i += 2 {
		v, problems := formula.CompileText(pairs[i+1], diag.Pos{}, decl, false)
		if problems.Grave() {
			t.Fatal(problems)
		}
		top.Children = append(top.Children, &nodes.Node{Kind: nodes.Element, Name: pairs[i], Value: v})
	}
	m := &nodes.Mapping{Name: "m", Format: f, Root: top}
	if problems := m.Prepare(); problems.Grave() {
		t.Fatal(problems)
	}
	return m
}

func TestHTTPCalls(t *testing.T) {
	t.Parallel()
	pw := secret(t, "acme/pw", "p:w&")
	const url = "https://authority.example/x"
	for name, test := range map[string]struct {
		values, refs, scope map[string]any
		want                string
	}{
		"get":     {map[string]any{"url": url}, nil, nil, "GET " + url + "\n\n"},
		"headers": {map[string]any{"url": url, "headers": map[string]any{"B": "1", "A": pw, "C": nil, "D": true}}, nil, nil, "GET " + url + "\nA: {acme/pw:p:w&}\nB: 1\nD: true\n\n"},
		"basic": {map[string]any{"url": url, "auth": map[string]any{"basic": []any{"me", pw}}}, nil, nil,
			"GET " + url + "\nAuthorization: Basic {acme/pw:" + base64.StdEncoding.EncodeToString([]byte("me:p:w&")) + "}\n\n"},
		"bearer":      {map[string]any{"url": url, "auth": map[string]any{"bearer": pw}}, nil, nil, "GET " + url + "\nAuthorization: Bearer {acme/pw:p:w&}\n\n"},
		"auth header": {map[string]any{"url": url, "auth": map[string]any{"header": map[string]any{"X-Key": pw}}}, nil, nil, "GET " + url + "\nX-Key: {acme/pw:p:w&}\n\n"},
		"form": {map[string]any{"method": "POST", "url": url, "body": map[string]any{"form": map[string]any{"b": "1 2", "a": pw, "l": []any{"x", "y"}, "n": nil}}}, nil, nil,
			"POST " + url + "\nContent-Type: application/x-www-form-urlencoded\n\na={acme/pw:p%3Aw%26}&b=1+2&l=x&l=y"},
		"bytes":      {map[string]any{"method": "POST", "url": url, "body": map[string]any{"bytes": []byte("<a/>"), "type": "application/xml"}}, nil, nil, "POST " + url + "\nContent-Type: application/xml\n\n<a/>"},
		"bare bytes": {map[string]any{"method": "PUT", "url": url, "body": []byte("x")}, nil, nil, "PUT " + url + "\nContent-Type: application/octet-stream\n\nx"},
		"own type":   {map[string]any{"method": "PUT", "url": url, "headers": map[string]any{"content-type": "a/b"}, "body": []byte("x")}, nil, nil, "PUT " + url + "\ncontent-type: a/b\n\nx"},
		"inline json": {map[string]any{"method": "POST", "url": url, "body": map[string]any{"json": ""}}, map[string]any{"body": mapping(t, nodes.JSON, "", "hash", "=steps.h", "pw", "=param.pw")},
			map[string]any{"steps": map[string]any{"h": "abc"}, "param": map[string]any{"pw": pw}},
			"POST " + url + "\nContent-Type: application/json\n\n{\"hash\":\"abc\",\"pw\":{acme/pw:\"p:w&\"}}"},
		"inline xml": {map[string]any{"method": "POST", "url": url, "body": map[string]any{"xml": "", "type": "text/xml"}}, map[string]any{"body": mapping(t, nodes.XML, "a", "b", "=input.k", "pw", "=param.pw")},
			map[string]any{"input": map[string]any{"k": "abc"}, "param": map[string]any{"pw": pw}},
			"POST " + url + "\nContent-Type: text/xml\n\n<a><b>abc</b><pw>{acme/pw:p:w&amp;}</pw></a>"},
	} {
		c, err := prepare(t, HTTP(), test.values, test.refs, test.scope)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := show(c); got != test.want {
			t.Errorf("%s:\n got %q\nwant %q", name, got, test.want)
		}
	}
}

func TestMappingSeesItsInputOnly(t *testing.T) {
	t.Parallel()
	m := mapping(t, nodes.XML, "a", "b", "=input.k")
	m.Inputs = []nodes.Input{{Name: "k", Type: formula.String, Required: true}}
	c, err := prepare(t, HTTP(), map[string]any{"url": "https://h.example", "body": map[string]any{"input": map[string]any{"k": "given"}}},
		map[string]any{"body": m}, map[string]any{"input": map[string]any{"k": "of the flow"}})
	if err != nil || join(c.Body) != "<a><b>given</b></a>" {
		t.Errorf("%v %v", c, err)
	}
}

func TestMultipartForm(t *testing.T) {
	t.Parallel()
	c, err := prepare(t, HTTP(), map[string]any{"method": "POST", "url": "https://h.example", "body": map[string]any{"multipart": map[string]any{
		"xml": map[string]any{"bytes": []byte("<a/>\r\n"), "type": "text/xml", "file": `d"1.xml`}, "kind": "x"}}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(join(c.Header[0].Value))
	if err != nil {
		t.Fatal(err)
	}
	f, err := multipart.NewReader(strings.NewReader(join(c.Body)), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	file := f.File["xml"][0]
	in, err := file.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(in)
	if f.Value["kind"][0] != "x" || file.Filename != "d%221.xml" || file.Header.Get("Content-Type") != "text/xml" || string(b) != "<a/>\r\n" {
		t.Errorf("%v %v %q", f.Value, file, b)
	}
}

func TestRefusedCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spec   *engine.Spec
		values map[string]any
		want   string
	}{
		"auth of two kinds":   {HTTP(), map[string]any{"auth": map[string]any{"basic": []any{"a", "b"}, "bearer": "c"}}, RuleAuth},
		"auth without value":  {HTTP(), map[string]any{"auth": map[string]any{"bearer": nil}}, RuleAuth},
		"basic of one":        {HTTP(), map[string]any{"auth": map[string]any{"basic": []any{"a"}}}, RuleAuth},
		"basic absent secret": {HTTP(), map[string]any{"auth": map[string]any{"basic": []any{"a", nil}}}, RuleAuth},
		"header of a list":    {HTTP(), map[string]any{"headers": map[string]any{"A": []any{}}}, RuleHeader},
		"body of a number":    {HTTP(), map[string]any{"body": true}, RuleBody},
		"absent bytes":        {HTTP(), map[string]any{"body": map[string]any{"bytes": nil}}, RuleBody},
		"soap of text":        {SOAP(), map[string]any{"body": []byte("hello")}, RuleBody},
		"wrapper":             {SOAP(), map[string]any{"wrapper": map[string]any{"element": "a b"}}, RuleBody},
		"wrapper as":          {SOAP(), map[string]any{"wrapper": map[string]any{"element": "a", "as": "zip"}}, RuleBody},
	} {
		if _, err := prepare(t, test.spec, test.values, nil, nil); rule(err) != test.want {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func TestReadHTTP(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status     int
		typ, body  string
		path, want string
		fails      bool
	}{
		"json":             {200, "application/json; charset=utf-8", `{"a":{"b":1.50}}`, "a/b", "1.50", false},
		"problem":          {422, "application/problem+json", `{"code":"x"}`, "code", "x", false},
		"xml":              {200, "text/xml", "<a><b>1</b></a>", "a/b", "1", false},
		"not said":         {200, "", ` {"a":2}`, "a", "2", false},
		"no tree":          {200, "application/pdf", "%PDF", "", "", false},
		"html":             {500, "text/html", "<html><p>", "", "", false},
		"empty":            {204, "application/json", "", "", "", false},
		"lies":             {200, "application/json", "{", "", "", true},
		"lies with errors": {500, "application/json", "{", "", "", false},
	} {
		r, err := HTTP().Read(nil, &engine.Response{Status: test.status, Header: [][2]string{{"content-type", test.typ}}, Body: []byte(test.body)})
		if (err != nil) != test.fails || (r.Tree != nil) != (test.path != "") {
			t.Errorf("%s: %v %v", name, r, err)
			continue
		}
		if r.Tree == nil {
			continue
		}
		if found, err := r.Tree.Find(test.path); err != nil || len(found) != 1 || found[0].Text() != test.want {
			t.Errorf("%s: %v %v", name, found, err)
		}
	}
}

// example reads the step of a Spec and puts values in the place of formulas.
func example(t *testing.T, s *engine.Spec, known map[string]any) map[string]any {
	t.Helper()
	var st struct {
		Action string
		With   map[string]any
	}
	if err := yaml.Unmarshal([]byte(s.Example), &st); err != nil || st.Action != s.Name {
		t.Fatalf("example of %s: %v", s.Name, err)
	}
	var fill func(v any) any
	fill = func(v any) any {
		switch v := v.(type) {
		case string:
			if name, ok := strings.CutPrefix(v, "="); ok {
				if known[name] == nil {
					t.Fatalf("example of %s reads %s", s.Name, name)
				}
				return known[name]
			}
		case []any:
			for i := range v {
				v[i] = fill(v[i])
			}
		case map[string]any:
			for k := range v {
				v[k] = fill(v[k])
			}
		}
		return v
	}
	return fill(st.With).(map[string]any)
}

// do makes the call over a real connection, the way a run does.
func do(t *testing.T, c *engine.Call) *engine.Response {
	t.Helper()
	call := &transport.Call{Method: c.Method, URL: c.URL, Body: pieces(c.Body), Timeout: 10 * time.Second}
	for _, h := range c.Header {
		call.Header = append(call.Header, transport.Field{Name: h.Name, Value: pieces(h.Value)})
	}
	r, fail := (&transport.Client{Policy: transport.Policy{AllowPrivate: transport.Loopback}}).Send(t.Context(), call)
	if fail != nil {
		t.Fatal(fail)
	}
	return &engine.Response{Status: r.Status, Header: r.Header, Body: r.Body, Received: r.Received}
}

func pieces(in []engine.Piece) (out []transport.Piece) {
	for _, p := range in {
		q := transport.Piece{Bytes: p.Bytes}
		if p.Secret != nil {
			q.Secret = *p.Secret
		}
		out = append(out, q)
	}
	return out
}

func TestExamplesOverAConnection(t *testing.T) {
	t.Parallel()
	var reg engine.Registry
	reg.Register(Specs()...)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/soap+xml") {
			b, _ := io.ReadAll(r.Body)
			if !strings.Contains(string(b), `<soap:Body><data xmlns="urn:service"><question/></data></soap:Body>`) {
				w.WriteHeader(http.StatusBadRequest)
			}
			w.Header().Set("Content-Type", "application/soap+xml")
			_, _ = io.WriteString(w, `<e:Envelope xmlns:e="`+soap12+`"><e:Header/><e:Body><answer><code>100</code></answer></e:Body></e:Envelope>`)
			return
		}
		user, password, _ := r.BasicAuth()
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"seen":"%s %s %s %s %s"}`, user, password, r.FormValue("number"), r.FormValue("text"), r.Header.Get("Accept-Version"))
	}))
	t.Cleanup(server.Close)
	for _, test := range []struct {
		spec       *engine.Spec
		path, want string
	}{{HTTP(), "seen", "user p:w& 1 a b V2"}, {SOAP(), "code", "100"}} {
		values := example(t, test.spec, map[string]any{"param.password": secret(t, "acme/pw", "p:w&"), "param.certificate": "acme/a1", "steps.message.out": []byte("<?xml version='1.0'?><question/>")})
		values["url"] = server.URL
		c, err := prepare(t, test.spec, values, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.spec.Name == "soap.call" && c.Certificate != "acme/a1" {
			t.Errorf("certificate %v", c.Certificate)
		}
		r, err := test.spec.Read(nil, do(t, c))
		if err != nil {
			t.Fatal(err)
		}
		found, err := r.Tree.Find(test.path)
		if err != nil || len(found) != 1 || found[0].Text() != test.want {
			t.Errorf("%s: %v %v", test.spec.Name, found, err)
		}
	}
}
