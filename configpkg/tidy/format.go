package tidy

import (
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// maxQuotes bounds how many formulas of a file get quotation marks.
const maxQuotes = 500

// Format returns a file in the one form. Problems that no quotation marks can
// mend are returned and the file is as it was.
func Format(file string, data []byte) ([]byte, diag.List) {
	text, docs, problems := quoted(file, string(data))
	if docs == nil {
		return data, problems
	}
	for _, change := range []func([]string) []string{feeds, spaced, indented, trimmed, ended} {
		next := strings.Join(change(strings.Split(text, "\n")), "\n")
		again, list := yml.Parse(file, []byte(next))
		if list.Grave() || !same(docs, again) {
			p := diag.Problemf(diag.Pos{File: file}, RuleChanged, "the file would say something else when it is formatted; part of it is left as it is")
			p.Severity = diag.Warning
			problems = append(problems, p)
			continue
		}
		text = next
	}
	return []byte(text), problems
}

// feeds ends lines in a line feed alone.
func feeds(lines []string) []string {
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	return lines
}

// ended leaves one line break at the end.
func ended(lines []string) []string {
	for len(lines) > 1 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return append(lines, "")
}

// quoted gives quotation marks to formulas that YAML would cut, one after the
// other, until the file reads as it looks.
func quoted(file, text string) (string, []*yml.Node, diag.List) {
	for range maxQuotes {
		docs, problems := yml.Parse(file, []byte(text))
		if !problems.Grave() {
			return text, docs, problems
		}
		next, ok := quoteOne(text, problems)
		if !ok {
			return text, nil, problems
		}
		text = next
	}
	_, problems := yml.Parse(file, []byte(text))
	return text, nil, problems
}

// quoteOne puts quotation marks around the formula of the last problem that
// asks for them: so earlier places stay right.
func quoteOne(text string, problems diag.List) (string, bool) {
	for i := len(problems) - 1; i >= 0; i-- {
		p := problems[i]
		mark, ok := strings.CutPrefix(p.Hint, "write '")
		if p.Rule != yml.RuleQuote || !ok {
			continue
		}
		formula := strings.ReplaceAll(strings.TrimSuffix(mark, "'"), "''", "'")
		at := offset(text, p.Pos)
		if at >= 0 && strings.HasPrefix(text[at:], formula) {
			return text[:at] + "'" + mark + text[at+len(formula):], true
		}
	}
	return text, false
}

// offset returns the byte at a place, or -1.
func offset(text string, pos diag.Pos) int {
	at := 0
	for range pos.Line - 1 {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return -1
		}
		at += i + 1
	}
	for range pos.Column - 1 {
		if at >= len(text) {
			return -1
		}
		_, n := utf8.DecodeRuneInString(text[at:])
		at += n
	}
	return at
}

// same reports whether documents hold the same nodes.
func same(a, b []*yml.Node) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameNode(a[i], b[i]) {
			return false
		}
	}
	return true
}

func sameNode(a, b *yml.Node) bool {
	if a.Kind != b.Kind || a.Style != b.Style || a.Text != b.Text || len(a.Entries) != len(b.Entries) {
		return false
	}
	for i := range a.Entries {
		if a.Entries[i].Key != b.Entries[i].Key || !sameNode(a.Entries[i].Value, b.Entries[i].Value) {
			return false
		}
	}
	return same(a.Items, b.Items)
}
