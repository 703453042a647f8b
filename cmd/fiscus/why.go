package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fiscus-project/fiscus/engine/nodes"
)

// written is a document that a step wrote, with where it came from.
type written struct {
	step    string
	mapping *nodes.Mapping
	result  *nodes.Result
}

// lookout collects what transform.write writes in a dry-run.
type lookout struct{ all []written }

// tell takes what a step wrote. A run that goes on from its journal writes it
// anew; that is told once.
func (l *lookout) tell(step string, m *nodes.Mapping, r *nodes.Result) {
	for i := range l.all {
		if l.all[i].step == step && l.all[i].mapping == m {
			l.all[i].result = r
			return
		}
	}
	l.all = append(l.all, written{step, m, r})
}

// whyRow is the origin of an output node in JSON.
type whyRow struct {
	Step    string `json:"step"`
	Mapping string `json:"mapping"`
	nodes.Origin
}

// sayWhy explains the output nodes that path names.
func (a *app) sayWhy(l *lookout, path string) (int, error) {
	rows := []whyRow{}
	for _, w := range l.all {
		for _, o := range w.result.Lineage {
			if named(o.Path, path) {
				rows = append(rows, whyRow{w.step, w.mapping.File, o})
			}
		}
	}
	if text, _ := a.text(); !text {
		return foundCode(len(rows)), a.json(map[string]any{"why": rows})
	}
	for _, r := range rows {
		from := strings.Join(r.From, ", ")
		if from == "" {
			from = "nothing of the document"
		}
		how := "literal"
		if r.Formula != "" {
			how = "=" + r.Formula
		}
		_, _ = fmt.Fprintf(a.stdout, "%s\n    written by %s in step %s: %s\n    from %s\n", r.Path, r.Pos, r.Step, how, from)
	}
	if len(rows) == 0 {
		return exitNotFound, exit(exitNotFound, fmt.Errorf("no output node is at %s\n    hint: name it as in the output: /Root/Element, or //Element anywhere", path))
	}
	return exitOK, nil
}

func foundCode(n int) int {
	if n == 0 {
		return exitNotFound
	}
	return exitOK
}

var index = regexp.MustCompile(`\[\d+\]`)

// named reports whether the output path is at, or below, the one asked for. A
// path without indexes means all of its kind; "//x" means x anywhere.
func named(path, asked string) bool {
	if !index.MatchString(asked) {
		path = index.ReplaceAllString(path, "")
	}
	if anywhere, ok := strings.CutPrefix(asked, "//"); ok {
		return strings.Contains(path+"/", "/"+anywhere+"/")
	}
	return path == asked || strings.HasPrefix(path, strings.TrimSuffix(asked, "/")+"/")
}

// loss returns what of the document no mapping has read.
func (a *app) loss(l *lookout) []string {
	if len(l.all) == 0 {
		return nil
	}
	unread := map[string]int{}
	for _, w := range l.all {
		for _, p := range w.result.Unread {
			unread[p]++
		}
	}
	var out []string
	for _, p := range l.all[0].result.Unread {
		if unread[p] == len(l.all) {
			out = append(out, p)
		}
	}
	return out
}
