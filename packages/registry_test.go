package packages

import (
	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/engine"
)

// registry holds the actions the shipped packages name.
func registry() *engine.Registry { return actions.Registry() }
