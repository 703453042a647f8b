package yml

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
	"gopkg.in/yaml.v3"
)

// What the parser of YAML says of a broken file is often far from the mistake:
// it names the line it gave up in, or where the list around began. Here the
// place is sought that an author has to look at.

// opened is a bracket or quotation mark that waits for its partner.
type opened struct {
	line, column int // from 1
	indent       int // of its line
	mark         byte
}

// brackets follows brackets, quotation marks and literal blocks from line to line.
type brackets struct {
	open  []opened // the { and [ around, or one quotation mark last
	block int      // indentation of the line that began a literal block; -1: none
	whole []int    // lines, from 0, before which nothing is open
}

var (
	keyLike = regexp.MustCompile(`^ *(- +)*("[^"]*"|'[^']*'|[\pL_$@/.][^ "'{}\[\],#]*):( |$)`)
	anchor  = regexp.MustCompile(`unknown anchor '([^']*)' referenced`)
)

// unclosed returns the bracket or quotation mark that is not closed before the
// next key, or before the end of the file.
func (b *brackets) unclosed(lines []string) (opened, bool) {
	b.block = -1
	for i, line := range lines {
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if len(b.open) == 0 {
			if b.block >= 0 && (indent > b.block || strings.TrimSpace(line) == "") {
				continue
			}
			b.block = -1
			b.whole = append(b.whole, i)
		} else if first := b.open[0]; indent <= first.indent && keyLike.MatchString(line) {
			return first, true
		}
		b.line(i+1, indent, line)
	}
	if len(b.open) > 0 {
		return b.open[0], true
	}
	return opened{}, false
}

func (b *brackets) line(number, indent int, line string) {
	begin := true // a value may begin here
	for i := 0; i < len(line); {
		c := line[i]
		if n := len(b.open); n > 0 && (b.open[n-1].mark == '"' || b.open[n-1].mark == '\'') {
			i, begin = b.inQuotes(line, i), false
			continue
		}
		switch {
		case c == ' ':
			i++
		case c == '#' && (i == 0 || line[i-1] == ' '):
			return
		case begin && (c == '"' || c == '\'' || c == '{' || c == '['), len(b.open) > 0 && (c == '{' || c == '['):
			b.open = append(b.open, opened{number, utf8.RuneCountInString(line[:i]) + 1, indent, c})
			i++
		case len(b.open) > 0 && (c == '}' || c == ']'):
			b.open = b.open[:len(b.open)-1]
			i, begin = i+1, false
		case begin && len(b.open) == 0 && (c == '|' || c == '>'):
			b.block = indent
			return
		case c == ',' && len(b.open) > 0, c == ':' && (i+1 == len(line) || line[i+1] == ' '), c == '-' && begin && (i+1 == len(line) || line[i+1] == ' '):
			i, begin = i+1, true
		default:
			i, begin = i+1, false
		}
	}
}

// inQuotes returns the offset behind the closing quotation mark, or the end of
// the line.
func (b *brackets) inQuotes(line string, i int) int {
	mark := b.open[len(b.open)-1].mark
	for ; i < len(line); i++ {
		switch {
		case line[i] == '\\' && mark == '"':
			i++
		case line[i] == mark && mark == '\'' && strings.HasPrefix(line[i+1:], "'"):
			i++
		case line[i] == mark:
			b.open = b.open[:len(b.open)-1]
			return i + 1
		}
	}
	return len(line)
}

// locate reports where a file that YAML cannot read is broken; text is what
// the parser says and line where.
func (p *parser) locate(text string, line int) {
	var b brackets
	if o, ok := b.unclosed(p.src.lines); ok {
		if kept := p.trapsOf(o.line); kept {
			return
		}
		p.fault(p.src.pos(o.line, o.column), RuleSyntax, "close it on the same line, or indent what belongs to it", "%c is opened here and not closed before the next key", o.mark)
		return
	}
	if p.traps(); p.problems.Grave() {
		return
	}
	if m := anchor.FindStringSubmatch(text); m != nil {
		at := p.find("*" + m[1])
		p.fault(at, RuleSyntax, "write the text out", "there is no anchor %q", m[1])
		return
	}
	p.misplaced(text, line, b.whole)
}

// trapsOf looks for formulas that YAML cuts and keeps those of one line.
func (p *parser) trapsOf(line int) bool {
	before := len(p.problems)
	p.traps()
	p.problems = slices.DeleteFunc(p.problems, func(x diag.Problem) bool { return x.Rule == RuleQuote && x.Pos.Line != line })
	return len(p.problems) > before
}

// find returns the first place of a word; the first line if it stands nowhere.
func (p *parser) find(word string) diag.Pos {
	for i, line := range p.src.lines {
		if at := strings.Index(line, word); at >= 0 {
			return p.src.pos(i+1, utf8.RuneCountInString(line[:at])+1)
		}
	}
	return p.src.pos(1, 1)
}

// misplaced seeks the first line with which the file cannot be read any more.
func (p *parser) misplaced(text string, line int, whole []int) {
	cut := sort.Search(len(whole), func(i int) bool { return whole[i] > 0 && unreadable(p.src.lines[:whole[i]]) != nil })
	at := line
	if cut > 0 && cut <= len(whole) {
		at = whole[cut-1] + 1
		if err := unreadable(p.src.lines[:at]); err != nil {
			text, _ = said(err)
		}
	}
	broken := p.src.lines[min(at, len(p.src.lines))-1]
	column := len(broken) - len(strings.TrimLeft(broken, " ")) + 1
	message, hint := strings.TrimSuffix(text, "."), ""
	switch second := secondColon(broken); {
	case strings.Contains(text, "mapping values are not allowed") && second > 0:
		column, message, hint = second, "a second colon with a blank in one line", "put the text in quotes, or begin a new line behind the first colon"
	case strings.Contains(text, "did not find expected") || strings.Contains(text, "mapping values are not allowed"):
		message, hint = "the line stands neither beside nor below what is above it", "keys of one map begin in the same column, and so do the - of one list"
	case strings.Contains(text, "could not find expected ':'"):
		message, hint = "a key without a colon", "write key: value"
	}
	p.fault(p.src.pos(at, column), RuleSyntax, hint, "%s", message)
}

// secondColon returns the column of the second ": " of a line, 0 without one.
func secondColon(line string) int {
	first := strings.Index(line, ": ")
	if first < 0 {
		return 0
	}
	second := strings.Index(line[first+2:], ": ")
	if second < 0 {
		return 0
	}
	return utf8.RuneCountInString(line[:first+2+second]) + 1
}

// unreadable returns what YAML says of lines.
func unreadable(lines []string) error {
	d := yaml.NewDecoder(bytes.NewReader([]byte(strings.Join(lines, "\n") + "\n")))
	for {
		if _, err := decode(d); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// said returns what the parser says, and of which line.
func said(err error) (text string, line int) {
	text, line = strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := lineOf.FindStringSubmatchIndex(text); m != nil {
		line, _ = strconv.Atoi(text[m[2]:m[3]])
		text = text[m[1]:]
	}
	return text, line
}
