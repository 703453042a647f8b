package packages

import (
	"context"

	"github.com/fiscus-project/fiscus/actions/check"
	"github.com/fiscus-project/fiscus/actions/keep"
	"github.com/fiscus-project/fiscus/actions/transform"
	"github.com/fiscus-project/fiscus/actions/value"
	"github.com/fiscus-project/fiscus/actions/xmlsec"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// registry holds the actions the shipped packages name.
func registry() *engine.Registry {
	var r engine.Registry
	r.Register(&check.Rules, &check.Assert, &check.Validate, &keep.Status, &keep.Store, &transform.Put, &transform.Write, &value.Random, &value.Next, &value.Now)
	r.Register(xmlsec.Specs()...)
	call := engine.Spec{Name: "soap.call", Effect: engine.Sends, Params: []engine.Param{{Name: "url", Type: formula.String, Required: true},
		{Name: "soapAction", Type: formula.String}, {Name: "body", Kind: engine.BodyParam}, {Name: "version", Type: formula.String}, {Name: "tls"}}}
	call.Prepare = func(context.Context, *engine.Step) (*engine.Call, error) { return nil, nil }
	call.Read = func(*engine.Step, *engine.Response) (engine.Reading, error) { return engine.Reading{}, nil }
	r.Register(&call)
	return &r
}
