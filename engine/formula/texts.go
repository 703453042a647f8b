package formula

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"golang.org/x/text/unicode/norm"
)

func text1(do func(string) string) *function {
	return &function{min: 1, max: 1, args: []want{wantText}, names: []string{"t"}, result: String.Required(), secrets: staySecret, call: func(k *call, args []any) (any, error) {
		t := args[0].(string)
		if err := k.build(len(t)); err != nil {
			return nil, err
		}
		return do(t), nil
	}}
}

func textAndCount(do func(r []rune, n int) []rune) *function {
	return &function{min: 2, max: 2, args: []want{wantText, wantNumber}, names: []string{"t", "n"}, result: String.Required(), secrets: staySecret, call: func(k *call, args []any) (any, error) {
		n, err := k.f.integer(k.from, args[1])
		if err != nil || n < 0 {
			return nil, orValue(err, k, "negative number of characters")
		}
		if err := k.build(len(args[0].(string))); err != nil {
			return nil, err
		}
		r := []rune(args[0].(string))
		return string(do(r, min(n, len(r)))), nil
	}}
}

var textFunctions = map[string]*function{
	"string":    {min: 1, max: 1, args: []want{wantAll}, names: []string{"x"}, absent: true, result: String.Required(), secrets: staySecret, call: stringOf},
	"left":      textAndCount(func(r []rune, n int) []rune { return r[:n] }),
	"right":     textAndCount(func(r []rune, n int) []rune { return r[len(r)-n:] }),
	"skip":      textAndCount(func(r []rune, n int) []rune { return r[n:] }),
	"pad":       padding(true),
	"padRight":  padding(false),
	"upper":     text1(strings.ToUpper),
	"lower":     text1(strings.ToLower),
	"trim":      text1(strings.TrimSpace),
	"normalize": text1(func(t string) string { return strings.Join(strings.Fields(t), " ") }),
	"ascii":     text1(ascii),
	"replace":   {min: 3, max: 3, args: []want{wantText, wantText, wantText}, names: []string{"t", "a", "b"}, result: String.Required(), secrets: staySecret, call: replace},
	"split":     {min: 2, max: 2, args: []want{wantText, wantText}, names: []string{"t", "separator"}, result: ListOf(String).Required(), call: split},
	"join":      {min: 1, max: 2, args: []want{wantList, wantText}, names: []string{"list", "separator"}, result: String.Required(), typeOf: typeOfJoin, call: join},
	"match":     {min: 2, max: 2, args: []want{wantText, wantText}, names: []string{"t", "regexp"}, result: String, call: match, prepare: constantRegexp},
	"escape":    {min: 2, max: 2, args: []want{wantText, wantText}, names: []string{"t", "for"}, result: String.Required(), secrets: staySecret, call: escape, prepare: oneOf(1, "xml", "url")},
}

// oneOf checks that argument i, if it is written out, is one of names.
func oneOf(i int, names ...string) func(*compiler, []*node) (func(*call, []any) (any, error), bool) {
	return func(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
		if i >= len(args) {
			return nil, true
		}
		text, ok := args[i].value.(string)
		if !ok {
			return nil, true
		}
		for _, n := range names {
			if n == text {
				return nil, true
			}
		}
		c.fault(args[i].from, RuleValue, "%q is none of them", text).Hint = "known: " + strings.Join(names, ", ")
		return nil, false
	}
}

func stringOf(_ *call, args []any) (any, error) {
	if args[0] == nil {
		return "", nil
	}
	return FormatText(args[0])
}

// padding fills a text to a width in code points; a longer one stays.
func padding(left bool) *function {
	return &function{min: 2, max: 3, args: []want{wantText, wantNumber, wantText}, names: []string{"t", "width", "char"}, result: String.Required(), secrets: staySecret,
		call: func(k *call, args []any) (any, error) {
			t, char := args[0].(string), "0"
			if c, ok := argument(args, 2).(string); ok {
				char = c
			}
			width, err := k.f.integer(k.from, args[1])
			if err != nil || utf8.RuneCountInString(char) != 1 {
				return nil, orValue(err, k, "fills with one character, not %q", short(char))
			}
			n := width - utf8.RuneCountInString(t)
			if n <= 0 {
				return t, nil
			}
			if n > k.f.bytes {
				return nil, k.build(n)
			}
			if err := k.build(len(t) + n*len(char)); err != nil {
				return nil, err
			}
			if left {
				return strings.Repeat(char, n) + t, nil
			}
			return t + strings.Repeat(char, n), nil
		}}
}

func replace(k *call, args []any) (any, error) {
	t, a, b := args[0].(string), args[1].(string), args[2].(string)
	if a == "" {
		return nil, k.value("nothing to replace")
	}
	if err := k.build(len(t) + strings.Count(t, a)*max(0, len(b)-len(a))); err != nil {
		return nil, err
	}
	return strings.ReplaceAll(t, a, b), nil
}

func split(k *call, args []any) (any, error) {
	t, sep := args[0].(string), args[1].(string)
	if sep == "" {
		return nil, k.value("empty separator")
	}
	n := strings.Count(t, sep) + 1
	if err := k.build(32 * n); err != nil {
		return nil, err
	}
	if err := k.tick(n); err != nil {
		return nil, err
	}
	return listOf(strings.Split(t, sep)), nil
}

func typeOfJoin(_ *compiler, args []*node) Type {
	if args[0].typ.Elem().kind == SecretKind {
		return SecretType
	}
	return String.Required()
}

// join joins the texts of a list; absent ones are left out. One secret among
// them makes the whole a secret.
func join(k *call, args []any) (any, error) {
	list := args[0].([]any)
	sep, _ := argument(args, 1).(string)
	parts, secret, isSecret := make([]string, 0, len(list)), "", false
	for _, v := range list {
		v = plain(v)
		if s, ok := v.(Secret); ok {
			secret, isSecret = s.Name(), true
			v = s.plain()
		}
		if v == nil {
			continue
		}
		t, ok := v.(string)
		if !ok {
			return nil, k.fail(RuleRunType, "join needs texts, not a %s", KindOf(v))
		}
		if err := k.build(len(t) + len(sep) + 16); err != nil {
			return nil, err
		}
		parts = append(parts, t)
	}
	joined := strings.Join(parts, sep)
	if isSecret {
		return NewSecret(secret, joined)
	}
	return joined, nil
}

func constantRegexp(c *compiler, args []*node) (func(*call, []any) (any, error), bool) {
	re, ok := c.pattern(args[1])
	if re == nil {
		return nil, ok
	}
	return func(k *call, args []any) (any, error) { return firstMatch(k, re, args[0].(string)) }, true
}

func match(k *call, args []any) (any, error) {
	re, err := k.f.pattern(k.from, args[1].(string))
	if err != nil {
		return nil, err
	}
	return firstMatch(k, re, args[0].(string))
}

// firstMatch returns the first group of the first match, or all of it if the
// expression has no group; absent without a match.
func firstMatch(k *call, re *regexp.Regexp, t string) (any, error) {
	if err := k.tick(len(t) / 4); err != nil {
		return nil, err
	}
	at := re.FindStringSubmatchIndex(t)
	switch {
	case at == nil:
		return nil, nil
	case len(at) == 2:
		return t[at[0]:at[1]], nil
	case at[2] < 0:
		return nil, nil
	}
	return t[at[2]:at[3]], nil
}

func escape(k *call, args []any) (any, error) {
	t := args[0].(string)
	if err := k.build(6 * len(t)); err != nil {
		return nil, err
	}
	switch args[1].(string) {
	case "url":
		return escapeURL(t), nil
	case "xml":
		return escapeXML.Replace(t), nil
	}
	return nil, k.value("for %q", short(args[1].(string)))
}

var escapeXML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")

// escapeURL writes all but unreserved characters as percent and hex digits.
// Source: RFC 3986, clause 2.3.
func escapeURL(t string) string {
	const digits = "0123456789ABCDEF"
	b := make([]byte, 0, len(t))
	for i := range len(t) {
		c := t[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 {
			b = append(b, c)
			continue
		}
		b = append(b, '%', digits[c>>4], digits[c&15])
	}
	return string(b)
}

// letters that do not come apart into a letter and a mark.
var plainLetters = map[rune]string{
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O", 'ł': "l", 'Ł': "L", 'đ': "d", 'Đ': "D", 'ð': "d", 'Ð': "D", 'þ': "th", 'Þ': "TH",
	'ħ': "h", 'Ħ': "H", 'ı': "i", 'ŋ': "n", 'Ŋ': "N", 'ŧ': "t", 'Ŧ': "T", 'ĸ': "k",
	'‘': "'", '’': "'", '‚': "'", '“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`, '–': "-", '—': "-", '‐': "-", '‑': "-", '−': "-", '•': "-", '´': "'", '€': "EUR",
}

// ascii writes letters without their marks and signs by their nearest ASCII
// form; what has none becomes a question mark.
func ascii(t string) string {
	var b strings.Builder
	for _, r := range t {
		if s, ok := plainLetters[r]; ok {
			b.WriteString(s)
			continue
		}
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		for _, p := range norm.NFKD.String(string(r)) {
			switch s, ok := plainLetters[p]; {
			case unicode.Is(unicode.Mn, p):
			case p < utf8.RuneSelf:
				b.WriteRune(p)
			case ok:
				b.WriteString(s)
			case unicode.IsSpace(p):
				b.WriteByte(' ')
			default:
				b.WriteByte('?')
			}
		}
	}
	return b.String()
}

func length(v any) (decimal.Decimal, bool) {
	switch v := v.(type) {
	case nil:
		return decimal.Zero, true
	case string:
		return decimal.FromInt(int64(utf8.RuneCountInString(v))), true
	case []any:
		return decimal.FromInt(int64(len(v))), true
	case map[string]any:
		return decimal.FromInt(int64(len(v))), true
	case []byte:
		return decimal.FromInt(int64(len(v))), true
	}
	return decimal.Zero, false
}
