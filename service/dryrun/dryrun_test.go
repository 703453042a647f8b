package dryrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func TestEachKeepsTheOrderAndFewResults(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{0, 1, 4, 9} {
		var taken, done, most atomic.Int64
		var got []int
		err := Each(t.Context(), 500, workers, func(_ context.Context, i int) int {
			ahead := done.Add(1) - taken.Load()
			for m := most.Load(); ahead > m && !most.CompareAndSwap(m, ahead); m = most.Load() {
			}
			return i * i
		}, func(i, r int) error {
			taken.Add(1)
			got = append(got, r)
			if r != i*i {
				return fmt.Errorf("%d: %d", i, r)
			}
			return nil
		})
		if err != nil || len(got) != 500 {
			t.Fatal(workers, err, len(got))
		}
		if limit := int64((ahead + 2) * (max(workers, 1) + 1)); most.Load() > limit {
			t.Errorf("%d workers held %d results, more than %d", workers, most.Load(), limit)
		}
	}
}

func TestEachEnds(t *testing.T) {
	t.Parallel()
	want := errors.New("enough")
	err := Each(t.Context(), 10_000, 3, func(_ context.Context, i int) int { return i }, func(i, _ int) error {
		if i == 20 {
			return want
		}
		return nil
	})
	if !errors.Is(err, want) {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = Each(ctx, 10_000, 3, func(_ context.Context, i int) int { return i }, func(i, _ int) error {
		if i == 20 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func report(change func(*engine.Report)) Result {
	r := &engine.Report{Package: "xz/slip", Flow: "issue", Status: engine.StatusReport{Run: engine.RunCompleted, Document: engine.DocAccepted},
		Findings: diag.List{{Rule: "XZ-1", Path: "/lines/0", Message: "small"}},
		Steps: []engine.StepReport{
			{ID: "write", Action: "transform.write", Outcome: "done", Outputs: []engine.OutputReport{{Name: "out", Data: []byte("<a><l>1</l><l>2</l></a>")}}},
			{ID: "sign", Action: "xml.sign", Outcome: "done", Outputs: []engine.OutputReport{{Name: "out", Data: []byte("<e><a><l>1</l><l>2</l></a><d>x</d></e>")}}},
		},
		Calls:   []engine.CallReport{{Step: "send#1", Method: "POST", URL: "https://a.example/", Headers: [][2]string{{"A", "b"}}, Body: []byte("<e/>"), Class: engine.Done}},
		Results: []engine.ResultReport{{Name: "legal"}},
	}
	if change != nil {
		change(r)
	}
	return Result{File: "f.json", Report: r}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		a, b Result
		want string
	}{
		"nothing":       {report(nil), report(nil), ""},
		"other version": {report(nil), report(func(r *engine.Report) { r.Version, r.Digest = "2", "h1:x" }), ""},
		"other flow":    {report(nil), report(func(r *engine.Report) { r.Flow = "other" }), "selection flow: xz/slip issue > xz/slip other"},
		"no flow":       {report(nil), Result{Err: diag.Problem{Rule: "SEL-NO-FLOW", Message: "none"}}, "selection flow: xz/slip issue > none; finding  SEL-NO-FLOW:  > none; finding /lines/0 XZ-1: small > "},
		"internal":      {Result{Err: errors.New("x")}, Result{Err: errors.New("y")}, "finding  RUN-INTERNAL:  > y; finding  RUN-INTERNAL: x > "},
		"place of rule": {report(nil), report(func(r *engine.Report) { r.Findings[0].Pos = diag.Pos{File: "rules/a.yaml", Line: 9} }), ""},
		"severity":      {report(nil), report(func(r *engine.Report) { r.Findings[0].Severity = diag.Warning }), "finding /lines/0 XZ-1:  > small; finding /lines/0 XZ-1: small > "},
		"twice":         {report(nil), report(func(r *engine.Report) { r.Findings = append(r.Findings, r.Findings[0]) }), "finding /lines/0 XZ-1:  > small"},
		"status":        {report(nil), report(func(r *engine.Report) { r.Status.Document = engine.DocRejected }), "status document: accepted > rejected"},
		"step gone":     {report(nil), report(func(r *engine.Report) { r.Steps = r.Steps[:1] }), "step : xml.sign done > "},
		"step new":      {report(func(r *engine.Report) { r.Steps = r.Steps[:1] }), report(nil), "step :  > xml.sign done"},
		"once and later": {report(nil), report(func(r *engine.Report) {
			r.Steps[0].Outputs[0].Data = []byte("<a><l>1</l><l>3</l></a>")
			r.Steps[1].Outputs[0].Data = []byte("<e><a><l>1</l><l>3</l></a><d>y</d></e>")
		}), "artifact /a/l: 2 > 3; artifact /e/d: x > y later"},
		"address": {report(nil), report(func(r *engine.Report) { r.Calls[0].URL = "https://b.example/" }), "call url: https://a.example/ > https://b.example/"},
		"body":    {report(nil), report(func(r *engine.Report) { r.Calls[0].Body = []byte("<f/>") }), "call body/f: e > f"},
		"header":  {report(nil), report(func(r *engine.Report) { r.Calls[0].Headers[0][1] = "c" }), "call headers: A: b > A: c"},
		"next":    {report(nil), report(func(r *engine.Report) { r.Calls, r.Next = nil, &r.Calls[0] }), ""},
		"no call": {report(nil), report(func(r *engine.Report) { r.Calls = nil }), "call : POST https://a.example/ > "},
		"result":  {report(nil), report(func(r *engine.Report) { r.Results = nil }), "result names: legal > "},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := told(Compare(c.a, c.b)); got != c.want {
				t.Errorf("want %q\n got %q", c.want, got)
			}
		})
	}
}

func told(c Comparison) string {
	var out []string
	for _, x := range c.Changes {
		line := fmt.Sprintf("%s %s: %s > %s", x.Kind, strings.TrimSuffix(x.Path+" "+x.Rule, " "), x.Old, x.New)
		if x.Later {
			line += " later"
		}
		out = append(out, line)
	}
	return strings.Join(out, "; ")
}

// Differences of one cause are one group, however many documents have them,
// and the page shows text as text.
func TestGroups(t *testing.T) {
	t.Parallel()
	g := NewGrouped("old", "<new>")
	for i := range 50 {
		g.Add(Compare(report(nil), report(func(r *engine.Report) {
			r.Findings[0].Path = fmt.Sprintf("/lines/%d", i)
			r.Steps[0].Outputs[0].Data = fmt.Appendf(nil, "<a><l>1</l><l>%d</l></a>", 2+i)
		})))
	}
	s := g.Summary()
	if s.Documents != 50 || s.Same != 1 || s.Changed != 49 || len(s.Groups) != 3 {
		t.Fatalf("%+v", s)
	}
	how := []string{}
	for _, x := range s.Groups {
		how = append(how, fmt.Sprint(x.Kind, " ", x.How, " ", x.Path, " ", x.Documents, " ", len(x.Examples)))
	}
	if want := []string{"finding added /lines 49 3", "finding removed /lines 49 3", "artifact changed /a/l 49 3"}; !slices.Equal(how, want) {
		t.Errorf("%q", how)
	}
	var page strings.Builder
	if err := s.HTML(&page); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "&lt;new&gt;") || strings.Contains(page.String(), "<new>") {
		t.Error(page.String())
	}
}
