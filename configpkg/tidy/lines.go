package tidy

import "strings"

// reader follows a file line by line and tells what each line is.
type reader struct {
	block int    // indentation of the key of a literal block; -1: none
	open  []byte // brackets around
	quote byte   // mark of a text that goes on from the line before
}

func newReader() *reader { return &reader{block: -1} }

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }

// verbatim reports whether a line is part of a literal block.
func (r *reader) verbatim(line string) bool {
	if r.block >= 0 && (strings.TrimSpace(line) == "" || indentOf(line) > r.block) {
		return true
	}
	r.block = -1
	return false
}

// piece is a run of characters of a line that belong together.
type piece struct {
	text string
	kind pieceKind
}

type pieceKind uint8

const (
	plain   pieceKind = iota
	quote             // a text in quotation marks
	bracket           // of a flow collection
	comma             // of a flow collection
	comment
)

// pieces cuts a line that is not part of a literal block.
func (r *reader) pieces(line string) []piece {
	var out []piece
	start := 0
	flush := func(end int) {
		if end > start {
			out = append(out, piece{line[start:end], plain})
		}
	}
	for i := 0; i < len(line); {
		c := line[i]
		switch {
		case r.quote != 0 || (c == '"' || c == '\'') && beginsValue(line, i):
			flush(i)
			end := r.quotedEnd(line, i)
			out = append(out, piece{line[i:end], quote})
			i, start = end, end
		case c == '#' && (i == 0 || line[i-1] == ' '):
			flush(i)
			return append(out, piece{line[i:], comment})
		case (c == '{' || c == '[') && (len(r.open) > 0 || beginsValue(line, i)):
			flush(i)
			r.open = append(r.open, c)
			out = append(out, piece{line[i : i+1], bracket})
			i++
			start = i
		case (c == '}' || c == ']') && len(r.open) > 0:
			flush(i)
			r.open = r.open[:len(r.open)-1]
			out = append(out, piece{line[i : i+1], bracket})
			i++
			start = i
		case c == ',' && len(r.open) > 0:
			flush(i)
			out = append(out, piece{",", comma})
			i++
			start = i
		default:
			i++
		}
	}
	flush(len(line))
	r.literal(line, out)
	return out
}

// literal notes that a literal block begins behind the line.
func (r *reader) literal(line string, pieces []piece) {
	if len(r.open) > 0 || r.quote != 0 || len(pieces) == 0 {
		return
	}
	last := pieces[len(pieces)-1]
	if last.kind == comment && len(pieces) > 1 {
		last = pieces[len(pieces)-2]
	}
	text := strings.TrimRight(last.text, " ")
	if i := strings.LastIndexAny(text, "|>"); last.kind == plain && i >= 0 && strings.Trim(text[i+1:], "+-0123456789") == "" && (i == 0 || text[i-1] == ' ') {
		r.block = indentOf(line)
		for rest := line[r.block:]; strings.HasPrefix(rest, "- "); rest = strings.TrimLeft(rest[2:], " ") {
			r.block += 2 // the key inside the item counts
		}
	}
}

// beginsValue reports whether a value may begin at i: behind a key, a dash, a
// bracket, a comma, or at the beginning of the line.
func beginsValue(line string, i int) bool {
	before := strings.TrimRight(line[:i], " ")
	if before == "" {
		return true
	}
	last := before[len(before)-1]
	blank := len(before) < i
	return last == '{' || last == '[' || last == ',' || blank && (last == ':' || last == '-' && strings.Trim(before, " -") == "" || last == '?')
}

// quotedEnd returns where a text in quotation marks ends; it may go on in the
// next line.
func (r *reader) quotedEnd(line string, i int) int {
	if r.quote == 0 {
		r.quote = line[i]
		i++
	}
	for ; i < len(line); i++ {
		switch {
		case line[i] == '\\' && r.quote == '"':
			i++
		case line[i] == '\'' && r.quote == '\'' && i+1 < len(line) && line[i+1] == '\'':
			i++
		case line[i] == r.quote:
			r.quote = 0
			return i + 1
		}
	}
	return len(line)
}

// spaced gives brackets, commas and comments their blanks.
func spaced(lines []string) []string {
	r := newReader()
	out := make([]string, len(lines))
	for i, line := range lines {
		if r.verbatim(line) {
			out[i] = line
			continue
		}
		goesOn := r.quote != 0
		out[i] = join(r.pieces(line), goesOn)
	}
	return out
}

// join writes the pieces of a line.
func join(pieces []piece, goesOn bool) string {
	var b strings.Builder
	for i, p := range pieces {
		switch {
		case p.kind == comment:
			if b.Len() > 0 && strings.TrimSpace(b.String()) != "" {
				text := strings.TrimRight(b.String(), " ")
				gap := max(2, b.Len()-len(text)) // comments in a column stay in it
				b.Reset()
				b.WriteString(text + strings.Repeat(" ", gap))
			}
			b.WriteString(noted(p.text))
		case p.kind == plain:
			b.WriteString(fitted(pieces, i))
		case p.kind == comma:
			text := b.String()
			if !goesOn || i > 0 {
				text = strings.TrimRight(text, " ")
			}
			b.Reset()
			b.WriteString(text + ",")
			if i+1 < len(pieces) && pieces[i+1].kind != comment {
				b.WriteByte(' ')
			}
		default:
			b.WriteString(p.text)
		}
	}
	return b.String()
}

// fitted trims the blanks of a plain text that stands beside brackets or commas.
func fitted(pieces []piece, i int) string {
	text := pieces[i].text
	if i > 0 && (pieces[i-1].kind == comma || pieces[i-1].kind == bracket && strings.Contains("{[", pieces[i-1].text)) {
		text = strings.TrimLeft(text, " ")
	}
	if i+1 < len(pieces) && pieces[i+1].kind == bracket && strings.Contains("}]", pieces[i+1].text) && (i > 0 || strings.TrimSpace(text) != "") {
		text = strings.TrimRight(text, " ")
	}
	return text
}

// noted gives a comment a blank behind its mark.
func noted(text string) string {
	if body := strings.TrimLeft(text, "#"); body != "" && body[0] != ' ' && body[0] != '!' {
		return text[:len(text)-len(body)] + " " + body
	}
	return text
}

// trimmed drops blanks at the end of lines and all but one of empty lines.
func trimmed(lines []string) []string {
	r := newReader()
	var out []string
	for _, line := range lines {
		if r.verbatim(line) && strings.TrimSpace(line) != "" {
			out = append(out, line)
			continue
		}
		if r.quote == 0 {
			line = strings.TrimRight(line, " ")
		}
		_ = r.pieces(line)
		empty := line == ""
		if empty && r.quote == 0 && (len(out) == 0 || out[len(out)-1] == "") && r.block < 0 {
			continue
		}
		out = append(out, line)
	}
	return out
}
