package formula

import "sort"

// Kind is the sort of a type, without its parts.
type Kind uint8

// The kinds, as the language reference names them. The zero Kind is AnyKind.
const (
	AnyKind Kind = iota
	AbsentKind
	StringKind
	NumberKind
	IntegerKind
	BooleanKind
	DateKind
	TimeKind
	InstantKind
	DurationKind
	BytesKind
	TreeKind
	SecretKind
	CertificateKind
	ConnectionKind
	TextKind
	ListKind
	MapKind
)

var kindNames = [...]string{"any", "nil", "string", "number", "integer", "boolean", "date", "time", "instant",
	"duration", "bytes", "tree", "secret", "certificate", "connection", "text", "list", "map"}

// String returns the name of the language reference.
func (k Kind) String() string { return kindNames[k] }

// Type is the static type of a value. The zero Type is Any. Types of one
// schema may refer to themselves.
type Type struct {
	kind     Kind
	required bool
	gap      bool // a schema says that it may be absent
	in       *parts
	def      string // definition of a schema a scalar comes from
}

type parts struct {
	elem   Type
	fields map[string]Type
	open   bool
	extra  *Type // type of fields that are not named
	name   string
	forms  []Type // of a type that is one of these, as the value tells
}

// The types without parts.
var (
	Any         = Type{}
	Absent      = Type{kind: AbsentKind}
	String      = Type{kind: StringKind}
	Number      = Type{kind: NumberKind}
	Integer     = Type{kind: IntegerKind}
	Boolean     = Type{kind: BooleanKind}
	Date        = Type{kind: DateKind}
	Time        = Type{kind: TimeKind}
	Instant     = Type{kind: InstantKind}
	Duration    = Type{kind: DurationKind}
	Bytes       = Type{kind: BytesKind}
	Tree        = Type{kind: TreeKind}
	SecretType  = Type{kind: SecretKind}
	Certificate = Type{kind: CertificateKind}
	Connection  = Type{kind: ConnectionKind}
	Text        = Type{kind: TextKind}
)

// ListOf returns the type of lists whose members are of type t.
func ListOf(t Type) Type { return Type{kind: ListKind, in: &parts{elem: t}} }

// MapOf returns the type of maps with these fields; an open one may have
// others, of type Any.
func MapOf(fields map[string]Type, open bool) Type {
	return Type{kind: MapKind, in: &parts{fields: fields, open: open}}
}

// CertificateType is the type of certificate(ref).
var CertificateType = MapOf(map[string]Type{
	"serial": Bytes, "serialNumber": Integer, "der": Bytes, "pem": Bytes, "publicKey": Bytes, "signature": Bytes,
	"subject": String, "issuer": String, "notBefore": Instant, "notAfter": Instant,
	"attributes": MapOf(nil, true), "otherNames": MapOf(nil, true), "standIn": Boolean,
}, false).Named("certificate")

// Named returns t with a name for messages, such as "invoice/1".
func (t Type) Named(name string) Type {
	in := parts{name: name}
	if t.in != nil {
		in = *t.in
		in.name = name
	}
	t.in = &in
	return t
}

// Required returns t marked as always present in the map that holds it.
func (t Type) Required() Type { t.required, t.gap = true, false; return t }

// Gap returns t marked as absent at times: arithmetic on it is refused.
func (t Type) Gap() Type { t.required, t.gap = false, true; return t }

// HasGap reports whether the value is known to be absent at times.
func (t Type) HasGap() bool { return t.gap }

// Optional returns t without the mark Required gives.
func (t Type) Optional() Type { t.required = false; return t }

func (t Type) optional() Type { return t.Optional() }

func (t Type) isNumber() bool { return t.kind == NumberKind || t.kind == IntegerKind }

func (t Type) isText() bool { return t.kind == StringKind || t.kind == TextKind }

// Definition returns the name of the definition of a schema that the value
// comes from unchanged, such as "amount"; empty for results of operators and
// functions. Mappings choose the format of a value by it.
func (t Type) Definition() string { return t.def }

// IsRequired reports whether the value is always present where its map is.
func (t Type) IsRequired() bool { return t.required }

// Kind returns the kind.
func (t Type) Kind() Kind { return t.kind }

// Elem returns the type of the members of a list, Any for other types.
func (t Type) Elem() Type {
	if t.kind != ListKind || t.in == nil {
		return Any
	}
	return t.in.elem
}

// Open reports whether a map may have fields that are not named.
func (t Type) Open() bool {
	return t.kind == AnyKind || t.kind == MapKind && (t.in == nil || t.in.open || t.in.fields == nil)
}

// Fields returns the sorted names of the fields of a map.
func (t Type) Fields() []string {
	if t.in == nil {
		return nil
	}
	names := make([]string, 0, len(t.in.fields))
	for n := range t.in.fields {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// At returns the type found by following path through maps, and through lists
// by "*". It is false when a closed map has no such field, or a type no parts.
func (t Type) At(path ...string) (Type, bool) {
	for _, name := range path {
		next, ok := t.at(name)
		if !ok {
			return Any, false
		}
		t = next
	}
	return t, true
}

func (t Type) at(name string) (Type, bool) {
	switch t.kind {
	case AnyKind:
		return Any, true
	case ListKind:
		return t.Elem(), name == "*"
	case TextKind:
		return String, true
	case MapKind:
		if t.in != nil {
			if f, ok := t.in.fields[name]; ok {
				return f, true
			}
			if t.in.extra != nil {
				return t.in.extra.optional(), true
			}
		}
		return Any, t.Open()
	}
	return Any, false
}

// String describes t for messages: "number", "list of string", "invoice/1".
func (t Type) String() string {
	if t.in != nil && t.in.name != "" {
		return t.in.name
	}
	if t.kind == ListKind && t.in != nil && t.in.elem.kind != AnyKind {
		return "list of " + t.in.elem.String()
	}
	return t.kind.String()
}

// ParseType returns the type of that name in the language reference:
// "string", "integer", ..., "list", "map". Schema types such as "invoice/1"
// are not known here.
func ParseType(name string) (Type, bool) {
	for k, n := range kindNames {
		if n == name && Kind(k) != AbsentKind {
			return Type{kind: Kind(k)}, true
		}
	}
	return Any, false
}
