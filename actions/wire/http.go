package wire

import (
	"context"
	"mime"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// HTTP declares the action "http.call".
func HTTP() *engine.Spec {
	return &engine.Spec{
		Name:      "http.call",
		Since:     "0.1",
		Summary:   "Make one HTTP request.",
		Source:    "RFC 9110; RFC 9112",
		Effect:    engine.Sends,
		ReadsWhen: map[string][]string{"method": {"GET", "HEAD"}},
		Params: append([]engine.Param{
			{Name: "method", Type: formula.String, Default: "GET", Values: []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}, Doc: "Method. GET and HEAD are questions; others send, unless the step says effect: reads."},
		}, common()...),
		Out: []engine.Port{{Name: "out", Type: formula.Any, Doc: "The answer: a tree if it is XML or JSON, else bytes."}},
		Example: `id: send
action: http.call
with:
  method: POST
  url: https://authority.example/invoices
  auth: {basic: [user, =param.password]}
  headers: {Accept-Version: V2}
  body: {form: {number: "1", text: a b}}
`,
		Prepare: prepareHTTP,
		Read:    readHTTP,
	}
}

func prepareHTTP(_ context.Context, s *engine.Step) (*engine.Call, error) {
	c, err := newCall(s, s.Text("method"))
	if err != nil {
		return nil, err
	}
	b, err := body(s, false)
	if err != nil || b == nil {
		return c, err
	}
	setBody(c, b.pieces, b.typ)
	return c, nil
}

func readHTTP(_ *engine.Step, r *engine.Response) (engine.Reading, error) {
	tree, err := parse(r, header(r, "Content-Type"), r.Body)
	return engine.Reading{Tree: tree}, err
}

// parse reads a body as the tree its type says, or as the one it looks like
// when the type says nothing. Of an answer with an error status it takes what
// it can; of another one it refuses what is not what it says.
func parse(r *engine.Response, contentType string, b []byte) (formula.Node, error) {
	format, sure := formatOf(contentType, b)
	if format == "" {
		return nil, nil
	}
	tree, err := formula.ParseTree(b, format)
	if err != nil {
		if sure && r.Status/100 == 2 {
			return nil, problem(RuleAnswer, "the answer says it is %s and is not", format)
		}
		return nil, nil
	}
	return tree, nil
}

// formatOf returns "xml", "json" or "", and whether the type says so.
func formatOf(contentType string, b []byte) (format string, sure bool) {
	text := strings.TrimLeft(strings.TrimPrefix(string(b[:min(len(b), 64)]), "\ufeff"), " \t\r\n")
	if text == "" {
		return "", false
	}
	t, _, _ := mime.ParseMediaType(contentType)
	switch {
	case t == "text/xml" || t == "application/xml" || strings.HasSuffix(t, "+xml") && t != "application/xhtml+xml":
		return "xml", true
	case t == "application/json" || strings.HasSuffix(t, "+json"):
		return "json", true
	case t == "text/html" || t == "application/xhtml+xml":
		return "", false
	case text[0] == '<':
		return "xml", false
	case text[0] == '{' || text[0] == '[':
		return "json", false
	}
	return "", false
}

func header(r *engine.Response, name string) string {
	for _, h := range r.Header {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}
