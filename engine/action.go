package engine

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// Effect says what an action may do to the world. The interpreter, not the
// action, decides whether it may run.
type Effect uint8

// The effects, the weakest first.
const (
	Pure    Effect = iota // compute from inputs, step clock and keys
	Reads                 // ask an authority or directory without changing anything there
	Records               // change Fiscus's own state
	Sends                 // change the world
)

// String returns the word of the language reference.
func (e Effect) String() string { return [...]string{"pure", "reads", "records", "sends"}[e] }

// Spec declares an action. Lint, defaults, reference pages, editor schema and
// the hiding of secrets come from it.
type Spec struct {
	Name    string // "family.verb"
	Since   string
	Summary string // one sentence
	Source  string // standard and clause; empty if it is our own idea
	Effect  Effect
	In      []Port  // inputs that carry documents; given under with
	Params  []Param // settings; given under with
	Out     []Port  // "out" is the main result
	Example string  // a step in YAML, executed by a test

	// Makes is what a step of this action makes of the document when it has
	// run: DocGenerated, DocSigned or nothing. Outputs that make it signed are
	// kept in the log instead of being made again after a crash: the same
	// input may give another signature.
	Makes DocStatus

	// ReadsWhen names a parameter by whose literal value a call of effect Sends
	// only reads: {"method": {"GET", "HEAD"}}. Every parameter named must fit.
	ReadsWhen map[string][]string

	// Run does the work of an action with effect Pure.
	Run func(ctx context.Context, s *Step) (Outputs, error)
	// Record does the work of an action with effect Records, inside the
	// transaction that journals its outcome.
	Record func(ctx context.Context, s *Step, tx Tx) (Outputs, error)
	// Prepare makes the exact call of an action with effect Reads or Sends;
	// the interpreter logs, fences and makes it. It must give the same call
	// for the same inputs.
	Prepare func(ctx context.Context, s *Step) (*Call, error)
	// Read finds the payload in what came back and the transport's own code
	// ("FAULT"), if any. An error makes the answer UNREADABLE.
	Read func(s *Step, r *Response) (Reading, error)
}

// Port is a named input or output.
type Port struct {
	Name     string
	Type     formula.Type
	Required bool
	Doc      string
}

// Param is a setting of an action.
type Param struct {
	Name     string
	Kind     ParamKind
	Type     formula.Type // of ValueParam; zero: any
	Required bool
	Default  any
	Values   []string // the allowed texts; empty: all
	Doc      string
}

// ParamKind says what a parameter names.
type ParamKind uint8

// The kinds of parameter.
const (
	ValueParam   ParamKind = iota // a value, formulas allowed
	MappingParam                  // a mapping file: Step.Mapping
	RulesParam                    // a rules file: Step.Rules
	SchemaParam                   // an artifact id: Step.Artifact
	StateParam                    // a state object: Step.State
	FormulaParam                  // a formula that is not evaluated before: Step.Formula
	BodyParam                     // a request body: {xml|json|form|multipart|bytes|mapping ...}; nested mapping files are resolved
	StructParam                   // a structure in the node language, for instance inline content
	ReadingParam                  // a reading file, or a list of them: Step.Readings
)

// Outputs are the named results of an action. "out" is the main one; a
// diag.List under "findings" is kept with the step.
type Outputs map[string]any

// Call is one exchange with somebody outside, as plain data: it is logged
// before it is made, and made again byte for byte from the log.
type Call struct {
	Method      string
	URL         string
	Header      []HeaderField
	Body        []Piece
	Certificate any           // reference for mutual TLS; nil: none
	Timeout     time.Duration // zero: the default of the transport
	NotAfter    time.Time     // set by the interpreter: no byte is written after it; zero: no limit
	Reads       bool          // set by the interpreter: the call changes nothing at the other end
	Environment Environment   // set by the interpreter: of the run; keys of another are refused
}

// HeaderField is a header line; its value may hold secrets.
type HeaderField struct {
	Name  string
	Value []Piece
}

// Piece is either bytes or the slot of a secret, filled when written.
type Piece struct {
	Bytes  []byte
	Secret *formula.Secret
}

// Response is what came back, as received, or why nothing did.
type Response struct {
	Status   int // HTTP status; zero when no answer was read
	Header   [][2]string
	Body     []byte
	Code     string // transport code: CONNECT, TIMEOUT, BROKEN, UNREADABLE, DNS-NONE; empty when an answer was read
	Reason   string // of the code, for people; no secret in it
	Received time.Time
}

// Reading is a response as answers files see it.
type Reading struct {
	Tree formula.Node // the payload; nil if the body is no tree
	Code string       // "FAULT" or empty
	Out  any          // main output of the step; nil: the bytes of the payload
}

// Registry holds the specs known to a program. The zero value is empty.
type Registry struct{ specs map[string]*Spec }

var actionName = regexp.MustCompile(`^[a-z][a-z0-9]*(\.[a-z][a-zA-Z0-9]*)?$`)

// Register adds specs. It panics on a duplicate name, a malformed one, or
// functions that do not fit the effect: programming mistakes. An action that
// declares Pure gets no way to the world.
func (r *Registry) Register(specs ...*Spec) {
	if r.specs == nil {
		r.specs = map[string]*Spec{}
	}
	for _, s := range specs {
		if err := s.check(); err != nil {
			panic("action " + s.Name + ": " + err.Error())
		}
		if r.specs[s.Name] != nil {
			panic("action " + s.Name + " is registered twice")
		}
		r.specs[s.Name] = s
	}
}

func (s *Spec) check() error {
	if !actionName.MatchString(s.Name) {
		return fmt.Errorf("a name is family.verb, or one word")
	}
	calls := s.Prepare != nil && s.Read != nil
	fits := map[Effect]bool{
		Pure:    s.Run != nil && s.Record == nil && s.Prepare == nil && s.Read == nil,
		Records: s.Record != nil && s.Run == nil && s.Prepare == nil && s.Read == nil,
		Reads:   calls && s.Run == nil && s.Record == nil,
		Sends:   calls && s.Run == nil && s.Record == nil,
	}
	if !fits[s.Effect] {
		return fmt.Errorf("its functions do not fit the effect %s", s.Effect)
	}
	return nil
}

// Spec returns the spec of that name, or nil.
func (r *Registry) Spec(name string) *Spec { return r.specs[name] }

// Names returns all names, sorted.
func (r *Registry) Names() []string { return slices.Sorted(maps.Keys(r.specs)) }

// Name returns the word for what a parameter of this kind holds; t is the
// type of a ValueParam.
func (k ParamKind) Name(t formula.Type) string {
	if k == ValueParam {
		return t.String()
	}
	return [...]string{"", "mapping file", "rules file", "artifact", "state object", "formula", "body", "structure", "reading file"}[k]
}
