// Package actions knows all actions of this program. Each folder below is a
// family of them, made from a standard, free of what any country asks.
//
// Begin with Registry. The tests here check what all actions have in common:
// their reference pages in docs/actions and the examples in their specs.
package actions

import (
	"github.com/fiscus-project/fiscus/actions/bytes"
	"github.com/fiscus-project/fiscus/actions/check"
	"github.com/fiscus-project/fiscus/actions/keep"
	"github.com/fiscus-project/fiscus/actions/read"
	"github.com/fiscus-project/fiscus/actions/render"
	"github.com/fiscus-project/fiscus/actions/seal"
	"github.com/fiscus-project/fiscus/actions/transform"
	"github.com/fiscus-project/fiscus/actions/value"
	"github.com/fiscus-project/fiscus/actions/wire"
	"github.com/fiscus-project/fiscus/actions/xmlsec"
	"github.com/fiscus-project/fiscus/engine"
)

// Registry returns a registry of all actions.
func Registry() *engine.Registry { return RegistryWith(transform.Specs()) }

// RegistryWith returns a registry in which the given specs stand in the place
// of the family transform: those that note what an output came from.
func RegistryWith(transform []*engine.Spec) *engine.Registry {
	var r engine.Registry
	for _, family := range [][]*engine.Spec{bytes.Specs(), check.Specs(), keep.Specs(), read.Specs(), render.Specs(), seal.Specs(), transform, value.Specs(), wire.Specs(), xmlsec.Specs()} {
		r.Register(family...)
	}
	return &r
}
