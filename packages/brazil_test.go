package packages

import (
	"encoding/csv"
	"encoding/json"
	"io/fs"
	"path"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

const nfe = "br/nfe"

func nfeFiles(t testing.TB) fs.FS {
	t.Helper()
	f, err := Package(nfe)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := fs.ReadFile(nfeFiles(t), name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rows reads a table as maps from column to cell.
func rows(t *testing.T, name string) []map[string]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(string(read(t, name))))
	all, err := r.ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
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

func vector[T any](t *testing.T, name string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(sharedtest.Read(t, "specs", "vectors", name), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Every document of the package's tests is a canonical document that its
// extension schema accepts.
func TestDocumentsFollowTheSchemas(t *testing.T) {
	t.Parallel()
	known := map[string]*document.Schema{"br_nfe": extension(t)}
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	found, _ := fs.Glob(nfeFiles(t), "tests/documents/*.json")
	if len(found) < 15 {
		t.Fatalf("only %d documents", len(found))
	}
	for _, f := range found {
		if _, list := r.Read(path.Base(f), read(t, f), known); len(list) > 0 {
			t.Errorf("%v", list)
		}
	}
}

func extension(t testing.TB) *document.Schema {
	t.Helper()
	s, err := document.CompileSchema("schemas/extension.json", read(t, "schemas/extension.json"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every status code the authorities document has a class and a hint in two
// languages; nobody's words but ours.
func TestEveryDocumentedCodeIsClassified(t *testing.T) {
	t.Parallel()
	classes := map[string]bool{"done": true, "pending": true, "transient": true, "precondition": true, "quota": true, "duplicate": true, "verdict": true, "missing": true, "unknown": true}
	known := map[string]map[string]map[string]string{}
	for _, r := range rows(t, "tables/rejections.csv") {
		if known[r["code"]] == nil {
			known[r["code"]] = map[string]map[string]string{}
		}
		known[r["code"]][r["lang"]] = r
		if !classes[r["class"]] || len(r["hint"]) < 12 {
			t.Errorf("%v", r)
		}
	}
	listed := map[string]bool{}
	for _, r := range rows(t, "tables/codes.csv") {
		listed[r["code"]] = true
		if known[r["code"]]["en"] == nil || known[r["code"]]["pt"] == nil {
			t.Errorf("code %s is listed and not classified in both languages", r["code"])
		}
	}
	var official []struct{ Cod, Msg string }
	if err := json.Unmarshal(sharedtest.Read(t, "artifacts", "nfe", "tables", "cstat.json"), &official); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, o := range official {
		if o.Cod == "" {
			continue
		}
		n++
		if !listed[o.Cod] {
			t.Errorf("documented code %s is not listed", o.Cod)
		}
		if own := known[o.Cod]["pt"]["hint"]; strings.EqualFold(strings.TrimSuffix(own, "."), strings.TrimSpace(strings.TrimPrefix(o.Msg, "Rejeição:"))) {
			t.Errorf("code %s: the hint is the authority's own text: %s", o.Cod, own)
		}
	}
	if n < 500 {
		t.Fatalf("only %d documented codes", n)
	}
}

// The table of endpoints holds every address of the vector file that the
// flows use, for both environments, and no other.
func TestEndpointsAreThoseOfTheVectors(t *testing.T) {
	t.Parallel()
	type service struct{ URL, Service, Method string }
	v := vector[struct {
		Authorizer map[string]map[string]string                        `json:"authorizer_by_uf"`
		Standby    map[string][]string                                 `json:"contingency_by_uf"`
		Kinds      map[string]int                                      `json:"tpEmis"`
		Endpoints  map[string]map[string]map[string]map[string]service `json:"endpoints"`
	}](t, "br-endpoints.json")
	services := map[string]string{"authorize": "NfeAutorizacao", "consult": "NfeConsultaProtocolo", "status": "NfeStatusServico", "event": "RecepcaoEvento"}
	states := map[string]map[string]string{}
	for _, r := range rows(t, "tables/states.csv") {
		states[r["region"]] = r
	}
	if len(states) != 27 {
		t.Fatalf("%d states", len(states))
	}
	seen := 0
	for _, r := range rows(t, "tables/endpoints.csv") {
		authorizer := v.Authorizer["55"][r["region"]]
		switch r["kind"] {
		case "6":
			authorizer = "SVCAN"
		case "7":
			authorizer = "SVCRS"
		}
		want := v.Endpoints["mod55"][authorizer][r["environment"]][services[r["service"]]]
		action := "http://www.portalfiscal.inf.br/nfe/wsdl/" + want.Service + "/" + want.Method
		if want.URL == "" || r["url"] != want.URL || r["action"] != action {
			t.Errorf("%v: want %v", r, want)
		}
		seen++
	}
	if want := len(services) * 2 * (27 + 2); seen != want {
		t.Errorf("%d rows, want %d", seen, want)
	}
	for authority, regions := range v.Standby {
		for _, region := range regions {
			if want := v.Kinds[authority]; states[region]["standby"] != string(rune('0'+want)) {
				t.Errorf("%s: standby %s, want %d", region, states[region]["standby"], want)
			}
		}
	}
}
