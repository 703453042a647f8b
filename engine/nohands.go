package engine

import (
	"fmt"

	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// noKeys is the key store of hands without one.
type noKeys struct{}

func (noKeys) Key(any) (*keys.Pair, error) { return nil, errNoKeys }

func (noKeys) Secret(string) ([]byte, error) { return nil, errNoKeys }

// noArtifacts is the artifact store of hands without one.
type noArtifacts struct{}

func (noArtifacts) Validator(a *Artifact) (Validator, error) {
	return nil, diag.Problem{Rule: "ART-MISSING", Message: fmt.Sprintf("official file %q is not installed", a.ID),
		Hint: "fiscus artifacts import fills the local store"}
}
