package simulator

import (
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

func path(t *testing.T, text string) *treepath.Path {
	t.Helper()
	p, err := treepath.Compile(text, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sealing is an authority that checks the seal of a document that comes in
// base64 as a field of a form.
func sealing(t *testing.T) *Simulator {
	t.Helper()
	of, problems := formula.Compile(`unbase64(at("file"))`, diag.Pos{}, &formula.Decl{Reader: true, Simulator: true})
	in, more := formula.Compile(`input.in`, diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"input": formula.Any}})
	if err := append(problems, more...).Err(); err != nil {
		t.Fatal(err)
	}
	list := &nodes.ListOf{Of: formula.Formula(in), Start: "|", Before: "|", End: "||", Parts: []*nodes.ListPart{{At: path(t, "/Doc"), Put: []nodes.ListField{{Path: path(t, "@a")}, {Path: path(t, "@b")}}}}}
	m := &nodes.Mapping{Format: nodes.List, List: list, Inputs: []nodes.Input{{Name: "in", Type: formula.Tree, Required: true}}}
	if err := m.Prepare().Err(); err != nil {
		t.Fatal(err)
	}
	reply := func(text string) *Reply { return &Reply{Format: "text", Data: formula.Literal(text, diag.Pos{})} }
	return &Simulator{Name: "seals", Routes: []*Route{{Name: "take", Method: "POST",
		Checks: []Check{{Sealed: &Sealed{Mapping: m, Seal: path(t, "/Doc/@Seal"), Certificate: path(t, "/Doc/@Cert")}, Of: formula.Formula(of), Code: "302"}},
		Cases:  []Case{{When: on(t, `len(results) > 0`), Reply: reply("refused")}, {Reply: reply("taken")}}}}}
}

func TestSealIsChecked(t *testing.T) {
	t.Parallel()
	pair, err := keys.StandIn("x", keys.Describe{})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("||1|ñ||"))
	seal, err := pair.Signer.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	cert := base64.StdEncoding.EncodeToString(pair.Leaf.Raw)
	doc := fmt.Sprintf(`<Doc a="1" b="ñ" Cert="%s" Seal="%s"/>`, cert, base64.StdEncoding.EncodeToString(seal))
	for name, tt := range map[string]struct{ doc, want string }{
		"right":          {doc, "taken"},
		"value changed":  {strings.Replace(doc, `a="1"`, `a="2"`, 1), "refused"},
		"no seal":        {strings.Replace(doc, "Seal=", "Other=", 1), "refused"},
		"no base64":      {strings.Replace(doc, `Seal="`, `Seal="%%`, 1), "refused"},
		"no certificate": {strings.Replace(doc, cert, "AAAA", 1), "refused"},
		"value missing":  {strings.Replace(doc, `a="1"`, "", 1), "refused"},
		"no XML":         {"x", "refused"},
	} {
		coded := base64.StdEncoding.EncodeToString([]byte(tt.doc))
		bodies := map[string]string{
			"application/json":                  `{"file": "` + coded + `"}`,
			"multipart/form-data; boundary=b":   "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.xml\"\r\nContent-Type: text/plain\r\n\r\n" + coded + "\r\n--b--\r\n",
			"application/x-www-form-urlencoded": "file=" + strings.NewReplacer("+", "%2B", "=", "%3D").Replace(coded),
		}
		for typ, body := range bodies {
			a := New(sealing(t), Options{Now: func() time.Time { return time.Unix(0, 0) }})
			out, err := a.Handle(t.Context(), Request{Method: "POST", Path: "/", Body: []byte(body), Header: func(name string) (string, bool) { return typ, name == "Content-Type" }})
			if err != nil || string(out.Body) != tt.want {
				t.Errorf("%s as %s: %v, %v", name, typ, out, err)
			}
		}
	}
}
