package packages

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

var docBlock = regexp.MustCompile("(?s)`([a-z/]+\\.yaml)`:\n\n```yaml\n(.*?)```")

// gamma is the operator that the page of the package adds.
func gamma(t *testing.T) *load.Bundle {
	t.Helper()
	page, err := os.ReadFile("../docs/packages/mx-cfdi.md")
	if err != nil {
		t.Fatal(err)
	}
	files, lines := fstest.MapFS{}, 0
	for _, m := range docBlock.FindAllStringSubmatch(string(page), -1) {
		files[m[1]] = &fstest.MapFile{Data: []byte(m[2])}
		lines += strings.Count(m[2], "\n")
	}
	if len(files) != 3 || lines > 30 {
		t.Fatalf("%d files with %d lines; at most 30", len(files), lines)
	}
	files["simulator/gamma.yaml"] = &fstest.MapFile{Data: []byte(gammaSimulator)}
	b, problems := load.LoadAll(files, actions.Registry(), nil)
	if b == nil {
		t.Fatal(problems)
	}
	if found := lint.Check(b); found.Grave() {
		t.Fatal(found)
	}
	return b
}

// gammaSimulator is that operator as data: it loses the first answer.
const gammaSimulator = `simulator: gamma
keep: {stamps: {}, cancels: {}}
routes:
  - name: gamma-stamp
    match: {method: POST, path: /stamps}
    let:
      file: =source("/Comprobante")
      id: =at("/Comprobante/@Sello")
      folio: =upper(uuid(id))
      stamp: |
        ="<cfdi:Complemento><tfd:TimbreFiscalDigital xmlns:tfd=\"http://www.sat.gob.mx/TimbreFiscalDigital\" Version=\"1.1\" UUID=\"" + folio + "\" FechaTimbrado=\"2026-11-23T09:30:20\" RfcProvCertif=\"GAM010101AB1\" SelloCFD=\"" + id + "\" NoCertificadoSAT=\"00001000000000000002\" SelloSAT=\"c2lt\"/></cfdi:Complemento></cfdi:Comprobante>"
    cases:
      - {when: 'header("x-key") != "secret of gamma"', reply: {json: {code: "9", text: no such key}}}
      - {when: id in keep.stamps, reply: {json: {code: "0", cfdi: '=keep.stamps[id]'}}}
      - {put: {stamps: {key: =id, value: '=replace(text(file), "</cfdi:Comprobante>", stamp)'}}, lose: true}
  - name: gamma-cancel
    match: {method: POST, path: /cancellations}
    let: {folio: '=at("//Folio/@UUID")'}
    checks: [{signature: valid, code: "9"}]
    cases:
      - {when: len(results) > 0, reply: {json: {code: "9"}}}
      - {put: {cancels: {key: =folio, value: =now}}, reply: {json: {code: "0"}}}
  - name: gamma-status           # the authority, which knows what this operator told it
    match: {soapAction: "*Consulta"}
    let: {folio: '=match(at("//expresionImpresa"), "id=([0-9A-F-]{36})")'}
    cases:
      - {when: folio in keep.cancels, reply: {soap: {ConsultaResult: {CodigoEstatus: S - found, EsCancelable: Cancelable sin aceptación, Estado: Cancelado, EstatusCancelacion: Cancelado sin aceptación}}}}
      - {reply: {soap: {ConsultaResult: {CodigoEstatus: S - found, EsCancelable: Cancelable sin aceptación, Estado: Vigente}}}}
`

// A third operator arrives as a package of its own, with what the page shows
// and nothing else.
func TestThirdOperator(t *testing.T) {
	t.Parallel()
	b, third := cfdiBundle(t, nil), gamma(t)
	e := *school(t, b, "school")
	e.Parameters = maps.Clone(e.Parameters)
	own := maps.Clone(e.Parameters[cfdi])
	own["operator"] = formula.Literal("gamma", diag.Pos{})
	secret, problems := formula.CompileText(`=secret("gamma")`, diag.Pos{}, &formula.Decl{}, false)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	e.Parameters[cfdi], e.Parameters["mx/gamma"] = own, map[string]engine.Expr{"key": secret}
	o := newOffice(t, "2026-11-23T09:30:20-06:00", mustStandIn(t), &e, nil, b, third)
	if a := o.submit("a", "plain"); a.Status != engine.DocAccepted {
		t.Fatalf("%+v %+v", a, o.report("a"))
	}
	if got := strings.Join(o.calls, " "); got != "gamma-stamp gamma-stamp" { // the lost answer, and the same bytes again
		t.Errorf("calls %s", got)
	}
	if who := textAt(t, o.result("a", "legal"), "//TimbreFiscalDigital/@RfcProvCertif"); who != "GAM010101AB1" {
		t.Errorf("stamped by %s", who)
	}
	if a := o.submit("c", "cancel-02", `"reason"`, `"original": "a", "reason"`); a.Status != engine.DocAccepted || o.report("a").Status.Document != engine.DocCanceled {
		t.Errorf("%+v", a)
	}
	if got := strings.Join(o.calls[2:], " "); got != "gamma-status gamma-cancel gamma-status" {
		t.Errorf("calls %s", got)
	}

	// Without the package nobody plays the role, and the run says who does.
	alone := newOffice(t, "2026-11-23T09:30:20-06:00", mustStandIn(t), &e, nil, b)
	a := alone.submit("a", "plain")
	if a.Run != engine.RunParked || a.Rule != "RUN-PRECONDITION" || !strings.Contains(a.Reason, "mx/cfdi stamp-finkok, mx/cfdi stamp-sw") {
		t.Errorf("%+v", a)
	}
}
