package xpath

import (
	"math"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

func textFunctions() map[string]builtin {
	return map[string]builtin{
		"upper-case":       text1("upper-case", upperCase),
		"lower-case":       text1("lower-case", lowerCase),
		"substring-before": text2("substring-before", func(a, b string) string { h, _, ok := strings.Cut(a, b); return iff(ok, h) }),
		"substring-after":  text2("substring-after", func(a, b string) string { _, t, ok := strings.Cut(a, b); return iff(ok, t) }),
		"starts-with":      test2("starts-with", strings.HasPrefix),
		"ends-with":        test2("ends-with", strings.HasSuffix),
		"contains":         {2, 3, containsCall, false},
		"normalize-space": {0, 1, func(c *Compiler, _ *callExpr, args []*code, s scope) *code {
			a, d := c.textOrSelf(args, "normalize-space", s)
			x := strCode(func(r *Run) string { return normalizeSpace(a(r)) })
			x.deps = d
			x.truth = func(r *Run) bool { return !blank(a(r)) }
			return x
		}, false},
		"string-length": {0, 1, func(c *Compiler, _ *callExpr, args []*code, s scope) *code {
			a, d := c.textOrSelf(args, "string-length", s)
			x := intCode(func(r *Run) int { return utf8.RuneCountInString(a(r)) })
			x.deps = d
			return x
		}, false},
		"string": {0, 1, func(c *Compiler, _ *callExpr, args []*code, s scope) *code {
			if len(args) == 0 {
				a, d := c.textOrSelf(args, "string", s)
				x := strCode(a)
				x.deps = d
				return x
			}
			str := args[0].asStr()
			return strCode(func(r *Run) string { s, _ := str(r); return s })
		}, false},
		"concat": {2, 1000, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			strs := make([]func(*Run) (string, bool), len(args))
			for i, a := range args {
				strs[i] = a.asStr()
			}
			return strCode(func(r *Run) string {
				var b strings.Builder
				for _, f := range strs {
					s, _ := f(r)
					b.WriteString(s)
				}
				return b.String()
			})
		}, false},
		"string-join": {1, 2, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			fill := args[0].asAtoms()
			sep := func(*Run) string { return "" }
			if len(args) == 2 {
				sep = c.required(args[1], "string-join")
			}
			return strCode(func(r *Run) string {
				m := len(r.items)
				fill(r)
				with := sep(r)
				var b strings.Builder
				for i, it := range r.items[m:] {
					if i > 0 {
						b.WriteString(with)
					}
					b.WriteString(it.text())
				}
				r.items = r.items[:m]
				return b.String()
			})
		}, false},
		"substring": {2, 3, substringCall, false},
		"translate": {3, 3, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			a, from, to := c.text(args[0], "translate"), c.required(args[1], "translate"), c.required(args[2], "translate")
			return strCode(func(r *Run) string { return translate(a(r), from(r), to(r)) })
		}, false},
		"string-to-codepoints": {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			a := c.text(args[0], "string-to-codepoints")
			x := fresh(1 << Integer)
			x.many, x.some = true, false
			x.seq = func(r *Run) {
				for _, ch := range a(r) {
					r.items = append(r.items, intItem(int(ch)))
				}
			}
			return x
		}, false},
		"codepoints-to-string": {1, 1, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			fill := args[0].asAtoms()
			return strCode(func(r *Run) string {
				m := len(r.items)
				fill(r)
				var b strings.Builder
				for _, it := range r.items[m:] {
					n, ok := convert(it, Integer, "codepoints-to-string").Dec.Int64()
					if !ok || n <= 0 || n > utf8.MaxRune || !utf8.ValidRune(rune(n)) {
						raise("FOCH0001", "%s is no character", it.text())
					}
					b.WriteRune(rune(n))
				}
				r.items = r.items[:m]
				return b.String()
			})
		}, false},
		"compare": {2, 3, func(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
			codepointCollation(args)
			a, b := args[0].asOne(), args[1].asOne()
			x := fresh(1 << Integer)
			x.some = false
			x.one = func(r *Run) (Item, bool) {
				p, ok1 := a(r)
				q, ok2 := b(r)
				if !ok1 || !ok2 {
					return Item{}, false
				}
				return intItem(strings.Compare(convert(p, String, "compare").Str, convert(q, String, "compare").Str)), true
			}
			return x
		}, false},
		"codepoint-equal": test2("codepoint-equal", func(a, b string) bool { return a == b }),
		"matches":         {2, 3, matchesCall, false},
		"replace":         {3, 4, replaceCall, false},
		"tokenize":        {1, 3, tokenizeCall, false},
	}
}

func iff(ok bool, s string) string {
	if ok {
		return s
	}
	return ""
}

// upperCase leaves the usual case, nothing to change, without a copy.
func upperCase(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'a' && c <= 'z' || c >= utf8.RuneSelf {
			return cases.Upper(language.Und).String(s)
		}
	}
	return s
}

func lowerCase(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' || c >= utf8.RuneSelf {
			return cases.Lower(language.Und).String(s)
		}
	}
	return s
}

func blank(s string) bool {
	for i := range len(s) {
		if !isXMLSpace(s[i]) {
			return false
		}
	}
	return true
}

// normalizeSpace trims and joins runs of white space; text that is so already is not copied.
func normalizeSpace(s string) string {
	s = trimSpace(s)
	for i := range len(s) {
		if c := s[i]; c == '\t' || c == '\n' || c == '\r' || c == ' ' && isXMLSpace(s[i+1]) {
			return joinSpace(s)
		}
	}
	return s
}

func joinSpace(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		switch {
		case !isXMLSpace(s[i]):
			b = append(b, s[i])
		case b[len(b)-1] != ' ':
			b = append(b, ' ')
		}
	}
	return string(b)
}

func translate(s, from, to string) string {
	if !strings.ContainsAny(s, from) {
		return s
	}
	target := []rune(to)
	return strings.Map(func(ch rune) rune {
		at := strings.IndexRune(from, ch)
		if at < 0 {
			return ch
		}
		if n := utf8.RuneCountInString(from[:at]); n < len(target) {
			return target[n]
		}
		return -1
	}, s)
}

// substringCall follows XQuery and XPath functions 1.0, 7.4.3: positions are rounded doubles.
func substringCall(c *Compiler, _ *callExpr, args []*code, _ scope) *code {
	a := c.text(args[0], "substring")
	start := c.double(args[1], "substring")
	length := func(*Run) float64 { return math.Inf(1) }
	if len(args) == 3 {
		length = c.double(args[2], "substring")
	}
	return strCode(func(r *Run) string {
		s, from := a(r), roundDouble(start(r))
		return substring(s, from, from+roundDouble(length(r)))
	})
}

func roundDouble(f float64) float64 { return roundHalfUp(doubleItem(f), 0).Num }

// substring returns the characters at positions >= from and < to, counted from 1.
func substring(s string, from, to float64) string {
	if math.IsNaN(from) || math.IsNaN(to) {
		return ""
	}
	begin, end, pos := -1, len(s), 0.0
	for i := range s {
		pos++
		if begin < 0 && pos >= from {
			begin = i
		}
		if pos >= to {
			end = i
			break
		}
	}
	if begin < 0 || begin >= end {
		return ""
	}
	return s[begin:end]
}

// double gives an argument of type xs:double.
func (c *Compiler) double(x *code, what string) func(*Run) float64 {
	if x.konst && len(x.val) == 1 && x.val[0].Kind.numeric() {
		f := toDouble(x.val[0])
		return func(*Run) float64 { return f }
	}
	one := x.asOne()
	return func(r *Run) float64 {
		it, ok := one(r)
		if !ok {
			raise("XPTY0004", "an empty sequence where %s needs a number", what)
		}
		return convert(it, Double, what).Num
	}
}

// containsCall knows the idiom contains(' A B C ', concat(' ', X, ' ')), a code list:
// X without a space is found in a hash set.
func containsCall(c *Compiler, e *callExpr, args []*code, s scope) *code {
	codepointCollation(args)
	a, b := c.text(args[0], "contains"), c.text(args[1], "contains")
	x := boolCode(func(r *Run) bool { return strings.Contains(a(r), b(r)) })
	if c.plain || !args[0].konst || len(args[0].val) != 1 || !args[0].kinds.only(anyText) {
		return x
	}
	list := args[0].val[0].Str
	inner := padded(e.args[1])
	if inner == nil || len(list) < 16 {
		return x
	}
	pieces := strings.Split(list, " ")
	set := make(map[string]struct{}, len(pieces))
	for _, p := range pieces[1 : len(pieces)-1] {
		set[p] = struct{}{}
	}
	mid := c.compile(inner, s)
	c.hoist(mid.deps, &mid)
	str := mid.asStr()
	x.truth = func(r *Run) bool {
		v, _ := str(r)
		if v == "" || strings.IndexByte(v, ' ') >= 0 {
			return strings.Contains(list, " "+v+" ")
		}
		_, ok := set[v]
		return ok
	}
	return x
}

// padded returns X of concat(' ', X, ' ').
func padded(e expr) expr {
	call, ok := e.(*callExpr)
	if !ok || call.name != "concat" || len(call.args) != 3 {
		return nil
	}
	for _, i := range []int{0, 2} {
		if l, ok := call.args[i].(*literalExpr); !ok || l.item.Kind != String || l.item.Str != " " {
			return nil
		}
	}
	return call.args[1]
}
