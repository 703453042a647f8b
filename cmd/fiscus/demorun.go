package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/channels"
	"github.com/fiscus-project/fiscus/service/simulate"
)

// demoRun is the demo of one package.
type demoRun struct {
	id     string
	files  fs.FS
	plan   demoPlan
	bundle *load.Bundle
	server *simulate.Server
	log    string
	rows   []demoRow
}

// demoPatience is how long the demo waits for a document at most: what the
// other side decides later stays pending.
const demoPatience = 5 * time.Second

// demoRow is what became of one document.
type demoRow struct {
	demoDocument
	report   *engine.Report
	problems diag.List    // why it was not taken
	item     *engine.Item // what came in
	sent     int          // by the authority's own log
	asked    int
}

// got is the result in the words of the plan.
func (r *demoRow) got() string {
	if i := r.item; i != nil && (i.Status != engine.ItemDone || r.report == nil || r.report.Status.Document == engine.DocNone) {
		if i.Status == engine.ItemDone {
			return "taken"
		}
		return string(i.Status)
	}
	if r.report == nil || r.report.Status.Document == engine.DocNone && r.report.Status.Run == engine.RunFailed {
		return "refused here"
	}
	return string(r.report.Status.Document)
}

func (r *demoRow) asPlanned() bool { return r.got() == r.Expect }

// run takes the documents through, phase by phase.
func (p *demoRun) run(ctx context.Context, a *app) error {
	s, err := a.demoSession(ctx, p)
	if err != nil {
		return err
	}
	return errors.Join(p.phases(ctx, a, s), s.close())
}

// demoSession opens the data folder with the simulator in the authority's place.
func (a *app) demoSession(ctx context.Context, p *demoRun) (*session, error) {
	trust := filepath.Join(a.data, "simulator.pem")
	if err := os.WriteFile(trust, p.server.RootPEM(), 0o600); err != nil {
		return nil, exit(exitEnvironment, err)
	}
	return a.session(ctx, &setup{environment: string(engine.Test), simulator: p.server.URL(), trust: trust})
}

func (p *demoRun) phases(ctx context.Context, a *app, s *session) error {
	phases := []int{}
	for _, d := range p.plan.Documents {
		if !slices.Contains(phases, d.Phase) {
			phases = append(phases, d.Phase)
		}
	}
	slices.Sort(phases)
	for _, phase := range phases {
		if err := p.phase(ctx, a, s, phase); err != nil {
			return err
		}
	}
	return p.judge()
}

func (p *demoRun) phase(ctx context.Context, a *app, s *session, phase int) error {
	var ids []string
	first := len(p.rows)
	for _, d := range p.plan.Documents {
		if d.Phase != phase {
			continue
		}
		row := demoRow{demoDocument: d}
		id, err := p.handIn(ctx, a, s, &row)
		var list diag.List
		switch {
		case errors.As(err, &list):
			row.problems = list
		case err != nil:
			return err
		case id != "":
			ids = append(ids, id)
			row.report = &engine.Report{ID: id}
		}
		p.rows = append(p.rows, row)
	}
	if _, err := s.Run(ctx, ids, 8, demoPatience); err != nil {
		return err
	}
	for i := first; i < len(p.rows); i++ {
		if err := p.collect(ctx, a, s, &p.rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// handIn submits a document of ours, or takes in what others send.
func (p *demoRun) handIn(ctx context.Context, a *app, s *session, row *demoRow) (id string, err error) {
	if row.Channel == "" {
		return p.submit(ctx, a, s, row.demoDocument)
	}
	data, err := fs.ReadFile(p.files, row.File)
	if err != nil {
		return "", err
	}
	inbox := filepath.Join(a.data, "inbox", filepath.Base(p.id))
	if err := os.MkdirAll(inbox, 0o700); err != nil {
		return "", exit(exitEnvironment, err)
	}
	if err := os.WriteFile(filepath.Join(inbox, filepath.Base(row.File)), data, 0o600); err != nil {
		return "", exit(exitEnvironment, err)
	}
	all := s.channels(&receiving{channel: p.id + ":" + row.Channel, setup: setup{entity: row.Entity}}, "folder")
	if len(all) != 1 {
		return "", fmt.Errorf("%s: no channel %s looks into a folder", p.id, row.Channel)
	}
	items, err := (&channels.Folder{Channel: all[0], Dir: inbox}).Poll(ctx)
	if err != nil || len(items) != 1 {
		return "", errors.Join(err, fmt.Errorf("%s: %d items came in", row.File, len(items)))
	}
	row.item = &items[0]
	return row.item.Submission, nil
}

// submit writes the document, dated now, into the data folder and hands it in.
func (p *demoRun) submit(ctx context.Context, a *app, s *session, d demoDocument) (string, error) {
	data, err := fs.ReadFile(p.files, d.File)
	if err != nil {
		return "", err
	}
	data = dated(data, time.Now().Add(-time.Second))
	file := filepath.Join(a.data, "documents", filepath.Base(p.id)+"-"+filepath.Base(d.File))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", exit(exitEnvironment, err)
	}
	if err := os.WriteFile(file, data, 0o600); err != nil {
		return "", exit(exitEnvironment, err)
	}
	return submit(ctx, s, d.Entity, file)
}

func (p *demoRun) collect(ctx context.Context, a *app, s *session, row *demoRow) error {
	if row.report == nil {
		return nil
	}
	report, err := s.Report(ctx, row.report.ID)
	if err != nil {
		return err
	}
	if err := a.keepResults(ctx, s.store, report); err != nil {
		return err
	}
	if row.item != nil { // news of a document of ours: where that stands now
		of, err := s.store.Submission(ctx, report.ID)
		if err != nil {
			return err
		}
		if of.Original != "" {
			original, err := s.Report(ctx, of.Original)
			if err != nil {
				return err
			}
			report.Status.Document = original.Status.Document
		}
	}
	row.report = report
	return nil
}

// judge counts, in the authority's own log, how often the bytes of each
// document came and how often they were asked for.
func (p *demoRun) judge() error {
	seen, err := readEvents(p.log)
	if err != nil {
		return err
	}
	for i := range p.rows {
		r := &p.rows[i]
		if r.report == nil {
			continue
		}
		counted := map[string]bool{}
		for _, c := range r.report.Calls {
			request := p.request(&c)
			if counted[request] {
				continue
			}
			counted[request] = true
			if c.Effect == engine.Sends.String() {
				r.sent += seen[request]
			} else {
				r.asked += seen[request]
			}
		}
	}
	return errors.Join(p.server.Faults()...)
}

// request names a call as the authority's log does: how, where, and the digest
// of the body as it left, the secrets of the demo filled in.
func (p *demoRun) request(c *engine.CallReport) string {
	body := c.Body
	for _, name := range p.plan.Secrets {
		body = bytes.ReplaceAll(body, []byte("{secret:"+name+"}"), []byte(madeUp(name)))
	}
	where := ""
	if u, err := url.Parse(c.URL); err == nil {
		where = u.Path
	}
	sum := sha256.Sum256(body)
	return c.Method + " " + where + " " + hex.EncodeToString(sum[:])
}

// readEvents counts the requests in an authority's log by method, path and the
// digest of their body.
func readEvents(file string) (map[string]int, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	seen := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e simulator.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("log of the authority: %w", err)
		}
		seen[e.Method+" "+e.Path+" "+e.SHA256]++
	}
	return seen, lines.Err()
}

// note is what a person has to know about a row.
func (r *demoRow) note(language string) string {
	switch {
	case len(r.problems) > 0:
		return r.problems[0].Message
	case r.item != nil && r.item.Reason != "":
		return r.item.Reason
	case r.report == nil:
		return ""
	case r.report.RecoveredBy != "":
		return "verdict found by asking, not by sending again"
	}
	if hint := engine.PickText(r.report.Hint, language); hint != "" && !r.asPlannedAccept() {
		return strings.TrimSpace(strings.TrimPrefix(r.report.Field, "document.") + ": " + hint)
	}
	if r.report.Status.Run == engine.RunFailed && len(r.report.Findings) > 0 {
		return r.report.Findings[0].Message
	}
	return r.report.Reason
}

func (r *demoRow) asPlannedAccept() bool {
	return r.report.Status.Document == engine.DocAccepted || r.report.Status.Document == engine.DocCanceled
}
