package keep

import (
	"context"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

type tx struct {
	engine.Tx
	original         bool
	to               engine.DocStatus
	name, file, kind string
	data             []byte
}

func (x *tx) SetStatus(original bool, to engine.DocStatus) error {
	x.original, x.to = original, to
	return nil
}

func (x *tx) Put(name, file, kind string, data []byte) error {
	x.name, x.file, x.kind, x.data = name, file, kind, data
	return nil
}

func record(spec *engine.Spec, x engine.Tx, values map[string]any) (engine.Outputs, error) {
	return spec.Record(context.Background(), engine.NewStep("step", values, nil, formula.NewScope(nil), engine.StepHands{}), x)
}

func TestStatus(t *testing.T) {
	x := &tx{}
	out, err := record(&Status, x, map[string]any{"of": "original", "to": "canceled"})
	if err != nil || !x.original || x.to != engine.DocCanceled || out["out"] != "canceled" {
		t.Errorf("%+v %v %v", x, out, err)
	}
	if _, err = record(&Status, x, map[string]any{"of": "own", "to": "generated"}); err != nil || x.original || x.to != engine.DocGenerated {
		t.Errorf("%+v %v", x, err)
	}
}

func TestStore(t *testing.T) {
	x := &tx{}
	out, err := record(&Store, x, map[string]any{"in": []byte("hello"), "name": "copy", "type": "text/plain"})
	if err != nil || out["out"] != "copy" || x.file != "copy" || x.kind != "text/plain" || string(x.data) != "hello" {
		t.Errorf("%+v %v %v", x, out, err)
	}
	secret, _ := formula.NewSecret("s", "hidden")
	for name, in := range map[string]any{"secret": secret, "list": []any{}} {
		if _, err := record(&Store, x, map[string]any{"in": in, "name": "n"}); err == nil {
			t.Errorf("a %s is kept", name)
		}
	}
}

func TestSpecsRegister(t *testing.T) {
	var r engine.Registry
	r.Register(Specs()...)
	if r.Spec("document.status") == nil || r.Spec("store.put") == nil {
		t.Error("an action is missing")
	}
}
