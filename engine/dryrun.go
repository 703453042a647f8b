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
	known, list := d.Read(req)
	if err := list.Err(); err != nil {
		return nil, err
	}
	one := *req
	one.Parsed = known
	sub, err := d.Submit(ctx, &one)
	if err != nil {
		return nil, err
	}
	d.read = known
	for pass := range maxDryPasses {
		r, stop, err := d.dryPass(ctx, sub.ID)
		if err != nil {
			return nil, err
		}
		if pass == 0 && stop != nil && stop.kind == haltCall {
			return d.firstCall(ctx, r, stop)
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
	return r.previewed(stop), nil
}

// firstCall reports on a run whose first pass ended before its first call: the
// pass itself has seen everything, and nothing is worked out (or signed) again.
func (e *Engine) firstCall(ctx context.Context, r *run, stop *halt) (*Report, error) {
	entries, err := e.hands.Log.Journal(ctx, r.sub.ID)
	if err != nil {
		return nil, err
	}
	for i := range entries { // the log has given them their numbers
		r.journal[entryKey{entries[i].Path, entries[i].Kind}] = &entries[i]
	}
	if r.report.kept, err = e.keptOf(ctx, r); err != nil {
		return nil, err
	}
	r.sub.Status = r.virtual
	return r.previewed(stop), nil
}

// previewed makes the report of a dry-run that stopped so.
func (r *run) previewed(stop *halt) *Report {
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
	return out
}
