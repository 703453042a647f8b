package xmltree

import "strings"

// declaration reads the XML declaration, if there is one.
func (p *parser) declaration() bool {
	if !strings.HasPrefix(p.src, "<?xml") || len(p.src) > 5 && class[p.src[5]]&isSpace == 0 {
		return true
	}
	end := strings.Index(p.src, "?>")
	if end < 0 {
		return p.fail(0, RuleSyntax, "XML declaration is not closed")
	}
	p.pos = end + 2
	rest := p.src[5:end]
	for stage := 0; strings.TrimLeft(rest, " \t\r\n") != ""; {
		name, value, after, ok := pseudoAttribute(rest)
		if ok {
			stage, ok = p.declared(stage, name, value)
		}
		if !ok {
			return p.fail(0, RuleSyntax, "XML declaration is not well-formed")
		}
		rest = after
	}
	if p.Version == "" {
		return p.fail(0, RuleSyntax, "XML declaration without version")
	}
	return true
}

// declared takes one part of the declaration; the parts have a fixed order.
func (p *parser) declared(stage int, name, value string) (next int, ok bool) {
	switch {
	case name == "version" && stage == 0:
		p.Version = value
		return 1, strings.HasPrefix(value, "1.") && len(value) > 2 && strings.Trim(value[2:], "0123456789") == ""
	case name == "encoding" && stage == 1:
		p.Encoding = value
		return 2, value != ""
	case name == "standalone" && (stage == 1 || stage == 2):
		p.Standalone = value
		return 3, value == "yes" || value == "no"
	}
	return 0, false
}

func pseudoAttribute(s string) (name, value, rest string, ok bool) {
	t := strings.TrimLeft(s, " \t\r\n")
	name, t, ok = strings.Cut(t, "=")
	name, t = strings.TrimRight(name, " \t\r\n"), strings.TrimLeft(t, " \t\r\n")
	if !ok || class[s[0]]&isSpace == 0 || t == "" || t[0] != '"' && t[0] != '\'' {
		return "", "", "", false
	}
	value, rest, ok = strings.Cut(t[1:], t[:1])
	return name, value, rest, ok
}
