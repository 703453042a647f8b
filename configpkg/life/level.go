package life

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Level is how far a version has to move for a change.
type Level int

// The levels. What nobody but its authors sees is a patch; what changes output,
// verdict or selection is minor; what somebody who uses the package has to
// answer for is major.
const (
	Same Level = iota
	Patch
	Minor
	Major
)

// String names the level.
func (l Level) String() string { return [...]string{"same", "patch", "minor", "major"}[l] }

// Need is the level a difference needs, and why.
type Need struct {
	Level Level
	Why   string // the first difference that needs it, in one line
}

// NeedOf returns the level that differences need.
func NeedOf(list []Difference) (n Need) {
	for _, d := range list {
		if l, why := d.level(); l > n.Level {
			n = Need{l, strings.TrimSpace(d.What+" "+d.Name) + " " + why}
		}
	}
	return n
}

// level says how far one difference moves a version.
func (d Difference) level() (Level, string) {
	last := d.Name[strings.LastIndexAny(d.Name, " /")+1:]
	words := strings.Fields(d.Name)
	whole := d.What == "parameter" && len(words) == 1 // not a key of it
	switch {
	case d.What == "package" && last == "version":
		return Same, ""
	case d.What == "test", strings.HasPrefix(d.What, "simulator"), strings.HasPrefix(d.File, "tests/"), strings.HasPrefix(d.File, "simulator/"),
		strings.HasPrefix(d.File, "docs/"), strings.HasSuffix(d.File, ".md"), d.New == "comments and layout only":
		return Patch, d.How
	case d.text():
		return Patch, "says it otherwise"
	case whole && d.How == "removed":
		return Major, "removed: who sets it can't use the package any more"
	case whole && d.How == "added" && strings.Contains(d.New, "required: true"):
		return Major, "added: who does not set it can't use the package any more"
	case d.What == "parameter" && last == "required" && d.New == "true":
		return Major, "became required"
	case d.What == "parameter" && slices.Contains([]string{"type", "values"}, last):
		return Major, "takes other values"
	case d.What == "parameter" && last == "default" && d.How == "removed":
		return Major, "lost its default"
	case d.What == "answer code" && last == "class" && d.How == "changed":
		return Major, fmt.Sprintf("means something else: %s > %s", d.Old, d.New)
	case slices.Contains([]string{"answer code", "flow", "state"}, d.What) && len(words) <= 2 && d.How == "removed":
		return Major, "removed"
	case d.What == "flow" && strings.Contains(d.Name, " result ") && (d.How == "removed" || last == "legal"), strings.Contains(d.Name, " fields/") && d.How == "removed":
		return Major, d.How + ": who reads it finds it no more"
	case d.What == "package" && strings.Contains(d.Name, " documents/") && d.How == "removed":
		return Major, "is not taken any more"
	}
	return Minor, d.How
}

// text reports whether a difference is one of words for people.
func (d Difference) text() bool {
	for _, word := range strings.FieldsFunc(d.Name, func(r rune) bool { return r == ' ' || r == '/' }) {
		switch word {
		case "says", "hint", "title", "doc", "source", "glossary":
			return d.What != "mapping" && d.What != "constant"
		}
	}
	return false
}

// Step returns the level between two versions. Below 1.0.0 a step of the second
// number counts as major, as semantic versioning has it.
func Step(from, to string) Level {
	a, b := numbers(from), numbers(to)
	for i, l := range []Level{Major, Minor, Patch} {
		if a[i] != b[i] {
			if i == 1 && a[0] == 0 {
				return Major
			}
			return l
		}
	}
	if a != b {
		return Patch
	}
	return Same
}

func numbers(version string) (out [4]int) {
	for i, part := range strings.Split(version, ".") {
		if n, err := strconv.Atoi(part); err == nil && i < len(out) {
			out[i] = n
		}
	}
	return out
}
