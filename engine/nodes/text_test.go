package nodes

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTextRule(t *testing.T) {
	other := "?"
	latin := TextRule{Trim: true, Collapse: true, Allow: `\u0021-\u00FF`, Replace: map[rune]string{'\u201C': `"`, '\u00A0': " ", '\u20AC': "EUR"}}
	for name, c := range map[string]struct {
		rule TextRule
		in   string
		want string // "!" is an error
	}{
		"untouched":             {latin, "plain text", "plain text"},
		"accents":               {latin, "Ação é", "Ação é"},
		"collapse and trim":     {latin, " \t a \n\r b  ", "a b"},
		"replace":               {latin, "\u201Ca\u201C", `"a"`},
		"replaced blank goes":   {latin, "a\u00A0", "a"},
		"replaced by several":   {latin, "5\u20AC", "5EUR"},
		"refused":               {latin, "a\u2013b", "!"},
		"nothing left":          {latin, " \n ", ""},
		"other":                 {TextRule{Allow: "a-z?", Other: &other}, "aXb", "a?b"},
		"line feed not allowed": {TextRule{Trim: true, Allow: "a-z"}, "a\nb", "!"},
		"line feed at the end":  {TextRule{Trim: true, Allow: "a-z"}, "ab\n", "ab"},
		"no trim":               {TextRule{Collapse: true}, "  a  ", " a "},
		"no rule":               {TextRule{}, "\u2013", "\u2013"},
		"broken":                {TextRule{}, "a\xff", "!"},
		"minus sign":            {TextRule{Allow: `a\-`}, "a-", "a-"},
		"minus sign at the end": {TextRule{Allow: `a-`}, "a-", "a-"},
		"outside the BMP":       {TextRule{Allow: `\U0001F600-\U0001F64F`}, "\U0001F600", "\U0001F600"},
	} {
		t.Run(name, func(t *testing.T) {
			if problems := c.rule.Prepare(); problems != nil {
				t.Fatal(problems)
			}
			got, err := c.rule.Apply(c.in)
			if (c.want == "!") != (err != nil) || err == nil && got != c.want {
				t.Errorf("want %q, got %q, %v", c.want, got, err)
			}
		})
	}
}

func TestAllowCannotBeRead(t *testing.T) {
	for _, allow := range []string{"z-a", `\u00`, `\uZZZZ`, `\d`, `\`, `\uD800`, "a\xff", `\UFFFFFFFF`} {
		if r := (&TextRule{Allow: allow}); r.Prepare() == nil {
			t.Errorf("%q is taken", allow)
		}
	}
}

// What a rule lets through it lets through unchanged a second time, and all of
// it is allowed.
func FuzzTextRule(f *testing.F) {
	f.Add(" a\tb ", `\u0021-\u00FF`, true, true)
	f.Add("x", "a-z", false, false)
	f.Fuzz(func(t *testing.T, in, allow string, trim, collapse bool) {
		r := TextRule{Trim: trim, Collapse: collapse, Allow: allow, Replace: map[rune]string{'\u2013': "-"}}
		if r.Prepare() != nil {
			return
		}
		out, err := r.Apply(in)
		if err != nil {
			return
		}
		if again, err := r.Apply(out); err != nil || again != out {
			t.Fatalf("%q becomes %q, then %q, %v", in, out, again, err)
		}
		if !utf8.ValidString(out) || collapse && strings.Contains(out, "  ") || trim && strings.TrimSpace(out) == "" && out != "" && allow == "a" {
			t.Fatalf("%q becomes %q", in, out)
		}
		for _, c := range out {
			if !r.allows(c) {
				t.Fatalf("%q becomes %q with %s", in, out, character(c))
			}
		}
	})
}
