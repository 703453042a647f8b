// Package document reads canonical business documents: JSON bytes in, values
// of formulas out, every problem with line, column and JSON Pointer.
//
// Begin with NewReader, then Reader.Read. What is read is bounded in size,
// depth and number of values; duplicate fields, other encodings than UTF-8 and
// numbers that cannot be held exactly are refused. The bytes are checked
// against the schema of the document (package schemas) and against the
// schemas that packages declare for their extensions; a field that is null is
// a field that is absent. Numbers become decimals with the digits as written.
package document

import (
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// The rule ids this package raises.
const (
	RuleSyntax    = "DOC-SYNTAX"    // the bytes are no JSON
	RuleEncoding  = "DOC-ENCODING"  // the bytes are no UTF-8
	RuleSize      = "DOC-SIZE"      // too long, too deep, too many values
	RuleDuplicate = "DOC-DUPLICATE" // a field stands twice in one object
	RuleType      = "DOC-TYPE"      // the kind of document is not known
	RuleField     = "DOC-FIELD"     // a field the schema does not have
	RuleMissing   = "DOC-MISSING"   // a field that must be there is not
	RuleValue     = "DOC-VALUE"     // a value that does not fit its field
	RuleSchema    = "CFG-SCHEMA"    // a schema that cannot be used
)

// Limits bounds what is read. A zero field means the default.
type Limits struct {
	Bytes int // length of the document; default 32 MiB
	Depth int // nesting of lists and objects; default 64
	Nodes int // number of values; default 1,000,000
}

const maxProblems = 200

func (l Limits) filled() Limits {
	if l.Bytes == 0 {
		l.Bytes = 32 << 20
	}
	if l.Depth == 0 {
		l.Depth = 64
	}
	if l.Nodes == 0 {
		l.Nodes = 1_000_000
	}
	return l
}

// A Document is a business document that was read and fits its schema.
type Document struct {
	Schema     string         // "invoice/1"
	Value      map[string]any // values of formulas by field
	References []Reference    // fields that name another document, in order

	root   *node
	places *places
}

// A Reference is a field that names another document.
type Reference struct {
	Pointer string   // JSON Pointer of the field
	Path    []string // the same as steps
	ID      string   // the submission or document it names
}

// Place returns the line and column of the value at a JSON Pointer, or of the
// nearest value around it that is there.
func (d *Document) Place(pointer string) diag.Pos {
	n, _ := d.root.find(pointer)
	return d.places.at(n.off)
}

// Date returns the date or moment of the document at path, such as "issued",
// as an instant; a day counts from its first moment in zone. It is false when
// the field is absent or no date.
func (d *Document) Date(zone *time.Location, path ...string) (time.Time, bool) {
	var v any = d.Value
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return moment(v, zone)
}
