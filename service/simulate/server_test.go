package simulate

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

func compile(t *testing.T, src string) *formula.Program {
	t.Helper()
	p, problems := formula.Compile(src, diag.Pos{}, &formula.Decl{Reader: true, Simulator: true, Names: map[string]formula.Type{
		"keep": formula.Any, "scenario": formula.String, "results": formula.Any, "path": formula.Any, "member": formula.Any, "key": formula.String}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return p
}

// shop is an authority that takes notes and knows them again.
func shop(t *testing.T) *simulator.Simulator {
	on := func(src string) *formula.Program { return compile(t, src) }
	return &simulator.Simulator{Name: "shop", Keep: []string{"notes"}, ClientTLS: true,
		Scenarios: []simulator.Scenario{{Name: "down"}, {Name: "lost", When: on(`at("//text") contains "LOST"`)}, {Name: "cut", When: on(`at("//text") contains "CUT"`)}},
		Routes: []*simulator.Route{{Name: "take", Method: "POST", Path: "/notes/{shelf}",
			Each: &simulator.Each{In: on(`nodes("//note")`), Key: on(`at(member, "@id")`), Cases: []simulator.Case{
				{When: on(`key in keep.notes`), Code: "SEEN"},
				{Code: "OK", Put: []simulator.Put{{Map: "notes", Value: formula.Formula(on(`serial("n")`))}}}}},
			Cases: []simulator.Case{
				{When: on(`scenario == "down"`), Drop: true},
				{When: on(`scenario == "lost"`), Lose: true},
				{When: on(`scenario == "cut"`), Drop: true},
				{Reply: &simulator.Reply{Format: "text", Data: formula.Formula(on(`path.shelf + " " + results[0].code`))}}}}}}
}

func start(t *testing.T, log string) (*Server, *http.Client) {
	t.Helper()
	s, err := Start(Config{Address: "127.0.0.1:0", ClientTLS: true, Log: log,
		New: func(observe func(context.Context, simulator.Event) error) *simulator.Authority {
			return simulator.New(shop(t), simulator.Options{Now: time.Now, Observe: observe})
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	pair, err := keys.StandIn("shopper", keys.Describe{Curve: true})
	if err != nil {
		t.Fatal(err)
	}
	client := pair.TLS()
	return s, &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: s.Roots(),
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &client, nil }}}}
}

func post(t *testing.T, c *http.Client, s *Server, body string) (string, error) {
	t.Helper()
	r, err := c.Post(s.URL()+"/notes/top", "application/xml", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer func() { _ = r.Body.Close() }()
	var b strings.Builder
	if _, err := bufio.NewReader(r.Body).WriteTo(&b); err != nil {
		return "", err
	}
	return b.String(), nil
}

func TestAnswersLossesAndTheLog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "log.ndjson")
	s, c := start(t, file)
	if got, err := post(t, c, s, `<note id="a"><text>x</text></note>`); got != "top OK" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	// Lost: no answer, but it is known afterwards. Cut: no answer, and it is not.
	for _, how := range []string{"LOST", "CUT"} {
		if _, err := post(t, c, s, `<note id="`+how+`"><text>`+how+`</text></note>`); err == nil {
			t.Errorf("%s: an answer came", how)
		}
	}
	for id, want := range map[string]string{"LOST": "top SEEN", "CUT": "top OK"} {
		if got, err := post(t, c, s, `<note id="`+id+`"><text>x</text></note>`); got != want || err != nil {
			t.Errorf("%s: want %q, got %q, %v", id, want, got, err)
		}
	}
	if err := errors.Join(s.Faults()...); err != nil {
		t.Error(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	for line := range strings.Lines(string(data)) {
		var e simulator.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		results = append(results, e.Result)
	}
	if got := strings.Join(results[:3], " "); len(results) != 5 || got != "replied lost dropped" {
		t.Errorf("log: %v", results)
	}
}

func TestDownRefusesBeforeTheHandshake(t *testing.T) {
	t.Parallel()
	s, c := start(t, "")
	if err := s.Authority().SetScenario("down"); err != nil {
		t.Fatal(err)
	}
	if _, err := post(t, c, s, `<note id="a"/>`); err == nil {
		t.Error("an answer came")
	}
	if err := s.Authority().SetScenario("none"); err != nil {
		t.Fatal(err)
	}
	if got, err := post(t, c, s, `<note id="a"><text>x</text></note>`); got != "top OK" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := s.Authority().SetScenario("dwon"); err == nil || !strings.Contains(err.Error(), "dwon") {
		t.Errorf("got %v", err)
	}
}

func TestClientCertificateIsRequired(t *testing.T) {
	t.Parallel()
	s, _ := start(t, "")
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots()}}}
	if _, err := post(t, c, s, `<note id="a"/>`); err == nil {
		t.Error("served without a certificate")
	}
}
