package engine

import (
	"context"
	"errors"
	"time"
)

// DryRun takes a document through its flow on a scratch copy of the log: pure
// and recording steps run, and the report ends with the call that would leave.
// With a transport (a simulator in the process) it goes on as far as waits of
// at most patience each allow, on a virtual clock: its own, unless the engine
// has one already. Nothing of it is kept.
func (e *Engine) DryRun(ctx context.Context, req *Request, transport Transport, patience time.Duration) (*Report, error) {
	h := e.hands
	h.Log, h.Transport = NewMemory(e.hands.Log), transport
	h.Clock = NewVirtual(e.now())
	d := e.With(h)
	sub, err := d.Submit(ctx, req)
	if err != nil {
		return nil, err
	}
	for range maxDryPasses {
		r, stop, err := d.dryPass(ctx, sub.ID)
		if err != nil {
			return nil, err
		}
		if stop == nil || stop.kind != haltWait || stop.until.Sub(h.Clock.Now()) > patience {
			return d.dryReport(ctx, r, stop)
		}
		if err := h.Clock.Sleep(ctx, stop.until); err != nil {
			return nil, err
		}
	}
	r, stop, err := d.dryPass(ctx, sub.ID)
	if err != nil {
		return nil, err
	}
	return d.dryReport(ctx, r, stop)
}

// maxDryPasses bounds how often a dry-run waits and goes on.
const maxDryPasses = 300

// dryPass is Advance that tells how the pass ended.
func (e *Engine) dryPass(ctx context.Context, id string) (*run, *halt, error) {
	lease, err := e.hands.Log.Acquire(ctx, id, e.options.Owner, e.now(), e.options.LeaseTTL)
	if err != nil {
		return nil, nil, err
	}
	r, err := e.start(ctx, id, lease, false)
	if err != nil {
		return nil, nil, err
	}
	r.dry = true
	err = r.pass()
	var stop *halt
	if errors.As(err, &stop) {
		err = nil
	}
	if stop == nil && err == nil && r.sub.Run == RunWaiting {
		stop = &halt{kind: haltWait, until: r.sub.Until}
	}
	return r, stop, err
}

// dryReport looks over all that the passes did, and where the last one stopped.
func (e *Engine) dryReport(ctx context.Context, last *run, stop *halt) (*Report, error) {
	h := e.hands
	h.Transport = nil
	r, err := e.With(h).start(ctx, last.sub.ID, Lease{}, true)
	if err != nil {
		return nil, err
	}
	r.dry = true
	var end *halt
	if _, err := r.execute(); err != nil && !errors.As(err, &end) {
		return nil, err
	}
	if r.report.kept, err = e.keptOf(ctx, r); err != nil {
		return nil, err
	}
	r.sub.Status = last.virtual // the document stands where the pass has come to, written or not
	out := r.report.make(r)
	out.Preview = true
	if stop != nil && stop.kind == haltCall {
		effect := Sends
		if stop.call.Reads {
			effect = Reads
		}
		out.Next = callReport(stop.path, stop.call, effect)
		out.Reason, out.Rule = "this call would leave; nothing was sent", "RUN-DRY"
		out.Trace = append(out.Trace, TraceLine{Step: stop.path, Note: "stops here: " + effect.String() + " " + stop.call.Method + " " + stop.call.URL})
	}
	return out, nil
}
