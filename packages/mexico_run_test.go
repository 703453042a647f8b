package packages

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"github.com/fiscus-project/fiscus/internal/xmldsig"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// office is an engine with the package, its simulator and one certificate.
type office struct {
	t      testing.TB
	bundle *load.Bundle
	clock  *engine.Virtual
	log    *engine.Memory
	engine *engine.Engine
	entity string
	calls  []string
}

type oneKey struct{ pair *keys.Pair }

func (k oneKey) Key(any) (*keys.Pair, error) {
	if k.pair == nil {
		return nil, errors.New("no key")
	}
	return k.pair, nil
}

func (k oneKey) Secret(name string) ([]byte, error) { return []byte("secret of " + name), nil }

func signedXML(data []byte) error {
	d, err := xmltree.Parse(data, xmltree.Options{})
	if err != nil {
		return err
	}
	all := xmldsig.Signatures(d)
	if len(all) != 1 {
		return errors.New("not signed once")
	}
	_, err = xmldsig.VerifyAt(d, all[0], xmldsig.Check{Any: true, AllowSHA1: true})
	return err
}

// newOffice deploys bundles for an entity of the first one.
func newOffice(t testing.TB, at string, pair *keys.Pair, entity *engine.Entity, store engine.ArtifactStore, bundles ...*load.Bundle) *office {
	t.Helper()
	begin, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, bundle: bundles[0], clock: engine.NewVirtual(begin), log: engine.NewMemory(nil), entity: entity.ID}
	var packages []*engine.Package
	var use []engine.Use
	for _, b := range bundles {
		packages, use = append(packages, b.Package), append(use, engine.Use{Package: b.Package.ID, Entities: []string{entity.ID}})
	}
	cat, list := engine.NewCatalog(packages, []*engine.Deployment{{Name: "d", Environment: engine.Test, Use: use}}, []*engine.Entity{entity})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	wire := &simulator.InProcess{Clock: o.clock, Keys: oneKey{pair}, Fault: func(err error) { t.Error(err) }}
	for _, b := range slices.Backward(bundles) { // a later package is asked first
		host := cat.Outside(b.Package, engine.Outside{Environment: engine.Test, Entity: entity.ID, Day: func() civil.Date { return civil.DateOf(o.clock.Now()) }}).Host()
		for _, sim := range b.Simulators {
			wire.Authorities = append(wire.Authorities, simulator.New(sim, simulator.Options{Now: o.clock.Now, Package: b.Package, Host: host, Artifacts: store, Signed: signedXML,
				Context: map[string]any{"environment": "test"}, Observe: func(_ context.Context, e simulator.Event) error { o.calls = append(o.calls, e.Route); return nil }}))
		}
	}
	o.engine, err = engine.New(cat, engine.Hands{Clock: o.clock, Keys: oneKey{pair}, Log: o.log, Transport: wire, Artifacts: store, DigestKey: []byte("k")}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// submit hands in a document of the package's tests, with changes to its text.
func (o *office) submit(id, document string, changes ...string) engine.Advanced {
	o.t.Helper()
	data, err := fs.ReadFile(o.bundle.Package.Files, "tests/documents/"+document+".json")
	if err != nil {
		o.t.Fatal(err)
	}
	text := strings.NewReplacer(changes...).Replace(string(data))
	s, err := o.engine.Submit(o.t.Context(), &engine.Request{ID: id, Document: []byte(text), Entity: o.entity, Environment: engine.Test})
	if err != nil {
		o.t.Fatal(err)
	}
	out, err := o.engine.Run(o.t.Context(), []string{s.ID}, 1, time.Hour)
	if err != nil {
		o.t.Fatal(err)
	}
	return out[s.ID]
}

func (o *office) report(id string) *engine.Report {
	o.t.Helper()
	r, err := o.engine.Report(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *office) result(id, name string) []byte {
	o.t.Helper()
	kept, err := o.log.Kept(o.t.Context(), id)
	if err != nil {
		o.t.Fatal(err)
	}
	for _, k := range kept {
		if k.Name == name {
			data, err := o.log.Blob(o.t.Context(), k.SHA256)
			if err != nil {
				o.t.Fatal(err)
			}
			return data
		}
	}
	o.t.Fatalf("%s: no result %q; %+v", id, name, o.report(id).Findings)
	return nil
}

func school(t testing.TB, b *load.Bundle, file string) *engine.Entity {
	t.Helper()
	e := b.Entities["tests/entities/"+file+".yaml"]
	if e == nil {
		t.Fatalf("no entity %s", file)
	}
	return e
}

// vectorKey is the key of the vectors, in one of its containers.
func vectorKey(t testing.TB, container int) (*keys.Pair, int) {
	t.Helper()
	cert, _ := sealVectors(t)
	var v struct {
		Vectors []struct {
			DER      []byte `json:"der_base64"`
			Password string `json:"password"`
		} `json:"vectors"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-csd-keys.json"), &v); err != nil {
		t.Fatal(err)
	}
	pair, err := keys.Read([]byte(v.Vectors[container].Password), v.Vectors[container].DER, cert)
	if err != nil {
		t.Fatal(err)
	}
	return pair, len(v.Vectors)
}

var partyInString = regexp.MustCompile(`\|([A-ZÑ&]{3,4}[0-9]{6}[0-9A-Z]{3})\|([^|]+)`)

// asInVector gives the legal entity, and by the changes it returns the parties
// of a document, the tax ids and names they have in a string of the vectors.
func asInVector(t testing.TB, text string, seller *engine.Entity) (changes []string) {
	t.Helper()
	parties := partyInString.FindAllStringSubmatch(text, -1)
	if len(parties) < 2 {
		t.Fatalf("no parties in %s", text)
	}
	seller.Fields["taxId"], seller.Fields["name"] = parties[0][1], parties[0][2]
	own := [][2]string{{"TPR180429TMA", "TALLERES PEÑA Y ROCA"}, {"ROSM7608212V6", "MARIA ROSALES SOTO"}}
	for i, party := range parties[1:] {
		if i < len(own) {
			changes = append(changes, own[i][0], party[1], own[i][1], party[2])
		}
	}
	return changes
}

// Documents that say what the vectors say are issued through the whole flow,
// with the certificate of the vectors in every container of its key: the same
// strings and the same seals come out.
func TestIssuedDocumentsAreThoseOfTheVectors(t *testing.T) {
	t.Parallel()
	b := cfdiBundle(t, nil)
	_, vectors := sealVectors(t)
	_, containers := vectorKey(t, 0)
	none := []string{`"series": "A",`, ""}
	for i, c := range []struct {
		document, at string
		vector       int
		changes      []string
	}{
		{"income", "2026-11-23T09:30:20-06:00", 0, nil},
		{"dollars", "2026-11-23T09:30:20-06:00", 3, none},
		{"global", "2026-11-23T23:59:20-06:00", 4, none},
		{"payment", "2026-11-23T09:30:20-06:00", 5, nil},
	} {
		want := vectors[c.vector]
		if c.changes != nil { // the vector has neither series nor number; the package writes both
			want.String = strings.Replace(want.String, "||4.0|", "||4.0|A|1|", 1)
		}
		pair, _ := vectorKey(t, i%containers)
		seller := school(t, b, "school")
		o := newOffice(t, c.at, pair, seller, nil, b)
		if a := o.submit("x", c.document, append(asInVector(t, want.String, seller), c.changes...)...); a.Status != engine.DocAccepted {
			t.Errorf("%s: %+v %v", c.document, a, o.report("x").Findings)
			continue
		}
		if got := string(o.result("x", "original-string")); got != want.String {
			t.Errorf("%s\n got %s\nwant %s", c.document, got, want.String)
		}
		tree, err := formula.ParseTree(o.result("x", "legal"), "xml")
		if err != nil {
			t.Fatal(err)
		}
		seal, _ := tree.Find("/Comprobante/@Sello")
		if c.changes == nil && seal[0].Text() != want.Seal {
			t.Errorf("%s: another seal", c.document)
		}
		number, _ := tree.Find("/Comprobante/@NoCertificado")
		if number[0].Text() != "30001000000500003416" {
			t.Errorf("%s: number of the certificate %s", c.document, number[0].Text())
		}
	}
}

func TestCertificateNumberVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Vectors []struct{ NoCertificado, Serial_hex string }
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-nocertificado.json"), &v); err != nil {
		t.Fatal(err)
	}
	p, problems := formula.Compile(`text(unhex(hex), "ascii")`, diag.Pos{}, &formula.Decl{Names: map[string]formula.Type{"hex": formula.Any}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	for _, x := range v.Vectors {
		s := formula.NewScope(formula.NoHost{})
		s.Set("hex", x.Serial_hex)
		if got, err := p.Eval(s); err != nil || got != x.NoCertificado {
			t.Errorf("%s: %v %v", x.Serial_hex, got, err)
		}
	}
	if len(v.Vectors) != 3 {
		t.Errorf("%d vectors, 3 are known", len(v.Vectors))
	}
}

// The text of the printed code and of the status query, for every vector.
func TestQueryVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Vectors []struct {
			RfcEmisor, RfcReceptor, Sello_tail, Total, UUID, QR, Soap_expresionImpresa, TT string
		}
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-qr.json"), &v); err != nil {
		t.Fatal(err)
	}
	b := cfdiBundle(t, nil)
	flow := b.Package.Flow("issue")
	compared := 0
	for _, x := range v.Vectors {
		s := formula.NewScope(formula.NoHost{})
		total, err := formula.Number.Convert(x.Total)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range flow.Let {
			s.SetLazy(l.Name, func(in *formula.Scope) (any, error) { return l.Value.Eval(in) })
		}
		for name, value := range map[string]any{"entity": map[string]any{"taxId": x.RfcEmisor}, "receiver": x.RfcReceptor, "total": total, "uuid": x.UUID,
			"steps": map[string]any{"seal": map[string]any{"value": x.Sello_tail}}} {
			s.Set(name, value)
		}
		fields := map[string]string{"query": x.Soap_expresionImpresa, "qr": x.QR}
		for _, f := range flow.Fields {
			if want, ok := fields[f.Name]; ok {
				compared++
				if got, err := f.Value.Eval(s); err != nil || got != want {
					t.Errorf("%s\n got %v %v\nwant %s", f.Name, got, err, want)
				}
			}
		}
	}
	if len(v.Vectors) != 4 || compared != 8 {
		t.Errorf("%d vectors with %d texts, 4 with 8 are known", len(v.Vectors), compared)
	}
}

// The band in which an amount must lie, for every vector: the rules of the
// package accept and refuse what the authority does.
func TestBandVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		Concepts []struct {
			Cantidad, Importe, ValorUnitario string
			Accepted                         bool
		} `json:"concept_vectors"`
		Taxes []struct {
			Base, Importe, TasaOCuota string
			Accepted                  bool
		} `json:"vectors"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "mx-limits.json"), &v); err != nil {
		t.Fatal(err)
	}
	b := cfdiBundle(t, nil)
	found := func(changes ...string) []string {
		o := newOffice(t, "2026-11-23T09:30:20-06:00", mustStandIn(t), school(t, b, "school"), nil, b)
		o.submit("x", "plain", changes...)
		var rules []string
		for _, p := range o.report("x").Findings {
			rules = append(rules, p.Rule)
		}
		return rules
	}
	for _, x := range v.Concepts {
		got := found(`"quantity": 1,`, `"quantity": `+x.Cantidad+",", `"price": 1000.00`, `"price": `+x.ValorUnitario, `"gross": 1000.00`, `"gross": `+x.Importe, `"netAmount": 1000.00`, `"netAmount": `+x.Importe)
		if slices.Contains(got, "MX-40167") == x.Accepted {
			t.Errorf("%+v: %v", x, got)
		}
	}
	for _, x := range v.Taxes {
		got := found(`"base": 1000.00`, `"base": `+x.Base, `"amount": 160.00`, `"amount": `+x.Importe)
		if slices.Contains(got, "MX-40180") == x.Accepted {
			t.Errorf("%+v: %v", x, got)
		}
	}
	if len(v.Concepts) != 6 || len(v.Taxes) != 4 {
		t.Error("no vectors")
	}
}

func mustStandIn(t testing.TB) *keys.Pair {
	t.Helper()
	pair, err := keys.StandIn("school", keys.Describe{})
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// Every documented code of both operators does what its class says, and its
// hint comes out in both languages.
func TestEveryOperatorCode(t *testing.T) {
	t.Parallel()
	b := cfdiBundle(t, nil)
	want := map[string]map[string]string{}
	for _, r := range tableRows(t, b, "tables/stamp-codes.csv") {
		if want[r["code"]] == nil {
			want[r["code"]] = map[string]string{"class": r["class"]}
		}
		want[r["code"]][r["lang"]] = r["hint"]
	}
	n := 0
	for code, w := range want {
		if w["en"] == "" || w["es"] == "" || w["en"] == w["es"] {
			t.Errorf("%s: hints %q and %q", code, w["en"], w["es"])
		}
		if !strings.ContainsAny(code, "0123456789") || w["class"] == "duplicate" || w["class"] == "unknown" {
			continue
		}
		if n++; n%12 != 0 && !strings.HasPrefix(code, "CFDI401") && len(code) > 3 && w["class"] == "verdict" { // the matrices in part: their rows are alike
			continue
		}
		for _, entity := range []string{"school", "rest"} {
			o := newOffice(t, "2026-11-23T09:30:20-06:00", mustStandIn(t), school(t, b, entity), nil, b)
			a := o.submit("x", "plan-code-703", "CODE-703", "CODE-"+code)
			r := o.report("x")
			if r.Hint["es"] != w["es"] || r.Hint["en"] != w["en"] {
				t.Errorf("%s through %s: hint %v", code, entity, r.Hint)
			}
			ok := map[string]bool{
				"verdict":      a.Run == engine.RunCompleted && a.Status == engine.DocRejected,
				"precondition": a.Run == engine.RunParked || a.Run == engine.RunWaiting,
				"transient":    a.Run == engine.RunParked,
			}[w["class"]]
			if !ok {
				t.Errorf("%s through %s: class %s, %+v", code, entity, w["class"], a)
			}
		}
	}
	if n < 300 {
		t.Errorf("only %d codes", n)
	}
}

func tableRows(t testing.TB, b *load.Bundle, file string) []map[string]string {
	t.Helper()
	data, err := fs.ReadFile(b.Package.Files, file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, cells := range all[1:] {
		m := map[string]string{}
		for i, column := range all[0] {
			m[column] = cells[i]
		}
		out = append(out, m)
	}
	return out
}

// Every code of a cancellation too.
func TestEveryCancellationCode(t *testing.T) {
	t.Parallel()
	b := cfdiBundle(t, nil)
	seen := map[string]bool{}
	for _, r := range tableRows(t, b, "tables/cancel-codes.csv") {
		code, class := r["code"], r["class"]
		if seen[code] || len(code) != 3 || code == "201" {
			continue
		}
		seen[code] = true
		o := newOffice(t, "2026-11-23T09:30:20-06:00", mustStandIn(t), school(t, b, "school"), nil, b)
		if a := o.submit("a", "plan-cancel-204", "CANCEL-204", "CANCEL-"+code); a.Status != engine.DocAccepted {
			t.Fatalf("%+v", a)
		}
		a := o.submit("c", "cancel-02", `"reason"`, `"original": "a", "reason"`)
		ok := map[string]bool{
			"verdict":      a.Run == engine.RunCompleted && a.Status == engine.DocRejected,
			"precondition": a.Run == engine.RunParked,
			"transient":    a.Run == engine.RunWaiting || a.Run == engine.RunParked,
			"duplicate":    a.Run == engine.RunWaiting || a.Run == engine.RunParked,
		}[class]
		if !ok || o.report("a").Status.Document != engine.DocAccepted {
			t.Errorf("%s: class %s, %+v", code, class, a)
		}
	}
	if len(seen) < 25 {
		t.Errorf("only %d codes", len(seen))
	}
}
