package schema

import (
	"github.com/fiscus-project/fiscus/engine"
)

// steps adds the actions to the shape of a step: their names, and for each
// what stands under with.
func (w *writer) steps(step, properties object) {
	if w.actions == nil {
		return
	}
	var names, rules []any
	for _, name := range w.actions.Names() {
		spec := w.actions.Spec(name)
		names = append(names, object{"const": name, "description": spec.Effect.String() + ": " + spec.Summary})
		rules = append(rules, object{
			"if":   object{"properties": object{"action": object{"const": name}}, "required": []string{"action"}},
			"then": object{"properties": object{"with": with(spec)}},
		})
	}
	properties["action"] = object{"anyOf": names, "description": "action to run"}
	step["allOf"] = rules
	step["not"] = object{"required": []string{"action", "use"}}
}

// with describes the inputs and parameters of an action.
func with(s *engine.Spec) object {
	properties, required := object{}, []string{}
	for _, p := range s.In {
		properties[p.Name] = object{"description": p.Doc}
		if p.Required {
			required = append(required, p.Name)
		}
	}
	for _, p := range s.Params {
		o := object{"description": p.Doc}
		if len(p.Values) > 0 {
			o["anyOf"] = []any{object{"enum": p.Values}, formula}
		}
		properties[p.Name] = o
		if p.Required {
			required = append(required, p.Name)
		}
	}
	o := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}
