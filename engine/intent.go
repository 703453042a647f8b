package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// planned checks that the call is the one whose intent was logged.
func (x *attempt) planned(intent any) error {
	m, _ := intent.(map[string]any)
	if err := x.r.sameOutputs(x.path, m["pure"]); err != nil {
		return err
	}
	digest := x.digest()
	x.leaf.notAfter, _ = m["notAfter"].(time.Time)
	x.move()
	if digest != m["digest"] {
		return x.r.parkAt(x.path, diag.Problemf(x.t.st.Pos, "RUN-REPLAY-DRIFT", "the request of step %s is not the one that was logged", x.path).
			WithHint("an action gave other bytes for the same input, or a secret was changed; nothing is sent"))
	}
	return nil
}

// intend passes the fence: it logs what is about to be sent, and returns the
// gate that is asked just before the first byte.
func (x *attempt) intend() (Gate, error) {
	r := x.r
	if x.leaf.stands() || x.leaf.class == Verdict || x.leaf.class == Missing {
		if x.leaf.may == 0 {
			return nil, r.parkAt(x.path, diag.Problemf(x.t.st.Pos, "RUN-FENCE", "step %s ended %s; it is not sent again", x.t.path, x.leaf.class))
		}
		x.leaf.may--
	}
	digest := x.digest()
	now := r.e.now()
	until := now.Add(r.e.options.SendFor)
	x.call.NotAfter, x.leaf.notAfter = until, until
	m := x.record()
	m["digest"], m["notAfter"], m["messageId"], m["pure"] = digest, until, r.messageID(x.t.path), r.outputDigests()
	if err := r.note(Entry{Path: x.path, Kind: EntryIntent, At: now}, m); err != nil {
		return nil, err
	}
	x.move()
	if err := r.flush(nil); err != nil {
		return nil, err
	}
	x.leaf.class = Unknown
	ctx := context.WithoutCancel(r.ctx)
	return func() error {
		if err := r.e.hands.Log.Holds(ctx, r.lease); err != nil {
			return err
		}
		if r.e.now().After(until) {
			return diag.Problem{Rule: "RUN-TOO-LATE", Message: "the time in which the call might be written is over"}
		}
		return nil
	}, nil
}

// record describes the call with slots where secrets go.
func (x *attempt) record() map[string]any {
	headers := make([]any, len(x.call.Header))
	for i, h := range x.call.Header {
		headers[i] = []any{h.Name, pieces(h.Value)}
	}
	return map[string]any{"method": x.call.Method, "url": x.call.URL, "headers": headers, "body": pieces(x.call.Body)}
}

func pieces(list []Piece) []any {
	out := make([]any, 0, len(list))
	for _, p := range list {
		if p.Secret != nil {
			out = append(out, *p.Secret)
		} else {
			out = append(out, p.Bytes)
		}
	}
	return out
}

// digest is keyed, since what it covers holds secrets.
func (x *attempt) digest() string {
	if x.t.digest != "" {
		return x.t.digest
	}
	h := hmac.New(sha256.New, x.r.e.hands.DigestKey)
	write := func(b []byte) {
		fmt.Fprintf(h, "%d:", len(b))
		h.Write(b)
	}
	all := func(list []Piece) {
		var b []byte
		for _, p := range list {
			if p.Secret != nil {
				b = append(b, p.Secret.RevealBytes()...)
			} else {
				b = append(b, p.Bytes...)
			}
		}
		write(b)
	}
	write([]byte(x.call.Method))
	write([]byte(x.call.URL))
	for _, f := range x.call.Header {
		write([]byte(f.Name))
		all(f.Value)
	}
	all(x.call.Body)
	x.t.digest = hex.EncodeToString(h.Sum(nil))
	return x.t.digest
}

func responseValue(res *Response) map[string]any {
	headers := make([]any, len(res.Header))
	for i, h := range res.Header {
		headers[i] = []any{h[0], h[1]}
	}
	return map[string]any{"status": res.Status, "headers": headers, "body": res.Body, "code": res.Code, "reason": res.Reason, "received": res.Received}
}

func responseOf(v any) *Response {
	m, _ := v.(map[string]any)
	res := &Response{Status: intOf(m["status"])}
	res.Body, _ = m["body"].([]byte)
	res.Code, _ = m["code"].(string)
	res.Reason, _ = m["reason"].(string)
	res.Received, _ = m["received"].(time.Time)
	list, _ := m["headers"].([]any)
	for _, h := range list {
		pair, _ := h.([]any)
		name, _ := at(pair, 0).(string)
		value, _ := at(pair, 1).(string)
		res.Header = append(res.Header, [2]string{name, value})
	}
	return res
}
