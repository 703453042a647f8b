package engine

import (
	"slices"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Flow is an action graph: which document it is for and which steps it takes.
type Flow struct {
	Name     string
	Kind     FlowKind
	Title    Text
	File     string // path inside the package
	Pos      diag.Pos
	Applies  *Clause          // nil: always
	When     *formula.Program // nil: always
	Priority int
	Role     string
	About    *About // event flows
	Inputs   []Input
	Let      []Let
	Steps    []*FlowStep // in the stable order of running: what a step reads or needs comes before it; otherwise as written
	Gives    []string    // the steps whose answer is the flow's; the last that ran
	Outputs  []Let
	Fields   []Let
	Deadline []Deadline
	Results  []Result
}

// FlowKind is what a flow is for.
type FlowKind string

// The kinds of flow.
const (
	Outbound FlowKind = "outbound"
	Event    FlowKind = "event"
	Inbound  FlowKind = "inbound"
	Part     FlowKind = "part"
	Batch    FlowKind = "batch"
	Probe    FlowKind = "probe"
	Setup    FlowKind = "setup"
)

// About names the documents an event flow speaks of: its "original".
type About struct {
	Flow   string
	Status []DocStatus
}

// Clause is a part of applies: a comparison of a field, or all, any, not.
type Clause struct {
	Op     string    // all any not · is isNot in notIn startsWith endsWith matches lt lte gt gte between exists empty
	Sub    []*Clause // of all, any, not
	Field  *formula.Program
	Path   string // text of Field
	Values []any  // of the type of Field; exists and empty: one boolean
	Pos    diag.Pos
}

// FlowStep is a step of a flow as its author wrote it. Exactly one of Action
// and Use is set, or Wait.
type FlowStep struct {
	ID      string
	Title   Text
	Pos     diag.Pos
	Needs   []string // order without data
	After   []string // all steps it waits for: Needs and what its values read; sorted
	Finally bool
	If      *formula.Program

	Action *Spec          // resolved by the loader
	With   []Let          // values for the action, inputs for Use; keys in written order
	Refs   map[string]any // parameters that name a part of the package: *nodes.Mapping, *RuleSet, *Artifact, *State (by parameter)

	Use  string // name of a flow of the package; of a step with Role words for people
	Wait *Wait  // something from outside

	Role    string // what the flow does that is used: chosen by its applies among those of all packages
	ForEach *ForEach

	Lowered bool // effect: reads
	Answer  *AnswerRef
	Handle  []Handler // in written order
	Retry   *Retry
	Repeat  *Repeat
	Pace    string
	Held    []string // held objects that its values read
}

// Effect returns the effect of the step: that of its action, lowered by the
// author's word. A step that uses a flow has the effect Pure here; its steps
// have their own.
func (s *FlowStep) Effect() Effect {
	switch {
	case s.Action == nil:
		return Pure
	case s.Action.Effect == Sends && (s.Lowered || s.reads()):
		return Reads
	}
	return s.Action.Effect
}

// reads reports whether literal parameters show that the call only reads. A
// parameter that is worked out shows nothing.
func (s *FlowStep) reads() bool {
	for name, values := range s.Action.ReadsWhen {
		v, _ := s.literal(name).(string)
		if !slices.Contains(values, v) {
			return false
		}
	}
	return len(s.Action.ReadsWhen) > 0
}

// literal returns the constant value that a parameter has, nil if it has none.
func (s *FlowStep) literal(name string) any {
	for _, l := range s.With {
		if l.Name != name {
			continue
		}
		c, ok := l.Value.(interface{ Constant() (any, bool) })
		if !ok {
			return nil
		}
		v, _ := c.Constant()
		return v
	}
	for i := range s.Action.Params {
		if p := &s.Action.Params[i]; p.Name == name {
			return p.Default
		}
	}
	return nil
}

// ForEach runs the used flow once for each member of a list.
type ForEach struct {
	In *formula.Program
	As string
}

// AnswerRef is the answers file of a step and what it is given.
type AnswerRef struct {
	Answers *Answers
	Input   []Let
}

// Handler maps one class or code to the first deed whose If holds.
type Handler struct {
	On    string // a class or a code
	Deeds []Deed
	Pos   diag.Pos
}

// Deed is what to do about an outcome. Exactly one of Do, Class, Use, Renew
// and Wait is set.
type Deed struct {
	If    *formula.Program // nil: always
	Do    string           // "continue", "stop", "park", "resend"
	Class Class            // becomes another class
	Use   string           // flow whose answer becomes this step's
	With  []Let
	Renew []string // held objects
	Wait  Expr     // duration
	Pos   diag.Pos
}

// Retry says how a transient outcome is tried again. Durations are formulas or
// literals; nil means the default of the language reference.
type Retry struct {
	Attempts int
	First    Expr
	Factor   Expr // number
	Max      Expr
	Within   Expr
}

// Repeat asks again while the answer is not final.
type Repeat struct {
	Retry
	Until    *formula.Program // nil: class != "pending"
	Deadline *formula.Program // instant
}

// Deadline is an instant by which something must have happened.
type Deadline struct {
	Name   string
	If     *formula.Program
	At     *formula.Program
	Met    string // a step, or "resubmission"
	Warn   Expr   // duration before At
	Missed string // "continue", "park", "stop"
	Pos    diag.Pos
}

// Result is a named outcome of a submission that is kept.
type Result struct {
	Name  string
	From  *formula.Program
	File  *formula.Value // text; sees item and index when From is a list
	Legal bool
	Pos   diag.Pos
}
