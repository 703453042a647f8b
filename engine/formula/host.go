package formula

import (
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/treepath"
)

// Host answers the functions that need the run. Its methods are called while
// a formula is evaluated, from the goroutine that evaluates. An error becomes
// a problem at the place of the call; a diag.Problem keeps its own rule.
type Host interface {
	// Table returns the row of the table chosen by keys, in order. Without a
	// row it returns an error if mustExist, else nil (absent).
	Table(name string, keys []any, mustExist bool) (any, error)
	// Rows returns all rows of the table that fit the leading keys.
	Rows(name string, keys []any) ([]any, error)
	// Certificate returns the record of the certificate that ref names: a
	// Fields or map[string]any with the fields of CertificateType.
	Certificate(ref any) (any, error)
	// Secret returns ref as a secret: where the place allows it by looking
	// the reference up, otherwise the value itself, made opaque.
	Secret(ref any) (Secret, error)
	// EntityBy returns the legal entity whose field has the value, or nil.
	EntityBy(field string, value any) (any, error)
	// Holidays returns the calendar made from the table of that name.
	Holidays(calendar string) (Calendar, error)
	// Response returns what one-argument at, nodes, has, source and header
	// read, or nil where nothing is being read.
	Response() Response
	// Serial returns the next value of the named simulator sequence.
	Serial(name string) (string, error)
	// UUID returns the identifier that belongs to the seed.
	UUID(seed string) (string, error)
	// Decrypt deciphers data by the named method (simulator only).
	Decrypt(method string, key any, data []byte) ([]byte, error)
	// Parse reads bytes as a tree; format is "xml", "json" or "" (found out
	// from the first character).
	Parse(data []byte, format string) (Node, error)
}

// Calendar says which days are worked.
type Calendar interface {
	// Worked reports whether the day is a working day; weekends are not.
	Worked(day civil.Date) bool
}

// Holidays is a Calendar of the usual week: Saturdays, Sundays and the days in
// it are not worked.
type Holidays map[civil.Date]bool

// Worked reports whether d is neither at a weekend nor a holiday.
func (h Holidays) Worked(d civil.Date) bool {
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday && !h[d]
}

// Response is what an answer, a channel item or a reading offers to
// one-argument functions.
type Response interface {
	// Tree returns the current node, or nil when there is none.
	Tree() (Node, error)
	// Header returns the header field of that name, case ignored.
	Header(name string) (string, bool)
}

// Node is a place in a tree that was read from bytes.
type Node interface {
	// Find returns the nodes that path leads to from this one, in document
	// order. A path is of the subset of the language reference, section 9.
	// It knows no prefixes.
	Find(path string) ([]Node, error)
	// Follow is Find with a compiled path.
	Follow(p *treepath.Path) []Node
	// Text returns the text content.
	Text() string
	// Source returns the bytes this node was read from, as received.
	Source() []byte
}

// Fields is a record whose fields are worked out when they are read.
type Fields interface {
	// Field returns the named field; false if the record has no such field.
	Field(name string) (any, bool, error)
}

// NoHost refuses everything that needs a run. Embed it to answer only some.
type NoHost struct{}

func nothing(what string) error {
	return diag.Problem{Rule: RuleHost, Message: what + " cannot be asked here"}
}

// Table refuses.
func (NoHost) Table(name string, _ []any, _ bool) (any, error) {
	return nil, nothing(fmt.Sprintf("table %q", name))
}

// Rows refuses.
func (NoHost) Rows(name string, _ []any) ([]any, error) {
	return nil, nothing(fmt.Sprintf("table %q", name))
}

// Certificate refuses.
func (NoHost) Certificate(any) (any, error) { return nil, nothing("a certificate") }

// Secret makes the value itself opaque.
func (NoHost) Secret(ref any) (Secret, error) { return NewSecret("", ref) }

// EntityBy refuses.
func (NoHost) EntityBy(string, any) (any, error) { return nil, nothing("a legal entity") }

// Holidays refuses.
func (NoHost) Holidays(name string) (Calendar, error) {
	return nil, nothing(fmt.Sprintf("calendar %q", name))
}

// Response returns nil: nothing is being read.
func (NoHost) Response() Response { return nil }

// Serial refuses.
func (NoHost) Serial(string) (string, error) { return "", nothing("a serial number") }

// UUID refuses.
func (NoHost) UUID(string) (string, error) { return "", nothing("an identifier") }

// Decrypt refuses.
func (NoHost) Decrypt(string, any, []byte) ([]byte, error) { return nil, nothing("decryption") }

// Parse reads XML or JSON.
func (NoHost) Parse(data []byte, format string) (Node, error) { return ParseTree(data, format) }
