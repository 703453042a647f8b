package profile_test

import (
	"context"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// files is a Library in memory; a file below "derived" is a stand-in.
type files map[string]string

func (f files) Resolve(base, location string) (string, bool) {
	return path.Join(path.Dir(base), location), !strings.Contains(location, "://")
}
func (f files) Read(name string) ([]byte, error) {
	if s, ok := f[name]; ok {
		return []byte(s), nil
	}
	return nil, diag.Problemf(diag.Pos{File: name}, "ART-BUNDLE-ABSENT", "not there")
}
func (f files) Has(name string) bool              { _, ok := f[name]; return ok }
func (f files) StandIn(name string) bool          { return strings.Contains(name, "/derived/") }
func (f files) Stamp(name string) (string, error) { return f[name], nil }

// memory is a Cache that counts.
type memory struct {
	sync.Mutex
	m          map[string][]byte
	hits, puts int
}

func (c *memory) Get(key string) ([]byte, bool) {
	c.Lock()
	defer c.Unlock()
	v, ok := c.m[key]
	if ok {
		c.hits++
	}
	return v, ok
}

func (c *memory) Put(key string, data []byte) error {
	c.Lock()
	defer c.Unlock()
	c.puts++
	c.m[key] = data
	return nil
}

func schema(body string) string {
	return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:c="urn:c">` + body + `</xs:schema>`
}

func library() files {
	return files{
		"b/a.xsd":         schema(`<xs:element name="a" type="xs:int"/>`),
		"b/doc.xsd":       schema(`<xs:element name="doc"><xs:complexType><xs:sequence><xs:element name="day" type="xs:date" minOccurs="0"/></xs:sequence><xs:attribute name="v"/></xs:complexType></xs:element>`),
		"b/env.xsd":       schema(`<xs:element name="env"><xs:complexType><xs:sequence><xs:any processContents="skip"/></xs:sequence></xs:complexType></xs:element>`),
		"b/lists.xsd":     schema(`<xs:import namespace="urn:c" schemaLocation="codes.xsd"/><xs:element name="coded" type="c:code"/>`),
		"b/derived/c.xsd": `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:c"><xs:simpleType name="code"><xs:restriction base="xs:string"><xs:enumeration value="x"/></xs:restriction></xs:simpleType></xs:schema>`,
	}
}

func set(name, file string) profile.Ruleset {
	return profile.Ruleset{Name: name, Layer: "xsd", Kind: "xsd", Bundle: "b", Entries: []string{file}}
}

func options() profile.Options {
	coded := set("coded", "lists.xsd")
	coded.StandIn = map[string]string{"codes.xsd": "derived/c.xsd"}
	return profile.Options{
		Library: library(), Cache: &memory{m: map[string][]byte{}},
		Rulesets: []profile.Ruleset{set("a", "a.xsd"), set("doc", "doc.xsd"), set("env", "env.xsd"), coded, set("gone", "gone.xsd"),
			{Name: "odd", Layer: "rules", Kind: "count", Bundle: "b", Entries: []string{"a.xsd"}}},
		Makers: map[string]profile.Maker{"count": func(profile.Order) (profile.Layer, error) { return counter{}, nil }},
		Profiles: []profile.Profile{
			{Name: "a", Roots: []string{"a"}, Layers: []string{"a", "odd"}},
			{Name: "doc-1", Roots: []string{"doc"}, Date: []string{"day"}, To: "2024-12-31", Layers: []string{"doc"}},
			{Name: "doc-2", Roots: []string{"doc"}, Date: []string{"day"}, From: "2025-01-01", Layers: []string{"doc"}},
			{Name: "doc-x", Roots: []string{"doc"}, Where: []profile.Condition{{Path: "@v", In: []string{"x"}}}, Layers: []string{"doc"}},
			{Name: "doc-y", Roots: []string{"doc"}, Where: []profile.Condition{{Path: "@v", Prefixes: []string{"x", "y"}}}, Date: []string{"day"}, From: "2024-01-01", Layers: []string{"doc"}},
			{Name: "env", Roots: []string{"env"}, Inner: "*", Layers: []string{"env"}},
			{Name: "coded", Roots: []string{"coded"}, Layers: []string{"coded"}},
			{Name: "gone", Roots: []string{"gone"}, Layers: []string{"gone"}},
		},
	}
}

// counter is a layer that finds a warning in each document.
type counter struct{}

func (counter) Judge(_ context.Context, doc *xmltree.Document, n xmltree.Node) (profile.Judgement, error) {
	p := diag.Problemf(doc.Pos(n), "FMT-TEST", "counted")
	p.Severity = diag.Warning
	return profile.Judgement{Problems: diag.List{p}, RulesFired: 3}, nil
}

func engine(t *testing.T, o profile.Options) *profile.Engine {
	t.Helper()
	e, probs := profile.New(o)
	if len(probs) > 0 {
		t.Fatal(probs)
	}
	return e
}

// verdict shows a result in one line.
func verdict(r profile.Result) string {
	out := r.Profile + ":"
	for _, l := range r.Layers {
		out += " " + l.Name + "=" + l.Status
	}
	for _, f := range r.Findings {
		out += " " + f.Rule
	}
	if r.Valid {
		out += " valid"
	}
	return out
}

func TestValidate(t *testing.T) {
	t.Parallel()
	e := engine(t, options())
	for _, c := range []struct{ doc, want string }{
		{"<a>1</a>", "a: xml=passed xsd=passed rules=passed FMT-TEST valid"},
		{"<a>x</a>", "a: xml=passed xsd=failed rules=passed FMT-XSD-VALUE FMT-TEST"},
		{"<a>", ": xml=failed FMT-XML-SYNTAX"},
		{"<zz/>", ": xml=passed profile=failed FMT-PROFILE-UNKNOWN"},
		{"<doc><day>2024-06-01</day></doc>", "doc-1: xml=passed xsd=passed valid"},
		{"<doc><day>2025-01-01</day></doc>", "doc-2: xml=passed xsd=passed valid"},
		{"<doc/>", "doc-2: xml=passed xsd=passed valid"},
		{"<doc v='y'><day>2023-01-01</day></doc>", "doc-1: xml=passed xsd=passed valid"},
		{"<doc v='x'><day>2024-01-01</day></doc>", ": xml=passed profile=failed FMT-PROFILE-AMBIGUOUS"},
		{"<doc v='x'><day>2023-01-01</day></doc>", "doc-x: xml=passed xsd=passed valid"},
		{"<env><a>1</a></env>", "env+a: xml=passed xsd=passed xsd=passed rules=passed FMT-TEST valid"},
		{"<env><zz/></env>", "env: xml=passed xsd=passed profile=failed FMT-PROFILE-UNKNOWN"},
		{"<coded>x</coded>", "coded: xml=passed xsd=skipped ART-STAND-IN"},
		{"<coded>y</coded>", "coded: xml=passed xsd=failed FMT-XSD-VALUE"},
		{"<gone/>", "gone: xml=passed xsd=skipped ART-XSD-ABSENT"},
	} {
		if got := verdict(e.Validate(context.Background(), "f", []byte(c.doc), profile.Request{})); got != c.want {
			t.Errorf("%s:\nwant %s\n got %s", c.doc, c.want, got)
		}
	}
	r := e.Validate(context.Background(), "f", []byte("<a>1</a>"), profile.Request{Rulesets: []string{"rules"}})
	if got := verdict(r); got != "a: xml=passed rules=passed FMT-TEST valid" || r.Layers[1].RulesFired != 3 {
		t.Errorf("chosen layer: %s", got)
	}
	if got := verdict(e.Validate(context.Background(), "f", []byte("<a>1</a>"), profile.Request{Profile: "doc-9"})); got != ": xml=passed profile=failed FMT-PROFILE-UNKNOWN" {
		t.Errorf("unknown profile: %s", got)
	}
}

func TestDateWithoutVersion(t *testing.T) {
	t.Parallel()
	o := options()
	o.Profiles = []profile.Profile{{Name: "p", Roots: []string{"doc"}, Date: []string{"day"}, From: "2025-01-01", Layers: []string{"doc"}}}
	r := engine(t, o).Validate(context.Background(), "f", []byte("<doc><day>2020-01-01</day></doc>"), profile.Request{})
	if len(r.Findings) != 1 || r.Findings[0].Rule != profile.RuleDate {
		t.Errorf("got %s", verdict(r))
	}
}

// The second engine reads what the first has compiled, until a file changes.
func TestCache(t *testing.T) {
	t.Parallel()
	o := options()
	cache := o.Cache.(*memory)
	judge := func() string {
		return verdict(engine(t, o).Validate(context.Background(), "f", []byte("<coded>x</coded>"), profile.Request{}))
	}
	first := judge()
	if second := judge(); second != first || cache.puts != 1 || cache.hits != 1 {
		t.Errorf("%s, then %s; %d puts, %d hits", first, second, cache.puts, cache.hits)
	}
	lib := o.Library.(files)
	lib["b/lists.xsd"] = strings.Replace(lib["b/lists.xsd"], "c:code", "xs:int", 1)
	if got := judge(); got == first || cache.puts != 2 {
		t.Errorf("a changed file is not seen: %s", got)
	}
	lib["b/lists.xsd"] = library()["b/lists.xsd"]
	judge()
	lib["b/codes.xsd"] = lib["b/derived/c.xsd"]
	if got := judge(); got != "coded: xml=passed xsd=passed valid" {
		t.Errorf("the official file is installed, yet: %s", got)
	}
	for k := range cache.m {
		cache.m[k] = cache.m[k][:len(cache.m[k])-1]
	}
	if got := judge(); got != "coded: xml=passed xsd=passed valid" {
		t.Errorf("a damaged cache: %s", got)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]profile.Options{
		"no root":         {Profiles: []profile.Profile{{Name: "x"}}},
		"twice":           {Profiles: []profile.Profile{{Name: "x", Roots: []string{"a"}}, {Name: "x", Roots: []string{"a"}}}},
		"path":            {Profiles: []profile.Profile{{Name: "x", Roots: []string{"a"}, Where: []profile.Condition{{Path: "a["}}}}},
		"inner":           {Profiles: []profile.Profile{{Name: "x", Roots: []string{"a"}, Inner: "a["}}},
		"unknown ruleset": {Profiles: []profile.Profile{{Name: "x", Roots: []string{"a"}, Layers: []string{"y"}}}},
		"kind":            {Rulesets: []profile.Ruleset{{Name: "x", Kind: "y"}}},
	} {
		if _, probs := profile.New(o); len(probs) == 0 || probs[0].Rule != profile.RuleData {
			t.Errorf("%s: got %v", name, probs)
		}
	}
}

// A document above 10 MiB is judged while it is read, with the same verdict.
func TestLargeDocuments(t *testing.T) {
	t.Parallel()
	o := options()
	o.Library.(files)["b/big.xsd"] = schema(`<xs:element name="big"><xs:complexType><xs:sequence><xs:element name="n" type="xs:int" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="v"/></xs:complexType></xs:element>`)
	o.Rulesets = append(o.Rulesets, set("big", "big.xsd"))
	o.Profiles = append(o.Profiles, profile.Profile{Name: "big", Roots: []string{"big"}, Where: []profile.Condition{{Path: "@v", In: []string{"1"}}}, Layers: []string{"big"}},
		profile.Profile{Name: "big-rules", Roots: []string{"big"}, Where: []profile.Condition{{Path: "@v", In: []string{"2"}}}, Layers: []string{"big", "odd"}})
	e := engine(t, o)
	body := strings.Repeat("<n>12345</n>", 1_000_000)
	for _, c := range []struct{ doc, want string }{
		{"<big v='1'>" + body + "</big>", "big: xml=passed xsd=passed valid"},
		{"<big v='1'>" + body + "<n>x</n></big>", "big: xml=passed xsd=failed FMT-XSD-VALUE"},
		{"<big v='1'>" + body + "</bog>", "big: xml=failed FMT-XML-SYNTAX"},
		{"<big v='2'>" + body + "</big>", "big-rules: xml=passed xsd=passed rules=passed FMT-TEST valid"},
		{"<bog>" + body + "</bog>", ": xml=passed profile=failed FMT-PROFILE-UNKNOWN"},
	} {
		if got := verdict(e.Validate(context.Background(), "f", []byte(c.doc), profile.Request{})); got != c.want {
			t.Errorf("want %s\n got %s", c.want, got)
		}
	}
}
