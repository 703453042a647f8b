// Package reading turns what comes in - XML, JSON, CSV, lines of fixed width -
// into a business document or into named values. It is the reverse of a
// mapping: the author writes the document, with a path where a value comes from.
//
// Begin with Reading and its Read. The model is compiled by configpkg/load;
// after that it is read-only and safe for concurrent use. It promises: every
// value keeps the digits and the words it came with, blanks around it apart; a
// text that does not fit its field is READ-VALUE with the place where it
// stands; what is neither read nor ignored is told.
package reading

import (
	"github.com/fiscus-project/fiscus/engine/document"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// The rule ids this package raises.
const (
	RuleSyntax = "READ-SYNTAX" // the bytes are not of the format
	RuleMatch  = "READ-MATCH"  // no reading is for this document
	RuleValue  = "READ-VALUE"  // a text does not fit its field
	RuleUnread = "READ-UNREAD" // something was neither read nor ignored
)

// Format is what a reading reads.
type Format string

// The formats.
const (
	XML   Format = "xml"
	JSON  Format = "json"
	CSV   Format = "csv"
	Fixed Format = "fixed"
)

// Formats lists all formats in the order of the language reference.
var Formats = []Format{XML, JSON, CSV, Fixed}

// Reading is a compiled reading file.
type Reading struct {
	Name     string
	File     string
	Pos      diag.Pos
	Format   Format
	Rows     Rows // of csv and fixed
	Match    Match
	To       string // canonical document, "invoice/1"; empty: Document gives named values
	Inputs   []nodes.Input
	Let      []nodes.Let
	Document *Node
	Ignore   []*treepath.Path // what need not be read, with what is inside

	Extensions map[string]*document.Schema // of the package's own data in the document
}

// Rows says how lines become nodes: a row is a node, its cells are its
// children by column.
type Rows struct {
	Separator rune   // csv
	Encoding  string // "utf-8" or a name of the Encoding Standard
	Header    bool   // csv: the first line names the columns
	Decimal   string // "," or "."; empty: "."
	Columns   []Column
}

// Column is a cell of a row: of csv by its place, of fixed by its width.
type Column struct {
	Name  string
	Width int
}

// Match says which documents a reading is for. What is empty is not asked.
type Match struct {
	Roots      []string         // names of the outermost element
	Namespaces []string         // of the outermost element
	Fields     []*treepath.Path // what must exist
	Columns    []string         // what a table must have
	At         []At             // texts
	When       *formula.Program
}

// At asks for a text at a path.
type At struct {
	Path *treepath.Path
	Text string
}

// Kind is the sort of a node.
type Kind uint8

// The kinds of node.
const (
	PathNode    Kind = iota // the text at Path
	FormulaNode             // Value, whose one-argument functions read the present node
	MapNode                 // Fields, or with Each a list of maps
	ListNode                // Items, one after the other
	GroupNode               // the only one of Items, in its place
)

// Node is a node of what is made.
type Node struct {
	Kind   Kind
	Pos    diag.Pos
	If     *formula.Program
	Let    []nodes.Let
	At     *treepath.Path // the present node of what is inside; nil: unchanged
	Each   *Each          // one result for each of the nodes found
	Path   *treepath.Path
	Value  nodes.Expr
	Fields []Field
	Items  []*Node
	As     *As
	Type   formula.Type // of the result; of one member with Each
}

// Each is where the members of a list come from: a path, or a formula that
// gives nodes.
type Each struct {
	Path  *treepath.Path
	Value nodes.Expr
}

// Field is a field of a map.
type Field struct {
	Name string
	Node *Node
}

// As says how a text is to be understood.
type As struct {
	Pattern *civil.Pattern // of a date, time or instant
	Zone    string         // of an instant without offset
	Decimal string         // the sign before the decimals
	True    string         // the word for true
	Strip   string         // what is taken off the end, such as %
}

// Result is what was read.
type Result struct {
	Document *document.Document // nil for named values
	JSON     []byte             // the business document as it is kept; nil for named values
	Values   map[string]any     // the document's value, or the named values
	Findings diag.List          // warnings: what was not read
}
