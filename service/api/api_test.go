package api_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/service/api"
	"github.com/fiscus-project/fiscus/service/events"
	"github.com/fiscus-project/fiscus/service/evidence"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// place is two tenants on one server, and the keys of each role of the first.
type place struct {
	*httptest.Server
	api       *api.Server
	sites     map[string]*api.Site
	authority map[string]*enginetest.Authority
	keys      map[string]string // "alpha/operator": the key
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{sites: map[string]*api.Site{}, authority: map[string]*enginetest.Authority{}, keys: map[string]string{}}
	var ring api.Ring
	for _, tenant := range []string{"alpha", "beta"} {
		p.site(t, tenant)
		for _, role := range api.Roles() {
			k, text, err := api.NewKey(tenant, role, "key of "+string(role), noon, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			ring = append(ring, k)
			p.keys[tenant+"/"+string(role)] = text
		}
	}
	old, text, err := api.NewKey("alpha", "admin", "old", noon.Add(-time.Hour), noon.Add(-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	p.keys["expired"] = text
	lone, text, err := api.NewKey("nobody", "admin", "of no tenant", noon, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	p.keys["nobody"] = text
	p.api = api.New(api.Options{Version: "0.1", Sites: p.sites, Keys: append(ring, old, lone), Now: func() time.Time { return noon }, MaxDocument: 10_000, Poll: time.Millisecond})
	p.Server = httptest.NewServer(p.api)
	t.Cleanup(func() { p.api.Close(); p.Close() })
	return p
}

func (p *place) site(t *testing.T, tenant string) {
	t.Helper()
	pkg := enginetest.Issue(t)
	cat, list := engine.NewCatalog([]*engine.Package{pkg}, []*engine.Deployment{{Name: "d", Environment: engine.Test, Use: []engine.Use{{Package: pkg.ID, Entities: []string{"acme"}}}}},
		[]*engine.Entity{{ID: "acme", Fields: map[string]any{"id": "acme", "country": "XX"}}})
	if list.Grave() {
		t.Fatal(list)
	}
	now := func() time.Time { return noon }
	log := &events.Telling{Log: &evidence.Sealing{Log: engine.NewMemory(nil), Version: "0.1", Now: now}, Now: now}
	clock := engine.NewVirtual(noon)
	a := &enginetest.Authority{Default: enginetest.Accept, Clock: clock}
	e, err := engine.New(cat, engine.Hands{Clock: clock, Log: log, Transport: a, DigestKey: []byte("k")}, engine.Options{Version: "0.1"})
	if err != nil {
		t.Fatal(err)
	}
	p.authority[tenant] = a
	p.sites[tenant] = &api.Site{Engine: e, Log: log}
}

// work does what a worker does.
func (p *place) work(t *testing.T, tenant string) {
	t.Helper()
	e := p.sites[tenant].Engine
	ids, err := e.Due(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), ids, 2, time.Hour); err != nil {
		t.Fatal(err)
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (p *place) ask(t testing.TB, method, path, key string, body []byte, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, data}
}

func doc(id string) []byte {
	return fmt.Appendf(nil, `{"type": "invoice", "id": %q, "number": "A-1", "issued": "2026-03-01", "currency": "EUR", "lines": [{"id": "1", "quantity": 1, "netAmount": 5, "item": {"name": "Thing"}}]}`, id)
}

const submit = "/v1/submissions?entity=acme"

func (p *place) submitted(t *testing.T, id string) string {
	t.Helper()
	a := p.ask(t, http.MethodPost, submit, p.keys["alpha/operator"], doc(id))
	var row api.Row
	if err := json.Unmarshal(a.body, &row); err != nil || a.status != http.StatusCreated {
		t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	return row.ID
}

func TestTheWayOfADocument(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	key := p.keys["alpha/operator"]
	id := p.submitted(t, "d1")
	if again := p.ask(t, http.MethodPost, submit, key, doc("d1")); again.status != http.StatusOK || !bytes.Contains(again.body, []byte(id)) || again.header.Get("Location") != "/v1/submissions/"+id {
		t.Errorf("again: %d %s", again.status, again.body)
	}
	if early := p.ask(t, http.MethodGet, "/v1/submissions/"+id+"/evidence", key, nil); early.status != http.StatusConflict {
		t.Errorf("evidence of what goes on: %d", early.status)
	}
	p.work(t, "alpha")
	var row api.Row
	a := p.ask(t, http.MethodGet, "/v1/submissions/"+id, key, nil)
	if err := json.Unmarshal(a.body, &row); err != nil || row.Status.Document != "accepted" || row.Status.Run != "completed" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	var report engine.Report
	a = p.ask(t, http.MethodGet, "/v1/submissions/"+id+"/log", key, nil)
	if err := json.Unmarshal(a.body, &report); err != nil || len(report.Results) != 1 || len(report.Calls) == 0 {
		t.Fatalf("%d %s %v", a.status, a.body, err)
	}
	file := p.ask(t, http.MethodGet, "/v1/submissions/"+id+"/files/"+report.Results[0].SHA256, key, nil)
	if file.status != 200 || !bytes.Contains(file.body, []byte("!")) || !strings.Contains(file.header.Get("Content-Disposition"), "d1.xml") {
		t.Errorf("%d %s %v", file.status, file.body, file.header)
	}
	bundle := p.ask(t, http.MethodGet, "/v1/submissions/"+id+"/evidence", p.keys["alpha/auditor"], nil)
	if _, err := evidence.Read(bytes.NewReader(bundle.body), int64(len(bundle.body))); err != nil || bundle.status != 200 {
		t.Error(bundle.status, err)
	}
	for path, want := range map[string]int{
		"/v1/submissions/" + id + "/files/" + strings.Repeat("0", 64): 404, "/v1/submissions/nope": 404, "/v1/submissions/nope/log": 404, "/v1/nothing": 404,
		"/v1/submissions/" + id + "/files/zz": 422, "/v1/submissions?limit=0": 422, "/v1/submissions?environment=moon": 422,
	} {
		if got := p.ask(t, http.MethodGet, path, key, nil); got.status != want {
			t.Errorf("%s: %d, want %d: %s", path, got.status, want, got.body)
		}
	}
}

// Every operation of the description, asked without a key, with wrong ones, with
// each role, and for what another tenant has: a new operation is covered by itself.
func TestEveryOperationIsGuarded(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	id := p.submitted(t, "secret-id-of-alpha")
	p.work(t, "alpha")
	guarded := 0
	for path, item := range p.api.OpenAPI().Paths {
		for method, o := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete, http.MethodPatch: item.Patch} {
			if o == nil {
				continue
			}
			right, _ := o.Extensions["x-fiscus-right"].(string)
			if right == "" {
				t.Errorf("%s %s says no right", method, path)
			}
			if api.Right(right) == api.Public {
				continue
			}
			guarded++
			at := strings.NewReplacer("{id}", id, "{sha256}", strings.Repeat("0", 64)).Replace(path) + "?entity=acme"
			body := []byte(`{"reason": "x"}`)
			for name, key := range map[string]string{"none": "", "wrong": "fsk_000000000000_x", "no key": "x", "expired": p.keys["expired"], "no tenant": p.keys["nobody"], "cut": p.keys["alpha/admin"][:30]} {
				a := p.ask(t, method, at, key, body)
				if a.status != http.StatusUnauthorized || bytes.Contains(a.body, []byte("alpha")) || bytes.Contains(a.body, []byte(id)) {
					t.Errorf("%s %s with %s key: %d %s", method, path, name, a.status, a.body)
				}
			}
			for _, role := range api.Roles() {
				if role.May(api.Right(right)) {
					continue
				}
				if a := p.ask(t, method, at, p.keys["alpha/"+string(role)], body); a.status != http.StatusForbidden {
					t.Errorf("%s %s as %s: %d %s", method, path, role, a.status, a.body)
				}
			}
			if !strings.Contains(path, "{id}") {
				continue
			}
			a := p.ask(t, method, at, p.keys["beta/admin"], body)
			if a.status != http.StatusNotFound || bytes.Contains(a.body, []byte("alpha")) {
				t.Errorf("%s %s of another tenant: %d %s", method, path, a.status, a.body)
			}
		}
	}
	if guarded < 10 {
		t.Errorf("only %d operations looked at", guarded)
	}
	if a := p.ask(t, http.MethodGet, "/v1/submissions", p.keys["beta/admin"], nil); bytes.Contains(a.body, []byte(id)) || a.status != 200 {
		t.Errorf("list of another tenant: %s", a.body)
	}
}

func TestOneKeyFiftyTimes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	key := p.keys["alpha/operator"]
	var mu sync.Mutex
	ids, created := map[string]int{}, 0
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			a := p.ask(t, http.MethodPost, submit, key, doc("d1"), "Idempotency-Key", "k1")
			var row api.Row
			if err := json.Unmarshal(a.body, &row); err != nil || a.status != 200 && a.status != 201 {
				t.Errorf("%d %s", a.status, a.body)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[row.ID]++
			if a.status == 201 {
				created++
			}
		})
	}
	wg.Wait()
	p.work(t, "alpha")
	p.work(t, "alpha")
	if documents, twice := p.authority["alpha"].Taken(); len(ids) != 1 || documents != 1 || twice != 0 || created == 0 {
		t.Errorf("%d submissions, %d documents, %d twice", len(ids), documents, twice)
	}
	for name, a := range map[string]answer{
		"same key, other document":  p.ask(t, http.MethodPost, submit, key, doc("d2"), "Idempotency-Key", "k1"),
		"same id, other content":    p.ask(t, http.MethodPost, submit, key, bytes.Replace(doc("d1"), []byte("Thing"), []byte("Other"), 1)),
		"same id, content, new key": p.ask(t, http.MethodPost, submit, key, bytes.Replace(doc("d1"), []byte("Thing"), []byte("Other"), 1), "Idempotency-Key", "k9"),
	} {
		if a.status != http.StatusConflict {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a := p.ask(t, http.MethodPost, submit, key, doc("d1"), "Idempotency-Key", "k2"); a.status != 200 {
		t.Errorf("another key, the same document: %d", a.status)
	}
	if a := p.ask(t, http.MethodPost, submit, p.keys["beta/operator"], doc("d9"), "Idempotency-Key", "k1"); a.status != 201 {
		t.Errorf("the same key of another tenant: %d %s", a.status, a.body)
	}
}

func TestBadBodies(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	key := p.keys["alpha/operator"]
	for name, c := range map[string]struct {
		path string
		body []byte
		want int
		says string
	}{
		"broken":            {submit, []byte(`{"type": `), 422, `"errors"`},
		"nothing":           {submit, nil, 400, "body is required"},
		"unknown field":     {submit, bytes.Replace(doc("x"), []byte(`"number"`), []byte(`"nomber"`), 1), 422, "nomber"},
		"not an object":     {submit, []byte(`[1]`), 422, `"errors"`},
		"deep":              {submit, []byte(strings.Repeat("[", 5000)), 422, `"errors"`},
		"too large":         {submit, bytes.Repeat([]byte(" "), 10_001), 413, "too large"},
		"no such entity":    {"/v1/submissions?entity=nope", doc("x"), 404, "legal entity"},
		"no entity":         {"/v1/submissions", doc("x"), 422, "query.entity"},
		"long key":          {submit, doc("x"), 422, "header"},
		"dry-run broken":    {"/v1/dry-run?entity=acme", []byte(`{`), 422, `"errors"`},
		"explain broken":    {"/v1/explain?entity=acme", []byte(`{`), 422, `"errors"`},
		"explain no entity": {"/v1/explain?entity=nope", doc("x"), 404, "legal entity"},
		"no reason":         {"/v1/submissions/x/resume", []byte(`{"reason": ""}`), 422, "reason"},
	} {
		headers := []string{}
		if name == "long key" {
			headers = []string{"Idempotency-Key", strings.Repeat("k", 201)}
		}
		a := p.ask(t, http.MethodPost, c.path, key, c.body, headers...)
		if a.status != c.want || !strings.Contains(string(a.body), c.says) || a.header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s %s", name, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
}

func TestJudging(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	key := p.keys["alpha/publisher"]
	if a := p.ask(t, http.MethodPost, "/v1/explain?entity=acme", key, doc("x")); a.status != 200 || !bytes.Contains(a.body, []byte(`"chosen"`)) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.ask(t, http.MethodPost, "/v1/dry-run?entity=acme", key, doc("x")); a.status != 200 || !bytes.Contains(a.body, []byte(`"next"`)) {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := p.ask(t, http.MethodGet, "/v1/submissions", p.keys["alpha/viewer"], nil); !bytes.Contains(a.body, []byte(`"submissions":[]`)) {
		t.Errorf("a dry-run left something: %s", a.body)
	}
	if documents, _ := p.authority["alpha"].Taken(); documents != 0 {
		t.Error("a dry-run sent something")
	}
	if a := p.ask(t, http.MethodGet, "/v1/packages", p.keys["alpha/viewer"], nil); !bytes.Contains(a.body, []byte("xx/test")) {
		t.Errorf("%s", a.body)
	}
	if a := p.ask(t, http.MethodGet, "/health", "", nil); a.status != 200 {
		t.Errorf("%d", a.status)
	}
}

func TestLinesAndPages(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	key := p.keys["alpha/operator"]
	var lines bytes.Buffer
	for i := range 5 {
		lines.Write(doc(fmt.Sprint("d", i)))
		lines.WriteString("\n\n")
	}
	lines.WriteString("{broken\n")
	lines.Write(doc("d0"))
	a := p.ask(t, http.MethodPost, "/v1/submissions/lines?entity=acme", key, lines.Bytes(), "Content-Type", "application/x-ndjson")
	var got []string
	for l := range bytes.Lines(a.body) {
		var one struct{ Line, Status int }
		if err := json.Unmarshal(l, &one); err != nil {
			t.Fatal(err, string(l))
		}
		got = append(got, fmt.Sprint(one.Line, " ", one.Status))
	}
	if want := "1 201,3 201,5 201,7 201,9 201,11 422,12 200"; strings.Join(got, ",") != want {
		t.Errorf("%s: got %s", a.body, strings.Join(got, ","))
	}
	seen, after := 0, ""
	for range 4 {
		a := p.ask(t, http.MethodGet, "/v1/submissions?limit=2&after="+after, key, nil)
		var page struct {
			Submissions []api.Row
			Next        string
		}
		if err := json.Unmarshal(a.body, &page); err != nil {
			t.Fatal(err)
		}
		seen += len(page.Submissions)
		if after = page.Next; after == "" {
			break
		}
	}
	if seen != 5 || after != "" {
		t.Errorf("%d seen on pages, next %q", seen, after)
	}
}

// Events come in order; a line that broke goes on from the last one seen; those
// of other tenants are not among them.
func TestEvents(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.submitted(t, "d1")
	p.work(t, "alpha")
	all := p.listen(t, "alpha/viewer", "")
	if got, want := strings.Join(all, ","), "run  scheduled,document none accepted,run scheduled completed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	p.submitted(t, "d2")
	p.work(t, "alpha")
	if later := p.listen(t, "alpha/viewer", fmt.Sprint(len(all))); len(later) != len(all) || strings.Join(later, ",") != strings.Join(all, ",") {
		t.Errorf("after the break: %v", later)
	}
	if none := p.listen(t, "beta/viewer", ""); len(none) != 0 {
		t.Errorf("beta sees %v", none)
	}
	if n, err := events.Last(t.Context(), p.sites["alpha"].Log); err != nil || n != int64(2*len(all)) {
		t.Error(n, err)
	}
}

// listen reads events that are there, for a second.
func (p *place) listen(t *testing.T, who, last string) (out []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.keys[who])
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || !strings.Contains(data, `"kind"`) {
			continue
		}
		var e events.Event
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err, data)
		}
		out = append(out, fmt.Sprint(e.Kind, " ", e.From, " ", e.To))
	}
	return out
}

// What a crash kept from being told is told by a sweep, once.
func TestSweep(t *testing.T) {
	t.Parallel()
	log := engine.NewMemory(nil)
	if err := log.Create(t.Context(), &engine.Submission{ID: "s", Entity: "acme", Environment: engine.Test, Run: engine.RunCompleted, Status: engine.DocAccepted, Accepted: noon, Input: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := events.Sweep(t.Context(), log, noon.Add(-time.Hour), noon); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := events.After(t.Context(), log, 0, 10); err != nil || len(got) != 2 || got[0].Kind != events.Document || got[1].To != "completed" {
		t.Error(got, err)
	}
}
