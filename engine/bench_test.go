package engine_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
)

// BenchmarkTableInterpreterAction is what the interpreter adds to an action
// that does nothing: a flow of 1,000 steps, each reading the one before it,
// divided by their number. Nothing is journalled in between.
func BenchmarkTableInterpreterAction(b *testing.B) {
	const steps = 1000
	nop := &engine.Spec{Name: "test.nop", Effect: engine.Pure, Params: []engine.Param{{Name: "in"}},
		Run: func(_ context.Context, s *engine.Step) (engine.Outputs, error) {
			return engine.Outputs{"out": s.Value("in")}, nil
		}}
	w := newWorld(b)
	f := w.pkg.Flows[0]
	f.Steps, f.Fields, f.Results = nil, nil, nil
	for i := range steps {
		in, after := "=document.id", []string(nil)
		if i > 0 {
			in, after = fmt.Sprintf("=steps.s%d.out", i-1), []string{fmt.Sprintf("s%d", i-1)}
		}
		f.Steps = append(f.Steps, &engine.FlowStep{ID: fmt.Sprintf("s%d", i), Action: nop, After: after, With: enginetest.With(b, "in", in)})
	}
	e := w.engine()
	n := 0
	b.ReportAllocs()
	begun := cpuTime(b)
	for b.Loop() {
		n++
		req := request(b, "1")
		req.ID = fmt.Sprint(n)
		s, err := e.Submit(context.Background(), req)
		if err != nil {
			b.Fatal(err)
		}
		if a, err := e.Advance(context.Background(), s.ID); err != nil || a.Run != engine.RunCompleted {
			b.Fatal(a, err)
		}
	}
	b.ReportMetric(float64((cpuTime(b)-begun).Nanoseconds())/float64(n*steps), "cpu-ns/action")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*steps), "ns/action")
}

// cpuTime is what the process has used: on a busy machine it says more than
// the time on the wall.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
