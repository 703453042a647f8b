package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/enginetest"
	"github.com/fiscus-project/fiscus/internal/civil"
)

// ask evaluates a formula where flows see it.
func ask(t *testing.T, w *world, src string) string {
	t.Helper()
	f := w.pkg.Flows[0]
	f.Steps = []*engine.FlowStep{{ID: "a", Action: enginetest.Make, With: enginetest.With(t, "in", "="+src)}}
	f.Fields = enginetest.With(t, "out", "=text(steps.a.out)")
	e := w.engine()
	req := request(t, "1")
	req.ID = src
	r, err := e.DryRun(context.Background(), req, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Findings) > 0 {
		return r.Findings[0].Rule
	}
	return fmt.Sprint(r.Fields["out"])
}

func TestRowOfATable(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	row := func(url string, env string, from, to civil.Date, keys ...string) engine.Row {
		return engine.Row{Keys: keys, Values: map[string]any{"url": url, "date": day(t, "2026-11-20")}, Environment: env, From: from, To: to}
	}
	var open civil.Date
	w.pkg.Tables = map[string]*engine.Table{
		"t": {Name: "t", Key: []string{"service", "region"}, Rows: []engine.Row{
			row("any", "", open, open, "*", "*"),
			row("send any", "", open, open, "send", "*"),
			row("any sp", "", open, open, "*", "SP"),
			row("live", "production", open, open, "send", "SP"),
			row("old", "test", open, day(t, "2026-11-22"), "send", "SP"),
			row("now", "test", day(t, "2026-11-23"), day(t, "2026-11-23"), "send", "SP"),
			row("later", "test", day(t, "2026-11-24"), open, "send", "SP"),
			row("replaced", "", open, open, "ask", "RJ"),
		}},
		"p": {Name: "p", Key: []string{"code"}, Prefix: true, Rows: []engine.Row{row("1", "", open, open, "1"), row("12", "", open, open, "12"), row("*", "", open, open, "*")}},
		"c": {Name: "c", Rows: []engine.Row{row("x", "", open, open)}},
	}
	w.entities[0].Tables = map[string]map[string][]engine.Row{"xx/test": {"t": {row("own", "", open, open, "ask", "RJ")}}}
	for src, want := range map[string]string{
		`table("t", "send", "SP").url`:                    "<now>",
		`table("t", "send", "RJ").url`:                    "<send any>",
		`table("t", "ask", "SP").url`:                     "<any sp>",
		`table("t", "ask", "MG").url`:                     "<any>",
		`table("t", "ask", "RJ").url`:                     "<own>",
		`table("p", "123").url`:                           "<12>",
		`table("p", "19").url`:                            "<1>",
		`table("p", "9").url`:                             "<*>",
		`string(len(rows("t", "send")))`:                  "<4>",
		`string(len(rows("t")))`:                          "<5>",
		`tableOr("c", "x")?.url ?? "none"`:                "<none>",
		`table("c", "x").url`:                             "RUN-TABLE-ROW",
		`string(addWorkdays(date("2026-11-19"), 1, "c"))`: "<2026-11-23>",
		`entityBy("country", "XX").id`:                    "<acme>",
		`entityBy("country", "YY")?.id ?? "nobody"`:       "<nobody>",
		`context.environment + " " + context.runId[0:3]`:  "<test con>",
		`string(context.accepted == nil)`:                 "<false>",
		`string(len(context.messageId))`:                  "<36>",
	} {
		if got := ask(t, w, src); got != want {
			t.Errorf("%s: want %s, got %s", src, want, got)
		}
	}
}
