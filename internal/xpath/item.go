package xpath

import (
	"fmt"
	"strconv"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// Kind is the type of an item.
type Kind uint8

// The kinds of items. Untyped is xs:untypedAtomic, what a node without schema holds.
const (
	NodeItem Kind = iota + 1
	Untyped
	String
	AnyURI
	Boolean
	Integer
	Decimal
	Float
	Double
	Date
	Time
	DateTime
	YearMonthDuration
	DayTimeDuration
	QName
)

var kindNames = [...]string{"", "node", "xs:untypedAtomic", "xs:string", "xs:anyURI", "xs:boolean", "xs:integer", "xs:decimal",
	"xs:float", "xs:double", "xs:date", "xs:time", "xs:dateTime", "xs:yearMonthDuration", "xs:dayTimeDuration", "xs:QName"}

// String returns the name of the type.
func (k Kind) String() string { return kindNames[k] }

func (k Kind) numeric() bool { return k >= Integer && k <= Double }

func (k Kind) textual() bool { return k >= Untyped && k <= AnyURI }

// Item is one item of a sequence: a node or an atomic value.
type Item struct {
	Kind Kind
	Node xmltree.Node
	Doc  *xmltree.Document
	Str  string          // textual kinds; lexical form of dates and names
	Dec  decimal.Decimal // Integer, Decimal; seconds or months of dates, times and durations
	// Num holds Float and Double (XPath demands IEEE arithmetic for them; amounts of
	// rules that cast to xs:decimal never come here), and 1 or 0 for Boolean.
	Num float64
}

func stringItem(s string) Item  { return Item{Kind: String, Str: s} }
func untypedItem(s string) Item { return Item{Kind: Untyped, Str: s} }
func doubleItem(f float64) Item { return Item{Kind: Double, Num: f} }
func intItem(n int) Item        { return Item{Kind: Integer, Dec: decimal.FromInt(int64(n))} }
func decItem(d decimal.Decimal) Item {
	return Item{Kind: Decimal, Dec: d}
}

func boolItem(b bool) Item {
	if b {
		return Item{Kind: Boolean, Num: 1}
	}
	return Item{Kind: Boolean}
}

func nodeItem(d *xmltree.Document, n xmltree.Node) Item {
	return Item{Kind: NodeItem, Doc: d, Node: n}
}

// Error is an error of syntax, type or evaluation, with the code of the standard.
type Error struct {
	Code    string // XPST0003, XPTY0004, FORG0001, ...
	Message string
	At      int // byte offset in the expression for static errors, else -1
}

// Error returns code and message.
func (e *Error) Error() string {
	if e.At >= 0 {
		return fmt.Sprintf("%s at character %d: %s", e.Code, e.At+1, e.Message)
	}
	return e.Code + ": " + e.Message
}

// Unsupported reports whether the expression is correct but beyond what this package can do.
func (e *Error) Unsupported() bool { return e.Code == codeUnsupported }

const codeUnsupported = "XPUNSUP"

func syntaxf(at int, format string, args ...any) *Error {
	return &Error{"XPST0003", fmt.Sprintf(format, args...), at}
}

func staticf(code string, at int, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...), at}
}

// raise ends the evaluation with an error; it is caught where evaluation began.
func raise(code, format string, args ...any) {
	panic(&Error{code, fmt.Sprintf(format, args...), -1})
}

// maxShown is how much of a value an error message shows.
const maxShown = 40

func shown(s string) string {
	if len(s) > maxShown {
		r := []rune(s)
		if len(r) > maxShown {
			s = string(r[:maxShown]) + "..."
		}
	}
	return strconv.Quote(s)
}

// atomize returns the typed value of an item (XPath 2.0, 2.4.2).
func atomize(it Item) Item {
	if it.Kind != NodeItem {
		return it
	}
	switch it.Doc.Kind(it.Node) {
	case xmltree.CommentNode, xmltree.InstructionNode:
		return stringItem(it.Doc.Value(it.Node))
	}
	return untypedItem(it.Doc.Text(it.Node))
}

// text returns the string value of an item as fn:string does.
func (it Item) text() string {
	switch it.Kind {
	case NodeItem:
		return it.Doc.Text(it.Node)
	case Boolean:
		return strconv.FormatBool(it.Num != 0)
	case Integer, Decimal:
		return decimalText(it.Dec)
	case Double:
		return doubleText(it.Num, 64)
	case Float:
		return doubleText(it.Num, 32)
	}
	return it.Str
}

// Text returns the string value of the item.
func (it Item) Text() string { return it.text() }

// single demands at most one item.
func single(items []Item, what string) (Item, bool) {
	switch len(items) {
	case 0:
		return Item{}, false
	case 1:
		return items[0], true
	}
	raise("XPTY0004", "a sequence of %d items where %s takes one", len(items), what)
	return Item{}, false
}

// truth is the effective boolean value of a sequence (XPath 2.0, 2.4.3).
func truth(items []Item) bool {
	if len(items) == 0 {
		return false
	}
	it := items[0]
	if it.Kind == NodeItem {
		return true
	}
	if len(items) > 1 {
		raise("FORG0006", "a sequence of %d items has no truth value", len(items))
	}
	return it.truth()
}

func (it Item) truth() bool {
	switch it.Kind {
	case NodeItem:
		return true
	case Boolean:
		return it.Num != 0
	case Untyped, String, AnyURI:
		return it.Str != ""
	case Integer, Decimal:
		return !it.Dec.IsZero()
	case Double, Float:
		return it.Num != 0 && it.Num == it.Num
	}
	raise("FORG0006", "%s has no truth value", it.Kind)
	return false
}
