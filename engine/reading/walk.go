package reading

import (
	"strconv"
	"strings"

	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// maxProblems bounds how many problems of one source are collected.
const maxProblems = 100

// walker is the state of one Read.
type walker struct {
	r        *Reading
	s        *Source
	file     string
	host     *present
	scope    *formula.Scope
	seen     *seen
	problems diag.List
	places   map[string]formula.Node // by JSON Pointer, when they are asked for
	path     []string
	input    map[string]any
}

// present is a host whose one-argument functions read the present node.
type present struct {
	formula.Host
	node formula.Node
	seen *seen
}

// Response offers the present node.
func (p *present) Response() formula.Response { return p }

// Tree returns the present node; what formulas read of it is noted.
func (p *present) Tree() (formula.Node, error) {
	if p.node == nil {
		return nil, nil
	}
	return spy{p.node, p.seen}, nil
}

// Header knows no header.
func (*present) Header(string) (string, bool) { return "", false }

func (r *Reading) walk(s *Source, scope *formula.Scope, input map[string]any) *walker {
	w := &walker{r: r, s: s, seen: newSeen(s), input: input}
	w.host = &present{Host: scope.Host(), seen: w.seen}
	w.scope = scope.WithHost(w.host)
	if input != nil || len(r.Inputs) > 0 {
		w.scope.Set("input", input)
	}
	w.lets(r.Let, w.scope, s.start)
	return w
}

// Read reads a source. The scope has the names a reading sees: context, const.
// The error is a diag.List: each problem has the place in the source, and as
// its path that in the document.
func (r *Reading) Read(file string, s *Source, scope *formula.Scope, input map[string]any, reader *document.Reader) (*Result, error) {
	w := r.walk(s, scope, input)
	w.file = file
	v := w.node(r.Document, w.scope, s.start)
	if err := w.err(); err != nil {
		return nil, err
	}
	made, _ := v.(object)
	out := &Result{Findings: w.unread()}
	if r.To == "" {
		out.Values = made.values()
		return out, nil
	}
	out.JSON = appendJSON(nil, made, "")
	doc, list := reader.Read(file, out.JSON, r.Extensions)
	if doc == nil {
		return nil, w.placed(list)
	}
	out.Document, out.Values = doc, doc.Value
	return out, nil
}

func (w *walker) err() error {
	w.problems.Sort()
	return w.problems.Err()
}

// placed says of problems of the document where they stand in the source. The
// walk is made once more, now noting what came from where.
func (w *walker) placed(list diag.List) error {
	again := w.r.walk(w.s, w.scope, w.input)
	again.places = map[string]formula.Node{}
	again.node(w.r.Document, w.scope, w.s.start)
	for i := range list {
		p := &list[i]
		at := p.Path
		n := again.places[at]
		for n == nil && at != "" {
			at = at[:strings.LastIndexByte(at, '/')]
			n = again.places[at]
		}
		if n == nil && len(w.s.start) > 0 {
			n = w.s.start[0]
		}
		p.Pos = w.s.place(w.file, n)
		if p.Rule == document.RuleValue {
			p.Rule = RuleValue
		}
	}
	list.Sort()
	return list.Err()
}

func (w *walker) fault(pos diag.Pos, rule, format string, args ...any) {
	if len(w.problems) < maxProblems {
		p := diag.Problemf(pos, rule, format, args...)
		p.Path = w.pointer()
		w.problems.Add(p)
	}
}

func (w *walker) pointer() string {
	if len(w.path) == 0 {
		return ""
	}
	return "/" + strings.Join(w.path, "/")
}

// lets puts named values into s, each worked out where it stands.
func (w *walker) lets(lets []nodes.Let, s *formula.Scope, at []formula.Node) {
	for _, l := range lets {
		value := l.Value
		s.SetLazy(l.Name, func(in *formula.Scope) (any, error) { return w.eval(value, in, at) })
	}
}

// eval works a value out; its one-argument functions read the first of at.
func (w *walker) eval(x nodes.Expr, s *formula.Scope, at []formula.Node) (any, error) {
	before := w.host.node
	w.host.node = nil
	if len(at) > 0 {
		w.host.node = at[0]
	}
	v, err := x.Eval(s)
	w.host.node = before
	return v, err
}

func (w *walker) holds(p *formula.Program, s *formula.Scope, at []formula.Node) bool {
	v, err := w.eval(formula.Formula(p), s, at)
	if err != nil {
		w.fail(p.Pos(), err)
	}
	b, _ := v.(bool)
	return b
}

// fail records the error of a formula.
func (w *walker) fail(pos diag.Pos, err error) {
	for _, p := range asProblems(err, pos) {
		if p.Path == "" {
			p.Path = w.pointer()
		}
		if len(w.problems) < maxProblems {
			w.problems.Add(p)
		}
	}
}

// node makes what n says from the present nodes; nil if nothing is there.
func (w *walker) node(n *Node, s *formula.Scope, at []formula.Node) any {
	if n.At != nil {
		if at = follow(at, n.At); len(at) == 0 {
			return nil
		}
	}
	if n.Each == nil {
		return w.one(n, s, at)
	}
	found := w.each(n, s, at)
	list := make([]any, 0, len(found))
	for _, m := range found {
		w.path = append(w.path, strconv.Itoa(len(list)))
		if v := w.one(n, s, []formula.Node{m}); v != nil {
			list = append(list, v)
		}
		w.path = w.path[:len(w.path)-1]
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

// each returns the nodes that become the members of a list.
func (w *walker) each(n *Node, s *formula.Scope, at []formula.Node) []formula.Node {
	if n.Each.Path != nil {
		return follow(at, n.Each.Path)
	}
	v, err := w.eval(n.Each.Value, s, at)
	if err != nil {
		w.fail(n.Pos, err)
		return nil
	}
	list, ok := v.([]any)
	if v != nil && !ok {
		w.fault(n.Pos, RuleValue, "$each goes over a list of nodes, not over a %s", formula.KindOf(v))
	}
	var found []formula.Node
	for _, m := range list {
		node, ok := m.(formula.Node)
		if !ok {
			w.fault(n.Pos, RuleValue, "$each goes over nodes, not over a %s", formula.KindOf(m))
			return nil
		}
		found = append(found, bare(node))
	}
	return found
}

func (w *walker) one(n *Node, s *formula.Scope, at []formula.Node) any {
	if len(n.Let) > 0 {
		s = s.Child()
		w.lets(n.Let, s, at)
	}
	if n.If != nil && !w.holds(n.If, s, at) {
		return nil
	}
	w.note(at)
	switch n.Kind {
	case PathNode:
		return w.text(n, at)
	case FormulaNode:
		v, err := w.eval(n.Value, s, at)
		if err != nil {
			w.fail(n.Pos, err)
			return nil
		}
		return w.made(n, v, at)
	case ListNode:
		return w.joined(n, s, at)
	case GroupNode:
		return w.node(n.Items[0], s, at)
	}
	var o object
	for _, f := range n.Fields {
		w.path = append(w.path, f.Name)
		if v := w.node(f.Node, s, at); v != nil {
			o = append(o, member{f.Name, v})
		}
		w.path = w.path[:len(w.path)-1]
	}
	if len(o) == 0 {
		return nil
	}
	return o
}

// joined puts the members of several lists, or single ones, into one.
func (w *walker) joined(n *Node, s *formula.Scope, at []formula.Node) any {
	var all []any
	for _, item := range n.Items {
		switch v := w.node(item, s, at).(type) {
		case nil:
		case []any:
			all = append(all, v...)
		default:
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// note keeps where the present place of the document comes from.
func (w *walker) note(at []formula.Node) {
	if w.places != nil && len(at) > 0 {
		w.places[w.pointer()] = at[0]
	}
}

// text is the first text that is there at the path.
func (w *walker) text(n *Node, at []formula.Node) any {
	found := at
	if n.Path != nil {
		found = follow(at, n.Path)
	}
	for _, m := range found {
		w.seen.mark(m)
		text := strings.TrimSpace(m.Text())
		if text == "" {
			continue
		}
		w.note([]formula.Node{m})
		v, err := n.As.value(text, n.Type, w.r.Rows.Decimal)
		if err != nil {
			w.fault(w.s.place(w.file, m), RuleValue, "%s cannot be read: %v", quoted(text), err)
			return nil
		}
		return v
	}
	return nil
}

// made takes the value of a formula for a field: texts are read as if they
// stood in the source, numbers are texts where texts are wanted.
func (w *walker) made(n *Node, v any, at []formula.Node) any {
	if node, ok := v.(formula.Node); ok {
		v = node.Text()
	}
	switch x := v.(type) {
	case string:
		if x = strings.TrimSpace(x); x == "" {
			return nil
		}
		out, err := n.As.value(x, n.Type, "")
		if err != nil {
			var source formula.Node
			if len(at) > 0 {
				source = at[0]
			}
			w.fault(w.s.place(w.file, source), RuleValue, "%s cannot be read: %v", quoted(x), err)
			return nil
		}
		return out
	case decimal.Decimal:
		if n.Type.Kind() == formula.StringKind {
			return x.String()
		}
	}
	return v
}
