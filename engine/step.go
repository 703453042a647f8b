package engine

import (
	"context"
	"io"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/nodes"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/keys"
)

// Step is what an action sees of the run: its evaluated inputs and parameters
// and the hands it may use. It belongs to one call of the action. Values were
// checked against the Spec before: a getter of a value that is absent returns
// the zero value.
type Step struct {
	id     string
	values []named
	refs   map[string]any
	scope  *formula.Scope
	flow   *formula.Scope
	now    time.Time
	random io.Reader
	keys   KeyStore
	files  ArtifactStore

	origins *origins
}

// named is a value by name. A step has few: looking is quicker than a map.
type named struct {
	name  string
	value any
}

func lookUp(list []named, name string) any {
	for i := range list {
		if list[i].name == name {
			return list[i].value
		}
	}
	return nil
}

// NewStep makes a Step by hand, for tests of actions and for whoever runs an
// action outside a flow.
func NewStep(id string, values, refs map[string]any, scope *formula.Scope, h StepHands) *Step {
	list := make([]named, 0, len(values))
	for name, v := range values {
		list = append(list, named{name, v})
	}
	return &Step{id: id, values: list, refs: refs, scope: scope, flow: scope, now: h.Now, random: h.Random, keys: h.Keys, files: h.Artifacts, origins: &origins{}}
}

// StepHands are the parts of the world a Step may use.
type StepHands struct {
	Now       time.Time // journalled: the same in a replay
	Random    io.Reader // repeatable for the same run and step
	Keys      KeyStore
	Artifacts ArtifactStore
}

// KeyStore finds keys by reference. Safe for concurrent use.
type KeyStore interface {
	// Key returns the key pair that ref names; ref is the value of a parameter
	// of type certificate. The error names the reference, never the key.
	Key(ref any) (*keys.Pair, error)
	// Secret returns the secret of that name. The error names it, nothing else.
	Secret(name string) ([]byte, error)
}

// BoundKeys is a KeyStore that knows environments: a key or secret that is kept
// for another one is refused, with RuleKeyEnvironment.
type BoundKeys interface {
	KeyStore
	Bound(env Environment) KeyStore
	// Refuses returns why what ref names is not for the environment it is bound
	// to; nil: it is, or is not there. Nothing is opened for it.
	Refuses(ref any) error
}

// Rules of key stores.
const (
	RuleKeyEnvironment = "RUN-ENVIRONMENT-KEY" // a key or secret is kept for another environment
)

// boundKeys returns what gives the keys of an environment only.
func boundKeys(k KeyStore, env Environment) KeyStore {
	if b, ok := k.(BoundKeys); ok && env != "" {
		return b.Bound(env)
	}
	return k
}

// ArtifactStore finds official files. Safe for concurrent use.
type ArtifactStore interface {
	// Validator returns a validator made from the artifact, or a diag.Problem
	// of rule ART-MISSING when the file is not installed.
	Validator(a *Artifact) (Validator, error)
}

// Validator judges a document by an official file.
type Validator interface {
	// Validate returns the findings on data, nil when there are none.
	Validate(ctx context.Context, data []byte) ([]Finding, error)
}

// ID returns the step's name.
func (s *Step) ID() string { return s.id }

// Value returns the evaluated value of an input or parameter; nil if absent.
func (s *Step) Value(name string) any { return lookUp(s.values, name) }

// Text returns a value that is a string, else "".
func (s *Step) Text(name string) string { t, _ := s.Value(name).(string); return t }

// Bool returns a value that is a boolean, else false.
func (s *Step) Bool(name string) bool { b, _ := s.Value(name).(bool); return b }

// Number returns a value that is a number; false if it is none.
func (s *Step) Number(name string) (decimal.Decimal, bool) {
	d, ok := s.Value(name).(decimal.Decimal)
	return d, ok
}

// Bytes returns a value as bytes: those of a tree are as received, those of a
// string UTF-8.
func (s *Step) Bytes(name string) []byte {
	switch v := s.Value(name).(type) {
	case []byte:
		return v
	case string:
		return []byte(v)
	case formula.Node:
		return v.Source()
	}
	return nil
}

// Mapping returns the mapping a MappingParam names.
func (s *Step) Mapping(name string) *nodes.Mapping { m, _ := s.refs[name].(*nodes.Mapping); return m }

// Rules returns the rules a RulesParam names.
func (s *Step) Rules(name string) *RuleSet { r, _ := s.refs[name].(*RuleSet); return r }

// Readings returns the readings a ReadingParam names, in order.
func (s *Step) Readings(name string) []*reading.Reading {
	r, _ := s.refs[name].([]*reading.Reading)
	return r
}

// Artifact returns the artifact a SchemaParam names.
func (s *Step) Artifact(name string) *Artifact { a, _ := s.refs[name].(*Artifact); return a }

// State returns the state object a StateParam names.
func (s *Step) State(name string) *State { x, _ := s.refs[name].(*State); return x }

// Formula returns the program of a FormulaParam.
func (s *Step) Formula(name string) *formula.Program {
	p, _ := s.refs[name].(*formula.Program)
	return p
}

// Ref returns what any parameter that names a part of the package was
// resolved to; for a BodyParam the *nodes.Mapping of its mapping key.
func (s *Step) Ref(name string) any { return s.refs[name] }

// Scope returns the scope of the flow: document, ext, entity, context, param,
// const. An action that evaluates a mapping or rules makes a child of it.
func (s *Step) Scope() *formula.Scope { return s.scope }

// FlowScope returns the scope of the step itself: what Scope has, and input,
// steps, state and the flow's own let. What stands inline in the step, such as
// a request body, is evaluated in a child of it.
func (s *Step) FlowScope() *formula.Scope { return s.flow }

// Now returns the step clock: the same in a replay.
func (s *Step) Now() time.Time { return s.now }

// Random returns a source of randomness that repeats in a replay. It is fit
// for identifiers and padding, not for making keys.
func (s *Step) Random() io.Reader { return s.random }

// Key returns the key pair that the value of parameter name refers to.
func (s *Step) Key(name string) (*keys.Pair, error) { return s.keys.Key(s.Value(name)) }

// Secret returns the secret of that name in the key store.
func (s *Step) Secret(name string) ([]byte, error) { return s.keys.Secret(name) }

// Artifacts returns the store of official files.
func (s *Step) Artifacts() ArtifactStore { return s.files }
