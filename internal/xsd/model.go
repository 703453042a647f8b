package xsd

import "github.com/fiscus-project/fiscus/internal/xmltree"

// model is a compiled schema as plain data: what Encode writes and assemble makes
// ready to run. Names are indices into Names, other references are indices into
// the slice of their kind; -1 is none.
type model struct {
	Names     []xmltree.Name
	Elements  []element
	Types     []typ
	Simples   []simple
	Machines  []machine
	Wilds     []wildcard
	Attrs     []attribute // global ones first named in AttrNames
	Enums     []enum
	Patterns  []string
	Idents    []identity
	ByElement []ref // global elements
	ByType    []ref // global types
	ByAttr    []ref // global attributes
	Members   []ref // substitution group: head element, member element
	Files     []string
}

// ref is a pair: a name and what it stands for.
type ref struct{ Name, To int32 }

const none = int32(-1)

// Flags of elements, types and attributes.
const (
	flagNillable uint16 = 1 << iota
	flagAbstract
	flagDefault
	flagFixed
	flagRequired
	flagProhibited
	flagBlockExtension
	flagBlockRestriction
	flagBlockSubstitution
)

// element is an element declaration.
type element struct {
	Name, Type int32
	Flags      uint16
	Value      string // default or fixed
	Idents     []int32
	Head       int32 // head of its substitution group
}

// content kinds of a type
const (
	contentSimple uint8 = iota // a simple type
	contentEmpty
	contentText // complex type with simple content
	contentElements
	contentMixed
	contentAny // the ur-type
)

// typ is a simple or complex type definition.
type typ struct {
	Name      int32 // -1 if anonymous
	Base      int32
	Extension bool // derived by extension, else by restriction
	Flags     uint16
	Content   uint8
	Simple    int32 // of simple types and simple content
	Machine   int32
	Uses      []use
	Wild      int32 // attribute wildcard
}

// use is an attribute of a complex type.
type use struct {
	Attr  int32
	Flags uint16
	Value string
}

// attribute is an attribute declaration.
type attribute struct {
	Name, Simple int32
	Flags        uint16
	Value        string
}

// Process says how strictly what a wildcard admits is judged.
const (
	processStrict uint8 = iota
	processLax
	processSkip
)

// wildcard admits names by namespace.
type wildcard struct {
	Any     bool
	Not     bool // all namespaces but Spaces (and no namespace)
	Spaces  []string
	Process uint8
}

func (w *wildcard) admits(space string) bool {
	if w.Any {
		return true
	}
	for _, s := range w.Spaces {
		if s == space {
			return !w.Not
		}
	}
	return w.Not && space != ""
}

// identity is a unique, key or keyref constraint.
type identity struct {
	Name     int32
	Kind     uint8
	Refer    int32 // name of the key a keyref refers to
	Selector []idPath
	Fields   [][]idPath
}

const (
	idUnique uint8 = iota
	idKey
	idKeyref
)

// idPath is one alternative of a selector or field.
type idPath struct {
	Deep      bool // begins with .//
	Attribute bool // the last step is an attribute
	Steps     []idStep
}

// idStep is a name test: a name, any name of a namespace, or any name.
type idStep struct {
	Name  int32
	Any   bool
	Space string
	In    bool // Any within Space
}
