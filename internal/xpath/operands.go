package xpath

// Operands returns the paths of names that an expression compares or computes with:
// those from the context node down, without predicates, in the order they are
// written. Steps are names as written, attributes with "@". For messages.
func Operands(src string) [][]string {
	e, err := parse(src)
	if err != nil {
		return nil
	}
	var out [][]string
	seen := map[string]bool{}
	var walk func(expr)
	walk = func(e expr) {
		if p, ok := e.(*pathExpr); ok {
			if steps := namesOf(p); steps != nil && !seen[p.key] {
				seen[p.key] = true
				out = append(out, steps)
			}
			return // not into predicates: their context is another
		}
		for _, part := range parts(e) {
			walk(part)
		}
	}
	walk(e)
	return out
}

// namesOf returns the names of a path of plain child and attribute steps, else nil.
func namesOf(p *pathExpr) []string {
	if p.absolute {
		return nil
	}
	var names []string
	for _, s := range p.steps {
		if s.prim != nil || len(s.preds) > 0 || s.test.kind != testName || s.axis != axisChild && s.axis != axisAttribute {
			return nil
		}
		name := s.test.name
		if name[0] == '*' || name[len(name)-1] == '*' {
			return nil
		}
		if s.axis == axisAttribute {
			name = "@" + name
		}
		names = append(names, name)
	}
	return names
}
