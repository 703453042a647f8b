// Package layer makes Schematron a kind of layer of document profiles.
//
// Begin with Maker: it is registered under "schematron" with the engine of
// internal/profile. A rule set compiles in milliseconds when a document first
// needs it, so nothing is kept on disk.
//
// It promises: a run in which no rule fires is a finding, not a pass; a check
// that could not be evaluated is a fatal finding; a severity can be raised by the
// parameters of a rule set, never lowered; files are read from the installed
// artifacts only.
package layer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/schematron"
	"github.com/fiscus-project/fiscus/internal/schematron/words"
	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// The rule ids of findings that come from no rule of a rule set.
const (
	RuleNothing = "FMT-RULES-NONE"    // no rule fired: the document is not of the kind the rule set is for
	RuleContext = "FMT-RULES-CONTEXT" // the context of a rule could not be evaluated: it counts as no match
	RuleNames   = "ART-RULES-NAMES"   // the document was parsed with other names than those of the rule set
)

// Texts gives causes and hints of rules.
type Texts struct {
	Files    fs.FS  // of the words, see package words; nil for none
	Language string // "es", "en"; others get English
}

// Maker returns the maker of layers. Parameters of a rule set: "phase", "words" (names
// of files of words, separated by blanks) and "raise" ("RULE=fatal RULE=error").
func Maker(t Texts) profile.Maker {
	return func(o profile.Order) (profile.Layer, error) { return makeLayer(o, t) }
}

type rules struct {
	set   *schematron.RuleSet
	words *words.Words
	raise map[string]diag.Severity
	names *xmltree.Names
	lang  string
}

func makeLayer(o profile.Order, t Texts) (profile.Layer, error) {
	if len(o.Files) != 1 {
		return nil, diag.Problemf(o.Pos, profile.RuleData, "rule set %q needs one entry file", o.Name)
	}
	files := libraryFS{o.Library}
	schema, probs := schematron.Read(files, o.Files[0])
	if schema == nil {
		return nil, firstAbsent(probs)
	}
	set, probs := schematron.Compile(schema, schematron.Options{Names: o.Names, Phase: o.Params["phase"], Files: files})
	if set == nil {
		return nil, probs
	}
	l := &rules{set: set, names: o.Names, lang: t.Language, raise: map[string]diag.Severity{}}
	for _, pair := range strings.Fields(o.Params["raise"]) {
		rule, severity, _ := strings.Cut(pair, "=")
		if rank(diag.Severity(severity)) == 0 {
			return nil, diag.Problemf(o.Pos, profile.RuleData, "rule set %q raises %s to the unknown severity %q", o.Name, rule, severity)
		}
		l.raise[rule] = diag.Severity(severity)
	}
	var err error
	if names := strings.Fields(o.Params["words"]); len(names) > 0 && t.Files != nil {
		l.words, err = words.Read(t.Files, names...)
	}
	return l, err
}

// firstAbsent tells a file that is not installed from a rule set that is wrong.
func firstAbsent(probs diag.List) error {
	for _, p := range probs {
		var absent diag.Problem
		if errors.As(p.Err, &absent) {
			return absent
		}
	}
	return probs
}

// Judge runs the rule set on the document whose outermost element is n.
func (l *rules) Judge(ctx context.Context, doc *xmltree.Document, n xmltree.Node) (profile.Judgement, error) {
	if err := ctx.Err(); err != nil {
		return profile.Judgement{}, err
	}
	part, err := l.part(doc, n)
	if err != nil {
		return profile.Judgement{}, err
	}
	r, err := l.set.Validate(part.doc)
	if err != nil {
		return profile.Judgement{}, err
	}
	out := profile.Judgement{RulesFired: r.Fired}
	for i := range r.Findings {
		f := &r.Findings[i]
		p := l.problem(f)
		p.Pos = part.pos(f.Node)
		p.Path = part.path + f.Location
		out.Problems.Add(p)
	}
	for _, note := range r.Notes {
		out.Problems.Add(diag.Problem{Rule: RuleContext, Severity: diag.Warning, Pos: doc.Pos(n), Message: note})
	}
	if r.Fired == 0 {
		out.Problems.Add(diag.Problemf(doc.Pos(n), RuleNothing, "no rule of the rule set applies to element %s", doc.QName(n)).
			WithHint("the rule set is for another kind of document"))
	}
	return out, nil
}

// Report writes what the rule set finds in SVRL. Of a document in an envelope, the
// locations begin at the document.
func (l *rules) Report(_ context.Context, doc *xmltree.Document, n xmltree.Node, w io.Writer) error {
	part, err := l.part(doc, n)
	if err != nil {
		return err
	}
	r, err := l.set.Trace(part.doc)
	if err != nil {
		return err
	}
	return r.WriteSVRL(w)
}

func (l *rules) problem(f *schematron.Finding) diag.Problem {
	p := diag.Problem{Rule: f.ID(), Severity: f.Severity(), Message: trimID(f.Message, f.ID()), Err: f.Err}
	if f.Err != nil {
		p.Message = fmt.Sprintf("the rule could not be evaluated: %v (%s)", f.Err, p.Message)
	}
	if up := l.raise[p.Rule]; rank(up) > rank(p.Severity) {
		p.Severity = up
	}
	if w, ok := l.words.Find(p.Rule, l.lang); ok {
		p.Hint = w.Hint
		if w.Cause != "" {
			p.Hint = w.Cause + " " + w.Hint
		}
		p.Ref = w.Terms
	} else if len(f.Notes) > 0 {
		p.Hint = strings.Join(f.Notes, "; ")
	}
	if here := l.here(f.Values); here != "" {
		p.Hint = strings.TrimSpace(p.Hint + " " + here)
	}
	return p
}

// here tells the values that a finding has to do with.
func (l *rules) here(values []schematron.Value) string {
	if len(values) == 0 {
		return ""
	}
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = v.Name + " " + v.Text
	}
	word := "Here: "
	if l.lang == "es" {
		word = "Aquí: "
	}
	return word + strings.Join(parts, ", ") + "."
}

// trimID removes the "[ID]-" with which rule sets begin their messages: the id is shown apart.
func trimID(message, id string) string {
	if rest, ok := strings.CutPrefix(message, "["+id+"]"); ok {
		return strings.TrimLeft(rest, " -:")
	}
	return message
}

func rank(s diag.Severity) int {
	switch s {
	case diag.Info:
		return 1
	case diag.Warning:
		return 2
	case diag.Error:
		return 3
	case diag.Fatal:
		return 4
	}
	return 0
}

// libraryFS shows the installed artifacts as files.
type libraryFS struct{ lib profile.Library }

func (l libraryFS) Open(name string) (fs.File, error) {
	return nil, &fs.PathError{Op: "open", Path: name, Err: errors.ErrUnsupported}
}

func (l libraryFS) ReadFile(name string) ([]byte, error) { return l.lib.Read(path.Clean(name)) }
