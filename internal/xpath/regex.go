package xpath

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// translateRegex turns a regular expression of XML Schema as XPath extends it
// (XQuery and XPath functions 1.0, 7.6.1) into one of Go. Back-references and
// class subtraction, which Go lacks, are refused as unsupported.
func translateRegex(src, flags string) (*regexp.Regexp, error) {
	t := regexTranslator{src: src}
	mode := ""
	for _, f := range flags {
		switch f {
		case 's', 'm', 'i':
			mode += string(f)
		case 'x':
			t.extended = true
		case 'q':
			t.literal = true
		default:
			return nil, &Error{"FORX0001", "flag " + string(f) + " is not known", -1}
		}
	}
	out := ""
	if t.literal {
		out = regexp.QuoteMeta(src)
	} else if err := t.run(); err != nil {
		return nil, err
	} else {
		out = t.out.String()
	}
	if mode != "" {
		out = "(?" + mode + ")" + out
	}
	re, err := regexp.Compile(out)
	if err != nil {
		if bad, ok := err.(*syntax.Error); ok {
			return nil, &Error{"FORX0002", bad.Code.String() + ": " + shown(src), -1}
		}
		return nil, &Error{"FORX0002", err.Error(), -1}
	}
	return re, nil
}

type regexTranslator struct {
	src      string
	pos      int
	out      strings.Builder
	extended bool
	literal  bool
}

// classEscapes are the multi-character escapes, without brackets.
var classEscapes = map[byte]string{
	'd': `\p{Nd}`, 'D': `\P{Nd}`, 's': ` \t\n\r`, 'w': `\p{L}\p{M}\p{N}\p{S}`,
	'i': `_:\p{L}`, 'c': `\-._:\p{L}\p{Nd}\p{M}`,
}

var negatedEscapes = map[byte]string{'S': `[^ \t\n\r]`, 'W': `[\p{P}\p{Z}\p{C}]`, 'I': `[^_:\p{L}]`, 'C': `[^\-._:\p{L}\p{Nd}\p{M}]`}

func (t *regexTranslator) run() error {
	for t.pos < len(t.src) {
		switch c := t.src[t.pos]; {
		case c == '\\':
			if err := t.escape(false); err != nil {
				return err
			}
		case c == '[':
			if err := t.class(); err != nil {
				return err
			}
		case c == '.':
			t.out.WriteByte('.')
			t.pos++
		case t.extended && isXMLSpace(c):
			t.pos++
		default:
			_, size := utf8.DecodeRuneInString(t.src[t.pos:])
			t.out.WriteString(t.src[t.pos : t.pos+size])
			t.pos += size
		}
	}
	return nil
}

// escape translates a backslash sequence; inside says whether it stands in a class.
func (t *regexTranslator) escape(inside bool) error {
	if t.pos+1 >= len(t.src) {
		return &Error{"FORX0002", "regular expression ends with a backslash", -1}
	}
	c := t.src[t.pos+1]
	t.pos += 2
	if set, ok := classEscapes[c]; ok {
		if !inside {
			set = "[" + set + "]"
		}
		t.out.WriteString(set)
		return nil
	}
	if set, ok := negatedEscapes[c]; ok {
		if inside {
			if c == 'S' {
				t.out.WriteString(`\x{0}-\x{8}\x{B}\x{C}\x{E}-\x{1F}!-\x{10FFFF}`)
				return nil
			}
			return &Error{codeUnsupported, "\\" + string(c) + " in a character class", -1}
		}
		t.out.WriteString(set)
		return nil
	}
	switch {
	case c == 'p' || c == 'P':
		return t.property(c)
	case c >= '1' && c <= '9':
		return &Error{codeUnsupported, "back-reference in a regular expression", -1}
	case strings.IndexByte(`nrt\|.?*+(){}-[]^$`, c) >= 0:
		t.out.WriteByte('\\')
		t.out.WriteByte(c)
		return nil
	case c == '/' || c == ' ' || c == '#' || c == '@' || c == '"' || c == '\'':
		// not an escape of the standard, but processors in use take it literally
		t.out.WriteString(regexp.QuoteMeta(string(c)))
		return nil
	}
	return &Error{"FORX0002", "escape \\" + string(c) + " is not known", -1}
}

// blocks are the Unicode blocks that rules name.
var blocks = map[string]string{
	"IsBasicLatin": `\x{0}-\x{7F}`, "IsLatin-1Supplement": `\x{80}-\x{FF}`,
	"IsLatinExtended-A": `\x{100}-\x{17F}`, "IsLatinExtended-B": `\x{180}-\x{24F}`,
	"IsGreek": `\x{370}-\x{3FF}`, "IsCyrillic": `\x{400}-\x{4FF}`,
}

func (t *regexTranslator) property(c byte) error {
	end := strings.IndexByte(t.src[t.pos:], '}')
	if end < 1 || t.src[t.pos] != '{' {
		return &Error{"FORX0002", "property name expected", -1}
	}
	name := t.src[t.pos+1 : t.pos+end]
	t.pos += end + 1
	if set, ok := blocks[name]; ok {
		if c == 'P' {
			set = "^" + set
		}
		t.out.WriteString("[" + set + "]")
		return nil
	}
	if strings.HasPrefix(name, "Is") {
		return &Error{codeUnsupported, "Unicode block " + name, -1}
	}
	t.out.WriteString(`\` + string(c) + "{" + name + "}")
	return nil
}

// class translates a character class.
func (t *regexTranslator) class() error {
	t.out.WriteByte('[')
	t.pos++
	if t.pos < len(t.src) && t.src[t.pos] == '^' {
		t.out.WriteByte('^')
		t.pos++
	}
	first := true
	for t.pos < len(t.src) {
		switch c := t.src[t.pos]; {
		case c == ']' && !first:
			t.out.WriteByte(']')
			t.pos++
			return nil
		case c == '\\':
			if err := t.escape(true); err != nil {
				return err
			}
		case c == '-' && t.pos+1 < len(t.src) && t.src[t.pos+1] == '[':
			return &Error{codeUnsupported, "subtraction of character classes", -1}
		case c == '[':
			t.out.WriteString(`\[`)
			t.pos++
		default:
			_, size := utf8.DecodeRuneInString(t.src[t.pos:])
			t.out.WriteString(t.src[t.pos : t.pos+size])
			t.pos += size
		}
		first = false
	}
	return &Error{"FORX0002", "character class is not closed", -1}
}

// regex returns the regular expression of a call: compiled once if pattern and
// flags are constant. Errors of constants are raised when the call is evaluated.
func (c *Compiler) regex(args []*code, patternAt, flagsAt int) func(*Run) *regexp.Regexp {
	pattern := c.required(args[patternAt], "a regular expression")
	flags := func(*Run) string { return "" }
	flagsConst := true
	if len(args) > flagsAt {
		flags = c.required(args[flagsAt], "the flags of a regular expression")
		flagsConst = args[flagsAt].konst
	}
	if args[patternAt].konst && flagsConst {
		var re *regexp.Regexp
		var bad error
		if err := safely(func() { re, bad = translateRegex(pattern(nil), flags(nil)) }); err == nil {
			if e, ok := bad.(*Error); ok {
				if e.Unsupported() {
					panic(e)
				}
				return func(*Run) *regexp.Regexp { panic(e) }
			}
			return func(*Run) *regexp.Regexp { return re }
		}
	}
	return func(r *Run) *regexp.Regexp {
		key := pattern(r) + "\x00" + flags(r)
		if re := r.regexes[key]; re != nil {
			return re
		}
		re, err := translateRegex(pattern(r), flags(r))
		if err != nil {
			panic(err)
		}
		if r.regexes == nil || len(r.regexes) > 200 {
			r.regexes = map[string]*regexp.Regexp{}
		}
		r.regexes[key] = re
		return re
	}
}

func matchesCall(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
	a, re := c.text(args[0], "matches"), c.regex(args, 1, 2)
	return boolCode(func(r *Run) bool { return re(r).MatchString(a(r)) })
}

// emptyMatch refuses expressions that match nothing (FORX0003).
func emptyMatch(re *regexp.Regexp, what string) {
	if re.MatchString("") {
		raise("FORX0003", "%s with a regular expression that matches the empty string", what)
	}
}

func replaceCall(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
	a, re, with := c.text(args[0], "replace"), c.regex(args, 1, 3), c.required(args[2], "replace")
	return strCode(func(r *Run) string {
		x := re(r)
		emptyMatch(x, "replace")
		return x.ReplaceAllString(a(r), replacement(with(r), x.NumSubexp()))
	})
}

// replacement turns $1 and escapes into the form of Go.
func replacement(s string, groups int) string {
	if !strings.ContainsAny(s, `$\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			if i++; i == len(s) || s[i] != '\\' && s[i] != '$' {
				raise("FORX0004", "backslash in a replacement")
			}
			if s[i] == '$' {
				b.WriteString("$$")
			} else {
				b.WriteByte('\\')
			}
		case c == '$':
			n, from := 0, i+1
			for i+1 < len(s) && isDigit(s[i+1]) && (i < from || n*10+int(s[i+1]-'0') <= groups) {
				n = n*10 + int(s[i+1]-'0')
				i++
			}
			if i < from {
				raise("FORX0004", "dollar in a replacement")
			}
			b.WriteString("${" + intItem(n).text() + "}")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func tokenizeCall(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
	a := c.text(args[0], "tokenize")
	x := fresh(1 << String)
	x.many, x.some = true, false
	if len(args) == 1 { // XPath 3.1: at white space
		x.seq = func(r *Run) {
			for _, f := range strings.Fields(a(r)) {
				r.items = append(r.items, stringItem(f))
			}
		}
		return x
	}
	re := c.regex(args, 1, 2)
	x.seq = func(r *Run) {
		p, s := re(r), a(r)
		emptyMatch(p, "tokenize")
		if s == "" {
			return
		}
		at := 0
		for _, m := range p.FindAllStringIndex(s, -1) {
			r.items = append(r.items, stringItem(s[at:m[0]]))
			at = m[1]
		}
		r.items = append(r.items, stringItem(s[at:]))
	}
	return x
}
