package yml

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// source is the text of a file, by lines.
type source struct {
	file  string
	lines []string
}

func newSource(file string, data []byte) *source {
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	return &source{file: file, lines: strings.Split(text, "\n")}
}

func (s *source) pos(line, column int) diag.Pos {
	return diag.Pos{File: s.file, Line: line, Column: column}
}

// rest returns what stands on the line of p from its column on.
func (s *source) rest(p diag.Pos) string {
	if p.Line < 1 || p.Line > len(s.lines) {
		return ""
	}
	line := s.lines[p.Line-1]
	for n := 1; n < p.Column && line != ""; n++ {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line
}

// readable checks size, encoding and tabs before the parser sees the text. It
// returns the text without a byte order mark, or false.
func readable(file string, data []byte, problems *diag.List) ([]byte, bool) {
	if len(data) > MaxBytes {
		problems.Addf(diag.Pos{File: file}, RuleSize, "file of %d bytes; at most %d", len(data), MaxBytes)
		return nil, false
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	line, column, depth := 1, 1, 0
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 || r == 0 {
			problems.Add(diag.Problemf(diag.Pos{File: file, Line: line, Column: column}, RuleEncoding, "the file is not UTF-8 text").
				WithHint("save it as UTF-8"))
			return nil, false
		}
		// The parser takes time that grows with the square of the depth: what is
		// far too deep is not given to it. Brackets in texts count too, which
		// the wide margin allows for.
		switch r {
		case '{', '[':
			depth++
		case '}', ']':
			depth = max(0, depth-1)
		}
		if depth > 10*MaxDepth {
			problems.Addf(diag.Pos{File: file, Line: line, Column: column}, RuleSize, "more than %d maps and lists inside each other", MaxDepth)
			return nil, false
		}
		if column++; r == '\n' {
			line, column = line+1, 1
		}
		rest = rest[size:]
	}
	return data, true
}

// tabs reports every line that holds a tab, at the first one.
func (s *source) tabs(problems *diag.List) {
	for i, line := range s.lines {
		if at := strings.IndexByte(line, '\t'); at >= 0 {
			problems.Add(diag.Problemf(s.pos(i+1, utf8.RuneCountInString(line[:at])+1), RuleTab, "tab character").
				WithHint(`indent with blanks; inside a text write "\t" in double quotes`))
		}
	}
}
