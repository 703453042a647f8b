package xpath

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

func nodeFunctions() map[string]builtin {
	return map[string]builtin{
		"name":          nodeName(func(r *Run, d *xmltree.Document, n xmltree.Node) string { return d.QName(n) }),
		"local-name":    nodeName(func(r *Run, d *xmltree.Document, n xmltree.Node) string { return d.Local(n) }),
		"namespace-uri": nodeName(func(r *Run, d *xmltree.Document, n xmltree.Node) string { return d.Space(n) }),
		"path":          nodeName(func(r *Run, d *xmltree.Document, n xmltree.Node) string { return Path(d, n) }),
		"generate-id":   nodeName(func(r *Run, d *xmltree.Document, n xmltree.Node) string { return "n" + intItem(int(n)).text() }),
		"root": {0, 1, func(c *Compiler, _ *callExpr, args []*code, s scope) *code {
			x := fresh(anyNode)
			if len(args) == 0 {
				y := c.root(s)
				return y
			}
			fill := args[0].asNodes()
			x.some = args[0].some
			x.nodes = func(r *Run) *xmltree.Document {
				m := len(r.nodes)
				d := fill(r)
				if n := len(r.nodes) - m; n > 1 {
					raise("XPTY0004", "%d nodes where root takes one", n)
				} else if n == 1 {
					r.nodes[m] = 0
				}
				return d
			}
			return x
		}, true},
		"current": {0, 0, func(c *Compiler, _ *callExpr, _ []*code, s scope) *code {
			x := fresh(anyNode)
			x.current = true
			x.nodes = func(r *Run) *xmltree.Document {
				r.nodes = append(r.nodes, r.current)
				return r.main
			}
			x.exists = func(*Run) bool { return true }
			return x
		}, true},
		"document":      {1, 2, documentCall, true},
		"doc":           {1, 1, documentCall, true},
		"doc-available": {1, 1, documentAvailable, true},
		"key":           {2, 3, keyCall, true},
		"lang":          {1, 2, unsupportedCall, true},
		"id":            {1, 2, unsupportedCall, true},
		"idref":         {1, 2, unsupportedCall, true},
		"collection":    {0, 1, unsupportedCall, true},
		"base-uri":      {0, 1, unsupportedCall, true},
		"document-uri":  {1, 1, unsupportedCall, true},
		"nilled":        {1, 1, unsupportedCall, true},
	}
}

func unsupportedCall(_ *Compiler, e *callExpr, _ []*code, _ scope) *code {
	raise(codeUnsupported, "function %s", e.name)
	return nil
}

func nodeName(f func(*Run, *xmltree.Document, xmltree.Node) string) builtin {
	return builtin{0, 1, func(c *Compiler, e *callExpr, args []*code, s scope) *code {
		if len(args) == 0 {
			x := strCode(func(r *Run) string { return f(r, r.doc, r.contextNode()) })
			x.deps = c.dot(s).deps
			return x
		}
		fill := args[0].asNodes()
		return strCode(func(r *Run) string {
			m := len(r.nodes)
			d := fill(r)
			n := len(r.nodes) - m
			if n == 0 {
				return ""
			}
			if n > 1 {
				raise("XPTY0004", "%d nodes where %s takes one", n, e.name)
			}
			node := r.nodes[m]
			r.nodes = r.nodes[:m]
			return f(r, d, node)
		})
	}, true}
}

func (c *Compiler) constText(x *code, what string) string {
	if !x.konst || len(x.val) != 1 || !x.val[0].Kind.textual() {
		raise(codeUnsupported, "%s with a name that is not constant", what)
	}
	return x.val[0].Str
}

// documentCall opens a document of the bundle; nothing else can be opened.
func documentCall(c *Compiler, e *callExpr, args []*code, _ scope) *code {
	x := fresh(anyNode)
	uri := c.required(args[0], e.name)
	x.nodes = func(r *Run) *xmltree.Document {
		u := uri(r)
		if r.open == nil {
			raise("FODC0002", "document %s can't be opened: no bundle", shown(u))
		}
		d, err := r.open(u)
		if err != nil {
			raise("FODC0002", "document %s: %v", shown(u), err)
		}
		r.nodes = append(r.nodes, 0)
		return d
	}
	x.impure = !args[0].konst
	return x
}

func documentAvailable(c *Compiler, e *callExpr, args []*code, _ scope) *code {
	uri := c.required(args[0], e.name)
	x := boolCode(func(r *Run) bool {
		u := uri(r)
		if r.open == nil {
			return false
		}
		_, err := r.open(u)
		return err == nil
	})
	return x
}

// Path returns the location of a node as fn:path writes it: /Q{ns}name[1]/@attr.
func Path(d *xmltree.Document, n xmltree.Node) string {
	if n == 0 {
		return "/"
	}
	var parts []string
	for ; n > 0; n = d.Parent(n) {
		parts = append(parts, pathStep(d, n))
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString("/" + parts[i])
	}
	return b.String()
}

func pathStep(d *xmltree.Document, n xmltree.Node) string {
	kind, name := d.Kind(n), ""
	switch kind {
	case xmltree.AttributeNode:
		if s := d.Space(n); s != "" {
			return "@Q{" + s + "}" + d.Local(n)
		}
		return "@" + d.Local(n)
	case xmltree.ElementNode:
		name = "Q{" + d.Space(n) + "}" + d.Local(n)
	case xmltree.TextNode:
		name = "text()"
	case xmltree.CommentNode:
		name = "comment()"
	default:
		name = "processing-instruction(" + d.Local(n) + ")"
	}
	at := 1
	for p := d.Prev(n); p != xmltree.None; p = d.Prev(p) {
		if d.Kind(p) == kind && d.Name(p) == d.Name(n) {
			at++
		}
	}
	return name + "[" + intItem(at).text() + "]"
}
