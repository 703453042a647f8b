package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Probe runs a flow of kind probe for a legal entity, on a scratch copy, and
// returns its class: done means yes. A probe without a transport is unknown.
func (e *Engine) Probe(ctx context.Context, p *Package, flow, entity string, env Environment) (Class, error) {
	h := e.hands
	log := NewMemory(e.hands.Log)
	h.Log = log
	probe := e.With(h)
	id, err := randomID(h.Random)
	if err != nil {
		return Unknown, err
	}
	now := e.now()
	s := &Submission{ID: id, Environment: env, Entity: entity, Package: p.ID, Version: p.Version, Digest: p.Digest, Flow: flow, Kind: Probe,
		Accepted: now, Changed: now, Run: RunRunning, Status: DocNone}
	if err := log.Create(ctx, s); err != nil {
		return Unknown, err
	}
	lease, err := log.Acquire(ctx, id, e.options.Owner, now, e.options.LeaseTTL)
	if err != nil {
		return Unknown, err
	}
	r, err := probe.start(ctx, id, lease, false)
	if err != nil {
		return Unknown, err
	}
	o, err := r.execute()
	var h2 *halt
	if errors.As(err, &h2) {
		return Unknown, nil
	}
	return o.Class, err
}

// SetMode lets a person change a mode object, with a reason.
func (e *Engine) SetMode(ctx context.Context, object, value, who, reason string) error {
	parts := strings.Split(object, "\x1f")
	if len(parts) < 3 {
		return diag.Problem{Rule: "RUN-STATE", Message: "no such state object"}
	}
	p := e.cat.Package(parts[1], "")
	s := p.state(parts[2])
	if s == nil || s.Kind != "mode" || !slices.Contains(s.Values, value) {
		return diag.Problem{Rule: "RUN-STATE", Message: fmt.Sprintf("%s has no mode %q with the value %q", parts[1], parts[2], value)}
	}
	if by := s.by(value); len(by) > 0 && !slices.Contains(by, "operator") {
		return diag.Problem{Rule: "RUN-STATE", Message: fmt.Sprintf("mode %q may not be set to %q by an operator", s.Name, value)}
	}
	if strings.TrimSpace(reason) == "" {
		return diag.Problem{Rule: "RUN-REASON", Message: "a reason is required"}
	}
	old, err := e.modeRow(ctx, object)
	if err != nil {
		return err
	}
	row := ModeRow{Value: value, Since: e.now(), Reason: reason, By: who, Environment: Environment(parts[0]), Package: parts[1], State: parts[2]}
	if old != nil {
		row.Entity = old.Entity
	}
	return e.setMode(ctx, object, value, row)
}

// Tend tries to leave modes: those whose probe is due. It returns how many
// were left. Whoever runs submissions calls it now and then.
func (e *Engine) Tend(ctx context.Context) (int, error) {
	left := 0
	err := e.eachMode(ctx, func(object string, row ModeRow) error {
		ok, err := e.leave(ctx, object, row)
		left += btoi(ok)
		return err
	})
	return left, err
}

func (e *Engine) leave(ctx context.Context, object string, row ModeRow) (bool, error) {
	s, due, err := e.leaving(row)
	now := e.now()
	if err != nil || due.IsZero() || now.Before(due) {
		return false, err
	}
	p := e.cat.Package(row.Package, "")
	class, err := e.Probe(ctx, p, s.Leave.Probe, row.Entity, row.Environment)
	if err != nil {
		return false, err
	}
	if class == Done {
		row.Value, row.Since, row.Reason, row.By = s.Start, now, "probe "+s.Leave.Probe, "engine"
		return true, e.setMode(ctx, object, s.Start, row)
	}
	row.Checked = now
	data, err := json.Marshal(row)
	if err != nil {
		return false, err
	}
	return false, e.hands.Log.Write(ctx, Lease{}, func(tx LogTx) error { return tx.Set(BucketMode, object, data) })
}
