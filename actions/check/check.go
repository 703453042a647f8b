// Package check provides the actions that judge: "rules.check" judges the
// business document by the package's own rules, "assert" one condition,
// "xml.validate" a document by an official schema, "xml.rules" by an official rule set.
//
// Begin with Specs. They are pure. What they find is given under "findings";
// a grave finding makes the step fail.
package check

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// The rule ids this package raises itself.
const (
	RuleAssert  = "RUN-ASSERT"      // a condition that must hold does not
	RuleSkipped = "ART-SKIPPED"     // a document was not judged: the official file is not installed
	RuleInput   = "RUN-RULES-INPUT" // the input of a rules file is no map
)

// ruleStandIn is the finding that a stand-in judged in place of an official file.
const ruleStandIn = "ART-STAND-IN"

// Specs returns the actions of this package.
func Specs() []*engine.Spec { return []*engine.Spec{&Rules, &Assert, &Validate, &Official, &JSON} }

// Rules declares the action "rules.check".
var Rules = engine.Spec{
	Name:    "rules.check",
	Since:   "0.1",
	Effect:  engine.Pure,
	Summary: "Judge the business document by a rules file of the package. All findings are told; a fatal one ends the run.",
	Params: []engine.Param{
		{Name: "rules", Kind: engine.RulesParam, Required: true, Doc: "Rules file."},
		{Name: "input", Type: formula.MapOf(nil, true), Doc: "The inputs the rules file declares."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.Boolean.Required(), Doc: "Whether no rule that is fatal was broken."}},
	Example: `id: rules
action: rules.check
with: {rules: rules/example.yaml}
`,
	Run: func(_ context.Context, s *engine.Step) (engine.Outputs, error) {
		scope := s.Scope().Child()
		if v := s.Value("input"); v != nil {
			if _, ok := v.(map[string]any); !ok {
				return nil, diag.Problem{Rule: RuleInput, Message: fmt.Sprintf("the input of rules is a %s, not a map", formula.KindOf(v))}
			}
			scope.Set("input", s.Value("input"))
		}
		list, err := engine.CheckRules(s.Rules("rules"), scope)
		if err != nil {
			return nil, err
		}
		return engine.Outputs{"out": !list.Grave(), "findings": list}, nil
	},
}

// Assert declares the action "assert".
var Assert = engine.Spec{
	Name:    "assert",
	Since:   "0.1",
	Effect:  engine.Pure,
	Summary: "Go on only if a condition holds.",
	Params: []engine.Param{
		{Name: "that", Type: formula.Boolean, Doc: "The condition. Absent is not true."},
		{Name: "says", Type: formula.Text, Doc: "What to tell when it does not hold."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.Boolean.Required(), Doc: "Whether it holds."}},
	Example: `id: same
action: assert
with: {that: =document.currency == "EUR", says: "the currency is {=document.currency}"}
`,
	Run: func(_ context.Context, s *engine.Step) (engine.Outputs, error) {
		if s.Bool("that") {
			return engine.Outputs{"out": true}, nil
		}
		p := diag.Problem{Rule: RuleAssert, Severity: diag.Fatal, Message: saying(s.Value("says"))}
		return engine.Outputs{"out": false, "findings": diag.List{p}}, nil
	},
}

// saying picks the text of a value that may be a map by language.
func saying(v any) string {
	all := map[string]string{}
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		for lang, x := range v {
			if t, ok := x.(string); ok {
				all[lang] = t
			}
		}
	}
	if t := engine.PickText(all, ""); t != "" {
		return t
	}
	return "a condition that must hold does not"
}

// Validate declares the action "xml.validate".
var Validate = engine.Spec{
	Name:   "xml.validate",
	Since:  "0.1",
	Effect: engine.Pure,
	Summary: "Judge a document by an official schema or rule set. Without the official file the document is not judged, " +
		"which is told as a warning, and it does not count as valid.",
	Source: "W3C XML Schema 1.0; ISO/IEC 19757-3 Schematron",
	In:     []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "The document."}},
	Params: []engine.Param{{Name: "schema", Kind: engine.SchemaParam, Required: true, Doc: "Artifact of the package."}},
	Out: []engine.Port{
		{Name: "out", Type: formula.Boolean, Doc: "Whether the document is valid; absent if it was not judged, or only by a stand-in."},
	},
	Example: `id: check
action: xml.validate
with: {in: '=bytes("<Doc/>")', schema: example-xsd}
`,
	Run: func(ctx context.Context, s *engine.Step) (engine.Outputs, error) { return official(ctx, s, "schema") },
}

// Official declares the action "xml.rules".
var Official = engine.Spec{
	Name:   "xml.rules",
	Since:  "0.1",
	Effect: engine.Pure,
	Summary: "Judge a document by an official rule set. All failed rules are told with cause and hint; warnings do not end the run. " +
		"Without the official file the document is not judged, which is told as a warning, and a rule set of which no rule applies is a finding.",
	Source: "ISO/IEC 19757-3 Schematron; XPath 2.0",
	In:     []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "The document."}},
	Params: []engine.Param{{Name: "rules", Kind: engine.SchemaParam, Required: true, Doc: "Artifact of the package, of kind schematron."}},
	Out: []engine.Port{
		{Name: "out", Type: formula.Boolean, Doc: "Whether no rule that is fatal or an error failed; absent if the document was not judged, or only by a stand-in."},
	},
	Example: `id: rules
action: xml.rules
with: {in: '=bytes("<Doc/>")', rules: example-sch}
`,
	Run: func(ctx context.Context, s *engine.Step) (engine.Outputs, error) { return official(ctx, s, "rules") },
}

// JSON declares the action "json.validate".
var JSON = engine.Spec{
	Name:   "json.validate",
	Since:  "0.1",
	Effect: engine.Pure,
	Summary: "Judge a JSON document by an official JSON Schema. Without the official file the document is not judged, " +
		"which is told as a warning, and it does not count as valid.",
	Source: "JSON Schema, drafts 4 to 2020-12",
	In:     []engine.Port{{Name: "in", Type: formula.Tree, Required: true, Doc: "The document."}},
	Params: []engine.Param{{Name: "schema", Kind: engine.SchemaParam, Required: true, Doc: "Artifact of the package, of kind jsonschema."}},
	Out: []engine.Port{
		{Name: "out", Type: formula.Boolean, Doc: "Whether the document is valid; absent if it was not judged."},
	},
	Example: `id: check
action: json.validate
with: {in: '=bytes("{}")', schema: example-json}
`,
	Run: func(ctx context.Context, s *engine.Step) (engine.Outputs, error) { return official(ctx, s, "schema") },
}

// official judges by the artifact that a parameter names.
func official(ctx context.Context, s *engine.Step, param string) (engine.Outputs, error) {
	a := s.Artifact(param)
	v, err := s.Artifacts().Validator(a)
	var p diag.Problem
	if errors.As(err, &p) && p.Rule == "ART-MISSING" {
		p.Rule, p.Severity = RuleSkipped, diag.Warning
		p.Message = fmt.Sprintf("not judged by %q: %s", a.ID, p.Message)
		return engine.Outputs{"findings": diag.List{p}}, nil
	}
	if err != nil {
		return nil, err
	}
	found, err := v.Validate(ctx, s.Bytes("in"))
	if err != nil {
		return nil, err
	}
	list := traced(s, found)
	if !list.Grave() && slices.ContainsFunc(found, func(f engine.Finding) bool { return f.Rule == ruleStandIn }) {
		return engine.Outputs{"findings": list}, nil
	}
	return engine.Outputs{"out": !list.Grave(), "findings": list}, nil
}

// traced gives the findings on values that a mapping wrote their business
// field; where they are in the output goes into the message.
func traced(s *engine.Step, found []engine.Finding) diag.List {
	list := make(diag.List, len(found))
	for i, p := range found {
		if o, ok := s.OriginOf(p.Path); ok {
			p.Message += fmt.Sprintf(", at %s, written by %s", p.Path, o.Pos)
			if p.Path = ""; len(o.From) > 0 {
				p.Path = o.From[0]
			}
		}
		list[i] = p
	}
	return list
}
