// Package plan writes down what a run will do up to its first call that changes
// the world, signed, and judges later whether that is still so.
//
// Begin with Facts, which tells what a run is built on, New and Plan.Encode;
// Read takes a plan file back.
//
// It promises: a plan of which any byte was changed is refused, as is one that
// another key signed or whose time is over.
package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// RuleFormat is raised for a file that is no plan.
const RuleFormat = "RUN-PLAN-FORMAT"

// Format names the form of the file.
const Format = "fiscus-plan/1"

// Plan is a plan file.
type Plan struct {
	Format      string             `json:"format"`
	Made        time.Time          `json:"made"`
	Expires     time.Time          `json:"expires"`
	Engine      string             `json:"engine"`
	Entity      string             `json:"entity"`
	Environment engine.Environment `json:"environment"`
	Planned     *engine.Planned    `json:"planned"`
}

// Encode writes the plan and its signature.
func (p *Plan) Encode(k *minisign.Key) (text, signature []byte, err error) {
	text, err = p.text()
	if err != nil {
		return nil, nil, err
	}
	return text, k.Sign(text, comment(p)), nil
}

func comment(p *Plan) string {
	return fmt.Sprintf("plan of submission %s, expires %s", p.Planned.Submission, p.Expires.Format(time.RFC3339))
}

func (p *Plan) text() ([]byte, error) {
	text, err := json.MarshalIndent(p, "", "  ")
	return append(text, '\n'), err
}

// Read returns the plan of a file if one of the keys signed it.
func Read(text, signature []byte, keys ...minisign.PublicKey) (*Plan, error) {
	said, _, err := minisign.Verify(text, signature, keys...)
	if err != nil {
		return nil, err
	}
	var p Plan
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil || p.Format != Format || p.Planned == nil || said != comment(&p) {
		return nil, diag.Problem{Rule: RuleFormat, Message: "the file is signed, but is no plan that this program reads"}
	}
	return &p, nil
}

// World is what a run is built on.
type World struct {
	Engine    *engine.Engine
	Version   string
	Artifacts interface{ Digest(*engine.Artifact) string } // nil: none
}

// Facts tells what the run of a submission is built on, by name.
func (w World) Facts(ctx context.Context, s *engine.Submission) (map[string]string, error) {
	c := w.Engine.Catalog()
	out := map[string]string{"engine version": w.Version}
	p := c.Package(s.Package, s.Version)
	of := c.Entity(s.Entity)
	if p == nil || of == nil {
		return out, nil // told as a drift of package or entity
	}
	var err error
	if out["entity "+s.Entity], err = digest(of.Fields); err != nil {
		return nil, err
	}
	if w.Artifacts != nil {
		for i := range p.Artifacts {
			out["artifact "+p.Artifacts[i].ID] = w.Artifacts.Digest(&p.Artifacts[i])
		}
	}
	return out, w.parameters(ctx, s, p, out)
}

func (w World) parameters(ctx context.Context, s *engine.Submission, p *engine.Package, out map[string]string) error {
	values, err := w.Engine.Parameters(ctx, p, s)
	var list diag.List
	var one diag.Problem
	if errors.As(err, &list) || errors.As(err, &one) {
		out["parameter set-up"] = err.Error() // no longer as it was when planning went well: a drift
		return nil
	}
	if err != nil {
		return err
	}
	for i := range p.Parameters {
		d := &p.Parameters[i]
		v, ok := values[d.Name]
		if !ok {
			continue
		}
		if out["parameter "+d.Name], err = digest(v); err != nil {
			return err
		}
		if d.Type.Kind() == formula.CertificateKind && v != nil {
			out["key "+d.Name] = w.key(v)
		}
	}
	return nil
}

func (w World) key(ref any) string {
	keys := w.Engine.Hands().Keys
	if keys == nil {
		return "not there"
	}
	pair, err := keys.Key(ref)
	if err != nil {
		return "not there"
	}
	sum := sha256.Sum256(pair.Leaf.Raw)
	return hex.EncodeToString(sum[:])
}

func digest(v any) (string, error) {
	enc := engine.Encoder{Blob: func(b []byte) (string, error) {
		sum := sha256.Sum256(b)
		return hex.EncodeToString(sum[:]), nil
	}}
	data, err := enc.Encode(v)
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), err
}
