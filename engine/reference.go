package engine

import (
	"fmt"
	"strings"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// effectWords say what each effect means to the reader of a reference page.
var effectWords = map[Effect]string{
	Pure:    "`pure`: it computes and touches nothing; a dry-run runs it.",
	Reads:   "`reads`: it asks somebody outside and changes nothing there; a dry-run does not make the call.",
	Records: "`records`: it changes Fiscus's own state; a dry-run works on a scratch copy.",
	Sends:   "`sends`: it changes the world; a dry-run never does.",
}

// Markdown returns the reference page of the action.
func (s *Spec) Markdown() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", s.Name, s.Summary)
	fmt.Fprintf(&b, "Since %s. Effect %s\n", s.Since, effectWords[s.Effect])
	if s.Source != "" {
		fmt.Fprintf(&b, "Source: %s.\n", strings.TrimSuffix(s.Source, "."))
	}
	if len(s.In)+len(s.Params) > 0 {
		b.WriteString("\n## Given under `with`\n\n| Name | Type | Needed | Meaning |\n| --- | --- | --- | --- |\n")
		for _, p := range s.In {
			row(&b, p.Name, typeWord(p.Type), needed(p.Required, nil), p.Doc)
		}
		for _, p := range s.Params {
			row(&b, p.Name, p.kindWord(), needed(p.Required, p.Default), p.fullDoc())
		}
	}
	if len(s.Out) > 0 {
		b.WriteString("\n## Gives\n\n| Name | Type | Meaning |\n| --- | --- | --- |\n")
		for _, p := range s.Out {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.Name, typeWord(p.Type), cell(p.Doc))
		}
	}
	if s.Example != "" {
		fmt.Fprintf(&b, "\n## Example\n\n```yaml\n%s\n```\n", strings.TrimRight(s.Example, "\n"))
	}
	return []byte(b.String())
}

func row(b *strings.Builder, name, kind, need, doc string) {
	fmt.Fprintf(b, "| `%s` | %s | %s | %s |\n", name, kind, need, cell(doc))
}

func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }

func needed(required bool, otherwise any) string {
	switch {
	case required:
		return "yes"
	case otherwise != nil:
		text, err := formula.FormatText(otherwise)
		if err != nil {
			text = fmt.Sprint(otherwise)
		}
		return "no, `" + text + "`"
	}
	return "no"
}

func typeWord(t formula.Type) string {
	if t.Kind() == formula.AnyKind {
		return "any value"
	}
	return t.String()
}

var kindWords = map[ParamKind]string{
	MappingParam: "mapping", RulesParam: "rules", SchemaParam: "artifact", StateParam: "state object",
	FormulaParam: "formula", BodyParam: "body", StructParam: "structure",
}

func (p *Param) kindWord() string {
	if w := kindWords[p.Kind]; w != "" {
		return w
	}
	return typeWord(p.Type)
}

// fullDoc is the meaning with the allowed words.
func (p *Param) fullDoc() string {
	if len(p.Values) == 0 {
		return p.Doc
	}
	return p.Doc + " One of `" + strings.Join(p.Values, "`, `") + "`."
}
