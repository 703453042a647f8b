package overlay

import (
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func (t *tree) setMapping(c *Change, e *effect) {
	file, at := c.text("setMapping"), c.node.Get("at")
	deed, value := c.deed()
	n := t.in(file, "mapping", "fragments")
	e.name, e.at = "mapping "+file+" "+at.Text, at.Text
	if n == nil || !strings.HasPrefix(file, "mappings/") {
		e.fault(c.node.Get("setMapping"), RuleRefused, diag.DidYouMean(file, t.files("mapping", "fragments")), "%q is no mapping: setMapping changes what mappings/ write and nothing else", file)
		return
	}
	e.name = "mapping " + n.Entries[0].Value.Text + " " + at.Text
	if !written(at.Text) {
		e.fault(at, RuleRefused, "begin with root, parts, fragments or rows", "%q is no place that is written", at.Text)
		return
	}
	s, err := walk(n, at.Text)
	if err != nil {
		e.fault(at, RulePlace, "", "path %q does not fit the base: %v", at.Text, err)
		return
	}
	guarded(e, at.Text, value)
	switch old := s.get(); deed {
	case "replace":
		e.old, e.new = old.Line(), value.Line()
		dropped(e, at.Text, old, value)
		s.set(value.Clone())
	case "put":
		if value.Kind != yml.Map {
			e.fault(value, RuleForm, "put: {name: content}", "put takes a map")
			return
		}
		t.putInto(e, s, value)
	default:
		insert(e, s, deed, value)
	}
	t.changed[file] = true
}

// written reports whether a path leads to something that a mapping writes.
func written(at string) bool {
	words := strings.Split(at, "/")
	switch words[0] {
	case "root", "rows":
		return true
	case "parts":
		return len(words) > 2 && words[2] == "root"
	case "fragments":
		return len(words) > 2 && words[2] == "nodes"
	}
	return false
}

// guarded finds what decides whether something is written.
func guarded(e *effect, at string, value *yml.Node) {
	for _, word := range strings.Split(at, "/") {
		if strings.HasPrefix(word, "$") && word != "$text" {
			e.widen(RuleMapping, "changes %s, which decides what is written", word)
			return
		}
	}
	if n := conditional(value); n != "" {
		e.widen(RuleMapping, "writes only where %s says so", n)
	}
}

func conditional(n *yml.Node) string {
	for _, x := range n.Entries {
		if x.Key == "$if" || x.Key == "$for" {
			return x.Key
		}
		if found := conditional(x.Value); found != "" {
			return found
		}
	}
	for _, i := range n.Items {
		if found := conditional(i); found != "" {
			return found
		}
	}
	return ""
}

// dropped finds what the base writes and the change leaves out.
func dropped(e *effect, at string, old, value *yml.Node) {
	switch {
	case blank(value):
		e.widen(RuleMapping, "leaves %s out", at)
	case old.Kind == yml.Map:
		for _, x := range old.Entries {
			if now := value.Get(x.Key); now == nil || blank(now) && !blank(x.Value) {
				e.widen(RuleMapping, "leaves %s/%s out", at, x.Key)
				return
			}
		}
	case old.Kind == yml.List && len(value.Items) < len(old.Items):
		e.widen(RuleMapping, "leaves members of %s out", at)
	}
}

// blank reports whether a value is nothing, however it is written.
func blank(n *yml.Node) bool {
	switch n.Kind {
	case yml.Map:
		return len(n.Entries) == 0 || !slices.ContainsFunc(n.Entries, func(x yml.Entry) bool { return !blank(x.Value) })
	case yml.List:
		return len(n.Items) == 0
	}
	text := strings.ReplaceAll(strings.TrimSpace(strings.TrimPrefix(n.Text, "=")), " ", "")
	return slices.Contains([]string{"", "nil", `""`, "''", "(nil)"}, text)
}

// putInto adds or sets members of an element; a text becomes its $text.
func (t *tree) putInto(e *effect, s step, value *yml.Node) {
	n := s.get()
	if n.Kind == yml.Scalar {
		n = &yml.Node{Kind: yml.Map, Pos: n.Pos, Entries: []yml.Entry{{Key: "$text", KeyPos: n.Pos, Value: n}}}
		s.set(n)
	}
	var old, now []string
	for _, x := range value.Entries {
		if before := n.Get(x.Key); before != nil {
			old = append(old, x.Key+": "+before.Line())
			dropped(e, e.at+"/"+x.Key, before, x.Value)
		}
		now = append(now, x.Key+": "+x.Value.Line())
		set(n, x.Key, x.Value.Clone())
	}
	e.old, e.new = strings.Join(old, ", "), strings.Join(now, ", ")
}

func insert(e *effect, s step, deed string, value *yml.Node) {
	if s.parent.Kind != yml.Map || value.Kind != yml.Map {
		e.fault(value, RuleForm, deed+": {name: content}", "%s takes a map, beside an element", deed)
		return
	}
	i, same := s.index, true
	if deed == "after" {
		i++
	}
	e.new = value.Line()
	for _, x := range value.Entries {
		if old := s.parent.Get(x.Key); old == nil || old.Line() != x.Value.Line() {
			same = false
		}
	}
	if same {
		e.old = e.new
		return
	}
	for _, x := range value.Entries {
		if old := s.parent.Get(x.Key); old != nil {
			e.old = "{" + x.Key + ": " + old.Line() + "}"
			e.fault(value, RuleRefused, "replace changes it", "%q is there already", x.Key)
			return
		}
	}
	s.parent.Entries = slices.Insert(s.parent.Entries, i, value.Clone().Entries...)
}
