package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/store"
)

func newSubmissionCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "submission", Short: "What became of submitted documents"}
	c.AddCommand(newSubmissionListCommand(a), newSubmissionShowCommand(a), newSubmissionLogCommand(a),
		newSubmissionRetryCommand(a), newSubmissionResumeCommand(a), newSubmissionCancelCommand(a), newSubmissionExportCommand(a))
	return c
}

// row is a submission in lists.
type row struct {
	ID       string      `json:"id"`
	Entity   string      `json:"entity"`
	Package  string      `json:"package"`
	Version  string      `json:"version"`
	Flow     string      `json:"flow"`
	Document string      `json:"document"`
	Status   rowStatus   `json:"status"`
	Reason   string      `json:"reason,omitempty"`
	Rule     string      `json:"rule,omitempty"`
	Accepted time.Time   `json:"accepted"`
	Changed  time.Time   `json:"changed"`
	Until    *time.Time  `json:"until,omitempty"`
	Test     bool        `json:"test,omitempty"`
	Fields   interface{} `json:"fields,omitempty"`
}

type rowStatus struct {
	Run      engine.RunStatus `json:"run"`
	Document engine.DocStatus `json:"document"`
}

func rowOf(s *engine.Submission) row {
	r := row{ID: s.ID, Entity: s.Entity, Package: s.Package, Version: s.Version, Flow: s.Flow, Document: s.DocumentID,
		Status: rowStatus{s.Run, s.Status}, Reason: s.Reason, Rule: s.Rule, Accepted: s.Accepted, Changed: s.Changed,
		Test: s.Environment != engine.Production}
	if !s.Until.IsZero() {
		r.Until = &s.Until
	}
	if len(s.Fields) > 0 {
		r.Fields = json.RawMessage(s.Fields)
	}
	return r
}

func (a *app) withLog(ctx context.Context, f func(*store.Store) error) error {
	if _, err := a.text(); err != nil {
		return err
	}
	log, err := a.openLog(ctx, false)
	if err != nil {
		return err
	}
	return errors.Join(f(log), log.Close())
}

func cutText(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

// find returns the submission whose id is, or begins with, id, or whose
// document has that id.
func find(ctx context.Context, log engine.Log, id string) (*engine.Submission, error) {
	s, err := log.Submission(ctx, id)
	if !errors.Is(err, engine.ErrNotFound) {
		return s, err
	}
	found, err := log.Find(ctx, engine.Query{DocumentID: id})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && len(id) >= 6 {
		all, err := log.Find(ctx, engine.Query{})
		if err != nil {
			return nil, err
		}
		for _, s := range all {
			if strings.HasPrefix(s.ID, id) {
				found = append(found, s)
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, exit(exitNotFound, fmt.Errorf("there is no submission %q\n    hint: fiscus submission list", id))
	case 1:
		return found[0], nil
	}
	return nil, exit(exitUsage, fmt.Errorf("%q means %d submissions\n    hint: name one by its whole id: fiscus submission list --id %s", id, len(found), id))
}

func newSubmissionShowCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "show SUBMISSION",
		Short: "One submission: statuses, published facts, kept results",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withLog(c.Context(), func(log *store.Store) error {
				s, err := find(c.Context(), log, args[0])
				if err != nil {
					return err
				}
				kept, err := log.Kept(c.Context(), s.ID)
				if err != nil {
					return err
				}
				journal, err := log.Journal(c.Context(), s.ID)
				if err != nil {
					return err
				}
				return a.show(s, kept, journal)
			})
		},
	}
}

// keptRow is a kept result in JSON.
type keptRow struct {
	Name      string `json:"name"`
	File      string `json:"file"`
	MediaType string `json:"mediaType"`
	SHA256    string `json:"sha256"`
	Size      int    `json:"size"`
	Legal     bool   `json:"legal"`
}

// about is everything that is told of one submission.
type about struct {
	row
	Digest  string     `json:"digest"`
	Answer  *answerRow `json:"answer,omitempty"`
	Results []keptRow  `json:"results"`
}

// answerRow is the last answer of the authority: its words, and what package
// and legal entity say of it, by language.
type answerRow struct {
	Class engine.Class      `json:"class"`
	Code  string            `json:"code"`
	Text  string            `json:"text,omitempty"`
	Says  map[string]string `json:"says,omitempty"`
	Field string            `json:"field,omitempty"`
	Hint  map[string]string `json:"hint,omitempty"`
}

func answerOf(journal []engine.Entry) *answerRow {
	o, ok := engine.LastAnswer(journal)
	if !ok {
		return nil
	}
	return &answerRow{o.Class, o.Code, o.Text, o.Says, o.Field, o.Hint}
}

// sayAnswer prints the last answer, as lines of a table.
func (a *app) sayAnswer(x *answerRow, line func(name, format string, args ...any)) {
	if x == nil {
		return
	}
	line("answer", "%s", strings.TrimSpace(fmt.Sprintf("%s (%s) %s", x.Code, x.Class, x.Text)))
	for _, t := range [][2]string{{"says", engine.PickText(x.Says, a.language())}, {"field", x.Field}, {"hint", engine.PickText(x.Hint, a.language())}} {
		if t[1] != "" {
			line(t[0], "%s", t[1])
		}
	}
}

func aboutOf(s *engine.Submission, kept []engine.Kept, journal []engine.Entry) about {
	rows := make([]keptRow, len(kept))
	for i, k := range kept {
		rows[i] = keptRow{k.Name, k.File, k.MediaType, k.SHA256, k.Size, k.Legal}
	}
	return about{rowOf(s), s.Digest, answerOf(journal), rows}
}

func (a *app) show(s *engine.Submission, kept []engine.Kept, journal []engine.Entry) error {
	about := aboutOf(s, kept, journal)
	if text, _ := a.text(); !text {
		return a.json(about)
	}
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	line := func(name, format string, args ...any) { _, _ = fmt.Fprintf(w, name+"\t"+format+"\n", args...) }
	line("submission", "%s", s.ID)
	line("document", "%s (%s)", s.DocumentID, s.DocumentType)
	line("entity", "%s, %s", s.Entity, s.Environment)
	line("flow", "%s@%s %s", s.Package, s.Version, s.Flow)
	line("run", "%s", s.Run)
	line("status", "%s", s.Status)
	if s.Reason != "" {
		line("reason", "%s [%s]", s.Reason, s.Rule)
	}
	a.sayAnswer(about.Answer, line)
	if !s.Until.IsZero() {
		line("until", "%s", s.Until.Local().Format(time.DateTime))
	}
	if len(s.Fields) > 0 {
		line("fields", "%s", s.Fields)
	}
	for _, k := range about.Results {
		line("result "+k.Name, "%s (%d bytes, sha256 %s)", k.File, k.Size, k.SHA256)
	}
	return w.Flush()
}

func newSubmissionLogCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "log SUBMISSION",
		Short: "The journal of a submission: every effect, answer and wait",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return a.withLog(c.Context(), func(log *store.Store) error {
				s, err := find(c.Context(), log, args[0])
				if err != nil {
					return err
				}
				entries, err := log.Journal(c.Context(), s.ID)
				if err != nil {
					return err
				}
				return a.journal(s, entries)
			})
		},
	}
}

// entryRow is a line of the journal in JSON.
type entryRow struct {
	Seq   int              `json:"seq"`
	At    time.Time        `json:"at"`
	Path  string           `json:"path"`
	Kind  engine.EntryKind `json:"kind"`
	Epoch int64            `json:"epoch"`
	Data  json.RawMessage  `json:"data,omitempty"`
	Blobs []string         `json:"blobs,omitempty"`
}

func (a *app) journal(s *engine.Submission, entries []engine.Entry) error {
	if text, _ := a.text(); text {
		w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
		for _, e := range entries {
			_, _ = fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", e.Seq, e.At.Local().Format("2006-01-02 15:04:05.000"), e.Kind, e.Path, cutText(string(e.Data), 100))
		}
		return w.Flush()
	}
	rows := make([]entryRow, len(entries))
	for i, e := range entries {
		rows[i] = entryRow{e.Seq, e.At, e.Path, e.Kind, e.Epoch, e.Data, e.Blobs}
	}
	return a.json(map[string]any{"submission": rowOf(s), "entries": rows})
}
