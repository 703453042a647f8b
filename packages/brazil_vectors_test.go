package packages

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// bench is the package with a document and a legal entity on it, without a run.
type bench struct {
	formula.NoHost
	t      testing.TB
	pkg    *engine.Package
	entity map[string]any
	param  map[string]any
	doc    map[string]any
	env    string
	day    civil.Date
}

func loaded(t testing.TB) *load.Bundle {
	t.Helper()
	b, list := load.LoadAll(nfeFiles(t), registry(), nil)
	if b == nil {
		t.Fatal(list)
	}
	return b
}

// on puts a document and an entity of the package's tests on the bench.
func on(t testing.TB, b *load.Bundle, doc, entity string) *bench {
	t.Helper()
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, list := r.Read(doc, read(t, "tests/documents/"+doc+".json"), map[string]*document.Schema{"br_nfe": extension(t)})
	if d == nil {
		t.Fatal(list)
	}
	e := b.Entities["tests/entities/"+entity+".yaml"]
	if e == nil {
		t.Fatalf("no entity %s among %v", entity, len(b.Entities))
	}
	x := &bench{t: t, pkg: b.Package, entity: e.Fields, param: map[string]any{}, doc: d.Value, env: "test"}
	zone, _ := civil.Zone("America/Sao_Paulo")
	if at, ok := d.Date(zone, "issued"); ok {
		x.day = civil.DateOf(at.In(zone))
	}
	s := formula.NewScope(x)
	for _, p := range b.Package.Parameters {
		if p.Default != nil {
			x.param[p.Name], _ = p.Default.Eval(s)
		}
	}
	for name, v := range e.Parameters["br/nfe"] {
		x.param[name], _ = v.Eval(s)
	}
	return x
}

// Table finds a row by key, environment and day.
func (x *bench) Table(name string, keys []any, must bool) (any, error) {
	for _, r := range x.pkg.Tables[name].Rows {
		fits := (r.Environment == "" || r.Environment == x.env) && (r.From == civil.Date{} || r.From.Compare(x.day) <= 0) && (r.To == civil.Date{} || x.day.Compare(r.To) <= 0)
		for i, k := range keys {
			fits = fits && (r.Keys[i] == "*" || r.Keys[i] == k)
		}
		if fits {
			return r.Values, nil
		}
	}
	if must {
		return nil, fmt.Errorf("table %s has no row %v", name, keys)
	}
	return nil, nil
}

func (x *bench) scope(names map[string]any) *formula.Scope {
	s := formula.NewScope(x)
	ext, _ := x.doc["extensions"].(map[string]any)
	s.Set("document", x.doc)
	s.Set("ext", ext["br_nfe"])
	s.Set("entity", x.entity)
	s.Set("param", x.param)
	s.Set("context", map[string]any{"environment": x.env})
	s.SetLazy("const", func(s *formula.Scope) (any, error) {
		all := map[string]any{}
		for _, c := range x.pkg.Const {
			v, err := c.Value.Eval(s)
			if err != nil {
				return nil, err
			}
			all[c.Name] = v
		}
		return all, nil
	})
	for name, v := range names {
		s.Set(name, v)
	}
	return s
}

// let works out a named value of a flow; names win over its other lets.
func (x *bench) let(flow, name string, names map[string]any) string {
	x.t.Helper()
	s := x.scope(nil)
	for _, l := range x.pkg.Flow(flow).Let {
		value := l.Value
		s.SetLazy(l.Name, func(s *formula.Scope) (any, error) { return value.Eval(s) })
	}
	for n, v := range names { // may stand in for a let
		s.Set(n, v)
	}
	v, ok, err := s.Lookup(name)
	if err != nil || !ok {
		x.t.Fatalf("%s %s: %v", flow, name, err)
	}
	text, _ := v.(string)
	return text
}

func (x *bench) write(mapping, part string, input map[string]any) []byte {
	x.t.Helper()
	m := x.pkg.Mappings["mappings/"+mapping+".yaml"]
	out, err := m.Write(x.scope(nil), nodes.Options{Part: part, Input: input})
	if err != nil {
		x.t.Fatalf("%s: %v", mapping, err)
	}
	return out.Bytes
}

// note writes the NF-e of the document under a number and code.
func (x *bench) note(number int64, code string, service map[string]any) (key string, xml []byte) {
	x.t.Helper()
	names := map[string]any{"input": map[string]any{"number": decimal.FromInt(number), "code": code}, "state": map[string]any{"service": service}}
	key = x.let("attempt", "key", names)
	return key, x.write("nfe", "", map[string]any{"key": key, "digit": key[43:], "kind": x.let("attempt", "kind", names), "number": decimal.FromInt(number), "code": code,
		"since": service["since"], "reason": service["reason"]})
}

var normal = map[string]any{"value": "normal"}

func standby(t *testing.T) map[string]any {
	zone, _ := civil.Zone("America/Sao_Paulo")
	since, err := civil.ParseInstant("2026-11-23T10:00:00", zone)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]any{"value": "standby", "since": since, "reason": "SEFAZ de origem indisponivel"}
}

func TestAccessKeyVectors(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	v := vector[struct {
		Vectors []struct {
			Base43, CDV, Chave string
			Input              map[string]string
		}
	}](t, "br-access-key.json")
	if len(v.Vectors) < 11 {
		t.Fatalf("%d vectors", len(v.Vectors))
	}
	composed := 0
	for _, c := range v.Vectors {
		x := on(t, b, "plain", "sp")
		if got := x.let("attempt", "key", map[string]any{"base": c.Base43}); got != c.Chave {
			t.Errorf("%s: key %s, want %s", c.Base43, got, c.Chave)
		}
		if c.Input["AAMM"] == "2611" && strings.Contains("167", c.Input["tpEmis"]) {
			composed++
			if got := compose(t, b, c.Input); got != c.Chave {
				t.Errorf("key %s, want %s", got, c.Chave)
			}
		}
	}
	if composed < 5 {
		t.Errorf("only %d keys composed from a document", composed)
	}
}

// compose makes a key from a document, as the flow does.
func compose(t *testing.T, b *load.Bundle, in map[string]string) string {
	x := on(t, b, "plain", "sp")
	id := in["CNPJ_or_CPF14"]
	if in["serie"] == "920" { // the series of persons
		id = id[3:]
	}
	for _, r := range rows(t, "tables/states.csv") {
		if r["code"] == in["cUF"] {
			x.entity["region"] = r["region"]
		}
	}
	x.entity["taxId"], x.param["series"] = id, decimal.MustParse(in["serie"])
	x.doc["extensions"].(map[string]any)["br_nfe"].(map[string]any)["model"] = in["mod"]
	mode := normal
	if in["tpEmis"] != "1" {
		mode = standby(t)
	}
	return x.let("attempt", "key", map[string]any{"input": map[string]any{"number": decimal.MustParse(in["nNF"]), "code": in["cNF"]}, "state": map[string]any{"service": mode}})
}

func TestTaxIdVectors(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	v := vector[struct {
		Vectors []struct{ Base12, Base9, Dv, Type string }
	}](t, "br-tax-ids.json")
	if len(v.Vectors) < 9 {
		t.Fatalf("%d vectors", len(v.Vectors))
	}
	for _, c := range v.Vectors {
		base, rule := c.Base12, "BR-NFE-208"
		if c.Type == "CPF" {
			base, rule = c.Base9, "BR-NFE-237"
		}
		for dv, want := range map[string]bool{c.Dv: true, string('0'+(c.Dv[0]-'0'+1)%10) + c.Dv[1:]: false, c.Dv[:1] + string('0'+(c.Dv[1]-'0'+1)%10): false} {
			x := on(t, b, "plain", "sp")
			x.doc["buyer"].(map[string]any)["taxId"] = base + dv
			if got := x.holds(rule); got != want {
				t.Errorf("%s %s%s: %v", rule, base, dv, got)
			}
		}
	}
}

// holds asks one rule of the package; it must apply.
func (x *bench) holds(id string) bool {
	x.t.Helper()
	for _, c := range x.pkg.Rules["rules/nfe.yaml"].Checks {
		if c.ID != id {
			continue
		}
		s := x.scope(nil)
		for _, lets := range [][]engine.Let{x.pkg.Rules["rules/nfe.yaml"].Let, c.Let} {
			for _, l := range lets {
				value := l.Value
				s.SetLazy(l.Name, func(s *formula.Scope) (any, error) { return value.Eval(s) })
			}
		}
		if when, _, err := c.When.EvalBool(s); err != nil || !when {
			x.t.Fatalf("%s does not apply: %v", id, err)
		}
		ok, _, err := c.Assert.EvalBool(s)
		if err != nil {
			x.t.Fatal(err)
		}
		return ok
	}
	x.t.Fatalf("no rule %s", id)
	return false
}

func TestMiscVectors(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	v := vector[struct {
		Vectors []struct{ Chave, Csrt, HashCSRT, Id string }
	}](t, "br-misc.json")
	x := on(t, b, "plain", "sp")
	secret, err := formula.NewSecret("csrt", v.Vectors[0].Csrt)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{"supportTaxId": "00000000000191", "supportContact": "Desk", "supportEmail": "desk@example.test", "supportPhone": "1100000000", "supportKeyId": "01", "supportKey": secret} {
		x.param[name] = value
	}
	key := v.Vectors[0].Chave
	xml := x.write("nfe", "", map[string]any{"key": key, "digit": key[43:], "kind": "1", "number": decimal.FromInt(604), "code": "02819069"})
	if !bytes.Contains(xml, []byte("<hashCSRT>"+v.Vectors[0].HashCSRT+"</hashCSRT>")) {
		t.Errorf("hash of the security code is not %s", v.Vectors[0].HashCSRT)
	}
	if bytes.Contains(xml, []byte(v.Vectors[0].Csrt)) {
		t.Error("the security code itself was written")
	}
	for _, want := range []string{v.Vectors[1].Id, v.Vectors[2].Id} {
		if got := x.let("cancel", "id", map[string]any{"original": map[string]any{"fields": map[string]any{"key": want[8:52]}}}); got != want {
			t.Errorf("event id %s, want %s", got, want)
		}
	}
	x.doc["extensions"].(map[string]any)["br_nfe"].(map[string]any)["model"] = "55"
	void := x.write("void", "", voidInput)
	if !bytes.Contains(void, []byte(`Id="`+v.Vectors[3].Id+`"`)) {
		t.Errorf("void id: %s", void)
	}
}

var voidInput = map[string]any{"year": "26", "first": decimal.FromInt(1240), "last": decimal.FromInt(1242), "reason": "Falha de numeracao no sistema"}

// The documents of the signature vectors are written by the package, byte for
// byte: what is digested has the digest of the vector.
func TestSignedDocumentVectors(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	v := vector[struct {
		Vectors []struct {
			ID        string `json:"id"`
			Unsigned  string `json:"unsigned_element"`
			Canonical string `json:"canonical_form_digested"`
			Digest    string `json:"DigestValue"`
		}
	}](t, "br-xmldsig.json").Vectors
	if len(v) != 6 {
		t.Fatalf("%d vectors", len(v))
	}
	written := map[string][]byte{}
	for i, c := range []struct {
		entity string
		mode   map[string]any
	}{{"sp", normal}, {"alpha", normal}, {"sp", standby(t)}} {
		x := on(t, b, "vector", c.entity)
		key, xml := x.note(1234, "81526390", c.mode)
		if "NFe"+key != v[i].ID {
			t.Errorf("key %s, want %s", key, v[i].ID)
		}
		written[v[i].ID] = xml
	}
	zone, _ := civil.Zone("America/Sao_Paulo")
	at, err := civil.ParseInstant("2026-11-23T11:00:00", zone)
	if err != nil {
		t.Fatal(err)
	}
	for i, entity := range map[int]string{3: "sp", 4: "alpha"} {
		x := on(t, b, "cancel", entity)
		written[v[i].ID] = x.write("event", "", map[string]any{"id": v[i].ID, "at": at, "key": v[i].ID[8:52], "protocol": "135260000000001"})
	}
	written[v[5].ID] = on(t, b, "plain", "sp").write("void", "", voidInput)
	for _, c := range v {
		got := written[c.ID]
		start, stop := bytes.Index(got, []byte("<inf")), bytes.LastIndex(got, []byte("</"))
		if start < 0 || stop < start || string(got[start:stop]) != c.Unsigned {
			t.Errorf("%s:\n got %s\nwant %s", c.ID, got, c.Unsigned)
			continue
		}
		name, rest, _ := strings.Cut(string(got[start:stop]), " ")
		canonical := name + ` xmlns="http://www.portalfiscal.inf.br/nfe" ` + rest
		if sum := sha1.Sum([]byte(canonical)); canonical != c.Canonical || base64.StdEncoding.EncodeToString(sum[:]) != c.Digest {
			t.Errorf("%s: digest differs", c.ID)
		}
	}
}

func TestReceiptQRVectors(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	v := vector[struct {
		Vectors []struct{ Csc, QrCode, DigestValue, Signature string }
	}](t, "br-nfce-qr.json").Vectors
	if len(v) != 6 {
		t.Fatalf("%d vectors", len(v))
	}
	x := on(t, b, "plain", "sp")
	issued := x.doc["issued"]
	csc, err := formula.NewSecret("csc", v[0].Csc)
	if err != nil {
		t.Fatal(err)
	}
	const online, offline = "35261112222333000181650010000012341815263902", "35261112222333000181650010000012349815263908"
	total := decimal.MustParse("100")
	base := func(key string, more map[string]any) map[string]any {
		in := map[string]any{"address": "https://www.homologacao.nfce.fazenda.sp.gov.br/qrcode", "page": "https://example.test", "key": key}
		for k, m := range more {
			in[k] = m
		}
		return in
	}
	for i, c := range []struct {
		part  string
		input map[string]any
	}{
		{"online-2", base(online, map[string]any{"codeId": "000001", "code": csc})},
		{"offline-2", base(offline, map[string]any{"codeId": "000001", "code": csc, "issued": issued, "total": total, "digest": v[1].DigestValue})},
		{"online-3", base(online, nil)},
		{"offline-3", base(offline, map[string]any{"issued": issued, "total": total, "foreign": false, "signature": v[3].Signature})},
		{"offline-3", base(offline, map[string]any{"issued": issued, "total": total, "foreign": false, "consumer": "52998224725", "signature": v[4].Signature})},
		{"offline-3", base(offline, map[string]any{"issued": issued, "total": total, "foreign": false, "consumer": "12ABC34501DE35", "signature": v[5].Signature})},
	} {
		xml := x.write("supplement", c.part, c.input)
		_, rest, _ := bytes.Cut(xml, []byte("<qrCode>"))
		got, _, _ := bytes.Cut(rest, []byte("</qrCode>"))
		if string(got) != v[i].QrCode {
			t.Errorf("%s:\n got %s\nwant %s", c.part, got, v[i].QrCode)
		}
		if v[i].Signature != "" {
			signed := strings.TrimSuffix(strings.SplitN(string(got), "?p=", 2)[1], "|"+v[i].Signature)
			verify(t, signed, v[i].Signature)
		}
	}
}

func verify(t *testing.T, text, signature string) {
	t.Helper()
	var v struct {
		Certificate string `json:"certificate_der_base64"`
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "br-xmldsig.json"), &v); err != nil {
		t.Fatal(err)
	}
	der, err := base64.StdEncoding.DecodeString(v.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum([]byte(text))
	sig, err := base64.StdEncoding.DecodeString(signature)
	if err == nil {
		err = rsa.VerifyPKCS1v15(cert.PublicKey.(*rsa.PublicKey), crypto.SHA1, sum[:], sig)
	}
	if err != nil {
		t.Errorf("%s: %v", text, err)
	}
}

// What the package writes follows the official schema: numeric and
// alphanumeric tax ids, all tax groups, with and without reform groups.
func TestNotesFollowTheOfficialSchema(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	lint := sharedtest.Oracle(t, "xmllint")
	xsd := sharedtest.Path(t, "artifacts", "nfe", "PL_010e_NT2025.002_v1.01", "nfe_v4.00.xsd")
	signature := signatureOf(t)
	for _, c := range []struct {
		doc, entity string
		has, hasNot string
		mode        map[string]any
	}{
		{"plain", "sp", "<IBSCBSTot>", "vNFTot", normal},
		{"plain", "alpha", "<IBSCBSTot>", "vNFTot", normal},
		{"plain", "sp", "<dhCont>", "vNFTot", standby(t)},
		{"groups", "sp", "<ICMS90>", "vNFTot", normal},
		{"groups", "alpha", "<gRed>", "vNFTot", normal},
		{"simples", "mg", "<ICMSSN900>", "IBSCBS", normal},
		{"return", "sp", "<NFref>", "vNFTot", normal},
		{"export", "sp", "<idEstrangeiro>", "gIBSCBS", normal},
		{"before-reform", "sp", "<ICMS00>", "IBSCBS", normal},
		{"before-reform", "alpha", "<ICMS00>", "IBSCBS", normal},
		{"next-year", "sp", "<vNFTot>", "NOTHING", normal},
	} {
		x := on(t, b, c.doc, c.entity)
		_, xml := x.note(1234, "81526390", c.mode)
		if !bytes.Contains(xml, []byte(c.has)) || bytes.Contains(xml, []byte(c.hasNot)) {
			t.Errorf("%s %s: has no %s, or has %s", c.doc, c.entity, c.has, c.hasNot)
		}
		i := bytes.LastIndex(xml, []byte("</NFe>"))
		file := filepath.Join(t.TempDir(), c.doc+".xml")
		if err := os.WriteFile(file, bytes.Join([][]byte{xml[:i], signature, xml[i:]}, nil), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(lint, "--nonet", "--noout", "--schema", xsd, file).CombinedOutput(); err != nil {
			t.Errorf("%s %s: %s\n%s", c.doc, c.entity, out, xml)
		}
	}
}

// signatureOf returns a signature of the right form, of another document.
func signatureOf(t *testing.T) []byte {
	v := vector[struct {
		Vectors []struct {
			Signed string `json:"signed_document"`
		}
	}](t, "br-xmldsig.json")
	_, rest, _ := strings.Cut(v.Vectors[0].Signed, "<Signature")
	inner, _, _ := strings.Cut(rest, "</NFe>")
	return []byte("<Signature" + inner)
}

// The messages the package sends, and those its simulator answers, follow the
// official schemas.
func TestMessagesFollowTheOfficialSchemas(t *testing.T) {
	t.Parallel()
	b := loaded(t)
	lint := sharedtest.Oracle(t, "xmllint")
	x := on(t, b, "plain", "sp")
	key, note := x.note(1234, "81526390", normal)
	i := bytes.LastIndex(note, []byte("</NFe>"))
	signed := bytes.Join([][]byte{note[:i], signatureOf(t), note[i:]}, nil)
	event := on(t, b, "cancel", "sp").write("event", "", map[string]any{"id": "ID110111" + key + "01", "at": x.doc["issued"], "key": key, "protocol": "135260000000001"})
	i = bytes.LastIndex(event, []byte("</evento>"))
	event = bytes.Join([][]byte{event[:i], bytes.ReplaceAll(signatureOf(t), []byte("#NFe"), []byte("#ID")), event[i:]}, nil)
	for schema, xml := range map[string][]byte{
		"PL_010e_NT2025.002_v1.01/enviNFe_v4.00.xsd":      x.write("messages", "lot", map[string]any{"id": "1234", "signed": signed}),
		"PL_010e_NT2025.002_v1.01/consSitNFe_v4.00.xsd":   x.write("messages", "consult", map[string]any{"key": key}),
		"PL_010e_NT2025.002_v1.01/consStatServ_v4.00.xsd": x.write("messages", "status", map[string]any{"state": "35"}),
		"PL_010_V1.30/envEventoCancNFe_v1.00.xsd":         x.write("messages", "events", map[string]any{"event": event}),
	} {
		file := filepath.Join(t.TempDir(), "message.xml")
		if err := os.WriteFile(file, xml, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(lint, "--nonet", "--noout", "--schema", sharedtest.Path(t, "artifacts", "nfe", schema), file).CombinedOutput(); err != nil {
			t.Errorf("%s: %s\n%s", schema, out, xml)
		}
	}
}
