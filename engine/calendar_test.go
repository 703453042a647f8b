package engine_test

import (
	"fmt"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/civil"
)

// boundary is a document's instant beside the version in force then.
type boundary struct{ at, want string }

// A release comes in force with the first minute of its day in the authority's
// zone, whatever the zone of the legal entity and of the document's text.
func TestBoundaryMinutesOfTheAuthoritysZone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		zone, first, region string
		except              map[string]string
		minutes             []boundary
	}{
		"west": {"America/Sao_Paulo", "2026-08-03", "RJ", nil, []boundary{{"2026-08-03T02:59:59Z", "1.9.0"}, {"2026-08-03T03:00:00Z", "2.0.0"}, {"2026-08-02T23:59:00-03:00", "1.9.0"}, {"2026-08-03T00:00:00-03:00", "2.0.0"}}},
		"minutes in the offset": {"Asia/Kolkata", "2026-10-01", "", nil,
			[]boundary{{"2026-09-30T18:29:00Z", "1.9.0"}, {"2026-09-30T18:30:00Z", "2.0.0"}, {"2026-09-30T20:29:59+02:00", "1.9.0"}, {"2026-09-30T20:30:00+02:00", "2.0.0"}}},
		"an offset alone": {"+05:45", "2026-10-01", "", nil, []boundary{{"2026-09-30T18:14:00Z", "1.9.0"}, {"2026-09-30T18:15:00Z", "2.0.0"}}},
		"the clock goes back on that day": {"Europe/Madrid", "2026-10-25", "", nil,
			[]boundary{{"2026-10-24T21:59:00Z", "1.9.0"}, {"2026-10-24T22:00:00Z", "2.0.0"}, {"2026-10-25T01:30:00Z", "2.0.0"}}},
		"the day after it went back": {"Europe/Madrid", "2026-10-26", "", nil, []boundary{{"2026-10-25T22:59:00Z", "1.9.0"}, {"2026-10-25T23:00:00Z", "2.0.0"}}},
		"the clock goes on, midnight is not there": {"America/Santiago", "2026-09-06", "", nil,
			[]boundary{{"2026-09-06T03:59:00Z", "1.9.0"}, {"2026-09-06T04:00:00Z", "2.0.0"}}},
		"a region later": {"America/Sao_Paulo", "2026-08-03", "SP", map[string]string{"SP": "2026-09-01"},
			[]boundary{{"2026-08-03T03:00:00Z", "1.9.0"}, {"2026-09-01T02:59:00Z", "1.9.0"}, {"2026-09-01T03:00:00Z", "2.0.0"}}},
		"a region earlier": {"America/Sao_Paulo", "2026-08-03", "SP", map[string]string{"SP": "2026-07-01"}, []boundary{{"2026-07-01T02:59:00Z", "1.9.0"}, {"2026-07-01T03:00:00Z", "2.0.0"}}},
		"another region":   {"America/Sao_Paulo", "2026-08-03", "RJ", map[string]string{"SP": "2026-09-01"}, []boundary{{"2026-08-03T03:00:00Z", "2.0.0"}}},
		"no zone: that of the legal entity": {"", "2026-08-03", "", nil,
			[]boundary{{"2026-08-02T14:59:00Z", "1.9.0"}, {"2026-08-02T15:00:00Z", "2.0.0"}}},
		"a day of the document is a day anywhere": {"America/Sao_Paulo", "2026-08-03", "", nil, []boundary{{"2026-08-02", "1.9.0"}, {"2026-08-03", "2.0.0"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			release := engine.Calendar{From: day(t, c.first)}
			if c.zone != "" {
				z, err := civil.Zone(c.zone)
				if err != nil {
					t.Fatal(err)
				}
				release.Zone = z
			}
			for region, first := range c.except {
				if release.Except == nil {
					release.Except = map[string]civil.Date{}
				}
				release.Except[region] = day(t, first)
			}
			for _, m := range c.minutes {
				inTest, inProduction := versions(t, release, c.region, m.at)
				if inTest != m.want || inProduction != "1.9.0" {
					t.Errorf("%s: want %s in test, got %s; in production 1.9.0, got %s", m.at, m.want, inTest, inProduction)
				}
			}
		})
	}
}

// versions selects for a document of an instant: 2.0.0 is deployed in test with
// a release calendar, in production with one that is a year later, beside 1.9.0
// without any.
func versions(t *testing.T, release engine.Calendar, region, at string) (inTest, inProduction string) {
	t.Helper()
	flows := []*engine.Flow{{Name: "f", Kind: engine.Outbound}}
	var pkgs []*engine.Package
	for _, v := range []string{"1.9.0", "2.0.0"} {
		pkgs = append(pkgs, &engine.Package{ID: "xx/a", Version: v, Documents: []string{"invoice/1"}, Date: enginetest.Program(t, "document.issued"), Flows: flows})
	}
	later := engine.Calendar{From: day(t, "2027-08-03"), Zone: release.Zone}
	use := func(version string, c engine.Calendar) engine.Use {
		return engine.Use{Package: "xx/a", Version: version, Entities: []string{"acme"}, Release: c}
	}
	e := &engine.Entity{ID: "acme", Fields: map[string]any{"zone": "Asia/Tokyo", "country": "XX", "region": region}}
	c, list := engine.NewCatalog(pkgs, []*engine.Deployment{
		{Environment: engine.Test, Use: []engine.Use{use("1.9.0", engine.Calendar{}), use("2.0.0", release)}},
		{Environment: engine.Production, Use: []engine.Use{use("1.9.0", engine.Calendar{}), use("2.0.0", later)}}}, []*engine.Entity{e})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, list := r.Read("doc", fmt.Appendf(nil, `{"id":"1","type":"invoice","issued":%q,"currency":"EUR","seller":{"name":"a"},"buyer":{"name":"b"},"lines":[{"id":"1","quantity":"1","unit":"C62","netAmount":"7","item":{"name":"x"}}],"totals":{"payable":"7"}}`, at), nil)
	if d == nil {
		t.Fatal(list)
	}
	version := func(env engine.Environment) string {
		q := &engine.Question{Document: d, Entity: "acme", Environment: env}
		got, err := c.Select(q)
		if err != nil {
			return err.Error()
		}
		if x := c.Explain(q); x.Chosen == nil || x.Chosen.Version != got.Package.Version {
			t.Errorf("%s: explained otherwise: %+v", at, x.Chosen)
		}
		return got.Package.Version
	}
	return version(engine.Test), version(engine.Production)
}

// An event goes by the version that issued the original, whatever is in force.
func TestEventsUseTheIssuingVersion(t *testing.T) {
	t.Parallel()
	pkg := func(v string) *engine.Package {
		return &engine.Package{ID: "xx/a", Version: v, Date: enginetest.Program(t, "document.issued"),
			Flows: []*engine.Flow{{Name: "cancel", Kind: engine.Event, About: &engine.About{}}}}
	}
	first := engine.Calendar{From: day(t, "2026-08-03")}
	e := &engine.Entity{ID: "acme", Fields: map[string]any{"country": "XX"}}
	c, list := engine.NewCatalog([]*engine.Package{pkg("1.9.0"), pkg("2.0.0")}, []*engine.Deployment{{Environment: engine.Test, Use: []engine.Use{
		{Package: "xx/a", Version: "1.9.0", Entities: []string{"acme"}}, {Package: "xx/a", Version: "2.0.0", Entities: []string{"acme"}, Release: first}}}}, []*engine.Entity{e})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	r, err := document.NewReader(document.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, list := r.Read("doc", []byte(`{"id":"c1","type":"cancellation","issued":"2026-12-01T00:00:00Z","original":"s1","reason":"twice"}`), nil)
	if d == nil {
		t.Fatal(list)
	}
	for _, v := range []string{"1.9.0", "2.0.0"} {
		got, err := c.Select(&engine.Question{Document: d, Entity: "acme", Environment: engine.Test, Original: &engine.Submission{ID: "s1", Package: "xx/a", Version: v}})
		if err != nil || got.Package.Version != v {
			t.Errorf("issued by %s: %v %v", v, got.Package, err)
		}
	}
}
