package load

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/engine"
)

// The inputs of a mapping that writes a body stand inside the body, not beside it.
func TestABodyHasItsInputsInItself(t *testing.T) {
	t.Parallel()
	var registry engine.Registry
	registry.Register(&engine.Spec{Name: "x.call", Effect: engine.Reads, Params: []engine.Param{{Name: "body", Kind: engine.BodyParam}},
		Prepare: func(context.Context, *engine.Step) (*engine.Call, error) { return nil, nil },
		Read:    func(*engine.Step, *engine.Response) (engine.Reading, error) { return engine.Reading{}, nil }})
	for body, want := range map[string]string{
		"{mapping: mappings/m.yaml, input: {key: =document.id}}": "",
		"{mapping: mappings/m.yaml}":                             `needs input "key"`,
	} {
		files := fstest.MapFS{
			"package.yaml":    {Data: []byte(head)},
			"mappings/m.yaml": {Data: []byte("mapping: m\nformat: xml\ninputs: {key: string}\nroot: {a: =input.key}\n")},
			"flows/f.yaml":    {Data: []byte("flow: f\nsteps:\n  - id: ask\n    action: x.call\n    with:\n      body: " + body + "\n")},
		}
		_, list := Load(files, &registry, nil)
		text := list.Error()
		if want == "" && list.Grave() || !strings.Contains(text, want) || strings.Count(text, "needs input") > 1 {
			t.Errorf("%s: %s", body, text)
		}
	}
}
