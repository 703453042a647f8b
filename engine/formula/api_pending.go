package formula

// Signatures that follow in this package:
//
//	func FromSchema(schema any) (Type, error)
//	func (t Type) Convert(v any) (any, error)                      // decoded JSON (json.Number) -> values of formulas
//	func KindOf(v any) Kind                                        // kind of a value
//	func (p *Program) Eval(s *Scope) (any, error)
//	func (p *Program) EvalBool(s *Scope) (value, known bool, err error)
//	func CompileText(scalar string, pos diag.Pos, d *Decl, quotedOffset bool) (*Value, diag.List)
//	func CompileCondition(scalar string, pos diag.Pos, d *Decl, quotedOffset bool) (*Program, diag.List) // when if until assert $if: leading "=" optional, type boolean
//	func (v *Value) Eval(s *Scope) (any, error)
//	func (v *Value) EvalText(s *Scope) (string, error)             // says, hint: an absent hole prints "-"
//	func (v *Value) Refs() [][]string
//	func (v *Value) Type() Type
//	func (v *Value) Programs() []*Program
//	func (v *Value) Constant() (any, bool)
//	func (v *Value) Entries() []Entry; Items() []*Value; Program() *Program; Parts() []Part; Pos() diag.Pos
//	func ParseTree(data []byte, format string) (Node, error)
//	func FormatText(v any) (string, error)                         // string(x) of the language
