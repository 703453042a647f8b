// Package fix mends what lint finds where only one thing can be meant: a word
// misspelt, a formula without its quotation marks, a name that nothing reads.
//
// Begin with Fix. It promises that every byte outside of a mended place stays,
// comments included; that a mend which brings another problem is taken back;
// and that a second run changes nothing.
package fix

import (
	"bytes"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/lint"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/overlay"
)

// Mended is one place that was changed.
type Mended struct {
	Problem diag.Problem // of lint, with its place at that time
	Was, Is string       // Is is empty where something was deleted
}

// maxRounds is how many mends are looked for at most.
const maxRounds = 500

// Fix returns the files of a package that change, with what was mended in the
// order it was done. Without anything to mend both are empty.
func Fix(files fs.FS, registry *engine.Registry, imports load.Importer) (map[string][]byte, []Mended) {
	changed, done := map[string][]byte{}, []Mended(nil)
	tried := map[string]bool{}
	now := check(files, registry, imports)
	for range maxRounds {
		m, file, data := next(files, now.problems, tried)
		if m == nil {
			break
		}
		tried[key(m.Problem)] = true
		mended := overlay.New(files, file, data)
		if after := check(mended, registry, imports); better(now, after) {
			files, now, changed[file] = mended, after, data
			done = append(done, *m)
		}
	}
	return changed, done
}

// found is how far a package comes, and its problems.
type found struct {
	stage    int // 0: a file cannot be read; 1: it does not load; 2: it loads
	problems diag.List
}

func check(files fs.FS, registry *engine.Registry, imports load.Importer) found {
	b, problems := load.LoadAll(files, registry, imports)
	if b != nil {
		return found{2, append(problems, lint.Check(b)...)}
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Rule, "CFG-YAML-") {
			return found{0, problems}
		}
	}
	return found{1, problems}
}

// better reports whether a mend took problems away and brought none. A package
// that is read, or loads, for the first time may show what could not be seen
// before.
func better(before, after found) bool {
	if before.stage != after.stage {
		return after.stage > before.stage
	}
	return len(after.problems) < len(before.problems)
}

func key(p diag.Problem) string { return p.Pos.File + " " + p.Rule + " " + p.Message }

// next finds the first problem that has one way out and makes the file anew.
func next(files fs.FS, problems diag.List, tried map[string]bool) (*Mended, string, []byte) {
	for _, p := range problems {
		if tried[key(p)] || path.Ext(p.Pos.File) != ".yaml" || p.Pos.Line == 0 {
			continue
		}
		data, err := fs.ReadFile(files, p.Pos.File)
		if err != nil {
			continue
		}
		at, ok := offset(data, p.Pos)
		if !ok {
			continue
		}
		was, is, ok := mend(p, data, at)
		if !ok {
			continue
		}
		if is == "" { // a whole entry with its line break
			at = bytes.LastIndexByte(data[:at], '\n') + 1
		}
		fresh := slices.Concat(data[:at], []byte(is), data[at+len(was):])
		return &Mended{p, strings.TrimRight(was, "\n"), is}, p.Pos.File, fresh
	}
	return nil, "", nil
}

// mend returns what stands at a place and what is meant there.
func mend(p diag.Problem, data []byte, at int) (was, is string, ok bool) {
	rest := string(data[at:])
	switch {
	case strings.HasPrefix(p.Hint, `did you mean "`):
		is = strings.TrimSuffix(strings.TrimPrefix(p.Hint, `did you mean "`), `"?`)
		was = misspelt(p.Message, rest)
		return was, is, was != "" && !strings.ContainsAny(is, `"\`)
	case p.Rule == "CFG-YAML-QUOTE" && strings.HasPrefix(p.Hint, "write '"):
		is = strings.TrimPrefix(p.Hint, "write ")
		was = strings.ReplaceAll(is[1:len(is)-1], "''", "'")
		return was, is, strings.HasPrefix(rest, was)
	case p.Rule == lint.RuleUnused && p.Hint == "delete it" && strings.HasSuffix(p.Message, "is read by nothing"):
		was = entry(data, at)
		return was, "", was != ""
	}
	return "", "", false
}

// misspelt returns the word in quotation marks of a message that stands at the
// place, between no other letters.
func misspelt(message, rest string) string {
	for parts := strings.Split(message, `"`); len(parts) > 2; parts = parts[2:] {
		word := parts[1]
		if word == "" || !strings.HasPrefix(rest, word) {
			continue
		}
		if after := rest[len(word):]; after == "" || !letter(after[0]) {
			return word
		}
	}
	return ""
}

func letter(b byte) bool {
	return b == '_' || b >= 0x80 || '0' <= b && b <= '9' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z'
}

// entry returns the lines of the entry or item of a block that begins at a
// place: all that follow and stand deeper. Empty: it does not stand alone.
func entry(data []byte, at int) string {
	begin := bytes.LastIndexByte(data[:at], '\n') + 1
	head := string(data[begin:at])
	if strings.Trim(head, " ") != "" && strings.Trim(head, " ") != "-" {
		return ""
	}
	depth := len(head) - len(strings.TrimLeft(head, " "))
	end := begin + line(data[begin:])
	for end < len(data) {
		n := line(data[end:])
		text := string(data[end : end+n])
		bare := strings.TrimSpace(text)
		if bare == "" || strings.HasPrefix(bare, "#") || len(text)-len(strings.TrimLeft(text, " ")) <= depth {
			break
		}
		end += n
	}
	if alone(data, begin, end, depth) {
		return ""
	}
	return string(data[begin:end])
}

// alone reports whether lines are all that a map or list has: then its key
// would stay without a value.
func alone(data []byte, begin, end, depth int) bool {
	before, after := lines(data[:begin]), lines(data[end:])
	slices.Reverse(before)
	return !sibling(before, depth) && !sibling(after, depth)
}

func sibling(all []string, depth int) bool {
	for _, text := range all {
		bare := strings.TrimLeft(text, " ")
		if bare == "" || strings.HasPrefix(bare, "#") {
			continue
		}
		if d := len(text) - len(bare); d <= depth {
			return d == depth
		}
	}
	return false
}

func lines(data []byte) []string { return strings.Split(strings.TrimRight(string(data), "\n"), "\n") }

func line(data []byte) int {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1
	}
	return len(data)
}

// offset returns the byte a place stands at; columns count code points.
func offset(data []byte, pos diag.Pos) (int, bool) {
	at := 0
	for range pos.Line - 1 {
		n := line(data[at:])
		if n == 0 {
			return 0, false
		}
		at += n
	}
	column := 1
	for i := range string(data[at : at+line(data[at:])]) {
		if column == pos.Column {
			return at + i, true
		}
		column++
	}
	return 0, false
}
