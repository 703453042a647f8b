package profile

import (
	"context"

	"github.com/fiscus-project/fiscus/internal/xmltree"
)

// streamAbove is the size in bytes above which a document is judged while it is
// read, if all its layers can; headNodes is how much of it is read first to see
// what kind it is.
const (
	streamAbove = 10 << 20
	headNodes   = 20_000
)

// StreamLayer is a Layer that can judge a document while it is read.
type StreamLayer interface {
	Layer
	// JudgeStream judges the document in src. A document that is not
	// well-formed is an error.
	JudgeStream(ctx context.Context, src []byte, o xmltree.Options) (Judgement, error)
}

func (l schemaLayer) JudgeStream(_ context.Context, src []byte, o xmltree.Options) (Judgement, error) {
	probs, err := l.s.ValidateStream(src, o)
	return Judgement{Problems: probs}, err
}

// stream judges a large document without holding its tree. It reports false if a
// layer needs the tree, or if its beginning does not say what kind it is.
func (e *Engine) stream(ctx context.Context, file string, src []byte, req Request) (Result, bool) {
	o := xmltree.Options{File: file, Names: e.names, Limits: e.limits}
	r := Result{File: file, Layers: []LayerResult{}, Findings: []Finding{}}
	sets, entries, ok := e.streamed(&r, src, o, req)
	if !ok {
		return r, false
	}
	stop := e.clock()
	err := xmltree.Stream(src, o, nothing{})
	r.Layers = append(r.Layers, LayerResult{Name: "xml", Status: Passed, Ms: stop()})
	if err != nil {
		r.Layers[0].Status = Failed
		r.add("xml", err)
		r.decide()
		return r, true
	}
	for i, set := range sets {
		e.layered(&r, set, entries[i], func(l Layer) (Judgement, error) {
			return l.(StreamLayer).JudgeStream(ctx, src, o)
		})
	}
	r.decide()
	return r, true
}

// streamed chooses profile and layers by the beginning of a document.
func (e *Engine) streamed(r *Result, src []byte, o xmltree.Options, req Request) (sets []*Ruleset, entries []*entry, ok bool) {
	head, err := xmltree.Head(src, o, headNodes)
	if err != nil {
		return nil, nil, false
	}
	defer head.Release()
	p, err := e.choose(head, head.Root(), req.Profile)
	if err != nil || p.Inner != "" {
		return nil, nil, false
	}
	r.Profile = p.Name
	names := req.Rulesets
	if len(names) == 0 {
		names = p.Layers
	}
	for _, name := range e.expand(names, p) {
		set := e.rulesets[name]
		if set == nil {
			return nil, nil, false
		}
		l := e.layer(set, head.Local(head.Root()))
		if _, can := l.layer.(StreamLayer); !can && l.err == nil {
			return nil, nil, false
		}
		sets, entries = append(sets, set), append(entries, l)
	}
	return sets, entries, len(sets) > 0
}

// nothing is a sink that only lets the parser check that a document is well-formed.
type nothing struct{}

func (nothing) Start(*xmltree.Document, xmltree.Node) error { return nil }
func (nothing) Text(*xmltree.Document, xmltree.Node) bool   { return false }
func (nothing) End(*xmltree.Document, xmltree.Node) bool    { return false }
