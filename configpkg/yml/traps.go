package yml

import (
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// quote reports a formula that stands at pos and needs quotation marks; text
// is the whole of it, as the author meant it.
func (p *parser) quote(pos diag.Pos, text, why string) {
	p.broken = true
	text = strings.TrimSpace(text)
	mark := `'` + strings.ReplaceAll(text, `'`, `''`) + `'`
	p.fault(pos, RuleQuote, "write "+mark, "%s", why)
}

const (
	inFlow  = "inside { } or [ ] YAML cuts a plain text at any of , [ ] { } ?"
	inBlock = "YAML takes a colon and a blank inside a plain text for a key"
)

// cutItems finds formulas that YAML cut at a comma inside [ ].
func (p *parser) cutItems(n *Node) {
	for _, m := range n.Items {
		if m.Kind == Scalar && m.Style == Plain && strings.HasPrefix(m.Text, "=") && !balanced(m.Text) {
			p.quote(m.Pos, extent(p.src.rest(m.Pos)), inFlow)
		}
	}
}

// cutEntries finds formulas that YAML cut inside { }: what is left is not
// balanced, or what was cut off became a key without a value.
func (p *parser) cutEntries(n *Node) {
	var formula *Node
	for _, e := range n.Entries {
		v := e.Value
		if formula != nil && v.Empty() && !p.colon(e) {
			p.quote(formula.Pos, extent(p.src.rest(formula.Pos)), inFlow)
			formula = nil
			continue
		}
		formula = nil
		if v.Kind != Scalar || v.Style != Plain || v.Text == "" {
			continue
		}
		if strings.HasPrefix(v.Text, "=") || IsCondition(e.Key) || strings.HasPrefix(e.Key, "$for") || e.Key == "each" {
			if formula = v; !balanced(v.Text) {
				p.quote(v.Pos, extent(p.src.rest(v.Pos)), inFlow)
				formula = nil
			}
		}
	}
}

// colon reports whether a colon is written behind the key.
func (p *parser) colon(e Entry) bool {
	rest := p.src.rest(e.KeyPos)
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		return true
	}
	rest, ok := strings.CutPrefix(rest, e.Key)
	return !ok || strings.HasPrefix(strings.TrimLeft(rest, " "), ":")
}

// balanced reports whether brackets and quotation marks close inside text.
func balanced(text string) bool {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			depth--
		}
	}
	return depth == 0 && quote == 0
}

// extent returns the formula that begins rest, as its author meant it: up to
// a comma or a closing bracket outside its own brackets and quotation marks.
func extent(rest string) string {
	depth, quote := 0, byte(0)
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case quote != 0:
			if c == '\\' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth--; depth < 0 {
				return rest[:i]
			}
		case c == ',' && depth == 0 && !names(rest[i+1:]):
			return rest[:i]
		}
	}
	return rest
}

// names reports whether a comma is that of "x, i in list".
func names(rest string) bool {
	word := strings.TrimLeft(rest, " ")
	end := strings.IndexFunc(word, func(r rune) bool { return r == ' ' || r == ':' || r == ',' || r == '}' })
	return end > 0 && strings.HasPrefix(word[end:], " in ")
}

// traps scans a file that YAML cannot read for plain formulas that it would
// cut: inside { } and [ ] those with , [ ] { } ?, elsewhere those with ": ".
func (p *parser) traps() {
	s := scanner{p: p}
	for i, line := range p.src.lines {
		s.line(i+1, line)
	}
}

// scanner follows the brackets of YAML from line to line, so far as needed to
// tell whether a formula stands inside them.
type scanner struct {
	p     *parser
	open  []byte // the { and [ around
	block int    // indentation of the key of a literal block; -1: none
	begun bool
}

func (s *scanner) line(number int, line string) {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if s.begun && s.block >= 0 && (indent > s.block || strings.TrimSpace(line) == "") {
		return
	}
	s.begun, s.block = true, -1
	key := ""
	for i := 0; i < len(line); {
		rest := line[i:]
		switch c := rest[0]; {
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return
		case c == '"' || c == '\'':
			i, key = i+quotedLength(rest), ""
		case c == '{' || c == '[':
			s.open, key = append(s.open, c), ""
			i++
		case c == '}' || c == ']':
			s.open = s.open[:max(0, len(s.open)-1)]
			i++
		case (c == '|' || c == '>') && len(s.open) == 0:
			s.block = indent
			return
		case c == ' ' || c == ',' || c == ':' || c == '-' && strings.HasPrefix(rest, "- "):
			i++
		default:
			i += s.plain(number, line, i, &key)
		}
	}
}

// plain looks at a plain text at offset i and returns its length.
func (s *scanner) plain(number int, line string, i int, key *string) int {
	rest, flow := line[i:], len(s.open) > 0
	value := strings.HasSuffix(strings.TrimRight(line[:i], " "), ":")
	formula := rest[0] == '=' || value && (IsCondition(*key) || strings.HasPrefix(*key, "$for"))
	if !formula && value && flow && strings.ContainsAny(extent(rest), "[]{}") {
		formula = true // brackets inside a plain text: YAML could not read on from there
	}
	if !formula {
		n := plainLength(rest, flow)
		*key = strings.TrimSpace(rest[:n])
		return n
	}
	at := s.p.src.pos(number, utf8.RuneCountInString(line[:i])+1)
	text := rest
	if flow {
		if text = extent(rest); strings.ContainsAny(text, ",[]{}?") {
			s.p.quote(at, text, inFlow)
		}
	} else if strings.Contains(text, ": ") {
		s.p.quote(at, text, inBlock)
	}
	*key = ""
	return max(1, len(text))
}

// plainLength returns where a plain text ends that is no formula.
func plainLength(rest string, flow bool) int {
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == ':' && (i+1 == len(rest) || rest[i+1] == ' '), c == '#' && rest[i-1] == ' ', flow && strings.IndexByte(",{}[]", c) >= 0:
			return i
		}
	}
	return len(rest)
}

func quotedLength(rest string) int {
	for i := 1; i < len(rest); i++ {
		if rest[i] == '\\' && rest[0] == '"' {
			i++
		} else if rest[i] == rest[0] {
			return i + 1
		}
	}
	return len(rest)
}
