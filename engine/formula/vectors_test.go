package formula

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
	"gopkg.in/yaml.v3"
)

// mod11 is a check digit by weights 2 to 9 from the right: the usual shape of
// many national numbers.
func mod11(base, weights, values string) string {
	sum := fmt.Sprintf("weightedSum(%s, %s, %q) %% 11", base, weights, values)
	return "(if " + sum + " < 2 {0} else {11 - " + sum + "})"
}

const w2to9 = "[2, 3, 4, 5, 6, 7, 8, 9]"

// Numbers, digests and amounts of published examples come out of formulas, so
// a package can compute them. Each formula holds for each member of the list
// it names; v is the member.
func TestPublishedVectors(t *testing.T) {
	t.Parallel()
	half := func(field string) string { return `number("0." + pad("5", scale(number(` + field + `)) + 1))` }
	for _, c := range []struct{ file, list, formula string }{
		{"br-access-key", "vectors", `weightedSum(v.base43, ` + w2to9 + `, "ascii48") == v.weighted_sum and v.weighted_sum % 11 == v.remainder`},
		{"br-access-key", "vectors", `v.base43 + string(` + mod11("v.base43", w2to9, "ascii48") + `) == v.chave`},
		{"br-tax-ids", "vectors", `if v.type == "CNPJ" {v.base12 + string(` + mod11("v.base12", w2to9, "ascii48") + `) + string(` + mod11(`(v.base12 + string(`+mod11("v.base12", w2to9, "ascii48")+`))`, w2to9, "ascii48") + `) == v.full}
			else {v.base9 + string(` + mod11("v.base9", "[2,3,4,5,6,7,8,9,10,11]", "digit") + `) + string(` + mod11(`(v.base9 + string(`+mod11("v.base9", "[2,3,4,5,6,7,8,9,10,11]", "digit")+`))`, "[2,3,4,5,6,7,8,9,10,11]", "digit") + `) == v.full}`},
		{"br-misc", "vectors", `if v.csrt == nil {len(v.Id) == (v.length ?? 54)} else {base64(sha1(v.csrt + v.chave)) == v.hashCSRT and hex(sha1(v.csrt + v.chave)) == v.sha1_hex}`},
		{"br-nfce-qr", "vectors", `v.hash == nil or upper(hex(sha1(v.hash_input))) == v.hash and (v.DigestValue == nil or hex(v.DigestValue) == v.digVal_hex)`},
		{"mx-nocertificado", "vectors", `text(unhex(base(integer(v.serial_decimal), 16))) == v.NoCertificado and lower(base(integer(v.serial_decimal), 16)) == v.serial_hex`},
		{"mx-cadena-sello", "vectors", `hex(sha256(v.cadena_original)) == v.sha256_hex and right(v.sello, 8) == v.sello_last8`},
		{"mx-qr", "vectors", `match(string(decimals(number(v.Total), 1, 6)), "^([0-9]+[.][0-9]+?)0*$") == v.tt and v.soap_expresionImpresa == "?id=" + v.UUID + "&re=" + escape(v.RfcEmisor, "xml") + "&rr=" + escape(v.RfcReceptor, "xml") + "&tt=" + v.tt + "&fe=" + right(v.Sello_tail, 8)`},
		{"mx-limits", "vectors", `trunc((number(v.Base) - ` + half("v.Base") + `) * number(v.TasaOCuota), v.decimals_of_importe) == number(v.lower_truncated)
			and round((number(v.Base) + ` + half("v.Base") + ` - 0.000000000001) * number(v.TasaOCuota), v.decimals_of_importe, "up") == number(v.upper_rounded_up)
			and v.accepted == (number(v.Importe) >= number(v.lower_truncated) and number(v.Importe) <= number(v.upper_rounded_up))`},
		{"mx-limits", "concept_vectors", `trunc((number(v.Cantidad) - ` + half("v.Cantidad") + `) * (number(v.ValorUnitario) - ` + half("v.ValorUnitario") + `), v.decimals_of_result) == number(v.lower_truncated)
			and round((number(v.Cantidad) + ` + half("v.Cantidad") + ` - 0.000000000001) * (number(v.ValorUnitario) + ` + half("v.ValorUnitario") + ` - 0.000000000001), v.decimals_of_result, "up") == number(v.upper_rounded_up)`},
		{"pe-names", "ruc", `(11 - weightedSum(v.base10, [2, 3, 4, 5, 6, 7]) % 11) % 10 == v.DV and v.RUC == v.base10 + string(v.DV)`},
		{"cl-ted", "rut", `["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "K"][(11 - weightedSum(string(v.RUT), [2, 3, 4, 5, 6, 7]) % 11) % 11] == v.DV`},
		{"co-cufe", "nit_check_digits", mod11("v.NIT", "[3,7,13,17,19,23,29,37,41,43,47,53,59,67,71]", "digit") + ` == v.DV or weightedSum(v.NIT, [3,7,13,17,19,23,29,37,41,43,47,53,59,67,71]) % 11 == v.DV`},
		{"co-cufe", "vectors", `v.concatenation == nil or hex(sha384(v.concatenation)) == v.sha384`},
		{"ksef", "ksef_number", `upper(hex(crc(v.data, "07", 8))) == v.crc8 and v.data + "-" + v.crc8 == v.number`},
		{"verifactu", "chain", `upper(hex(sha256(v.input))) == v.huella`},
		{"zatca", "qr_phase1", `base64(tlv([[1, v.seller], [2, v.vat], [3, v.timestamp], [4, v.total], [5, v.vat_total]])) == v.qr`},
		{"zatca", "invoice_hash", `hex(sha256(v.canonical_utf8)) == v.sha256_hex and base64(sha256(v.canonical_utf8)) == v.invoice_hash_base64_of_raw_digest`},
		{"zatca", "signed_properties_digest", `base64(hex(sha256(v.text))) == v.value`},
		{"zatca", "first_previous_invoice_hash", `base64(hex(sha256("0"))) == v.value`},
		{"india-irn", "vectors", `hex(sha256(v.gstin + v.fy + v.type + v.no)) == v.irn`},
		{"india-irn", "financial_year", `format(addMonths(date(v.date, "dd/MM/yyyy"), -3), "yyyy") + "-" + format(addMonths(date(v.date, "dd/MM/yyyy"), 9), "yy") == v.fy`},
		{"peppol-addressing", "vectors", `base32(sha256(lower(skip(v.participant, 22))), "lower") == v.label and hex(sha256(lower(skip(v.participant, 22)))) == v.sha256_hex_of_lowercased_value`},
		{"egypt-eta", "", `hex(sha256(v.canonical)) == v.sha256_hex and base64(sha256(v.canonical)) == v.sha256_base64`},
		{"myinvois", "", `base64(sha256(v.minified_document)) == v.doc_digest_base64 and base64(v.minified_document) == v.submission.document_base64 and hex(sha256(v.minified_document)) == v.submission.documentHash_hex`},
		{"fatturapa", "file_names", `v.name == v.country + v.id + "_" + pad(base(v.progressive_number, 36), 5) + ".xml"`},
		{"fatturapa", "riepilogo", `sum(v.line_totals, number(#)) == number(v.ImponibileImporto) and round(number(v.ImponibileImporto) * number(v.rate) / 100, 2) == number(v.Imposta)`},
		{"en16931-calculation", "invoices", `all(v.lines, round(number(.qty) * number(.price) / number(.base_qty), 2) + sum(.line_allowance_charge_signed, number(#)) == number(.net))
			and sum(v.lines, number(.net)) == number(v["BT-106"])
			and all(v["BG-23"], round(number(.taxable) * number(.rate) / 100, 2) == number(.tax))
			and number(v["BT-112"]) == number(v["BT-109"]) + number(v["BT-110"])`},
	} {
		checkVectors(t, c.file, c.list, c.formula)
	}
}

func checkVectors(t *testing.T, file, list, src string) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(sharedtest.Read(t, "specs", "vectors", file+".json")))
	d.UseNumber()
	var all map[string]any
	if err := d.Decode(&all); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	members := []any{all}
	if list != "" {
		many, ok := all[list].([]any)
		if members = many; !ok {
			members = []any{all[list]}
		}
	}
	if len(members) == 0 || members[0] == nil {
		t.Fatalf("%s has no %s", file, list)
	}
	p, problems := Compile(src, diag.Pos{}, &Decl{Names: map[string]Type{"v": Any}})
	if p == nil {
		t.Errorf("%s %s: %v", file, list, problems)
		return
	}
	for i, m := range members {
		s := NewScope(nil)
		s.Set("v", m)
		if got, err := p.Eval(s); got != true {
			t.Errorf("%s %s %d: %v, %v: %.300v", file, list, i, got, err, m)
		}
	}
}

// Identifiers of the usual schemes: the valid one passes and the other fails.
func TestIdentifierChecks(t *testing.T) {
	t.Parallel()
	checks := map[string]string{
		"0088 GLN":                         `weightedSum(v, [1, 3]) % 10 == 0`,
		"0192 NO org":                      `weightedSum(v, [1, 2, 3, 4, 5, 6, 7, 2, 3]) % 11 == 0`,
		"0208 BE":                          `97 - mod97(left(v, 8)) == integer(right(v, 2))`,
		"0151 ABN":                         `(weightedSum(v, [19, 17, 15, 13, 11, 9, 7, 5, 3, 1, 10]) - 10) % 89 == 0`,
		"0007 SE org":                      `luhn(v) == 0`,
		"0002 SIREN":                       `luhn(v) == 0`,
		"0009 SIRET":                       `luhn(v) == 0`,
		"0211 IT partita IVA (without IT)": `luhn(v) == 0`,
		"PL NIP":                           `weightedSum(left(v, 9), [7, 6, 5, 4, 3, 2, 7, 5, 6]) % 11 == integer(right(v, 1))`,
	}
	var file struct {
		Vectors []struct{ Scheme, Valid, Invalid string }
	}
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", "identifier-checks.json"), &file); err != nil {
		t.Fatal(err)
	}
	done := 0
	for _, v := range file.Vectors {
		src, ok := checks[v.Scheme]
		if !ok {
			continue // a check by a table of letters belongs to a package's table
		}
		done++
		p, problems := Compile(src, diag.Pos{}, &Decl{Names: map[string]Type{"v": String}})
		if p == nil {
			t.Fatalf("%s: %v", v.Scheme, problems)
		}
		for id, want := range map[string]bool{v.Valid: true, v.Invalid: false} {
			s := NewScope(nil)
			s.Set("v", id)
			if got, err := p.Eval(s); got != want || err != nil {
				t.Errorf("%s %s: %v, %v", v.Scheme, id, got, err)
			}
		}
	}
	if done != len(checks) {
		t.Errorf("%d schemes of %d", done, len(checks))
	}
}

// exampleNames are in sight somewhere in the packages of the examples.
var exampleNames = strings.Fields(`document ext entity context param const input steps state original members batch item envelope response status headers body kind
	event member class answer row keep path now scenario results`)

// Each formula of the example packages is one of the language. Names are not
// checked here: what is in sight where is the business of the linter.
func TestExamplePackages(t *testing.T) {
	t.Parallel()
	root := sharedtest.Path(t, "notes", "language-examples")
	found := 0
	err := filepath.WalkDir(root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dec := yaml.NewDecoder(bytes.NewReader(data))
		for {
			var n yaml.Node
			if err := dec.Decode(&n); err != nil {
				break
			}
			short, _ := filepath.Rel(root, path)
			found += checkExample(t, short, &n, "")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if t.Logf("%d formulas and texts with holes", found); found < 400 {
		t.Errorf("only %d formulas found", found)
	}
}

func checkExample(t *testing.T, file string, n *yaml.Node, key string) (found int) {
	t.Helper()
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			found += checkExample(t, file, n.Content[i+1], n.Content[i].Value)
		}
		return found
	}
	if n.Kind != yaml.ScalarNode {
		for _, c := range n.Content {
			found += checkExample(t, file, c, key)
		}
		return found
	}
	d := &Decl{Reader: true, Simulator: true, Names: map[string]Type{}}
	for _, name := range exampleNames {
		d.Names[name] = Any
	}
	pos, isQuoted := diag.Pos{File: file, Line: n.Line, Column: n.Column}, n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0
	var problems diag.List
	switch key {
	case "until": // a condition of repeat, an instant elsewhere
		_, problems = Compile(strings.TrimPrefix(n.Value, "="), pos, d)
	case "if", "when", "assert", "$if":
		_, problems = CompileCondition(n.Value, pos, d, isQuoted)
	default:
		if !strings.HasPrefix(n.Value, "=") && !strings.Contains(n.Value, "{=") {
			return 0
		}
		_, problems = CompileText(n.Value, pos, d, isQuoted)
	}
	for _, p := range problems {
		if p.Rule != RuleName || !strings.HasPrefix(p.Message, "unknown name") {
			t.Errorf("%v: %s %s\n\t%s", p.Pos, p.Rule, p.Message, n.Value)
		}
	}
	return 1
}
