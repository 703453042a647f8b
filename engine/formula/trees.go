package formula

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

var treeFunctions = map[string]*function{
	"at":     {min: 2, max: 2, args: []want{wantTree, wantText}, names: []string{"tree", "path"}, result: String, call: at},
	"nodes":  {min: 2, max: 2, args: []want{wantTree, wantText}, names: []string{"tree", "path"}, result: ListOf(Tree.Required()).Required(), call: nodes},
	"has":    {min: 2, max: 2, args: []want{wantTree, wantText}, names: []string{"tree", "path"}, absent: true, result: Boolean.Required(), call: has},
	"source": {min: 1, max: 1, args: []want{wantTree}, names: []string{"node"}, result: Bytes.Required(), call: func(_ *call, args []any) (any, error) { return bytesOf(args[0]), nil }},
	"header": {min: 1, max: 1, args: []want{wantText}, names: []string{"name"}, result: String, call: header},
	"xml":    {min: 1, max: 1, args: []want{wantBytes}, names: []string{"bytes"}, result: Tree.Required(), call: func(k *call, args []any) (any, error) { return k.parse(bytesOf(args[0]), "xml") }},
	"json":   {min: 1, max: 1, args: []want{wantBytes}, names: []string{"bytes"}, result: Tree.Required(), call: func(k *call, args []any) (any, error) { return k.parse(bytesOf(args[0]), "json") }},
}

// readers are the functions that with one argument, a path, read the response.
var readers = map[string]func(k *call, args []any) (any, error){"at": at, "nodes": nodes, "has": has, "source": sourceAt}

// reader compiles the one-argument form. source(node) is no such form.
func (c *compiler) reader(do func(*call, []any) (any, error), name string, arg *node, from int) *node {
	fn := treeFunctions[name]
	if name == "source" && !arg.typ.isText() {
		if !c.fits(fn, name, []*node{arg}) {
			return broken(from)
		}
		if arg.typ.kind != AnyKind {
			return c.calling(fn, name, []*node{arg}, from)
		}
	} else if k := arg.typ.kind; k != AnyKind && k != AbsentKind && !arg.typ.isText() {
		return c.bad(arg.from, RuleType, "argument \"path\" of %s is a string, not a %s", name, arg.typ)
	}
	if !c.decl.Reader && (name != "source" || arg.typ.kind != AnyKind) {
		c.fault(from, RuleName, "%s with one argument has nothing to read here", name).Hint = name + "(tree, path)"
		return broken(from)
	}
	typ := fn.result
	if name == "source" {
		typ = Bytes
	}
	return &node{typ: typ, from: from, run: func(f *frame) (any, error) {
		if err := f.tick(from, 1); err != nil {
			return nil, err
		}
		path, err := arg.run(f)
		if path == nil || err != nil {
			return nil, err
		}
		if name == "source" && wantTree.has(KindOf(path)) {
			return bytesOf(path), nil
		}
		if _, ok := path.(string); !ok {
			return nil, f.wrongType(from, "%s needs a path, not a %s", name, KindOf(path))
		}
		k := call{f, from, name}
		tree, err := k.response()
		if err != nil {
			return nil, f.p.problem(from, err)
		}
		v, err := do(&k, []any{tree, path})
		if err != nil {
			return nil, f.p.problem(from, err)
		}
		return v, nil
	}}
}

// response returns the tree being read; an untyped nil if there is none.
func (k *call) response() (any, error) {
	r := k.f.s.root.host.Response()
	if r == nil {
		return nil, nothing(k.name + " with one argument")
	}
	t, err := r.Tree()
	if t == nil || err != nil {
		return nil, err
	}
	return t, nil
}

func header(k *call, args []any) (any, error) {
	r := k.f.s.root.host.Response()
	if r == nil {
		return nil, nothing("header")
	}
	v, ok := r.Header(args[0].(string))
	if !ok {
		return nil, nil
	}
	return v, nil
}

// tree returns an argument as a node; bytes are read once per family of scopes.
func (k *call) tree(v any) (Node, error) {
	switch v := v.(type) {
	case Node:
		return v, nil
	case []byte:
		return k.parse(v, "")
	}
	return nil, k.fail(RuleRunType, "%s needs a tree, not a %s", k.name, KindOf(v))
}

func (k *call) parse(data []byte, format string) (Node, error) {
	if len(data) == 0 {
		return nil, k.value("no bytes")
	}
	root := k.f.s.root
	key := treeKey{&data[0], len(data)}
	if n, ok := root.trees[key]; ok {
		return n, nil
	}
	if err := k.tick(len(data) / 256); err != nil {
		return nil, err
	}
	n, err := root.host.Parse(data, format)
	if err != nil {
		return nil, err
	}
	if root.trees == nil {
		root.trees = map[treeKey]Node{}
	}
	root.trees[key] = n
	return n, nil
}

func (k *call) find(args []any) ([]Node, error) {
	if args[0] == nil {
		return nil, nil
	}
	n, err := k.tree(args[0])
	if err != nil {
		return nil, err
	}
	path := args[1].(string)
	if strings.Contains(path, "//") {
		if err := k.tick(len(n.Source()) / 256); err != nil {
			return nil, err
		}
	}
	found, err := n.Find(path)
	if err != nil {
		return nil, err
	}
	return found, k.tick(len(found))
}

// at is the text of the first node found; absent without one.
func at(k *call, args []any) (any, error) {
	found, err := k.find(args)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	t := found[0].Text()
	return t, k.build(len(t))
}

func nodes(k *call, args []any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	found, err := k.find(args)
	if err != nil {
		return nil, err
	}
	return listOf(found), k.build(16 * len(found))
}

func has(k *call, args []any) (any, error) {
	found, err := k.find(args)
	return len(found) > 0, err
}

func sourceAt(k *call, args []any) (any, error) {
	found, err := k.find(args)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0].Source(), nil
}

// ParseTree reads bytes as a tree. The format is "xml", "json" or "" for the
// one whose first character the bytes have. What cannot be read is a
// RUN-FORMULA-VALUE problem.
func ParseTree(data []byte, format string) (Node, error) {
	if format == "" {
		format = guessFormat(data)
	}
	var n Node
	var err error
	switch format {
	case "xml":
		n, err = parseXML(data)
	case "json":
		n, err = parseJSON(data)
	default:
		err = fmt.Errorf("neither XML nor JSON")
	}
	if err != nil {
		return nil, diag.Problem{Rule: RuleRunValue, Message: "bytes are no tree: " + err.Error(), Err: err}
	}
	return n, nil
}

func guessFormat(data []byte) string {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(data) == 0:
		return ""
	case data[0] == '<' || bytes.HasPrefix(data, []byte{0xfe, 0xff}) || bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return "xml"
	case data[0] == '{' || data[0] == '[':
		return "json"
	}
	return ""
}
