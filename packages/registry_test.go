package packages

import (
	"github.com/fiscus-project/fiscus/actions/check"
	"github.com/fiscus-project/fiscus/actions/keep"
	"github.com/fiscus-project/fiscus/actions/transform"
	"github.com/fiscus-project/fiscus/actions/value"
	"github.com/fiscus-project/fiscus/actions/wire"
	"github.com/fiscus-project/fiscus/actions/xmlsec"
	"github.com/fiscus-project/fiscus/engine"
)

// registry holds the actions the shipped packages name.
func registry() *engine.Registry {
	var r engine.Registry
	r.Register(&check.Rules, &check.Assert, &check.Validate, &keep.Status, &keep.Store, &transform.Put, &transform.Write, &value.Random, &value.Next, &value.Now)
	r.Register(xmlsec.Specs()...)
	r.Register(wire.Specs()...)
	return &r
}
