package xpath

import "github.com/fiscus-project/fiscus/internal/xmltree"

// keyDef is xsl:key: the nodes matching a pattern, found by the value of an expression.
type keyDef struct {
	match *Pattern
	use   *code
	frame int
}

type keyTable map[string][]xmltree.Node

// Key declares a key for the function key().
func (c *Compiler) Key(name, match, use string, ns Namespaces) error {
	p, err := c.Pattern(match, ns)
	if err != nil {
		return err
	}
	f := &frameSize{}
	c.ns = ns
	u, err := c.compileSource(use, scope{item: anyNode, frame: f})
	if err != nil {
		return err
	}
	u.asAtoms()
	c.keys[name] = &keyDef{p, u, f.n}
	return nil
}

func keyCall(c *Compiler, e *callExpr, args []*code, _ scope) *code {
	name := c.constText(args[0], "key")
	k := c.keys[name]
	if k == nil {
		raise("XTDE1260", "key %q is not declared", name)
	}
	if len(args) == 3 {
		raise(codeUnsupported, "key with three arguments")
	}
	fill, use := args[1].asAtoms(), k.use.asAtoms()
	x := fresh(anyNode)
	x.many, x.some = true, false
	x.nodes = func(r *Run) *xmltree.Document {
		table := r.keyTable(name, k, use)
		m, n := len(r.items), len(r.nodes)
		fill(r)
		for _, it := range r.items[m:] {
			r.nodes = append(r.nodes, table[it.text()]...)
		}
		r.items = r.items[:m]
		r.sortNodes(n)
		return r.main
	}
	return x
}

func (r *Run) keyTable(name string, k *keyDef, use func(*Run)) keyTable {
	if t := r.keys[name]; t != nil {
		return t
	}
	t := keyTable{}
	f, base, top := r.focus(), r.base, r.top
	r.base = r.frame(k.frame)
	for n := range xmltree.Node(r.main.Len()) {
		if !k.match.matches(r, n) {
			continue
		}
		r.focusNode(r.main, n)
		m := len(r.items)
		use(r)
		for _, it := range r.items[m:] {
			v := it.text()
			if list := t[v]; len(list) == 0 || list[len(list)-1] != n {
				t[v] = append(list, n)
			}
		}
		r.items = r.items[:m]
	}
	r.restore(f)
	r.base, r.top = base, top
	if r.keys == nil {
		r.keys = map[string]keyTable{}
	}
	r.keys[name] = t
	return t
}
