package load

import (
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine/nodes"
)

const baseMapping = `mapping: base
format: xml
inputs: {profile: string, mark: {type: string, required: false}}
namespaces: {"": "urn:x"}
defaults: {Amount: {"@cur": =document.currency}}
let: {who: =document.seller.name}
root:
  Doc:
    Profile: =input.profile
    Type: "380"
    Party: {Name: =who, Town: =document.buyer.address.city}
    Ref:
      - {Id: A}
      - {Id: B}
    Amount: =document.totals.payable
    Mark: =input.mark
`

func TestExtends(t *testing.T) {
	base := map[string]string{"mappings/base.yaml": baseMapping}
	const start, end = `<Doc xmlns="urn:x"><Profile>p:1</Profile>`, `<Ref><Id>A</Id></Ref><Ref><Id>B</Id></Ref><Amount cur="EUR">121.35</Amount></Doc>`
	for name, c := range map[string]struct{ text, want string }{
		"as it is":       {``, start + `<Type>380</Type><Party><Name>Example &amp; Sons</Name><Town>Town</Town></Party>` + end},
		"put":            {`change: [{at: Doc/Type, put: {"@name": =document.number}}, {at: root/Doc/Party, put: {Name: x, "@a": b}}]`, start + `<Type name="A-1">380</Type><Party a="b"><Name>x</Name><Town>Town</Town></Party>` + end},
		"before, after":  {`change: [{at: Doc/Type, before: {N: "1"}}, {at: Doc/Type, after: {N: [{a: "2"}, {b: "3"}]}}]`, start + `<N>1</N><Type>380</Type><N><a>2</a></N><N><b>3</b></N><Party><Name>Example &amp; Sons</Name><Town>Town</Town></Party>` + end},
		"replace":        {`change: [{at: Doc/Party, replace: =document.number}, {at: "Doc/Ref[2]/Id", replace: C}]`, start + `<Type>380</Type><Party>A-1</Party>` + strings.Replace(end, "B", "C", 1)},
		"remove":         {`change: [{at: Doc/Party/Town, remove: true}, {at: "Doc/Ref[1]", remove: true}]`, start + `<Type>380</Type><Party><Name>Example &amp; Sons</Name></Party>` + strings.Replace(end, "<Ref><Id>A</Id></Ref>", "", 1)},
		"other keys win": {`let: {who: =document.buyer.name}` + "\nnamespaces: {q: \"urn:q\"}\n" + `change: [{at: Doc/Type, replace: {"q:a": "1"}}]`, strings.Replace(start, `"urn:x"`, `"urn:x" xmlns:q="urn:q"`, 1) + `<Type><q:a>1</q:a></Type><Party><Name>Buyer</Name><Town>Town</Town></Party>` + end},
	} {
		t.Run(name, func(t *testing.T) {
			m, problems := mapped(t, "mapping: m\nextends: mappings/base.yaml\nwith: {profile: \"p:1\"}\n"+c.text+"\n", base)
			if m == nil {
				t.Fatal(problems)
			}
			r, err := m.Write(invoiceScope(t), nodes.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if string(r.Bytes) != c.want {
				t.Errorf("\nwant %s\n got %s", c.want, r.Bytes)
			}
		})
	}
}

// The other mapping stays what it was, and one may extend one that extends.
func TestExtendsTwice(t *testing.T) {
	more := map[string]string{"mappings/base.yaml": baseMapping, "mappings/a.yaml": "mapping: a\nextends: mappings/base.yaml\nwith: {profile: =document.number}\nchange: [{at: Doc/Type, remove: true}, {at: Doc/Party, remove: true}]\n"}
	m, problems := mapped(t, "mapping: m\nextends: mappings/a.yaml\nchange: [{at: Doc/Ref, remove: true}]\n", more)
	if m == nil {
		t.Fatal(problems)
	}
	r, err := m.Write(invoiceScope(t), nodes.Options{Input: map[string]any{"mark": "!"}})
	if want := `<Doc xmlns="urn:x"><Profile>A-1</Profile><Amount cur="EUR">121.35</Amount><Mark>!</Mark></Doc>`; err != nil || string(r.Bytes) != want {
		t.Errorf("\nwant %s\n got %v %v", want, r, err)
	}
}

func TestExtendsProblems(t *testing.T) {
	base := map[string]string{"mappings/base.yaml": baseMapping}
	for name, c := range map[string]struct{ text, rule, at string }{
		"path no longer fits": {`change: [{at: Doc/Tpye, remove: true}]`, "CFG-CHANGE", "mappings/m.yaml:4:15"},
		"no such one":         {`change: [{at: "Doc/Ref[3]", remove: true}]`, "CFG-CHANGE", "mappings/m.yaml:4:16"},
		"two deeds":           {`change: [{at: Doc/Type, remove: true, replace: x}]`, "CFG-CHANGE", ""},
		"no deed":             {`change: [{at: Doc/Type}]`, "CFG-CHANGE", ""},
		"formula in a change": {`change: [{at: Doc/Type, replace: =docment.number}]`, "CFG-FORMULA-NAME", "mappings/m.yaml:4:35"},
		"beside a text":       {`change: [{at: Doc/Type, after: x}]`, RuleKind, ""},
		"no list":             {`change: {at: Doc/Type}`, RuleKind, ""},
	} {
		m, problems := mapped(t, "mapping: m\nextends: mappings/base.yaml\nwith: {profile: \"p:1\"}\n"+c.text+"\n", base)
		if m != nil || problems[0].Rule != c.rule || c.at != "" && problems[0].Pos.String() != c.at {
			t.Errorf("%s: want %s at %s, got %v", name, c.rule, c.at, problems)
		}
	}
	for text, rule := range map[string]string{
		"extends: mappings/none.yaml": RuleFileMissing, "extends: mappings/m.yaml": "CFG-CHANGE", "extends: mappings/base.yaml\nwith: {porfile: x}": RuleInput, "extends: ubl:mappings/x.yaml": RuleImport,
	} {
		if m, problems := mapped(t, "mapping: m\n"+text+"\n", base); m != nil || problems[0].Rule != rule {
			t.Errorf("%s: want %s, got %v", text, rule, problems)
		}
	}
}
