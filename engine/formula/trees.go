package formula

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

var treeFunctions = map[string]*function{
	"at":     {min: 2, max: 2, args: []want{wantTree, wantText}, names: []string{"tree", "path"}, result: String, prepare: followed(at)},
	"nodes":  {min: 2, max: 2, args: []want{wantTree, wantText}, names: []string{"tree", "path"}, result: ListOf(Tree.Required()).Required(), prepare: followed(nodes)},
	"has":    {min: 2, max: 2, args: []want{wantTree, wantText}, names: []string{"tree", "path"}, absent: true, result: Boolean.Required(), prepare: followed(has)},
	"source": {min: 1, max: 1, args: []want{wantTree}, names: []string{"node"}, result: Bytes.Required(), call: func(_ *call, args []any) (any, error) { return bytesOf(args[0]), nil }},
	"header": {min: 1, max: 1, args: []want{wantText}, names: []string{"name"}, result: String, call: header},
	"xml":    {min: 1, max: 1, args: []want{wantBytes}, names: []string{"bytes"}, result: Tree.Required(), call: func(k *call, args []any) (any, error) { return k.parse(bytesOf(args[0]), "xml") }},
	"json":   {min: 1, max: 1, args: []want{wantBytes}, names: []string{"bytes"}, result: Tree.Required(), call: func(k *call, args []any) (any, error) { return k.parse(bytesOf(args[0]), "json") }},
}

// finder makes the result of a tree function of the nodes found; tree is
// absent if found is nil.
type finder func(k *call, found []Node) (any, error)

// readers are the functions that with one argument, a path, read the response.
var readers = map[string]finder{"at": at, "nodes": nodes, "has": has, "source": sourceAt}

// reader compiles the one-argument form. source(node) is no such form.
func (c *compiler) reader(do finder, name string, arg *node, from int) *node {
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
	site, ok := c.site(arg)
	if !ok {
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
		v, err := k.find(do, site, tree, path.(string))
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

// pathSite is a place in a formula that follows a path.
type pathSite struct {
	fixed  *treepath.Path // nil if the path is not constant
	spaces map[string]string
}

// site compiles the path that arg gives, if it is constant.
func (c *compiler) site(arg *node) (*pathSite, bool) {
	s := &pathSite{spaces: c.decl.Spaces}
	text, ok := arg.value.(string)
	if !ok {
		return s, true
	}
	p, err := treepath.Compile(text, s.spaces)
	if err != nil {
		c.fault(arg.from, RuleValue, "%v", err)
		return nil, false
	}
	s.fixed = p
	return s, true
}

// followed is how at, nodes and has with two arguments are prepared.
func followed(do finder) func(*compiler, []*node) (func(*call, []any) (any, error), bool) {
	return func(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
		site, ok := c.site(args[1])
		return func(k *call, args []any) (any, error) { return k.find(do, site, args[0], args[1].(string)) }, ok
	}
}

// maxPaths is how many paths that are not constant are kept compiled.
const maxPaths = 500

func (k *call) path(site *pathSite, text string) (*treepath.Path, error) {
	if site.fixed != nil {
		return site.fixed, nil
	}
	root := k.f.s.root
	key := pathKey{site, text}
	if p := root.paths[key]; p != nil {
		return p, nil
	}
	p, err := treepath.Compile(text, site.spaces)
	if err != nil {
		return nil, err
	}
	if root.paths == nil || len(root.paths) >= maxPaths {
		root.paths = map[pathKey]*treepath.Path{}
	}
	root.paths[key] = p
	return p, k.tick(len(text))
}

// find follows a path from tree and hands what is found to do.
func (k *call) find(do finder, site *pathSite, tree any, text string) (any, error) {
	if tree == nil {
		return do(k, nil)
	}
	n, err := k.tree(tree)
	if err != nil {
		return nil, err
	}
	if err := k.payPath(n, text); err != nil {
		return nil, err
	}
	p, err := k.path(site, text)
	if err != nil {
		return nil, err
	}
	found := n.Follow(p)
	if err := k.tick(len(found)); err != nil {
		return nil, err
	}
	if found == nil {
		found = []Node{}
	}
	return do(k, found)
}

// payPath pays for the part of the tree a path walks through: all of it for
// "//", and as often as there are candidates for one in a predicate.
func (k *call) payPath(n Node, path string) error {
	if !strings.Contains(path, "//") {
		return nil
	}
	size := len(n.Source()) / 256
	if in := strings.IndexByte(path, '['); in >= 0 && strings.Contains(path[in:], "//") {
		size += size * min(size, 1<<20)
	}
	return k.tick(size)
}

// at is the text of the first node found; absent without one.
func at(k *call, found []Node) (any, error) {
	if len(found) == 0 {
		return nil, nil
	}
	t := found[0].Text()
	return t, k.build(len(t))
}

func nodes(k *call, found []Node) (any, error) {
	if found == nil {
		return nil, nil
	}
	return listOf(found), k.build(16 * len(found))
}

func has(_ *call, found []Node) (any, error) { return len(found) > 0, nil }

func sourceAt(_ *call, found []Node) (any, error) {
	if len(found) == 0 {
		return nil, nil
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
