package schematron

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// xslPart reads the XSLT that rule sets use: functions and keys.
func (r *reader) xslPart(c element) {
	s := r.schema
	switch c.doc.Local(c.node) {
	case "function":
		f := Function{Name: c.attr("name"), As: c.attr("as"), Pos: c.pos(), ns: r.scope(c)}
		var body []xmltree.Node
		for n := range c.doc.Children(c.node) {
			if k := c.at(n); c.doc.Kind(n) == xmltree.ElementNode && k.is(xslSpace, "param") {
				f.Params = append(f.Params, xpath.Param{Name: k.attr("name"), As: k.attr("as")})
			} else {
				body = append(body, n)
			}
		}
		f.Body = r.constructor(c, body)
		s.Functions = append(s.Functions, f)
	case "key":
		s.Keys = append(s.Keys, Key{Name: c.attr("name"), Match: c.attr("match"), Use: c.attr("use"), Pos: c.pos(), ns: r.scope(c)})
	case "variable", "param":
		if _, given := c.doc.Attr(c.node, "select"); !given {
			r.problem(c, RuleUnsupported, "a global XSLT variable without select")
			return
		}
		s.Lets = append(s.Lets, Let{Name: c.attr("name"), Value: c.attr("select"), Pos: c.pos(), ns: r.scope(c)})
	default:
		r.problem(c, RuleUnsupported, "XSLT element %s", c.doc.QName(c.node))
	}
}

// constructor reads a sequence constructor.
func (r *reader) constructor(c element, nodes []xmltree.Node) []xpath.Instruction {
	var out []xpath.Instruction
	for _, n := range nodes {
		switch c.doc.Kind(n) {
		case xmltree.TextNode:
			if !c.doc.IsWhite(n) {
				out = append(out, xpath.Instruction{Kind: xpath.InstrText, Text: c.doc.Value(n)})
			}
		case xmltree.ElementNode:
			if in, ok := r.instruction(c.at(n)); ok {
				out = append(out, in)
			}
		}
	}
	return out
}

func (r *reader) instruction(c element) (xpath.Instruction, bool) {
	in := xpath.Instruction{Name: c.attr("name"), As: c.attr("as"), Select: c.attr("select")}
	body := func() []xpath.Instruction {
		var nodes []xmltree.Node
		for n := range c.doc.Children(c.node) {
			nodes = append(nodes, n)
		}
		return r.constructor(c, nodes)
	}
	if c.doc.Space(c.node) != xslSpace {
		r.problem(c, RuleUnsupported, "element %s in a function", c.doc.QName(c.node))
		return in, false
	}
	switch local := c.doc.Local(c.node); local {
	case "variable":
		in.Kind, in.Body = xpath.InstrVariable, body()
	case "sequence", "copy-of":
		in.Kind = xpath.InstrSequence
	case "value-of":
		in.Kind, in.Sep = xpath.InstrValueOf, " "
		if sep, given := c.doc.Attr(c.node, "separator"); given {
			in.Sep = sep
		}
	case "text":
		in.Kind, in.Text = xpath.InstrText, c.doc.Text(c.node)
	case "choose":
		in.Kind, in.Body = xpath.InstrChoose, body()
	case "if":
		in.Kind = xpath.InstrChoose
		in.Body = []xpath.Instruction{{Kind: xpath.InstrWhen, Select: c.attr("test"), Body: body()}}
	case "when":
		in.Kind, in.Select, in.Body = xpath.InstrWhen, c.attr("test"), body()
	case "otherwise":
		in.Kind, in.Body = xpath.InstrOtherwise, body()
	default:
		r.problem(c, RuleUnsupported, "XSLT element %s in a function", strings.TrimSpace(c.doc.QName(c.node)))
		return in, false
	}
	return in, true
}
