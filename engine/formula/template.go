package formula

import (
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// CompileText compiles a scalar by the value rule: with "=" in front it is a
// formula, otherwise a literal text that may have holes "{=key}"; "{{=" stands
// for "{=". The place of the scalar is pos; quoted says that its first
// character is a quotation mark that scalar does not have. Without a grave
// problem the value is not nil.
func CompileText(scalar string, pos diag.Pos, d *Decl, quoted bool) (*Value, diag.List) {
	at := pos
	if quoted {
		at = at.Right(1)
	}
	if rest, ok := strings.CutPrefix(scalar, "="); ok {
		p, problems := compileAt(rest, at.Right(1), at.Column, d)
		if p == nil {
			return nil, problems
		}
		return Formula(p), problems
	}
	return compileTemplate(scalar, pos, at, d)
}

// CompileCondition compiles the value of a key that is always a formula and
// asks whether something holds: if, when, until, assert, $if. A leading "=" is
// allowed. See CompileText for quoted.
func CompileCondition(scalar string, pos diag.Pos, d *Decl, quoted bool) (*Program, diag.List) {
	if quoted {
		pos = pos.Right(1)
	}
	src, at := scalar, pos
	if rest, ok := strings.CutPrefix(scalar, "="); ok {
		src, at = rest, pos.Right(1)
	}
	p, problems := compileAt(src, at, pos.Column, d)
	if p == nil {
		return nil, problems
	}
	if k := p.typ.kind; k != BooleanKind && k != AnyKind && k != AbsentKind {
		problems.Addf(at, RuleType, "a condition is true or false, not a %s", p.typ)
		return nil, problems
	}
	return p, problems
}

func compileTemplate(text string, pos, at diag.Pos, d *Decl) (*Value, diag.List) {
	var parts []Part
	var problems diag.List
	var literal strings.Builder
	for i := 0; i < len(text); {
		switch rest := text[i:]; {
		case strings.HasPrefix(rest, "{{="):
			literal.WriteString("{=")
			i += 3
		case strings.HasPrefix(rest, "{="):
			where := moved(at, text[:i], at.Column)
			end := holeEnd(rest)
			if end < 0 {
				problems.Addf(where, RuleSyntax, "hole without its closing brace")
				problems[len(problems)-1].Hint = `write "{{=" where the text shall have "{="`
				return nil, problems
			}
			hole, found := compileAt(rest[2:end], where.Right(2), at.Column, d)
			if problems = append(problems, found...); hole != nil {
				problems = append(problems, holeFits(hole)...)
			}
			if literal.Len() > 0 {
				parts = append(parts, Part{Text: literal.String()})
				literal.Reset()
			}
			parts = append(parts, Part{Hole: hole})
			i += end + 1
		default:
			literal.WriteByte(text[i])
			i++
		}
	}
	if problems.Grave() {
		return nil, problems
	}
	if len(parts) == 0 {
		return Literal(literal.String(), pos), problems
	}
	if literal.Len() > 0 {
		parts = append(parts, Part{Text: literal.String()})
	}
	return Template(parts, pos), problems
}

// holeFits refuses a hole whose value can have no text.
func holeFits(p *Program) (problems diag.List) {
	switch p.typ.kind {
	case BytesKind, TreeKind, ListKind, MapKind, CertificateKind, ConnectionKind:
		problems.Addf(p.Pos(), RuleType, "a %s has no text to put in a hole", p.typ)
	case AbsentKind:
		problems.Addf(p.Pos(), RuleType, "the hole is always absent")
	}
	return problems
}

// holeEnd returns where the brace stands that closes the hole text begins
// with, or -1. Braces in quotes and pairs of braces belong to the formula.
func holeEnd(text string) int {
	depth, quote := 0, byte(0)
	for i := 2; i < len(text); i++ {
		c := text[i]
		switch {
		case quote != 0 && c == '\\' && quote != '`':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth > 0:
			depth--
		case c == '}':
			return i
		}
	}
	return -1
}
