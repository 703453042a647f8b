package nodes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// TextRule says which characters texts may have and what happens to others.
// Replace comes first, then collapsing and trimming, then Allow. White space
// is space, tab, line feed and carriage return. The blank between words is
// always allowed; white space at the ends is for Trim to say.
type TextRule struct {
	Trim     bool            // no white space at the ends
	Collapse bool            // white space becomes one blank
	Allow    string          // characters and ranges: "A-Z0-9", "\u0021-\u00FF"; empty: all
	Replace  map[rune]string // what stands for a character
	Other    *string         // stands for a character that is not allowed; nil: an error
	Pos      diag.Pos

	plain [256]bool // characters up to U+00FF that stay as they are; no blanks
	spans []span    // of Allow, sorted
}

type span struct{ from, to rune }

// Prepare reads Allow. It must be called once before the rule is used.
func (t *TextRule) Prepare() diag.List {
	var problems diag.List
	spans, err := parseSpans(t.Allow)
	if err != nil {
		problems.Addf(t.Pos, RuleAllow, "allowed characters: %v", err)
		return problems
	}
	t.spans = spans
	for b := range t.plain {
		_, replaced := t.Replace[rune(b)]
		t.plain[b] = b > ' ' && (b < 0x7F || b >= 0xA0) && !replaced && t.allows(rune(b))
	}
	for _, r := range slices.Sorted(keys(t.Replace)) {
		t.fits(&problems, t.Replace[r], fmt.Sprintf("replacement of %s", character(r)))
	}
	if t.Other != nil {
		t.fits(&problems, *t.Other, "what stands for other characters")
	}
	return problems
}

func keys(m map[rune]string) func(func(rune) bool) {
	return func(yield func(rune) bool) {
		for r := range m {
			if !yield(r) {
				return
			}
		}
	}
}

// fits reports a replacement that is not allowed itself.
func (t *TextRule) fits(problems *diag.List, text, what string) {
	for _, r := range text {
		if !t.allows(r) {
			problems.Addf(t.Pos, RuleReplace, "%s is %s, which is not allowed itself", what, character(r))
			return
		}
	}
}

func (t *TextRule) allows(r rune) bool {
	if t.Allow == "" || r == ' ' {
		return true
	}
	_, found := slices.BinarySearchFunc(t.spans, r, func(s span, r rune) int {
		switch {
		case r < s.from:
			return 1
		case r > s.to:
			return -1
		}
		return 0
	})
	return found
}

// untouched reports whether the rule leaves s as it is, as far as a quick look tells.
func (t *TextRule) untouched(s string) bool {
	blank := t.Trim // a blank now would have to go
	for i := 0; i < len(s); i++ {
		c := rune(s[i])
		if c >= 0x80 {
			if c > 0xC3 || c < 0xC2 || i+1 == len(s) || s[i+1]&0xC0 != 0x80 {
				return false
			}
			c = c&3<<6 | rune(s[i+1]&0x3F)
			i++
		}
		switch {
		case t.plain[c]:
			blank = false
		case c != ' ' || blank || t.Replace != nil && t.replaces(' '):
			return false
		default:
			blank = t.Collapse
		}
	}
	return !(t.Trim && s != "" && s[len(s)-1] == ' ')
}

func (t *TextRule) replaces(r rune) bool { _, ok := t.Replace[r]; return ok }

// badCharacter is a character that a text may not have.
type badCharacter struct {
	r      rune
	broken bool // no UTF-8
}

func (b badCharacter) Error() string {
	if b.broken {
		return "text is no valid UTF-8"
	}
	return "character " + character(b.r) + " is not allowed"
}

// Apply returns s as the rule lets it be written, or an error that names the
// character.
func (t *TextRule) Apply(s string) (string, error) {
	if t.untouched(s) {
		return s, nil
	}
	if !utf8.ValidString(s) {
		return "", badCharacter{broken: true}
	}
	if s = t.replaced(s); t.Trim {
		s = strings.Trim(s, " \t\r\n")
	}
	out := make([]byte, 0, len(s)+8)
	for _, r := range s {
		switch {
		case t.Collapse && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			if len(out) == 0 || out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
		case t.allows(r):
			out = utf8.AppendRune(out, r)
		case t.Other == nil:
			return "", badCharacter{r: r}
		default:
			out = append(out, *t.Other...)
		}
	}
	return string(out), nil
}

func (t *TextRule) replaced(s string) string {
	if len(t.Replace) == 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if text, ok := t.Replace[r]; ok {
			b.WriteString(text)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// character names a character for messages.
func character(r rune) string {
	if strconv.IsPrint(r) {
		return fmt.Sprintf("%U %q", r, string(r))
	}
	return fmt.Sprintf("%U", r)
}

// parseSpans reads characters and ranges: "A-Z", "\u0021-\u00FF", "\-".
func parseSpans(allow string) ([]span, error) {
	var spans []span
	for rest := allow; rest != ""; {
		from, after, err := oneCharacter(rest)
		if err != nil {
			return nil, err
		}
		to := from
		if strings.HasPrefix(after, "-") && len(after) > 1 {
			if to, after, err = oneCharacter(after[1:]); err != nil {
				return nil, err
			}
			if to < from {
				return nil, fmt.Errorf("range from %s down to %s", character(from), character(to))
			}
		}
		spans = append(spans, span{from, to})
		rest = after
	}
	slices.SortFunc(spans, func(a, b span) int { return int(a.from) - int(b.from) })
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && s.from <= merged[n-1].to+1 {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged, nil
}

// oneCharacter reads a character, \uXXXX, \UXXXXXXXX or an escaped one.
func oneCharacter(s string) (rune, string, error) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size <= 1 {
		return 0, "", fmt.Errorf("no valid UTF-8")
	}
	if r != '\\' {
		return r, s[size:], nil
	}
	digits := 0
	switch {
	case strings.HasPrefix(s, `\u`):
		digits = 4
	case strings.HasPrefix(s, `\U`):
		digits = 8
	}
	if digits == 0 {
		if r, size := utf8.DecodeRuneInString(s[1:]); size > 0 && strings.ContainsRune(`\-[]^`, r) {
			return r, s[1+size:], nil
		}
		return 0, "", fmt.Errorf(`%q: write \uXXXX, or \\ \- \[ \] \^`, s[:min(len(s), 2)])
	}
	if len(s) < 2+digits {
		return 0, "", fmt.Errorf("%q: %d hexadecimal digits are wanted", s, digits)
	}
	n, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil || n > utf8.MaxRune || n >= 0xD800 && n <= 0xDFFF {
		return 0, "", fmt.Errorf("%q is no character", s[:2+digits])
	}
	return rune(n), s[2+digits:], nil
}
