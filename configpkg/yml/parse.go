package yml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"gopkg.in/yaml.v3"
)

// Parse reads the YAML documents of a file. A file that YAML cannot read, or
// would read otherwise than it looks, gives no documents.
func Parse(file string, data []byte) ([]*Node, diag.List) {
	var problems diag.List
	data, ok := readable(file, data, &problems)
	if !ok {
		return nil, problems
	}
	p := &parser{src: newSource(file, data), seen: map[*yaml.Node]*Node{}, size: map[*Node]int{}, busy: map[*yaml.Node]bool{}}
	p.src.tabs(&p.problems)
	docs := p.documents(data)
	if p.broken {
		docs = nil
	}
	if len(docs) == 0 && !p.problems.Grave() {
		p.problems.Add(diag.Problemf(p.src.pos(1, 1), RuleEmpty, "the file is empty").WithHint("the first key names the kind of file"))
	}
	p.problems.Sort()
	return docs, p.problems
}

type parser struct {
	src      *source
	seen     map[*yaml.Node]*Node
	size     map[*Node]int
	busy     map[*yaml.Node]bool
	problems diag.List
	nodes    int
	broken   bool // what was read is not what is meant
}

func (p *parser) documents(data []byte) (docs []*Node) {
	d := yaml.NewDecoder(bytes.NewReader(data))
	for {
		y, err := decode(d)
		if errors.Is(err, io.EOF) {
			return docs
		}
		if err != nil {
			p.unreadable(err)
			return nil
		}
		if y.Kind != yaml.DocumentNode || len(y.Content) == 0 {
			continue
		}
		root := y.Content[0]
		if root.Kind == yaml.ScalarNode && root.Value == "" && root.Style == 0 {
			if len(docs) > 0 {
				p.problems.Addf(p.src.pos(max(root.Line, 1), max(root.Column, 1)), RuleEmpty, "nothing stands behind \"---\"")
			}
			continue
		}
		if n := p.node(root, 0, ""); n != nil {
			docs = append(docs, n)
		}
	}
}

// decode keeps a panic of the parser, which is not ours, inside.
func decode(d *yaml.Decoder) (y yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	err = d.Decode(&y)
	return y, err
}

var lineOf = regexp.MustCompile(`line (\d+): `)

// unreadable reports why YAML cannot read the file, at the place to look at.
func (p *parser) unreadable(err error) {
	p.broken = true
	if p.problems.Grave() {
		return // a tab is the reason
	}
	text, line := said(err)
	if strings.Contains(text, "exceeded max depth") {
		p.problems.Addf(p.src.pos(line, 0), RuleSize, "more than %d maps and lists inside each other", MaxDepth)
		return
	}
	p.locate(text, line)
}

func (p *parser) fault(pos diag.Pos, rule, hint, format string, args ...any) {
	problem := diag.Problemf(pos, rule, format, args...)
	problem.Hint = hint
	p.problems.Add(problem)
}

// node makes a node of y, which is the value of key; nil if it is too much.
func (p *parser) node(y *yaml.Node, depth int, key string) *Node {
	pos := p.src.pos(y.Line, y.Column)
	if depth > MaxDepth {
		p.tooMuch(pos, "more than %d maps and lists inside each other", MaxDepth)
		return nil
	}
	if y.Kind == yaml.AliasNode {
		return p.alias(y, depth)
	}
	if n := p.seen[y]; n != nil {
		return n
	}
	if p.busy[y] {
		p.broken = true
		p.fault(pos, RuleAnchor, "write the text out", "anchor %q holds itself", y.Anchor)
		return nil
	}
	if y.Style&yaml.TaggedStyle != 0 {
		p.fault(pos, RuleTag, "leave the tag out; types come from the package language", "tag %s", y.Tag)
	}
	n := &Node{Pos: pos, text: pos, Flow: y.Style&yaml.FlowStyle != 0}
	p.busy[y] = true
	size := 1 + p.fill(n, y, depth, key)
	delete(p.busy, y)
	if y.Anchor != "" {
		p.seen[y] = n
	}
	p.size[n] = size
	if p.nodes++; p.nodes > MaxNodes || size > MaxNodes {
		p.tooMuch(pos, "more than %d nodes", MaxNodes)
	}
	return n
}

func (p *parser) tooMuch(pos diag.Pos, format string, args ...any) {
	if !p.broken {
		p.problems.Addf(pos, RuleSize, format, args...)
	}
	p.broken = true
}

func (p *parser) alias(y *yaml.Node, depth int) *Node {
	n := p.node(y.Alias, depth, "")
	if n == nil {
		return nil
	}
	p.nodes += p.size[n]
	if p.nodes > MaxNodes {
		p.tooMuch(p.src.pos(y.Line, y.Column), "more than %d nodes with every alias written out", MaxNodes)
		return nil
	}
	return n
}

// fill reads the contents of y and returns how many nodes they are.
func (p *parser) fill(n *Node, y *yaml.Node, depth int, key string) int {
	switch y.Kind {
	case yaml.MappingNode:
		n.Kind = Map
		return p.entries(n, y, depth)
	case yaml.SequenceNode:
		n.Kind = List
		return p.items(n, y, depth)
	}
	p.scalar(n, y, key)
	return 0
}

func (p *parser) items(n *Node, y *yaml.Node, depth int) (size int) {
	n.Items = make([]*Node, 0, len(y.Content))
	for _, c := range y.Content {
		if m := p.node(c, depth+1, ""); m != nil {
			n.Items = append(n.Items, m)
			size += p.size[m]
		}
	}
	if n.Flow {
		p.cutItems(n)
	}
	return size
}

func (p *parser) entries(n *Node, y *yaml.Node, depth int) (size int) {
	n.Entries = make([]Entry, 0, len(y.Content)/2)
	var places map[string]diag.Pos
	if len(y.Content) > 16 {
		places = make(map[string]diag.Pos, len(y.Content)/2)
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		e := Entry{Key: k.Value, KeyPos: p.src.pos(k.Line, k.Column)}
		if !p.key(k, e.KeyPos) {
			continue
		}
		if first, twice := p.earlier(n, places, e.Key); twice {
			p.fault(e.KeyPos, RuleDuplicate, "a map has each key once: take one of them away", "key %q stands here and in line %d, column %d", e.Key, first.Line, first.Column)
			continue
		}
		if e.Value = p.node(y.Content[i+1], depth+1, e.Key); e.Value != nil {
			size += 1 + p.size[e.Value]
			n.Entries = append(n.Entries, e)
			if places != nil {
				places[e.Key] = e.KeyPos
			}
		}
	}
	if n.Flow {
		p.cutEntries(n)
	}
	return size
}

func (p *parser) earlier(n *Node, places map[string]diag.Pos, key string) (diag.Pos, bool) {
	if places != nil {
		at, ok := places[key]
		return at, ok
	}
	if e := n.Entry(key); e != nil {
		return e.KeyPos, true
	}
	return diag.Pos{}, false
}

// key checks the node of a key; false means that its entry is left out.
func (p *parser) key(k *yaml.Node, pos diag.Pos) bool {
	switch {
	case k.Kind != yaml.ScalarNode:
		p.fault(pos, RuleKey, "", "a key is a text, not a map, list or alias")
		return false
	case k.Style == 0 && k.Value == "<<":
		p.fault(pos, RuleMerge, "write the entries out", "merge key \"<<\"")
		return false
	case k.Style&yaml.TaggedStyle != 0:
		p.fault(pos, RuleTag, "leave the tag out", "tag %s", k.Tag)
	case k.Style == 0:
		switch strings.ToLower(k.Value) {
		case "on", "off", "yes", "no":
			p.fault(pos, RuleKey, fmt.Sprintf("write %q in quotes, or use another name", k.Value), "key %s: other readers take it for a boolean", k.Value)
		}
	}
	return true
}
