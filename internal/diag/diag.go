// Package diag holds the findings that every part of Fiscus reports: what is
// wrong, where, by which rule, and what to do about it.
//
// Begin with Problem. A Problem is data; text for people is made in cmd.
// Whoever reads input collects all problems (List) instead of stopping at the
// first one, and sorts them by place before they are shown.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Pos is a place in a file. Line and Column count from 1, Column in code
// points; zero means unknown.
type Pos struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String formats p as file:line:column, leaving out what is unknown.
func (p Pos) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		if b.Len() > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strconv.Itoa(p.Line))
		if p.Column > 0 {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(p.Column))
		}
	}
	return b.String()
}

// IsZero reports whether nothing is known of the place.
func (p Pos) IsZero() bool { return p == Pos{} }

// Right returns p moved n code points to the right on its line.
func (p Pos) Right(n int) Pos {
	if p.Column > 0 {
		p.Column += n
	}
	return p
}

// Compare orders places by file, line and column.
func (p Pos) Compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Severity says how much a Problem weighs.
type Severity string

// The severities, the gravest first. The zero Severity means Error.
const (
	Fatal   Severity = "fatal"
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Problem is one finding. Rule never changes once released; Message may.
type Problem struct {
	Pos      Pos      `json:"pos,omitzero"`
	Rule     string   `json:"rule"`               // stable id: "CFG-ACTION-UNKNOWN"
	Severity Severity `json:"severity,omitempty"` // zero means Error
	Path     string   `json:"path,omitempty"`     // JSON Pointer (RFC 6901) into the package or document
	Message  string   `json:"message"`            // what is wrong; lower case, no final full stop
	Hint     string   `json:"hint,omitempty"`     // what to do about it
	Ref      string   `json:"ref,omitempty"`      // clause that asks for it
	Err      error    `json:"-"`                  // cause
}

// Problemf makes a Problem of a rule at a place.
func Problemf(pos Pos, rule, format string, args ...any) Problem {
	return Problem{Pos: pos, Rule: rule, Message: fmt.Sprintf(format, args...)}
}

// WithHint returns p with its hint set.
func (p Problem) WithHint(format string, args ...any) Problem {
	p.Hint = fmt.Sprintf(format, args...)
	return p
}

// Error makes a Problem usable as an error, in one line without the hint.
func (p Problem) Error() string {
	s := p.Message + " [" + p.Rule + "]"
	if at := p.Pos.String(); at != "" {
		return at + ": " + s
	}
	if p.Path != "" {
		return p.Path + ": " + s
	}
	return s
}

// Unwrap returns the cause.
func (p Problem) Unwrap() error { return p.Err }

// Grave reports whether the problem prevents going on: fatal or error.
func (p Problem) Grave() bool {
	return p.Severity == "" || p.Severity == Error || p.Severity == Fatal
}

// List is a collection of problems. As an error it lists all of them, a line each.
type List []Problem

// Add appends a problem.
func (l *List) Add(p Problem) { *l = append(*l, p) }

// Addf appends a problem made from its parts.
func (l *List) Addf(pos Pos, rule, format string, args ...any) {
	l.Add(Problemf(pos, rule, format, args...))
}

// Grave reports whether at least one problem is an error or fatal.
func (l List) Grave() bool { return slices.ContainsFunc(l, Problem.Grave) }

// Err returns l sorted as an error if one of its problems is grave, else nil.
func (l List) Err() error {
	if !l.Grave() {
		return nil
	}
	l.Sort()
	return l
}

// Error lists the problems, a line each.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, p := range l {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the problems as errors, for errors.As.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, p := range l {
		errs[i] = p
	}
	return errs
}

// Sort orders by file, line, column and rule, and drops exact repetitions.
func (l *List) Sort() {
	slices.SortStableFunc(*l, compare)
	*l = slices.CompactFunc(*l, func(a, b Problem) bool { return compare(a, b) == 0 })
}

func compare(a, b Problem) int {
	return cmp.Or(
		a.Pos.Compare(b.Pos),
		cmp.Compare(a.Path, b.Path),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Message, b.Message),
	)
}
