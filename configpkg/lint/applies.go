package lint

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/prove"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/schemas"
)

// applies looks for documents that two flows of the same priority take, and for
// flows that never get one.
func (c *checker) applies() {
	flows, entries := choosable(c.pkg)
	p := prove.Prover{Known: known(c.pkg)}
	v := p.Table(entries)
	for _, i := range v.Impossible {
		c.fault(flows[i].Pos, RuleUnreachable, "two of its clauses exclude each other", "flow %q applies to no document", flows[i].Name)
	}
	for _, i := range v.Unreachable {
		c.fault(flows[i].Pos, RuleUnreachable, "lower their priority, or delete it", "every document of flow %q goes to flows of higher priority", flows[i].Name)
	}
	for _, x := range v.Conflicts {
		c.conflict(flows[x.A], flows[x.B], x.Finding)
	}
}

func (c *checker) conflict(a, b *engine.Flow, f prove.Finding) {
	const hint = "give one of them a higher priority, or tell them apart under applies"
	if f.Answer == prove.Yes {
		c.fault(b.Pos, RuleOverlap, hint, "flows %q and %q both take %s", a.Name, b.Name, f.Witness)
		return
	}
	p := diag.Problemf(b.Pos, RuleOverlap, "not proved that flows %q and %q never take one document: a formula or pattern decides; %s may be one", a.Name, b.Name, f.Witness)
	p.Hint, p.Severity = hint, diag.Info
	c.problems.Add(p)
}

// choosable returns the flows that documents are given to, as the prover sees them.
func choosable(pkg *engine.Package) (flows []*engine.Flow, entries []prove.Entry) {
	for _, f := range pkg.Flows {
		if f.Kind != engine.Outbound && f.Kind != engine.Event && f.Kind != "" || pkg.Started(f.Name) {
			continue
		}
		flows = append(flows, f)
		entries = append(entries, prove.Entry{Rule: prove.Rule{Applies: withAbout(f), Formula: f.When != nil}, Priority: f.Priority})
	}
	return flows, entries
}

// withAbout adds what an event flow asks of its original to its clauses.
func withAbout(f *engine.Flow) *engine.Clause {
	if f.About == nil {
		return f.Applies
	}
	all := &engine.Clause{Op: "all", Pos: f.Pos}
	if f.Applies != nil {
		all.Sub = append(all.Sub, f.Applies)
	}
	all.Sub = append(all.Sub, &engine.Clause{Op: "exists", Path: "original", Values: []any{true}})
	if f.About.Flow != "" {
		all.Sub = append(all.Sub, &engine.Clause{Op: "is", Path: "original.flow", Values: []any{f.About.Flow}})
	}
	if len(f.About.Status) > 0 {
		in := &engine.Clause{Op: "in", Path: "original.status"}
		for _, s := range f.About.Status {
			in.Values = append(in.Values, string(s))
		}
		all.Sub = append(all.Sub, in)
	}
	return all
}

// known tells the prover which words a field can have, from the schemas of the
// documents and of the extension.
func known(pkg *engine.Package) func(string) prove.Domain {
	types := documentTypes(pkg)
	extension := enums(pkg.ExtensionJSON)
	return func(path string) prove.Domain {
		switch {
		case path == "document.type" && len(types) > 0:
			return prove.Domain{Values: types, Required: true}
		case path == "entity.country":
			return prove.Domain{Required: true}
		case strings.HasPrefix(path, "ext."):
			return prove.Domain{Values: extension[strings.TrimPrefix(path, "ext.")]}
		}
		return prove.Domain{}
	}
}

// documentTypes are the words under type of all documents of a package.
func documentTypes(pkg *engine.Package) (all []any) {
	for _, id := range pkg.Documents {
		data, err := schemas.Document(id)
		if err != nil {
			continue
		}
		for _, w := range enums(data)["type"] {
			if !slices.Contains(all, w) {
				all = append(all, w)
			}
		}
	}
	return all
}

// enums returns the words that properties at the top of a schema may have.
func enums(data []byte) map[string][]any {
	var s struct {
		Properties map[string]struct {
			Enum  []any `json:"enum"`
			Const any   `json:"const"`
		} `json:"properties"`
	}
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	out := map[string][]any{}
	for name, p := range s.Properties {
		words := p.Enum
		if p.Const != nil {
			words = append(words, p.Const)
		}
		for _, w := range words {
			if _, text := w.(string); !text {
				words = nil
			}
		}
		if words != nil {
			out[name] = words
		}
	}
	return out
}

// Gaps returns, for every type of document of a package, a document that no
// flow takes, if there is one: information, not a fault.
func Gaps(pkg *engine.Package) diag.List {
	flows, entries := choosable(pkg)
	rules := make([]prove.Rule, len(entries))
	for i, e := range entries {
		rules[i] = e.Rule
	}
	p := prove.Prover{Known: known(pkg)}
	var list diag.List
	for _, word := range documentTypes(pkg) {
		f := p.Gap(&engine.Clause{Op: "is", Path: "document.type", Values: []any{word}}, rules...)
		if f.Answer == prove.No || len(flows) == 0 {
			continue
		}
		says := "no flow takes %s"
		if f.Answer == prove.NotProved {
			says = "perhaps no flow takes %s"
		}
		list.Add(diag.Problemf(diag.Pos{File: "package.yaml"}, RuleGap, says, f.Witness))
		list[len(list)-1].Severity = diag.Info
	}
	return list
}
