package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/artifacts"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/profile"
	"github.com/fiscus-project/fiscus/internal/xmltree"
	"github.com/fiscus-project/fiscus/internal/xsd"
)

// Artifacts finds the official files that packages name and makes validators of
// them, each once. It is safe for concurrent use.
type Artifacts struct {
	Library profile.Library // the installed files
	Judge   *profile.Engine // makes and keeps what is compiled; with the same library

	made sync.Map // what the package says of the file -> *validator
}

// validator is an engine.Validator made on its first use.
type validator struct {
	once     sync.Once
	layer    profile.Layer
	json     *jsonValidator // of kind jsonschema, instead of layer
	standIns []string
	names    *xmltree.Names
	err      error
}

// Validator returns a validator made from the artifact: a diag.Problem of rule
// ART-MISSING when a file of it is not installed, of ART-BUNDLE-DIGEST when the
// file is not the one that the package pins.
func (a *Artifacts) Validator(x *engine.Artifact) (engine.Validator, error) {
	key := strings.Join([]string{x.Kind, x.Bundle, x.Entry, x.SHA256, strings.Join(x.With, "\x00")}, "\x00")
	got, _ := a.made.LoadOrStore(key, &validator{names: a.Judge.Names()})
	v := got.(*validator)
	v.once.Do(func() { v.err = a.make(v, x) })
	if v.err != nil {
		return nil, v.err
	}
	return v, nil
}

// Digest returns the SHA-256 of an official file, or "not installed".
func (a *Artifacts) Digest(x *engine.Artifact) string {
	data, err := a.Library.Read(x.Bundle + "/" + x.Entry)
	if err != nil {
		return "not installed"
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (a *Artifacts) make(v *validator, x *engine.Artifact) error {
	file := x.Bundle + "/" + x.Entry
	if !a.Library.Has(file) {
		return missing(x, fmt.Sprintf("%q", file))
	}
	data, err := a.Library.Read(file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); x.SHA256 != "" && !strings.EqualFold(got, x.SHA256) {
		return diag.Problemf(diag.Pos{File: file}, artifacts.RuleDigest, "official file %q has the digest %s, the package pins %s", x.ID, got, x.SHA256).
			WithHint("import the version that the package names")
	}
	if x.Kind == "jsonschema" {
		v.json, err = jsonSchema(a.Library, x, data)
		return err
	}
	set := &profile.Ruleset{Name: "artifact " + file, Layer: x.Kind, Kind: x.Kind, Bundle: x.Bundle, Entries: append([]string{x.Entry}, x.With...), StandIn: a.Judge.StandIns(x.Bundle)}
	v.layer, v.standIns, err = a.Judge.Make(set)
	var p diag.Problem
	if errors.As(err, &p) && (p.Rule == xsd.RuleAbsent || p.Rule == artifacts.RuleAbsent) {
		return missing(x, p.Message)
	}
	return err
}

func missing(x *engine.Artifact, what string) error {
	return diag.Problemf(diag.Pos{}, "ART-MISSING", "official file %q is not installed: %s", x.ID, what).
		WithHint("fiscus artifacts import fills the local store")
}

// Validate judges a document. If a stand-in had part in it, a warning of rule
// ART-STAND-IN says so: such a document does not count as valid.
func (v *validator) Validate(ctx context.Context, data []byte) ([]engine.Finding, error) {
	if v.json != nil {
		return v.json.Validate(ctx, data)
	}
	doc, err := xmltree.Parse(data, xmltree.Options{Names: v.names})
	if err != nil {
		var p diag.Problem
		if errors.As(err, &p) {
			return []engine.Finding{p}, nil
		}
		return nil, err
	}
	defer doc.Release()
	found, err := v.layer.Judge(ctx, doc, doc.Root())
	if err != nil {
		return nil, err
	}
	if len(v.standIns) > 0 {
		found.Problems.Add(profile.StandInWarning(v.standIns))
	}
	return found.Problems, nil
}
