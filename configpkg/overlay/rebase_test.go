package overlay

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/loadtest"
)

var update = flag.Bool("update", false, "rewrite the expected texts")

// edit is what the vendor changed between two versions.
type edit struct{ file, old, new string }

// scenario is an overlay, and what the vendor does in the next version.
type scenario struct {
	name   string
	change string // of the overlay
	vendor []edit
	take   []Choice
}

const (
	upper  = "{file: mappings/slip.yaml, at: root/Slip/Seller, replace: =upper(document.seller.name)}"
	seller = "Seller: =document.seller.name"
	signed = ", waive: {rule: CFG-OVERLAY-DEFAULT, reason: r, signer: s, until: 2027-01-01}}"
)

// scenarios are those of testdata/rebase.txt, in its order.
var scenarios = []scenario{
	{"nothing changed", upper, nil, nil},
	{"mapping, vendor changed another line", upper, []edit{{"mappings/slip.yaml", "Buyer: =document.buyer.name", "Buyer: =upper(document.buyer.name)"}}, nil},
	{"mapping, vendor did the same", upper, []edit{{"mappings/slip.yaml", seller, "Seller: =upper(document.seller.name)"}}, nil},
	{"mapping, vendor did another", upper, []edit{{"mappings/slip.yaml", seller, "Seller: =lower(document.seller.name)"}}, nil},
	{"mapping, vendor did another, ours taken", upper, []edit{{"mappings/slip.yaml", seller, "Seller: =lower(document.seller.name)"}}, []Choice{{true, "root/Slip/Seller"}}},
	{"mapping, vendor did another, theirs taken", upper, []edit{{"mappings/slip.yaml", seller, "Seller: =lower(document.seller.name)"}}, []Choice{{false, "#1"}}},
	{"mapping, vendor took it out", upper, []edit{{"mappings/slip.yaml", "    " + seller + "\n", ""}}, nil},
	{"mapping, vendor took it out, theirs taken", upper, []edit{{"mappings/slip.yaml", "    " + seller + "\n", ""}}, []Choice{{false, "mapping slip root/Slip/Seller"}}},
	{"mapping, vendor renamed the element", upper, []edit{{"mappings/slip.yaml", seller, "Vendor: =document.seller.name"}}, nil},
	{"mapping, vendor moved the line", upper, []edit{{"mappings/slip.yaml", "    " + seller + "\n", ""}, {"mappings/slip.yaml", "    Sum:", "    " + seller + "\n    Sum:"}}, nil},
	{"mapping, vendor made it a map", upper, []edit{{"mappings/slip.yaml", seller, "Seller: {Name: =document.seller.name}"}}, nil},
	{"mapping, vendor renamed the root", upper, []edit{{"mappings/slip.yaml", "  Slip:", "  Note:"}}, nil},
	{"mapping, vendor moved the file", upper, []edit{{"mappings/slip.yaml", "", ""}}, nil},
	{"put, vendor added it too", "{file: mappings/slip.yaml, at: root/Slip/Tail, put: {C: three}}", []edit{{"mappings/slip.yaml", "B: two}", "B: two, C: three}"}}, nil},
	{"put, vendor added another value", "{file: mappings/slip.yaml, at: root/Slip/Tail, put: {C: three}}", []edit{{"mappings/slip.yaml", "B: two}", "B: two, C: drei}"}}, nil},
	{"put, vendor added a neighbour", "{file: mappings/slip.yaml, at: root/Slip/Tail, put: {C: three}}", []edit{{"mappings/slip.yaml", "B: two}", "B: two, D: four}"}}, nil},
	{"put sets, vendor changed it", "{file: mappings/slip.yaml, at: root/Slip/Tail, put: {A: eins}}", []edit{{"mappings/slip.yaml", "A: one", "A: uno"}}, nil},
	{"after, vendor has the same", "{file: mappings/slip.yaml, at: root/Slip/Buyer, after: {Extra: x}}", []edit{{"mappings/slip.yaml", "    Day:", "    Extra: x\n    Day:"}}, nil},
	{"after, vendor has it otherwise", "{file: mappings/slip.yaml, at: root/Slip/Buyer, after: {Extra: x}}", []edit{{"mappings/slip.yaml", "    Day:", "    Extra: y\n    Day:"}}, nil},
	{"before, untouched", "{file: mappings/slip.yaml, at: root/Slip/Buyer, before: {Extra: x}}", []edit{{"mappings/slip.yaml", "    Day:", "    More: y\n    Day:"}}, nil},
	{"before, vendor took the neighbour out", "{file: mappings/slip.yaml, at: root/Slip/Buyer, before: {Extra: x}}", []edit{{"mappings/slip.yaml", "    Buyer: =document.buyer.name\n", ""}}, nil},
	{"default, untouched", "{parameter: note, default: bye}", []edit{{"package.yaml", "to: 99999", "to: 999"}}, nil},
	{"default, vendor has the same", "{parameter: note, default: bye}", []edit{{"package.yaml", "default: thanks", "default: bye"}}, nil},
	{"default, vendor has another", "{parameter: note, default: bye}", []edit{{"package.yaml", "default: thanks", "default: cheers"}}, nil},
	{"default, vendor took it away", "{parameter: note, default: bye}", []edit{{"package.yaml", ", default: thanks", ""}}, nil},
	{"default, parameter is gone", "{parameter: note, default: bye}", []edit{{"package.yaml", "  - {name: note, type: string, default: thanks, doc: last line}\n", ""}}, nil},
	{"default, a rule goes by it now", "{parameter: note, default: bye}", []edit{{"rules/slip.yaml", "checks:", "checks:\n  - {id: XZ-4, assert: param.note != 'bye', says: not this}"}}, nil},
	{"default, it must be set now", "{parameter: note, default: bye}", []edit{{"package.yaml", "default: thanks", "required: true"}}, nil},
	{"default with waiver, no rule goes by it now", "{parameter: most, default: 10" + signed, []edit{{"rules/slip.yaml", "most: =param.most", "most: =1000"}}, nil},
	{"default with waiver, untouched", "{parameter: most, default: 10" + signed, nil, nil},
	{"rule, untouched", "{addRule: {id: AC-1, assert: document.totals.payable > 0, says: x}, file: rules/slip.yaml}", []edit{{"rules/slip.yaml", "clause 7", "clause 8"}}, nil},
	{"rule, vendor has the same", "{addRule: {id: AC-1, assert: document.totals.payable > 0, says: x}, file: rules/slip.yaml}", []edit{{"rules/slip.yaml", "checks:", "checks:\n  - {id: AC-1, assert: document.totals.payable > 0, says: x}"}}, nil},
	{"rule, vendor took the id", "{addRule: {id: AC-1, assert: document.totals.payable > 0, says: x}, file: rules/slip.yaml}", []edit{{"rules/slip.yaml", "checks:", "checks:\n  - {id: AC-1, assert: 'true', says: y}"}}, nil},
	{"rule, file is gone", "{addRule: {id: AC-1, assert: document.totals.payable > 0, says: x}, file: rules/slip.yaml}", []edit{{"rules/slip.yaml", "", ""}}, nil},
	{"severity, untouched", "{raiseSeverity: XZ-2}", nil, nil},
	{"severity, vendor raised it", "{raiseSeverity: XZ-2}", []edit{{"rules/slip.yaml", "fatal: false, ", ""}}, nil},
	{"severity, rule is gone", "{raiseSeverity: XZ-2}", []edit{{"rules/slip.yaml", "  - {id: XZ-2, assert: document.currency == 'XAU', fatal: false, says: another currency}\n", ""}}, nil},
	{"severity, rule renamed", "{raiseSeverity: XZ-2}", []edit{{"rules/slip.yaml", "id: XZ-2", "id: XZ-20"}}, nil},
	{"clause, untouched", "{addClause: document.currency == 'XAU', rule: XZ-3}", nil, nil},
	{"clause, vendor changed the rule", "{addClause: document.currency == 'XAU', rule: XZ-3}", []edit{{"rules/slip.yaml", "payable <= most", "payable < most"}}, nil},
	{"clause, vendor asks for it too", "{addClause: document.currency == 'XAU', rule: XZ-3}", []edit{{"rules/slip.yaml", "payable <= most", "payable <= most and document.currency == 'XAU'"}}, nil},
	{"clause of a flow, vendor added another", "{addClause: {field: document.currency, is: XAU}, flow: issue}", []edit{{"flows/issue.yaml", "is: invoice}", "is: invoice}\n    - {field: entity.name, is: Plain}"}}, nil},
	{"clause of a flow, vendor has it", "{addClause: {field: document.currency, is: XAU}, flow: issue}", []edit{{"flows/issue.yaml", "is: invoice}", "is: invoice}\n    - {field: document.currency, is: XAU}"}}, nil},
	{"clause of a flow, flow is renamed", "{addClause: {field: document.currency, is: XAU}, flow: issue}", []edit{{"flows/issue.yaml", "flow: issue", "flow: issues"}}, nil},
	{"address, untouched", "{setEndpoint: https://gate.example/s, table: doors, key: [drop], environment: test}", []edit{{"tables/doors.csv", "deep.example/slips", "deep.example/notes"}}, nil},
	{"address, vendor moved", "{setEndpoint: https://gate.example/s, table: doors, key: [drop], environment: test}", []edit{{"tables/doors.csv", "tide.example/slips", "tide.example/v2"}}, nil},
	{"address, vendor moved there", "{setEndpoint: https://gate.example/s, table: doors, key: [drop], environment: test}", []edit{{"tables/doors.csv", "tide.example/slips", "gate.example/s"}}, nil},
	{"address, now that of production", "{setEndpoint: https://gate.example/s, table: doors, key: [drop], environment: test}", []edit{{"tables/doors.csv", "deep.example/slips", "gate.example/p"}}, nil},
	{"address, row is gone", "{setEndpoint: https://gate.example/s, table: doors, key: [drop], environment: test}", []edit{{"tables/doors.csv", "drop,test", "push,test"}}, nil},
	{"address, table is gone", "{setEndpoint: https://gate.example/s, table: doors, key: [drop], environment: test}", []edit{{"tables/tables.yaml", "doors:", "gates:"}}, nil},
	{"hint, untouched", "{addHint: wait, answers: answers/drop.yaml, code: HIGH}", nil, nil},
	{"hint, vendor wrote one", "{addHint: wait, answers: answers/drop.yaml, code: HIGH}", []edit{{"answers/drop.yaml", "status: accepted}", "status: accepted, hint: rest}"}}, nil},
	{"hint, vendor wrote the same", "{addHint: wait, answers: answers/drop.yaml, code: HIGH}", []edit{{"answers/drop.yaml", "status: accepted}", "status: accepted, hint: wait}"}}, nil},
	{"hint, code is gone", "{addHint: wait, answers: answers/drop.yaml, code: HIGH}", []edit{{"answers/drop.yaml", "HIGH:", "TOP:"}}, nil},
	{"text, untouched", "{setText: dear, file: rules/slip.yaml, at: checks/XZ-3/says}", nil, nil},
	{"text, vendor changed it", "{setText: dear, file: rules/slip.yaml, at: checks/XZ-3/says}", []edit{{"rules/slip.yaml", "too much", "far too much"}}, nil},
	{"text, vendor says the same", "{setText: dear, file: rules/slip.yaml, at: checks/XZ-3/says}", []edit{{"rules/slip.yaml", "too much", "dear"}}, nil},
	{"three changes, one of each kind", upper + "\n  - {raiseSeverity: XZ-2}  # why\n  # last\n  - {parameter: note, default: bye}", []edit{{"mappings/slip.yaml", seller, "Seller: =lower(document.seller.name)"}, {"rules/slip.yaml", "fatal: false, ", ""}}, []Choice{{true, "root/Slip/Seller"}}},
}

func rebased(t *testing.T, s scenario) string {
	old := base(t)
	if _, err := open(t, old, "  - "+s.change+"\n"); err != nil {
		t.Fatal(listed(err))
	}
	x, err := Parse(over(t, old, "  - "+s.change+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	now := loadtest.Edit(t, old, "package.yaml", "version: 1.9.0", "version: 1.10.0")
	for _, e := range s.vendor {
		now = loadtest.Edit(t, now, e.file, e.old, e.new)
	}
	p, err := x.Rebase(old, now, s.take)
	if err != nil {
		t.Fatal(listed(err))
	}
	var b strings.Builder
	for _, f := range p.Findings {
		fmt.Fprintln(&b, f)
	}
	_, changes, _ := strings.Cut(string(p.Text), "change:\n")
	if p.Open() == 0 {
		fmt.Fprintf(&b, "change:\n%s", changes)
		next, err := Parse(p.Text)
		if err != nil || next.Base.Version != "1.10.0" {
			t.Fatal(err)
		}
		if _, err := next.Over(fstest.MapFS{File: &fstest.MapFile{Data: p.Text}}, now, today); err != nil {
			t.Errorf("what is written does not stand: %s", listed(err))
		}
	}
	return b.String()
}

// What becomes of each change is told in the words of packages.
func TestRebase(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, s := range scenarios {
		fmt.Fprintf(&b, "## %s\n%s\n", s.name, rebased(t, s))
	}
	const file = "testdata/rebase.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(b.String(), "\n## ")
	for i, part := range strings.Split(string(want), "\n## ") {
		if i >= len(got) || got[i] != part {
			t.Errorf("want\n%s\ngot\n%s", part, got[min(i, len(got)-1)])
		}
	}
	if len(scenarios) < 40 || strings.Count(string(want), "## ") != len(scenarios) {
		t.Errorf("%d scenarios, %d expected texts", len(scenarios), strings.Count(string(want), "## "))
	}
}

// Choices that fit nothing, and bases that are none, are refused.
func TestRebaseRefuses(t *testing.T) {
	t.Parallel()
	old := base(t)
	x, err := Parse(over(t, old, "  - "+upper+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	gone := loadtest.Edit(t, old, "mappings/slip.yaml", "    "+seller+"\n", "")
	for name, c := range map[string]struct {
		old, now fs.FS
		take     []Choice
		want     string
	}{
		"choice of nothing":   {old, old, []Choice{{true, "root/Slip/Seller"}}, RulePlace},
		"ours of what's gone": {old, gone, []Choice{{true, "root/Slip/Seller"}}, RulePlace},
		"another old base":    {gone, old, nil, RuleBase},
		"another package":     {old, loadtest.Edit(t, old, "package.yaml", "xz/slip", "xz/note"), nil, RuleBase},
	} {
		_, err := x.Rebase(c.old, c.now, c.take)
		if list := asList(err); err == nil || list[0].Rule != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Changes are taken out of lists of either form, and nothing else goes.
func TestListsAreRewritten(t *testing.T) {
	t.Parallel()
	old := base(t)
	const a, b, c = "{raiseSeverity: XZ-2}", "{parameter: note, default: bye}", upper
	now := loadtest.Edit(t, loadtest.Edit(t, loadtest.Edit(t, old, "rules/slip.yaml", "fatal: false, ", ""), "package.yaml", "default: thanks", "default: bye"), "package.yaml", "1.9.0", "2.0.0")
	for name, lines := range map[string][2]string{
		"dashes":         {"# top\nchange:\n  # a\n  - " + a + "\n\n  # c\n  - " + c + "\n  - " + b + " # end\n", "# top\nchange:\n  # a\n  # c\n  - " + c + "\n"},
		"lines":          {"change:\n  - raiseSeverity: XZ-2\n    # inside\n  - file: mappings/slip.yaml\n    at: root/Slip/Seller\n    replace: =upper(document.seller.name)\n", "change:\n    # inside\n  - file: mappings/slip.yaml\n    at: root/Slip/Seller\n    replace: =upper(document.seller.name)\n"},
		"brackets":       {"change: [" + a + ", " + c + ", " + b + "] # end\n", "change: [" + c + "] # end\n"},
		"brackets, last": {"change: [" + c + ", " + a + ", " + b + "]\n", "change: [" + c + ", ]\n"},
		"brackets, all":  {"change: [" + a + ", " + b + "]\n", "change: []\n"},
	} {
		head, _, _ := strings.Cut(string(over(t, old, "")), "change:")
		x, err := Parse([]byte(head + lines[0]))
		if err != nil {
			t.Fatal(name, err)
		}
		p, err := x.Rebase(old, now, nil)
		if err != nil {
			t.Error(name, err)
			continue
		}
		_, got, _ := strings.Cut(string(p.Text), "\n")
		for range 3 {
			_, got, _ = strings.Cut(got, "\n")
		}
		if got != lines[1] {
			t.Errorf("%s: want\n%s\ngot\n%s", name, lines[1], got)
		}
	}
}

// An overlay that is derived stands, and has a case of its own.
func TestDerive(t *testing.T) {
	t.Parallel()
	b := base(t)
	files, err := Derive(b, "acme/slip")
	if err != nil {
		t.Fatal(err)
	}
	own := fstest.MapFS{}
	for name, data := range files {
		own[name] = &fstest.MapFile{Data: data}
	}
	if _, err := Open(own, Options{Today: today, Base: func(string, string) (fs.FS, error) { return b, nil }}); err != nil || own["tests/slip.yaml"] == nil {
		t.Error(listed(err), len(own))
	}
	for _, id := range []string{"xz/slip", "acme", "../x"} {
		if _, err := Derive(b, id); err == nil {
			t.Error(id)
		}
	}
}
