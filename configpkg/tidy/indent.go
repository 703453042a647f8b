package tidy

import "strings"

// level is a block collection: where its lines begin, and where they are to.
type level struct {
	old, now int
	list     bool
}

// indented indents blocks by two. Lists stand two behind their key.
func indented(lines []string) []string {
	r := newReader()
	levels := []level{{-1, -2, false}}
	shift := 0 // of lines that belong to the one before
	out := make([]string, len(lines))
	for i, line := range lines {
		switch {
		case strings.TrimSpace(line) == "":
			continue
		case r.verbatim(line), r.quote != 0, len(r.open) > 0:
			if out[i] = moved(line, shift); r.block < 0 {
				_ = r.pieces(line)
			}
			continue
		case line[indentOf(line)] == '#':
			out[i] = moved(line, commentShift(lines[i+1:], line, levels))
			continue
		}
		levels, out[i] = place(levels, line)
		shift = indentOf(out[i]) - indentOf(line)
		_ = r.pieces(line)
	}
	return out
}

func moved(line string, by int) string {
	n := indentOf(line)
	return strings.Repeat(" ", max(0, n+by)) + line[n:]
}

// place finds the level of a line and writes it there, with one blank behind
// its dashes.
func place(levels []level, line string) ([]level, string) {
	old := indentOf(line)
	body := line[old:]
	item := isItem(body)
	top := func() level { return levels[len(levels)-1] }
	for top().old > old || top().old == old && top().list && !item {
		levels = levels[:len(levels)-1]
	}
	if old > top().old || item && !top().list { // the latter: a list in the column of its key
		levels = append(levels, level{old, top().now + 2, item})
	}
	text := strings.Repeat(" ", top().now)
	for isItem(body) {
		rest := strings.TrimLeft(body[1:], " ")
		if rest == "" {
			return levels, text + "-"
		}
		old += len(body) - len(rest)
		text += "- "
		levels = append(levels, level{old, len(text), isItem(rest)})
		body = rest
	}
	return levels, text + body
}

func isItem(body string) bool { return body == "-" || strings.HasPrefix(body, "- ") }

// commentShift moves a comment as the next line of its column will be.
func commentShift(rest []string, line string, levels []level) int {
	for _, next := range rest {
		if strings.TrimSpace(next) == "" || next[indentOf(next)] == '#' {
			continue
		}
		_, placed := place(append([]level{}, levels...), next)
		if indentOf(next) == indentOf(line) {
			return indentOf(placed) - indentOf(next)
		}
		break
	}
	return 0
}
