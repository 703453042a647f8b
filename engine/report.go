package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Report is what is known of a submission, in the JSON form of commands.
type Report struct {
	ID          string            `json:"id"`
	Package     string            `json:"package"`
	Version     string            `json:"version"`
	Digest      string            `json:"digest"`
	Base        *Base             `json:"base,omitempty"` // what an overlay stands over
	Flow        string            `json:"flow"`
	Entity      string            `json:"entity"`
	Environment Environment       `json:"environment"`
	DocumentID  string            `json:"documentId,omitempty"`
	Accepted    time.Time         `json:"accepted"`
	Trace       []TraceLine       `json:"trace"`
	Steps       []StepReport      `json:"steps"`
	Calls       []CallReport      `json:"calls"`
	Results     []ResultReport    `json:"results"`
	Fields      map[string]any    `json:"fields,omitempty"`
	Sends       int               `json:"sends"`
	Lookups     int               `json:"lookups"`
	RecoveredBy string            `json:"recoveredBy,omitempty"` // the flow whose answer settled what was unknown, or "resend"
	Findings    diag.List         `json:"findings"`
	Status      StatusReport      `json:"status"`
	Reason      string            `json:"reason,omitempty"`
	Rule        string            `json:"rule,omitempty"`
	Hint        map[string]string `json:"hint,omitempty"`  // of the last answer
	Says        map[string]string `json:"says,omitempty"`  // what the legal entity says of its code
	Field       string            `json:"field,omitempty"` // business field the authority complains of
	Until       time.Time         `json:"until,omitzero"`
	Next        *CallReport       `json:"next,omitempty"` // dry-run: the call that would leave
	Preview     bool              `json:"preview,omitempty"`
	Deadlines   []DeadlineReport  `json:"deadlines,omitempty"`
}

// StatusReport is where run and document stand.
type StatusReport struct {
	Run      RunStatus `json:"run"`
	Document DocStatus `json:"document"`
}

// TraceLine is something worth knowing about how the run went.
type TraceLine struct {
	At   time.Time `json:"at,omitzero"`
	Step string    `json:"step,omitempty"`
	Note string    `json:"note"`
	Pos  diag.Pos  `json:"pos,omitzero"`
}

// StepReport is one step instance.
type StepReport struct {
	ID       string         `json:"id"` // its path: "issued#2/send"
	Action   string         `json:"action"`
	Effect   string         `json:"effect"`
	Outcome  string         `json:"outcome"` // a class, "skipped" or "not run"
	Code     string         `json:"code,omitempty"`
	Text     string         `json:"text,omitempty"`
	Attempts int            `json:"attempts"`
	Outputs  []OutputReport `json:"outputs"`
}

// OutputReport is an output that is bytes.
type OutputReport struct {
	Name      string `json:"name"`
	File      string `json:"file,omitempty"`
	SHA256    string `json:"sha256"`
	MediaType string `json:"mediaType"`
	Data      []byte `json:"-"`
}

// CallReport is one call, with slots where secrets were.
type CallReport struct {
	Step       string      `json:"step"`
	Effect     string      `json:"effect"`
	Method     string      `json:"method"`
	URL        string      `json:"url"`
	Headers    [][2]string `json:"headers"`
	BodySHA256 string      `json:"bodySha256"` // with the slots in place of secrets
	Body       []byte      `json:"-"`
	Status     int         `json:"status,omitempty"` // of the answer
	Code       string      `json:"code,omitempty"`
	Class      Class       `json:"class,omitempty"`
	Answer     []byte      `json:"-"`
	At         time.Time   `json:"at,omitzero"` // of the answer
}

// ResultReport is a kept result.
type ResultReport struct {
	Name      string `json:"name"`
	File      string `json:"file"`
	Legal     bool   `json:"legal"`
	SHA256    string `json:"sha256"`
	MediaType string `json:"mediaType"`
	Size      int    `json:"size"`
}

// DeadlineReport is where a deadline stands.
type DeadlineReport struct {
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	State string    `json:"state"` // open, warned, met, missed
}

// reporter collects a report while a pass goes on.
type reporter struct {
	steps    map[string]*pathState
	order    []*pathState
	slab     []pathState
	calls    map[string]*CallReport
	sequence []string
	lookups  map[string]bool
	looking  int
	by       string
	kept     []Kept
	files    map[string]Kept
	fields   map[string]any
	trace    []TraceLine
	findings diag.List
	last     Outcome
}

// pathState is what a pass knows of one step instance.
type pathState struct {
	path     string
	st       *FlowStep
	res      *stepResult
	how      string // class, "skipped" or "not run"; empty: nothing yet
	attempts int
	clock    time.Time // of the step; zero: not asked yet
	outs     Outputs   // of a pure step
	computed bool
	saved    *savedTask // of a step of a used flow
	secret   bool       // nothing of what it gave is shown
}

func newReporter(steps int) *reporter {
	return &reporter{steps: make(map[string]*pathState, steps), order: make([]*pathState, 0, steps), slab: make([]pathState, 0, steps),
		calls: map[string]*CallReport{}, lookups: map[string]bool{}, files: map[string]Kept{}}
}

// step returns what is known of a step instance.
func (p *reporter) step(path string, st *FlowStep) *pathState {
	s := p.steps[path]
	if s == nil {
		if len(p.slab) == cap(p.slab) {
			p.slab = make([]pathState, 0, 16)
		}
		p.slab = append(p.slab, pathState{path: path, st: st})
		s = &p.slab[len(p.slab)-1]
		p.steps[path] = s
		p.order = append(p.order, s)
	}
	return s
}

func (p *reporter) skip(path string, st *FlowStep, how string) { p.step(path, st).how = how }

func (p *reporter) finish(s *pathState, o *Outcome, res *stepResult) {
	s.how, s.res = string(o.Class), res
	if len(o.Findings) > 0 && (o.from != "" || s.st.Use == "") {
		p.findings = append(p.findings, o.Findings...)
	}
	if o.from != "" {
		p.last = *o
	}
}

func (p *reporter) recovered(by string) { p.by = by }

// calling takes in a call, made or about to be made.
func (p *reporter) calling(x *attempt) {
	if p.calls[x.path] != nil {
		return
	}
	p.calls[x.path] = callReport(x.path, x.call, x.t.st.Effect())
	p.sequence = append(p.sequence, x.path)
	x.t.state.attempts = max(x.t.state.attempts, x.t.calls)
	if p.looking > 0 {
		p.lookups[x.path] = true
	}
}

func (p *reporter) called(x *attempt, ex *Exchange, o *Outcome) {
	p.last = *o // of a run that stops here as well
	c := p.calls[x.path]
	c.Status, c.Code, c.Class, c.At = ex.Response.Status, o.Code, o.Class, ex.Response.Received
	if !x.t.f.secret {
		c.Answer = ex.Response.Body
	}
}

func callReport(path string, c *Call, e Effect) *CallReport {
	r := &CallReport{Step: path, Effect: e.String(), Method: c.Method, URL: c.URL, Headers: [][2]string{}}
	for _, h := range c.Header {
		r.Headers = append(r.Headers, [2]string{h.Name, string(slotted(h.Value))})
	}
	r.Body = slotted(c.Body)
	sum := sha256.Sum256(r.Body)
	r.BodySHA256 = hex.EncodeToString(sum[:])
	return r
}

// slotted writes bytes with a slot in the place of each secret.
func slotted(list []Piece) []byte {
	var b []byte
	for _, p := range list {
		if p.Secret != nil {
			b = append(b, "{secret:"+p.Secret.Name()+"}"...)
		} else {
			b = append(b, p.Bytes...)
		}
	}
	return b
}

// make puts the report together.
func (p *reporter) make(r *run) *Report {
	s := r.sub
	out := &Report{ID: s.ID, Package: s.Package, Version: s.Version, Digest: s.Digest, Flow: s.Flow, Entity: s.Entity, Environment: s.Environment,
		DocumentID: s.DocumentID, Accepted: s.Accepted, Trace: []TraceLine{}, Steps: []StepReport{}, Calls: []CallReport{}, Results: []ResultReport{},
		RecoveredBy: p.by, Findings: diag.List{}, Status: StatusReport{s.Run, s.Status}, Reason: s.Reason, Rule: s.Rule, Until: s.Until}
	if r.pkg != nil {
		out.Base = r.pkg.Base
	}
	for _, s := range p.order {
		out.Steps = append(out.Steps, p.finishStep(s))
	}
	for _, path := range p.sequence {
		c := p.calls[path]
		if c.Class == "" && !r.logged(path) {
			continue
		}
		out.Calls = append(out.Calls, *c)
		out.Sends += btoi(c.Effect == Sends.String())
		out.Lookups += btoi(p.lookups[path])
	}
	for _, k := range p.kept {
		out.Results = append(out.Results, ResultReport{k.Name, k.File, k.Legal, k.SHA256, k.MediaType, k.Size})
	}
	p.findings.Sort()
	out.Findings = append(out.Findings, p.findings...)
	out.Trace = append(append(out.Trace, p.trace...), r.traceLines()...)
	out.Hint, out.Says, out.Field = p.last.Hint, p.last.Says, p.last.Field
	if p.fields != nil {
		out.Fields = p.fields
	} else if v, err := DecodeValue(s.Fields); err == nil {
		out.Fields, _ = v.(map[string]any)
	}
	out.Deadlines = r.deadlines()
	return out
}

// logged reports whether the intent of a call stands in the log.
func (r *run) logged(path string) bool { return r.journal[entryKey{path, EntryIntent}] != nil }

func (p *reporter) finishStep(state *pathState) StepReport {
	st, res := state.st, state.res
	s := StepReport{ID: state.path, Outcome: state.how, Attempts: state.attempts, Outputs: []OutputReport{}}
	switch {
	case st.Action != nil:
		s.Action, s.Effect = st.Action.Name, st.Effect().String()
	case st.Wait != nil:
		s.Action, s.Effect = "wait", Records.String()
	case st.Use != "":
		s.Action, s.Effect = "use "+st.Use, Pure.String()
	}
	if res == nil {
		return s
	}
	res.load()
	s.Code, s.Text, s.Attempts = res.outcome.Code, res.outcome.Text, max(s.Attempts, 1)
	if state.secret {
		return s
	}
	for _, name := range slices.Sorted(maps.Keys(res.outs)) {
		var data []byte
		switch v := res.outs[name].(type) {
		case []byte:
			data = v
		case formula.Node:
			data = v.Source()
		default:
			continue
		}
		o := OutputReport{Name: name, SHA256: blobName(data), Data: data}
		o.File = p.files[o.SHA256].File
		o.MediaType = mediaType(o.File, data)
		s.Outputs = append(s.Outputs, o)
	}
	return s
}

// traceLines tells of status moves, waits and notes, from the journal.
func (r *run) traceLines() []TraceLine {
	var out []TraceLine
	keys := slices.Collect(maps.Keys(r.journal))
	entries := make([]*Entry, 0, len(keys))
	for _, k := range keys {
		if en := r.journal[k]; len(en.Data) > 0 && (k.kind == EntryStatus || k.kind == EntryRun || k.kind == EntryNote || k.kind == EntryTimer) {
			entries = append(entries, en)
		}
	}
	sort.Slice(entries, func(i, j int) bool {
		a, b := entries[i], entries[j]
		if a.Seq != b.Seq {
			return a.Seq < b.Seq
		}
		return a.Path < b.Path
	})
	for _, en := range entries {
		var m map[string]any
		if json.Unmarshal(en.Data, &m) != nil {
			continue
		}
		out = append(out, TraceLine{At: en.At, Step: en.Path, Note: noteText(en.Kind, m)})
	}
	return out
}

func noteText(kind EntryKind, m map[string]any) string {
	text := func(name string) string { t, _ := m[name].(string); return t }
	switch kind {
	case EntryStatus, EntryRun:
		what := map[EntryKind]string{EntryStatus: "document", EntryRun: "run"}[kind]
		note := what + " " + text("from") + " > " + text("to")
		if m["refused"] == true {
			note += " (refused)"
		}
		if why := strings.TrimSpace(text("why") + " " + text("reason")); why != "" {
			note += ": " + why
		}
		return note
	case EntryTimer:
		if m["expired"] == true {
			return "the time has run out"
		}
		if until, ok := m["until"].(map[string]any); ok {
			t, _ := until["$instant"].(string)
			return "waits until " + t
		}
	}
	if who := text("who"); who != "" {
		return who + ": " + text("deed") + " " + text("reason")
	}
	return text("missed")
}

func (r *run) deadlines() []DeadlineReport {
	if r.top == nil {
		return nil
	}
	var out []DeadlineReport
	for i := range r.flow.Deadline {
		d := &r.flow.Deadline[i]
		at, open := r.top.due(d)
		if at.IsZero() {
			continue
		}
		state := "met"
		if r.journal[entryKey{"deadline/" + d.Name, EntryNote}] != nil {
			state = "missed"
		} else if open {
			state = "open"
			if d.Warn != nil {
				warn, err := duration(d.Warn, r.top.scope)
				if err == nil && !r.e.now().Before(at.Add(-warn)) {
					state = "warned"
				}
			}
		}
		out = append(out, DeadlineReport{d.Name, at, state})
	}
	return out
}
