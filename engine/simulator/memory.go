package simulator

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// put works out what a case remembers; commit makes it visible.
func (v *visit) put(c *Case, s *formula.Scope, key string) error {
	for _, p := range c.Put {
		at := key
		if p.Key != nil {
			k, err := p.Key.EvalText(s)
			if err != nil {
				return err
			}
			at = k
		}
		value, err := p.Value.Eval(s)
		if err != nil {
			return err
		}
		v.pending = append(v.pending, stored{p.Map, at, value, v.now.Add(p.Ready)})
	}
	return nil
}

// commit remembers what was put: at once, or when it is ready.
func (v *visit) commit() {
	for _, p := range v.pending {
		if p.ready.After(v.now) {
			v.a.delayed = append(v.a.delayed, p)
			continue
		}
		v.a.remember(p)
	}
	v.pending = nil
}

func (a *Authority) remember(p stored) {
	m, ok := a.memory[p.in].(map[string]any)
	if !ok {
		m = map[string]any{}
		a.memory[p.in] = m
	}
	m[p.key] = p.value
}

// ripen makes visible what is ready now.
func (a *Authority) ripen(now time.Time) {
	a.delayed = slices.DeleteFunc(a.delayed, func(p stored) bool {
		if p.ready.After(now) {
			return false
		}
		a.remember(p)
		return true
	})
}

func (v *visit) forget() { v.pending, v.results = nil, nil }

func (a *Authority) scope(v *visit, path map[string]any) *formula.Scope {
	s := formula.NewScope(&host{Host: a.o.Host, v: v})
	s.Set("keep", a.memory)
	s.Set("path", path)
	s.Set("now", v.now)
	s.Set("context", a.o.Context)
	s.Set("results", []any{})
	if a.o.Package != nil {
		s.SetLazy("const", func(s *formula.Scope) (any, error) {
			out := map[string]any{}
			for _, c := range a.o.Package.Const {
				value, err := c.Value.Eval(s)
				if err != nil {
					return nil, err
				}
				out[c.Name] = value
			}
			return out, nil
		})
	}
	return s
}

// host answers what the functions of simulators ask.
type host struct {
	formula.Host
	v *visit
}

// Response returns the request: it is what at(path) reads.
func (h *host) Response() formula.Response { return h.v.body }

// Serial returns the next number of the sequence, 15 digits long.
func (h *host) Serial(name string) (string, error) {
	h.v.a.serials[name]++
	return fmt.Sprintf("%015d", h.v.a.serials[name]), nil
}

// UUID returns an identifier in the form of RFC 4122 made from the seed.
func (h *host) UUID(seed string) (string, error) {
	b := sha256.Sum256([]byte(seed))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16]), nil
}

// Parse reads bytes as a tree.
func (h *host) Parse(data []byte, format string) (formula.Node, error) {
	return formula.ParseTree(data, format)
}
