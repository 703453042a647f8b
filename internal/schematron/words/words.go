// Package words reads what is told of the rules of public rule sets beside their
// own messages: a cause, what to do, and the business terms a rule is about, in
// our own words and several languages.
//
// Begin with Read. Files are tables of tab-separated columns with a head:
// rule, terms, and for each language cause_xx and hint_xx.
package words

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// RuleTable is the id of problems in a table.
const RuleTable = "CFG-WORDS-TABLE" // a table of words that can't be used

// Word is what is told of one rule in one language.
type Word struct {
	Terms string // business terms and groups: "BT-31 BG-25"
	Cause string // what usually leads to the finding
	Hint  string // what to do
}

// Words holds the tables of a rule set. The zero value and nil know nothing.
type Words struct {
	byLanguage map[string]map[string]Word
	rules      []string
}

// Read reads tables: name.tsv of the tree for each name. A rule of a later table
// replaces that of an earlier one.
func Read(files fs.FS, names ...string) (*Words, error) {
	w := &Words{byLanguage: map[string]map[string]Word{}}
	for _, name := range names {
		b, err := fs.ReadFile(files, name+".tsv")
		if err != nil {
			return nil, fmt.Errorf("words: %w", err)
		}
		if err := w.table(name+".tsv", string(b)); err != nil {
			return nil, err
		}
	}
	return w, nil
}

func (w *Words) table(file, text string) error {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	for i, line := range lines[1:] {
		pos := diag.Pos{File: file, Line: i + 2, Column: 1}
		cells := strings.Split(line, "\t")
		if len(cells) != len(head) {
			return diag.Problemf(pos, RuleTable, "%d columns, the head has %d", len(cells), len(head))
		}
		byLanguage := map[string]Word{}
		rule, terms := "", ""
		for j, cell := range cells {
			kind, language, _ := strings.Cut(head[j], "_")
			word := byLanguage[language]
			switch kind {
			case "rule":
				rule = cell
			case "terms":
				terms = cell
			case "cause":
				word.Cause = cell
				byLanguage[language] = word
			case "hint":
				word.Hint = cell
				byLanguage[language] = word
			default:
				return diag.Problemf(diag.Pos{File: file, Line: 1}, RuleTable, "column %q has no meaning", head[j])
			}
		}
		if rule == "" {
			return diag.Problemf(pos, RuleTable, "a row without rule")
		}
		w.rules = append(w.rules, rule)
		for language, word := range byLanguage {
			if w.byLanguage[language] == nil {
				w.byLanguage[language] = map[string]Word{}
			}
			word.Terms = terms
			w.byLanguage[language][rule] = word
		}
	}
	return nil
}

// Find returns what is told of a rule in a language, else in English. A row for
// "FAMILY-*" stands for all rules of the family that have no row of their own.
func (w *Words) Find(rule, language string) (Word, bool) {
	if w == nil {
		return Word{}, false
	}
	for _, name := range []string{rule, family(rule)} {
		for _, l := range []string{language, "en"} {
			if word, ok := w.byLanguage[l][name]; ok {
				return word, true
			}
		}
	}
	return Word{}, false
}

func family(rule string) string { return rule[:strings.LastIndexByte(rule, '-')+1] + "*" }

// Rules lists the rules of all tables, in their order.
func (w *Words) Rules() []string { return w.rules }
