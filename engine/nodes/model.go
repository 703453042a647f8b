// Package nodes is the node language: how a business document becomes XML,
// JSON or text, and how structures are written in YAML. Mappings, fragments,
// inline bodies, let structures and simulator replies all use it.
//
// Begin with Mapping and its Write. The model is compiled by configpkg/mapping,
// which ends with Prepare; after that it is read-only and safe for concurrent
// use. What is written is canonical as written (Canonical XML 1.0 of the output
// is the output), nothing is ever rounded, and bytes put in with $raw stay byte
// for byte what they were.
package nodes

import (
	"sync/atomic"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Input is a declared input: a name, its type, and whether it must be given.
type Input struct {
	Name     string
	Type     formula.Type
	Required bool
	Pos      diag.Pos
}

// Expr yields a value in a scope.
type Expr interface {
	Eval(*formula.Scope) (any, error)
}

// Let is a named value, worked out when it is first used.
type Let struct {
	Name  string
	Value Expr
	Pos   diag.Pos

	work func(*formula.Scope) (any, error) // Value.Eval, once prepared
}

// Mapping is a compiled mapping file. Prepare must have been called once
// before it writes.
type Mapping struct {
	Name       string
	File       string
	Pos        diag.Pos
	Format     Format
	Inputs     []Input
	Given      []Let              // inputs that the mapping gives itself, by names of Inputs it does not list
	Namespaces []Namespace        // declared on the root
	Formats    map[string]*Layout // by definition of the schema ("amount") or kind of value ("date", "time", "instant")
	Defaults   []Default
	Text       *TextRule // nil: as it is
	Let        []Let
	Root       *Node            // nil when Parts are given; in JSON any content
	Parts      map[string]*Part // small messages chosen by name
	Template   *formula.Value   // format text
	List       *ListOf          // format list
	Rows       *Rows            // formats csv and fixed

	declarations []byte            // of the namespaces, canonical
	spaces       map[string]string // by prefix
	prepared     bool
	size         atomic.Int64 // how much the last document took, to reserve as much
}

// Part is one of several small messages of a mapping file.
type Part struct {
	Name   string
	Inputs []Input
	Let    []Let
	Root   *Node
	Pos    diag.Pos
}

// Format is what a mapping writes.
type Format string

// The formats.
const (
	XML  Format = "xml"
	JSON Format = "json"
	CSV  Format = "csv"
	Fix  Format = "fixed"
	List Format = "list"
	Text Format = "text"
)

// Formats lists all formats in the order of the language reference.
var Formats = []Format{XML, JSON, CSV, Fix, List, Text}

// Namespace is a prefix and its namespace, as written.
type Namespace struct {
	Prefix, URI string
	Pos         diag.Pos
}

// Layout says how values of one schema type are written. Writing never
// rounds: more digits than Max is an error.
type Layout struct {
	Decimals bool // Min and Max are set
	Min, Max int
	Pattern  *civil.Pattern // of dates, times and instants; nil: ISO 8601
	Zone     *formula.Value // of instants; nil: the zone the instant carries
	Pos      diag.Pos
}

// Default gives attributes to all elements whose name fits Pattern ("*" at
// the beginning, the end or both stands for anything). An element that says
// the attribute itself keeps its own; default attributes do not keep an empty
// element from vanishing.
type Default struct {
	Pattern    string
	Attributes []*Node
	Pos        diag.Pos
}

// Node is a node of the node language, with everything that may be said of it.
// For comes before Let, Let before If.
type Node struct {
	Kind     Kind
	Name     string // of an element, attribute or member, as written
	Pos      diag.Pos
	If       *formula.Program
	For      *For
	Let      []Let
	Keep     bool           // written although empty
	Value    *formula.Value // text of an element ($text or a scalar), attribute, member or TextNode; nil: none
	Children []*Node        // attributes and nodes in written order
	Switch   *formula.Value // of a Choice
	Cases    []Case
	Fragment *Fragment // of a Use
	With     []Let
	Raw      *formula.Value // bytes written in this place, of a RawNode
	Nth      int            // place among the repetitions of a list, from 1; zero: not from a list

	open, close []byte  // "<name" and "</name>", or the attribute's ` name="`
	text        []byte  // of a constant value, escaped; nil: worked out
	constant    bool    // Value never changes: text is what is written
	attributes  []*Node // static attributes in canonical order, with the defaults
	content     []*Node // children that are no attributes
	loose       bool    // groups, choices or fragments among the children hold attributes
	fallback    bool    // an attribute that came from Defaults
	layout      *Layout
	space       string // namespace of an attribute name, for its order
	local       string
}

// Kind is the sort of a node.
type Kind uint8

// The kinds of node.
const (
	Element   Kind = iota // in JSON and structures: a member
	Attribute             // @name
	Group                 // $group, $seq, a map without name: children stand in its place
	Choice                // $switch and $cases
	Use                   // $use
	RawNode               // $raw
	TextNode              // text among other children: $text in a $seq, the scalar of a case, of a list or of a fragment
	Entries               // JSON and structures: a list; its children are the entries
)

// For repeats a node for each member of a list.
type For struct {
	Item, Index string // Index is empty if it is not named; it counts from 0
	In          *formula.Program
}

// Case is an alternative of a Choice; Else fits any value.
type Case struct {
	Values []string
	Else   bool
	Nodes  []*Node
	Pos    diag.Pos
}

// Fragment is a piece that mappings use by name. It sees its own inputs and
// what is in sight everywhere, not the loop names of where it is used.
type Fragment struct {
	Name   string
	Inputs []Input
	Let    []Let
	Nodes  []*Node
	Pos    diag.Pos
}

// Data is a structure of the node language outside a mapping: a let, a
// request body in JSON, a reply. It yields maps and lists.
type Data struct {
	Node *Node // a Group for a map, Entries for a list, a TextNode for a scalar
	Pos  diag.Pos
}
