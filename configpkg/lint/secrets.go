package lint

import (
	"regexp"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

const secretHint = "make it a parameter of type secret, and write =param.name"

// secretName fits names of values that are secrets nearly everywhere.
var secretName = regexp.MustCompile(`(?i)(^|[._-])(password|passwd|secret|token|api-?key|authorization|bearer|private-?key|client-?secret)$`)

// secrets finds secrets that stand in the package instead of with the entity.
func (c *checker) secrets() {
	for _, p := range c.pkg.Parameters {
		if p.Type.Kind() == formula.SecretKind && p.Default != nil {
			c.fault(p.Default.Pos(), RuleSecret, "leave the default out; an entity sets it", "parameter %q is a secret, and its default stands in the package", p.Name)
		}
	}
	for _, x := range c.pkg.Const {
		c.secretValue(x.Name, x.Value)
	}
	for _, f := range c.pkg.Flows {
		for _, s := range f.Steps {
			if s.Action == nil {
				continue
			}
			for _, w := range s.With {
				if p := param(s.Action, w.Name); p != nil && p.Type.Kind() == formula.SecretKind {
					c.literal(w.Value, w.Name)
				}
				c.secretValue(w.Name, w.Value)
			}
		}
	}
}

func param(spec *engine.Spec, name string) *engine.Param {
	for i := range spec.Params {
		if spec.Params[i].Name == name {
			return &spec.Params[i]
		}
	}
	return nil
}

// secretValue looks at a value that stands under a name, and into it.
func (c *checker) secretValue(name string, x any) {
	v, ok := x.(*formula.Value)
	if !ok || v == nil {
		return
	}
	if secretName.MatchString(name) || name == "basic" {
		c.literal(v, name)
	}
	for _, e := range v.Entries() {
		c.secretValue(e.Key, e.Value)
	}
	for _, m := range v.Items() {
		if name == "basic" {
			c.literal(m, name)
		}
		c.secretValue("", m)
	}
}

// literal reports a text that is written out. Words of one or two characters
// and file names are no secrets.
func (c *checker) literal(x any, name string) {
	v, ok := x.(*formula.Value)
	if !ok || v == nil {
		return
	}
	text, constant := v.Constant()
	s, is := text.(string)
	if constant && is && len(s) > 2 && !strings.HasSuffix(s, ".yaml") {
		c.fault(v.Pos(), RuleSecret, secretHint, "%q holds a secret that stands in the package", name)
	}
}
