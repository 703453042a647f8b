package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
)

// graphStep is a step as it is drawn.
type graphStep struct {
	id    string
	does  string // action or flow
	kind  string // "pure", "reads", "records", "sends", "use"
	after []string
	deeds []graphDeed
	note  string // "at the end", "for each", "repeats"
}

// graphDeed is what follows an outcome: a word or a flow.
type graphDeed struct{ on, then string }

// steps prepares the steps of a flow for drawing. Only the nearest steps
// before a step are kept: what waits through another is not drawn twice.
func steps(f *engine.Flow) []graphStep {
	all := make([]graphStep, 0, len(f.Steps))
	for _, s := range f.Steps {
		g := graphStep{id: s.ID, does: s.Use, kind: "use", after: nearest(f, s)}
		if s.Action != nil {
			g.does, g.kind = s.Action.Name, s.Effect().String()
		}
		var notes []string
		if s.Finally {
			notes = append(notes, "at the end")
		}
		if s.ForEach != nil {
			notes = append(notes, "for each "+s.ForEach.As)
		}
		if s.Repeat != nil {
			notes = append(notes, "repeats")
		}
		if s.If != nil {
			notes = append(notes, "if")
		}
		g.note = strings.Join(notes, ", ")
		for _, h := range s.Handle {
			for _, d := range h.Deeds {
				g.deeds = append(g.deeds, graphDeed{h.On, deed(d)})
			}
		}
		all = append(all, g)
	}
	return all
}

func deed(d engine.Deed) string {
	switch {
	case d.Use != "":
		return d.Use
	case d.Do != "":
		return d.Do
	case d.Class != "":
		return string(d.Class)
	case len(d.Renew) > 0:
		return "renew " + strings.Join(d.Renew, ", ")
	}
	return "wait"
}

func nearest(f *engine.Flow, s *engine.FlowStep) (near []string) {
	for _, id := range s.After {
		through := slices.ContainsFunc(s.After, func(other string) bool { return other != id && waits(f, other, id) })
		if !through {
			near = append(near, id)
		}
	}
	return near
}

// waits reports whether step a waits for step b, at once or through others.
func waits(f *engine.Flow, a, b string) bool {
	for _, s := range f.Steps {
		if s.ID == a {
			return slices.Contains(s.After, b) || slices.ContainsFunc(s.After, func(x string) bool { return x != a && waits(f, x, b) })
		}
	}
	return false
}

// DOT returns the flows of a package in the language of Graphviz: steps and
// what they wait for, the flows they use, and what follows an outcome.
func DOT(p *engine.Package) string {
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %q {\n  rankdir=TB; node [shape=box, style=rounded, fontname=Helvetica]; edge [fontname=Helvetica, fontsize=10]\n", p.ID)
	for _, f := range p.Flows {
		fmt.Fprintf(&b, "  subgraph %q {\n    label=%q\n", "cluster_"+f.Name, f.Name+" ("+string(f.Kind)+")")
		all := steps(f)
		for _, s := range all {
			label := s.id + "\n" + s.does
			if s.note != "" {
				label += "\n" + s.note
			}
			fmt.Fprintf(&b, "    %q [label=%q%s]\n", f.Name+"/"+s.id, label, look(s.kind))
		}
		for _, s := range all {
			for _, before := range s.after {
				fmt.Fprintf(&b, "    %q -> %q\n", f.Name+"/"+before, f.Name+"/"+s.id)
			}
		}
		b.WriteString("  }\n")
	}
	for _, f := range p.Flows {
		calls(&b, p, f)
	}
	b.WriteString("}\n")
	return b.String()
}

func look(kind string) string {
	switch kind {
	case "sends":
		return ", penwidth=3"
	case "reads":
		return ", style=\"rounded,dashed\""
	case "records":
		return ", style=\"rounded,filled\", fillcolor=gray92"
	case "use":
		return ", shape=component, style=solid"
	}
	return ""
}

// calls writes the edges between flows.
func calls(b *strings.Builder, p *engine.Package, f *engine.Flow) {
	for _, s := range f.Steps {
		from := f.Name + "/" + s.ID
		for _, f := range p.Flows {
			if to := first(p, f.Name); to != "" && (f.Name == s.Use || s.Role != "" && f.Role == s.Role) {
				fmt.Fprintf(b, "  %q -> %q [style=dotted, label=use]\n", from, to)
			}
		}
		for _, h := range s.Handle {
			for _, d := range h.Deeds {
				if to := first(p, d.Use); to != "" {
					fmt.Fprintf(b, "  %q -> %q [style=dotted, label=%q]\n", from, to, h.On)
				}
			}
		}
	}
}

func first(p *engine.Package, flow string) string {
	if f := p.Flow(flow); flow != "" && f != nil && len(f.Steps) > 0 {
		return flow + "/" + f.Steps[0].ID
	}
	return ""
}
