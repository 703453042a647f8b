package xsd

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// identity compiles a unique, key or keyref.
func (c *compiler) identity(p place) (int32, bool) {
	id := identity{Name: c.name(xmltree.Name{Space: p.f.space, Local: p.attr("name")}), Refer: none}
	switch p.kind() {
	case "key":
		id.Kind = idKey
	case "keyref":
		id.Kind = idKeyref
		name, ok := c.qname(p, "refer")
		if !ok {
			return 0, false
		}
		id.Refer = c.name(name)
	}
	for k := range p.kids {
		paths, ok := c.paths(k)
		if !ok {
			return 0, false
		}
		switch k.kind() {
		case "selector":
			id.Selector = paths
		case "field":
			id.Fields = append(id.Fields, paths)
		}
	}
	c.m.Idents = append(c.m.Idents, id)
	return int32(len(c.m.Idents) - 1), true
}

// paths reads the restricted XPath of a selector or field (XML Schema part 1, 3.11.6).
func (c *compiler) paths(p place) ([]idPath, bool) {
	var out []idPath
	for _, text := range strings.Split(p.attr("xpath"), "|") {
		text = strings.Join(strings.Fields(text), "")
		path := idPath{}
		text, path.Deep = strings.CutPrefix(text, ".//")
		for _, s := range strings.Split(text, "/") {
			s = strings.TrimPrefix(s, "child::")
			if s == "." {
				continue
			}
			s, at := strings.CutPrefix(strings.Replace(s, "attribute::", "@", 1), "@")
			step, ok := c.idStep(p, s, at)
			if !ok || path.Attribute {
				c.fault(p, "path %q is not of the form a selector or field may have", p.attr("xpath"))
				return nil, false
			}
			path.Attribute = at
			path.Steps = append(path.Steps, step)
		}
		out = append(out, path)
	}
	return out, true
}

func (c *compiler) idStep(p place, s string, attribute bool) (idStep, bool) {
	if s == "*" {
		return idStep{Any: true}, true
	}
	if prefix, ok := strings.CutSuffix(s, ":*"); ok {
		space, bound := p.f.doc.LookupPrefix(p.n, prefix)
		return idStep{Any: true, In: true, Space: space}, bound
	}
	prefix, local, ok := strings.Cut(s, ":")
	if !ok {
		prefix, local = "", s
	}
	space := ""
	if prefix != "" { // a name without prefix is in no namespace
		if space, ok = p.f.doc.LookupPrefix(p.n, prefix); !ok {
			return idStep{}, false
		}
	}
	return idStep{Name: c.name(xmltree.Name{Space: space, Local: local})}, xmltree.IsNCName(local)
}
