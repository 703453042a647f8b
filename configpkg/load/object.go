package load

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// object is a map that was checked against its shape: what get returns is of
// the kind its key asks for.
type object struct {
	l     *loader
	node  *yml.Node
	shape *Shape
	bad   map[string]bool // keys whose value is of the wrong kind or not built
}

// object checks n, called what in messages, against a shape. All that does
// not fit is reported; what is left can be read. n may be nil.
func (l *loader) object(n *yml.Node, shape string) object {
	o := object{l: l, node: n, shape: shapes[shape]}
	if n == nil {
		return o
	}
	if n.Kind != yml.Map {
		l.fault(n.Pos, RuleKind, "", "%s is a map, not a %s", o.shape.Name, n.Kind)
		o.node = nil
		return o
	}
	for _, e := range n.Entries {
		o.entry(e)
	}
	for _, k := range o.shape.Keys {
		if k.Required && n.Entry(k.Name) == nil {
			l.fault(n.Pos, RuleMissing, k.hint(), "%s without %q", o.shape.Name, k.Name)
		}
	}
	return o
}

func (k Key) hint() string {
	if k.Doc == "" {
		return ""
	}
	return k.Name + ": " + k.Doc
}

func (o *object) entry(e yml.Entry) {
	k := o.shape.key(e.Key)
	switch {
	case k == nil && o.shape.Open:
	case k == nil:
		o.l.fault(e.KeyPos, RuleUnknownKey, diag.DidYouMean(e.Key, o.shape.names()), "unknown key %q in %s", e.Key, o.shape.Name)
	case k.NotBuilt != "":
		o.drop(e.Key)
		o.l.notBuilt(e.KeyPos, k.NotBuilt)
	case !k.Type.takes(e.Value):
		o.drop(e.Key)
		o.l.fault(e.Value.Pos, RuleKind, k.hint(), "%q takes a %s, not a %s", e.Key, k.Type, said(e.Value))
	default:
		o.words(k, e)
	}
}

func (o *object) drop(key string) {
	if o.bad == nil {
		o.bad = map[string]bool{}
	}
	o.bad[key] = true
}

// said names what stands in n for messages.
func said(n *yml.Node) string {
	if n.Empty() {
		return "value left out"
	}
	return n.Kind.String()
}

func (t KeyType) takes(n *yml.Node) bool {
	switch t {
	case Word, Int, Bool, Span, Cond, Form:
		return n.Kind == yml.Scalar && !n.Empty()
	case WordList:
		return n.Kind == yml.List && scalars(n)
	case Words:
		return n.Kind == yml.Scalar && !n.Empty() || n.Kind == yml.List && scalars(n)
	case People:
		return n.Kind != yml.List && !n.Empty()
	case Object, ObjectMap, Names:
		return n.Kind == yml.Map
	case ObjectList:
		return n.Kind == yml.List
	}
	return true
}

func scalars(n *yml.Node) bool {
	return !slices.ContainsFunc(n.Items, func(m *yml.Node) bool { return m.Kind != yml.Scalar || m.Empty() })
}

// words checks literal texts: no formula, no holes, allowed ones only.
func (o *object) words(k *Key, e yml.Entry) {
	switch k.Type {
	case Word, WordList, Words, Int, Bool:
	case Form:
		if !strings.HasPrefix(e.Value.Text, "=") {
			o.drop(e.Key)
			o.l.fault(e.Value.TextPos(), RuleFormula, `put "=" in front`, "%q takes a formula, not a literal text", e.Key)
		}
		return
	default:
		return
	}
	all := e.Value.Items
	if e.Value.Kind == yml.Scalar {
		all = []*yml.Node{e.Value}
	}
	for _, n := range all {
		if strings.HasPrefix(n.Text, "=") {
			o.drop(e.Key)
			o.l.fault(n.TextPos(), RuleFormula, "write the text itself", "%q takes no formula", e.Key)
		} else {
			o.allowed(k, e, n)
		}
	}
}

func (o *object) allowed(k *Key, e yml.Entry, n *yml.Node) {
	if c := k.Later[n.Text]; c != "" {
		o.drop(e.Key)
		o.l.notBuilt(n.TextPos(), c)
		return
	}
	if len(k.Values) == 0 || slices.Contains(k.Values, n.Text) {
		return
	}
	o.drop(e.Key)
	known := k.Values
	o.l.fault(n.TextPos(), RuleWord, diag.DidYouMean(n.Text, known), "%q is no value of %q", n.Text, e.Key)
}

// ok reports whether there is a map to read.
func (o object) ok() bool { return o.node != nil }

// get returns the value of key, or nil if it is not there or was refused.
func (o object) get(key string) *yml.Node {
	if o.bad[key] {
		return nil
	}
	return o.node.Get(key)
}

func (o object) has(key string) bool { return o.get(key) != nil }

// pos returns the place of the value of key, else that of the map.
func (o object) pos(key string) diag.Pos {
	if n := o.node.Get(key); n != nil {
		return n.Pos
	}
	if o.node == nil {
		return diag.Pos{}
	}
	return o.node.Pos
}

// word returns a literal text, "" if it is not there.
func (o object) word(key string) string {
	if n := o.get(key); n != nil {
		return n.Text
	}
	return ""
}

// list returns literal texts: those of a list, or the one that stands alone.
func (o object) list(key string) (texts []string) {
	for _, n := range o.nodes(key) {
		texts = append(texts, n.Text)
	}
	return texts
}

// nodes returns the members of a list, or the one value that stands alone.
func (o object) nodes(key string) []*yml.Node {
	n := o.get(key)
	switch {
	case n == nil:
		return nil
	case n.Kind == yml.List:
		return n.Items
	}
	return []*yml.Node{n}
}

// entries returns the members of a map.
func (o object) entries(key string) []yml.Entry {
	if n := o.get(key); n != nil {
		return n.Entries
	}
	return nil
}

// flag returns true or false, and what stands for a key that is not there.
func (o object) flag(key string, without bool) bool {
	n := o.get(key)
	switch {
	case n == nil:
		return without
	case n.Text == "true":
		return true
	case n.Text != "false":
		o.l.fault(n.TextPos(), RuleWord, "write true or false", "%q is no value of %q", n.Text, key)
	}
	return false
}

// number returns a whole number of at least least, and what stands for a key
// that is not there.
func (o object) number(key string, least, without int) int {
	n := o.get(key)
	if n == nil {
		return without
	}
	v, err := strconv.Atoi(n.Text)
	if err != nil || v < least || v > 1_000_000_000 {
		o.l.fault(n.TextPos(), RuleWord, "", "%q takes a whole number from %d, not %q", key, least, n.Text)
		return without
	}
	return v
}

// duration returns a literal duration.
func (o object) duration(key string) time.Duration {
	n := o.get(key)
	if n == nil {
		return 0
	}
	d, err := civil.ParseDuration(n.Text)
	if err != nil {
		o.l.fault(n.TextPos(), RuleWord, "write 30s, 5m, 24h or 15d", "%q is no duration", n.Text)
	}
	return d
}

var (
	nameForm   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// name checks a name given by the author.
func (l *loader) name(text string, pos diag.Pos, what string) string {
	if !nameForm.MatchString(text) {
		l.fault(pos, RuleName, "begin with a letter, go on with letters, digits, - and _", "%q is no name of a %s", text, what)
	}
	return text
}

// variable checks a name that formulas use.
func (l *loader) variable(text string, pos diag.Pos, what string) bool {
	if !identifier.MatchString(text) {
		l.fault(pos, RuleName, "begin with a letter, go on with letters, digits and _", "%q is no name of a %s", text, what)
		return false
	}
	return true
}

// people reads a text for people: a text, or a map of language to text. Names
// in its holes are those of s.
func (l *loader) people(s *scope, n *yml.Node) engine.Text {
	if n == nil {
		return nil
	}
	text := engine.Text{}
	if n.Kind == yml.Scalar {
		if v := s.value(n); v != nil {
			text[""] = v
		}
		return text
	}
	for _, e := range n.Entries {
		if e.Value.Kind != yml.Scalar {
			l.fault(e.Value.Pos, RuleKind, "", "a text for people is a map of language to text")
		} else if v := s.value(e.Value); v != nil {
			text[e.Key] = v
		}
	}
	return text
}

// constant reports a literal or a formula without names; others are refused.
func (l *loader) constant(v *formula.Value, what string) any {
	if v == nil {
		return nil
	}
	x, ok := v.Constant()
	if !ok {
		l.fault(v.Pos(), RuleFormula, "write the value itself", "%s takes no formula", what)
	}
	return x
}
