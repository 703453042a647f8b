package schematron

import (
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/xpath"
)

// Schema is a rule set as read: includes resolved, abstract parts expanded.
type Schema struct {
	Title        string
	Version      string
	DefaultPhase string
	Lets         []Let
	Phases       []Phase
	Patterns     []*Pattern
	Functions    []Function
	Keys         []Key
	Diagnostics  map[string][]Part
	Base         string // folder of the entry file, for document()
	ns           map[string]string
}

// Let is a variable.
type Let struct {
	Name, Value string
	Pos         diag.Pos
	ns          xpath.Namespaces
}

// Phase names the patterns that are active in it.
type Phase struct {
	ID     string
	Active []string
	Lets   []Let
}

// Pattern is a list of rules of which the first that matches a node fires.
type Pattern struct {
	ID       string
	Title    string
	Abstract bool
	IsA      string
	Params   map[string]string
	Lets     []Let
	Rules    []*Rule
}

// Rule is a context with its checks.
type Rule struct {
	ID       string
	Context  string
	Abstract bool
	Flag     string
	Role     string
	Lets     []Let
	Checks   []*Check
	Pos      diag.Pos
	parts    []rulePart
	ns       xpath.Namespaces
}

// rulePart is a let, a check or the name of an abstract rule, in document order.
type rulePart struct {
	let     *Let
	check   *Check
	extends string
}

// Check is an assert or a report.
type Check struct {
	Report      bool
	ID          string
	Test        string
	Flag, Role  string
	See         string
	Number      int // place among all checks of the rule set, from 1
	Message     []Part
	Diagnostics []string
	Pos         diag.Pos
	ns          xpath.Namespaces
}

// Part is a piece of a message: text, the value of an expression, or the name of a node.
type Part struct {
	Text   string
	Select string
	Name   bool // the name of the node, or of the node Select finds
	ns     xpath.Namespaces
}

// Function is an xsl:function.
type Function struct {
	Name, As string
	Params   []xpath.Param
	Body     []xpath.Instruction
	Pos      diag.Pos
	ns       xpath.Namespaces
}

// Key is an xsl:key.
type Key struct {
	Name, Match, Use string
	Pos              diag.Pos
	ns               xpath.Namespaces
}

// scopeNS resolves prefixes: those the schema declares first, then those in scope in the XML.
type scopeNS struct {
	schema map[string]string
	xml    map[string]string
}

func (s scopeNS) Namespace(prefix string) (string, bool) {
	if uri, ok := s.schema[prefix]; ok {
		return uri, true
	}
	uri, ok := s.xml[prefix]
	return uri, ok && prefix != ""
}
