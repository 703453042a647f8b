package formula

import (
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Bounds of what Compile accepts.
const (
	MaxSource = 16 << 10 // bytes of a formula
	MaxDepth  = 150      // operators, brackets and calls inside each other
	MaxNodes  = 5000     // operators, names, literals and calls
)

// source is the text of a formula with its place.
type source struct {
	text  string
	runes []rune // nil if all is ASCII
	pos   diag.Pos
	left  int // column of the first character of later lines
}

func newSource(text string, pos diag.Pos, left int) source {
	s := source{text: text, pos: pos, left: left}
	if len(text) != utf8.RuneCountInString(text) {
		s.runes = []rune(text)
	}
	return s
}

// slice returns the text between two offsets in code points.
func (s *source) slice(from, to int) string {
	if s.runes == nil {
		return s.text[max(0, min(from, len(s.text))):max(0, min(to, len(s.text)))]
	}
	return string(s.runes[max(0, min(from, len(s.runes))):max(0, min(to, len(s.runes)))])
}

// at returns the place of an offset in code points.
func (s *source) at(offset int) diag.Pos { return moved(s.pos, s.slice(0, offset), s.left) }

// moved returns pos moved past text, whose later lines begin in column left.
func moved(pos diag.Pos, text string, left int) diag.Pos {
	lines := strings.Count(text, "\n")
	if lines == 0 {
		return pos.Right(utf8.RuneCountInString(text))
	}
	if pos.Line > 0 {
		pos.Line += lines
	}
	if pos.Column > 0 {
		pos.Column = left
	}
	return pos.Right(utf8.RuneCountInString(text[strings.LastIndexByte(text, '\n')+1:]))
}

// scan checks the tokens and returns the text that is given to the parser: the
// same with every number written as zeros, since the parser would make it a
// machine number; the digits are taken from the text as written.
func (c *compiler) scan() (string, bool) {
	if len(c.src.text) > MaxSource {
		c.fault(0, RuleSize, "formula of %d bytes; at most %d", len(c.src.text), MaxSource)
		return "", false
	}
	if !utf8.ValidString(c.src.text) {
		c.fault(0, RuleSyntax, "formula is no valid UTF-8")
		return "", false
	}
	tokens, err := lexer.Lex(file.NewSource(c.src.text))
	if err != nil {
		c.parseError(err)
		return "", false
	}
	depth, safe := 0, []rune(nil)
	for _, t := range tokens {
		switch {
		case t.Kind == lexer.Bracket && strings.ContainsAny(t.Value, "([{"):
			if depth++; depth > MaxDepth {
				c.fault(t.From, RuleSize, "more than %d brackets inside each other", MaxDepth)
				return "", false
			}
		case t.Kind == lexer.Bracket:
			depth--
		case t.Kind == lexer.Number:
			if _, err := decimal.Parse(t.Value); err != nil || t.Value[0] == '.' || strings.HasSuffix(t.Value, ".") {
				c.fault(t.From, RuleSyntax, "number %q", t.Value).Hint = "write plain decimal digits, such as 1000 or 0.5"
				return "", false
			}
			if safe == nil {
				safe = []rune(c.src.text)
			}
			for i := t.From; i < t.To; i++ {
				if safe[i] != '.' {
					safe[i] = '0'
				}
			}
		}
	}
	if safe == nil {
		return c.src.text, true
	}
	return string(safe), true
}
