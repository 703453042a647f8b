package overlay

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Outcome is what becomes of a change on another base.
type Outcome string

// The outcomes of a change.
const (
	Carried     Outcome = "carries over"
	Superfluous Outcome = "superfluous" // the vendor did the same
	Conflict    Outcome = "conflict"    // somebody has to decide
	Dropped     Outcome = "dropped"     // a conflict, decided for the vendor
	Kept        Outcome = "kept"        // a conflict, decided for the overlay
)

// Finding tells what becomes of one change.
type Finding struct {
	Number  int      `json:"number"` // in the list of changes, from 1
	Op      string   `json:"operation"`
	Outcome Outcome  `json:"outcome"`
	What    string   `json:"what"` // "mapping slip root/Slip/Seller"
	At      string   `json:"at"`   // by what --take names it
	Why     string   `json:"why"`
	Decide  string   `json:"decide,omitempty"`
	Pos     diag.Pos `json:"pos"`

	ours bool // may be decided for the overlay
}

// String tells the finding in one line.
func (f Finding) String() string {
	out := fmt.Sprintf("%s: %s: %s", f.Outcome, f.What, f.Why)
	if f.Decide != "" {
		out += "\n    decide: " + f.Decide
	}
	return out
}

// Plan is what becomes of an overlay on another base.
type Plan struct {
	From, To engine.Base
	Findings []Finding
	Text     []byte // overlay.yaml over the new base; comments are kept
}

// Open counts the conflicts that nobody has decided.
func (p *Plan) Open() (n int) {
	for _, f := range p.Findings {
		if f.Outcome == Conflict {
			n++
		}
	}
	return n
}

// Choice decides a conflict: for the overlay (ours) or the vendor (theirs).
type Choice struct {
	Ours bool
	At   string // At of a finding, its What, or "#" and its number
}

// Rebase compares an overlay, the base it is over, and another base, and tells
// what becomes of each change. Nothing is written.
func (x *Overlay) Rebase(old, now fs.FS, choices []Choice) (*Plan, error) {
	if err := x.Fits(old); err != nil {
		return nil, err
	}
	to, err := baseOf(now)
	if err != nil {
		return nil, err
	}
	if Is(now) || to.Package != x.Base.Package {
		return nil, x.baseProblem("%s@%s is no version of %s", to.Package, to.Version, x.Base.Package)
	}
	before, err1 := newTree(old)
	after, err2 := newTree(now)
	if err := cmp.Or(err1, err2); err != nil {
		return nil, err
	}
	p := &Plan{From: x.Base, To: to}
	for _, c := range x.Changes {
		a := before.apply(c)
		if a.problems.Grave() {
			return nil, a.problems
		}
		p.Findings = append(p.Findings, p.find(c, a, after.apply(c)))
	}
	if err := p.decide(choices); err != nil {
		return nil, err
	}
	p.Text, err = x.rewritten(p)
	return p, err
}

func baseOf(files fs.FS) (b engine.Base, err error) {
	b.Package, b.Version = identity(files)
	b.Digest, err = load.DigestOf(files)
	return b, err
}

// find tells what becomes of a change, by what it does to either base.
func (p *Plan) find(c *Change, a, b *effect) Finding {
	f := Finding{Number: c.Number, Op: c.Op, What: a.name, At: a.at, Pos: c.Pos(), Outcome: Conflict}
	switch {
	case b.old == b.new && (b.new != "" || !b.problems.Grave()):
		f.Outcome, f.Why = Superfluous, fmt.Sprintf("%s says so already: %s", p.To.Version, b.new)
	case b.problems.Grave() && b.problems[0].Rule == RulePlace:
		f.Why = fmt.Sprintf("%s no longer has it: %s", p.To.Version, b.problems[0].Message)
		f.Decide = "--take theirs " + f.At + " drops the change; or write it anew for " + p.To.Version
	case b.problems.Grave():
		f.Why = fmt.Sprintf("%s does not allow it: %s", p.To.Version, b.problems[0].Message)
		f.Decide = "--take theirs " + f.At + " drops the change; or write it anew for " + p.To.Version
	case len(b.widens) > len(a.widens) && c.waive == nil:
		f.Why = fmt.Sprintf("in %s it %s", p.To.Version, b.widens[0].says)
		f.Decide = fmt.Sprintf("--take theirs %s drops the change; or have it signed for: waive: {rule: %s, ...}", f.At, b.widens[0].rule)
	case a.old == b.old:
		f.Outcome, f.Why = Carried, told(a, "")
	case a.more:
		f.Outcome, f.Why = Carried, told(a, fmt.Sprintf("; it is now beside %s, before it was %s", orNothing(b.old), orNothing(a.old)))
	default:
		f.ours = true
		f.Why = fmt.Sprintf("the vendor changed %s to %s, the overlay makes it %s", orNothing(a.old), orNothing(b.old), b.new)
		f.Decide = fmt.Sprintf("--take ours %s keeps %s; --take theirs %s keeps %s", f.At, b.new, f.At, orNothing(b.old))
	}
	if f.Outcome == Carried && len(b.widens) < len(a.widens) {
		f.Why += "; its waiver is not needed any more"
	}
	return f
}

func told(e *effect, more string) string {
	if e.old == "" || e.more {
		return orNothing(e.new) + more
	}
	return e.old + " > " + e.new + more
}

func orNothing(s string) string { return cmp.Or(s, "nothing") }

// decide settles conflicts by choices. Each must speak of one.
func (p *Plan) decide(choices []Choice) error {
	for _, c := range choices {
		found := false
		for i := range p.Findings {
			f := &p.Findings[i]
			if f.Outcome != Conflict || c.At != f.At && c.At != f.What && c.At != "#"+strconv.Itoa(f.Number) {
				continue
			}
			if found = true; c.Ours && !f.ours {
				return diag.Problem{Pos: f.Pos, Rule: RulePlace, Message: fmt.Sprintf("%s can't be taken over as it is: %s", f.What, f.Why), Hint: f.Decide}
			}
			f.Outcome, f.Decide = map[bool]Outcome{true: Kept, false: Dropped}[c.Ours], ""
		}
		if !found {
			return diag.Problem{Rule: RulePlace, Message: fmt.Sprintf("no conflict is at %q", c.At), Hint: diag.DidYouMean(c.At, p.conflicts())}
		}
	}
	return nil
}

func (p *Plan) conflicts() (names []string) {
	for _, f := range p.Findings {
		if f.Outcome == Conflict {
			names = append(names, f.At)
		}
	}
	return names
}

// rewritten writes overlay.yaml over the new base, without the changes that
// are superfluous or dropped.
func (x *Overlay) rewritten(p *Plan) ([]byte, error) {
	t := string(x.Text)
	list := x.node.Get("change")
	gone := map[int]bool{}
	for _, f := range p.Findings {
		gone[f.Number] = f.Outcome == Superfluous || f.Outcome == Dropped
	}
	var cuts []cut
	for i := range x.Changes {
		if gone[i+1] {
			c, err := item(t, list, i, func(j int) bool { return gone[j+1] })
			if err != nil {
				return nil, err
			}
			cuts = append(cuts, c)
		}
	}
	cuts = append(cuts, scalar(t, x.node.Get("base"), p.To.Package+"@"+p.To.Version), scalar(t, x.node.Get("digest"), p.To.Digest))
	for _, c := range inReverse(cuts) {
		t = t[:c.from] + c.with + t[c.to:]
	}
	again, err := Parse([]byte(t))
	if err != nil {
		return nil, err
	}
	if n := len(gone) - count(gone); len(again.Changes) != n {
		return nil, diag.Problem{Pos: list.Pos, Rule: RuleForm, Message: "the list of changes can't be rewritten", Hint: "write each change on lines of its own, behind a dash"}
	}
	return []byte(t), nil
}

func count(set map[int]bool) (n int) {
	for _, yes := range set {
		if yes {
			n++
		}
	}
	return n
}

// Derive makes the files of an overlay over a base: nothing is changed yet, and
// the first case of the base is its own.
func Derive(base fs.FS, id string) (map[string][]byte, error) {
	if !load.ValidID(id) {
		return nil, diag.Problem{Rule: RuleForm, Message: fmt.Sprintf("%q is no id of a package", id), Hint: "a family, a slash and a name: acme/invoice"}
	}
	b, err := baseOf(base)
	if err != nil {
		return nil, err
	}
	if Is(base) || b.Package == id {
		return nil, diag.Problem{Rule: RuleForm, Message: "an overlay has an id of its own, and a package that is no overlay as base"}
	}
	out := map[string][]byte{File: fmt.Appendf(nil, `overlay: %s
version: 0.1.0
base: %s@%s
digest: %s
# Operations: %s.
# - {parameter: name, default: value}
# - {file: mappings/x.yaml, at: root/Name, replace: =document.number}
change:
`, id, b.Package, b.Version, b.Digest, strings.Join(Operations(), ", "))}
	if name, text := firstCase(base); name != "" {
		out[name] = text
	}
	return out, nil
}

// firstCase returns the first test of a base, as it is written.
func firstCase(base fs.FS) (string, []byte) {
	names, err := load.Files(base)
	if err != nil {
		return "", nil
	}
	for _, name := range names {
		data, err := fs.ReadFile(base, name)
		if err != nil || !strings.HasPrefix(name, "tests/") || !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, part := range strings.Split(string(data), "\n---\n") {
			if part = strings.TrimPrefix(part, "---\n"); strings.HasPrefix(part, "test:") {
				return name, []byte(strings.TrimRight(part, "\n") + "\n")
			}
		}
	}
	return "", nil
}

// Renamed returns a package.yaml with another id and version; all else stays
// as it is written.
func Renamed(text []byte, id, version string) ([]byte, error) {
	if !load.ValidID(id) || !load.ValidVersion(version) {
		return nil, diag.Problem{Rule: RuleForm, Message: fmt.Sprintf("%q and %q are no id and version of a package", id, version), Hint: "xx/name and 1.0.0"}
	}
	docs, problems := yml.Parse("package.yaml", text)
	if problems.Grave() {
		return nil, problems
	}
	if len(docs) != 1 || docs[0].Get("package") == nil || docs[0].Get("version") == nil {
		return nil, diag.Problem{Rule: RuleForm, Message: "package.yaml names no package and version"}
	}
	t := string(text)
	for _, c := range inReverse([]cut{scalar(t, docs[0].Get("package"), id), scalar(t, docs[0].Get("version"), version)}) {
		t = t[:c.from] + c.with + t[c.to:]
	}
	return []byte(t), nil
}

// inReverse orders cuts so that each leaves the places of those after it.
func inReverse(cuts []cut) []cut {
	slices.SortFunc(cuts, func(a, b cut) int { return b.from - a.from })
	return cuts
}
