// Package nodes is the node language: how a business document becomes XML,
// JSON or text, and how structures are written in YAML. Mappings, fragments,
// inline bodies, let structures and simulator replies all use it.
//
// Begin with Mapping and its Write. The model is compiled by configpkg/load;
// what is written is canonical as written, and nothing is ever rounded here.
package nodes

import (
	"github.com/fiscus-project/fiscus/engine/formula"
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
}

// Mapping is a compiled mapping file.
type Mapping struct {
	Name       string
	File       string
	Pos        diag.Pos
	Format     Format
	Inputs     []Input
	Namespaces []Namespace       // declared on the root, in written order
	Formats    map[string]Layout // by schema type name: "amount", "instant"
	Defaults   []Default
	Text       *TextRule // nil: as it is
	Let        []Let
	Root       *Node            // nil when Parts are given
	Parts      map[string]*Part // small messages chosen by name
	Template   *formula.Value   // format text
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

// Namespace is a prefix and its namespace, as written.
type Namespace struct{ Prefix, URI string }

// Layout says how values of one schema type are written. Writing never
// rounds: more digits than Max is an error.
type Layout struct {
	Decimals bool // Min and Max are set
	Min, Max int
	Pattern  string         // of dates, times and instants
	Zone     *formula.Value // of instants
	Pos      diag.Pos
}

// Default gives attributes to all elements whose name fits Pattern ("*" at
// the beginning or end stands for anything).
type Default struct {
	Pattern    string
	Attributes []Let
	Pos        diag.Pos
}

// TextRule says which characters texts may have and what happens to others.
type TextRule struct {
	Trim     bool
	Collapse bool // white space becomes one blank
	Allow    string
	Replace  map[rune]string
	Other    *string // stands for a character that is not allowed; nil: an error
	Pos      diag.Pos
}

// Node is a node of the node language, with everything that may be said of it.
type Node struct {
	Kind     Kind
	Name     string // of an element, attribute or member, as written
	Pos      diag.Pos
	If       *formula.Program
	For      *For
	Let      []Let
	Keep     bool           // written although empty
	Value    *formula.Value // text of an element ($text or a scalar), attribute or member; nil: none
	Layout   *Layout        // how Value is written when its schema type has a format
	Children []*Node        // attributes and nodes in written order
	Switch   *formula.Value
	Cases    []Case
	Fragment *Fragment // of a Use
	With     []Let
	Raw      *formula.Value // bytes written in this place
}

// Kind is the sort of a node.
type Kind uint8

// The kinds of node.
const (
	Element   Kind = iota // in JSON and structures: a member
	Attribute             // @name
	Group                 // $group, $seq: children stand in its place
	Choice                // $switch and $cases
	Use                   // $use
	RawNode               // $raw
	Entries               // a list: contents of a repeated element, or a JSON array
)

// For repeats a node for each member of a list.
type For struct {
	Item, Index string // Index is empty if it is not named
	In          *formula.Program
}

// Case is an alternative of a Choice; Else fits any value.
type Case struct {
	Values []string
	Else   bool
	Nodes  []*Node
	Pos    diag.Pos
}

// Fragment is a piece that mappings use by name.
type Fragment struct {
	Name   string
	Inputs []Input
	Let    []Let
	Nodes  []*Node
	Value  *formula.Value // a fragment that is a text only
	Pos    diag.Pos
}

// Data is a structure of the node language outside a mapping: a let, a
// request body in JSON, a reply. It yields maps and lists.
type Data struct {
	Node *Node
	Pos  diag.Pos
}
