package load

import (
	"slices"
	"strings"
)

// order puts the steps into the order of running: what a step reads or needs
// comes before it, otherwise as written; those with finally come last.
func (l *loader) order(f *flowUnit) {
	index := map[string]int{}
	for i, st := range f.steps {
		index[st.step.ID] = i
	}
	waits := make([][]int, len(f.steps))
	for i, st := range f.steps {
		for _, id := range st.step.After {
			j, ok := index[id]
			if !ok {
				continue
			}
			waits[i] = append(waits[i], j)
			if f.steps[j].step.Finally && !st.step.Finally {
				l.fault(st.step.Pos, RuleStepForm, "", "step %q waits for %q, which runs at the end", st.step.ID, id)
			}
		}
	}
	done := make([]bool, len(f.steps))
	for _, last := range []bool{false, true} {
		for next := ready(f, waits, done, last); next >= 0; next = ready(f, waits, done, last) {
			done[next] = true
			f.flow.Steps = append(f.flow.Steps, f.steps[next].step)
		}
	}
	if len(f.flow.Steps) == len(f.steps) {
		return
	}
	told := map[int]bool{} // a circle is told once, at its first step
	for i, st := range f.steps {
		way := circle(waits, i)
		if way == nil || slices.ContainsFunc(way, func(j int) bool { return told[j] }) {
			continue
		}
		for _, j := range way {
			told[j] = true
		}
		l.fault(st.step.Pos, RuleStepCycle, "a step waits for what it reads and needs: take one of these away", "step %q waits for itself: %s", st.step.ID, named(f, way))
	}
	f.flow.Steps = f.flow.Steps[:0]
	for _, st := range f.steps {
		f.flow.Steps = append(f.flow.Steps, st.step)
	}
}

// ready returns the first step, as written, all of whose steps before it are
// done; -1 if there is none.
func ready(f *flowUnit, waits [][]int, done []bool, last bool) int {
	return slices.IndexFunc(f.steps, func(st *stepUnit) bool {
		i := slices.Index(f.steps, st)
		return !done[i] && st.step.Finally == last && !slices.ContainsFunc(waits[i], func(j int) bool { return !done[j] })
	})
}

func named(f *flowUnit, way []int) string {
	names := make([]string, len(way))
	for k, j := range way {
		names[k] = f.steps[j].step.ID
	}
	return strings.Join(names, " > ")
}
