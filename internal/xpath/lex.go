package xpath

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEnd  tokenKind = iota
	tokName           // NCName, QName, prefix:* or *:local
	tokNumber
	tokString
	tokVar // text is the name without "$"
	tokSymbol
)

// token is a lexical unit. text is the decoded value for strings, else as written.
type token struct {
	kind tokenKind
	text string
	at   int // byte offset in the source
}

var symbols = []string{"::", "//", "..", "<=", ">=", "!=", "<<", ">>", "||", "(", ")", "[", "]", "@", ",", "/", "|", "+", "-", "*", "=", "<", ">", ".", "?", "!", "{", "}", "#", ":"}

// lex splits an expression into tokens (XPath 2.0, A.2). Whether "*" or "div"
// is a name or an operator depends on the grammar and is decided by the parser.
func lex(src string) ([]token, error) {
	l := lexer{src: src}
	toks := make([]token, 0, len(src)/4+2)
	for {
		if err := l.skip(); err != nil {
			return nil, err
		}
		if l.pos >= len(src) {
			return append(toks, token{tokEnd, "", l.pos}), nil
		}
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		toks = append(toks, t)
	}
}

type lexer struct {
	src string
	pos int
}

// skip passes white space and comments, which nest.
func (l *lexer) skip() error {
	for l.pos < len(l.src) {
		switch rest := l.src[l.pos:]; {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			l.pos++
		case strings.HasPrefix(rest, "(:"):
			start, depth := l.pos, 0
			for {
				rest = l.src[l.pos:]
				switch {
				case rest == "":
					return syntaxf(start, "comment is not closed")
				case strings.HasPrefix(rest, "(:"):
					depth++
					l.pos += 2
				case strings.HasPrefix(rest, ":)"):
					depth--
					l.pos += 2
				default:
					l.pos++
				}
				if depth == 0 {
					break
				}
			}
		default:
			return nil
		}
	}
	return nil
}

func (l *lexer) next() (token, error) {
	start, c := l.pos, l.src[l.pos]
	switch {
	case c == '"' || c == '\'':
		return l.quoted()
	case c == '$':
		l.pos++
		if err := l.skip(); err != nil {
			return token{}, err
		}
		name := l.name()
		if name == "" {
			return token{}, syntaxf(start, "name of a variable expected after \"$\"")
		}
		return token{tokVar, name, start}, nil
	case isDigit(c) || c == '.' && l.pos+1 < len(l.src) && isDigit(l.src[l.pos+1]):
		return l.number()
	case c == '*' && l.pos+2 < len(l.src) && l.src[l.pos+1] == ':' && l.src[l.pos+2] != ':':
		l.pos += 2
		if local := l.ncname(); local != "" {
			return token{tokName, "*:" + local, start}, nil
		}
		return token{}, syntaxf(start, "name expected after \"*:\"")
	}
	if name := l.name(); name != "" {
		return token{tokName, name, start}, nil
	}
	for _, s := range symbols {
		if strings.HasPrefix(l.src[l.pos:], s) {
			l.pos += len(s)
			return token{tokSymbol, s, start}, nil
		}
	}
	r, _ := utf8.DecodeRuneInString(l.src[l.pos:])
	return token{}, syntaxf(start, "unexpected character %q", r)
}

// quoted reads a string literal; a doubled quote stands for one.
func (l *lexer) quoted() (token, error) {
	start, quote := l.pos, l.src[l.pos:l.pos+1]
	var b strings.Builder
	for i := start + 1; ; {
		end := strings.Index(l.src[i:], quote)
		if end < 0 {
			return token{}, syntaxf(start, "string is not closed")
		}
		b.WriteString(l.src[i : i+end])
		i += end + 1
		if !strings.HasPrefix(l.src[i:], quote) {
			l.pos = i
			return token{tokString, b.String(), start}, nil
		}
		b.WriteString(quote)
		i++
	}
}

func (l *lexer) number() (token, error) {
	start := l.pos
	digits := func() {
		for l.pos < len(l.src) && isDigit(l.src[l.pos]) {
			l.pos++
		}
	}
	digits()
	if l.pos < len(l.src) && l.src[l.pos] == '.' && !strings.HasPrefix(l.src[l.pos:], "..") {
		l.pos++
		digits()
	}
	if l.pos < len(l.src) && (l.src[l.pos] == 'e' || l.src[l.pos] == 'E') {
		mark := l.pos
		l.pos++
		if l.pos < len(l.src) && (l.src[l.pos] == '+' || l.src[l.pos] == '-') {
			l.pos++
		}
		from := l.pos
		if digits(); l.pos == from {
			l.pos = mark
		}
	}
	if r, _ := utf8.DecodeRuneInString(l.src[l.pos:]); l.pos < len(l.src) && isNameStart(r) {
		return token{}, syntaxf(start, "number runs into a name")
	}
	return token{tokNumber, l.src[start:l.pos], start}, nil
}

// name reads NCName, QName or prefix:*; "" if there is none.
func (l *lexer) name() string {
	start := l.pos
	if l.ncname() == "" {
		return ""
	}
	if l.pos+1 < len(l.src) && l.src[l.pos] == ':' && l.src[l.pos+1] != ':' {
		mark := l.pos
		l.pos++
		if l.src[l.pos] == '*' {
			l.pos++
		} else if l.ncname() == "" {
			l.pos = mark
		}
	}
	return l.src[start:l.pos]
}

func (l *lexer) ncname() string {
	start := l.pos
	for l.pos < len(l.src) {
		r, size := utf8.DecodeRuneInString(l.src[l.pos:])
		if !isNameStart(r) && (l.pos == start || !isNamePart(r)) {
			break
		}
		l.pos += size
	}
	return l.src[start:l.pos]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isNameStart(r rune) bool {
	return r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0xBF && r != utf8.RuneError && unicode.IsLetter(r)
}

func isNamePart(r rune) bool {
	return r == '-' || r == '.' || r >= '0' && r <= '9' || r == 0xB7 ||
		r > 0xBF && (unicode.IsDigit(r) || unicode.Is(unicode.M, r))
}
