package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// BucketCounterLog holds every word of a person on a counter or cursor, by object and time.
const BucketCounterLog = "counterlog"

// CounterRow is a person's word on a counter as the log keeps it.
type CounterRow struct {
	Last   decimal.Decimal  `json:"last"`
	Before *decimal.Decimal `json:"before,omitempty"` // nil: nothing had been drawn
	At     time.Time        `json:"at"`
	Reason string           `json:"reason"`
	By     string           `json:"by"`
}

// SetCounter lets a person say, with a reason, that numbers up to last are used
// already, by another program for instance; of a cursor, that what stands up to
// there was read. Neither goes back: a last that is not beyond the present one
// is RUN-STATE.
func (e *Engine) SetCounter(ctx context.Context, object string, last decimal.Decimal, who, reason string) error {
	parts := strings.Split(object, "\x1f")
	var s *State
	if len(parts) >= 3 {
		s = e.cat.Package(parts[1], "").state(parts[2])
	}
	switch {
	case s == nil || buckets[s.Kind] == "":
		return diag.Problem{Rule: "RUN-STATE", Message: "no such counter or cursor"}
	case !last.IsInteger() || last.Sign() < 0:
		return diag.Problem{Rule: "RUN-STATE", Message: fmt.Sprintf("%s is no number a counter or cursor can stand at", last)}
	case strings.TrimSpace(reason) == "":
		return diag.Problem{Rule: "RUN-REASON", Message: "a reason is required"}
	}
	row := CounterRow{Last: last, At: e.now(), Reason: reason, By: who}
	return e.hands.Log.Write(ctx, Lease{}, func(tx LogTx) error { return moveCounter(tx, s.Kind, object, row) })
}

// buckets are those of the kinds of state that are one rising number.
var buckets = map[string]string{"counter": BucketCounter, "cursor": BucketCursor}

func moveCounter(tx LogTx, kind, object string, row CounterRow) error {
	data, err := tx.Get(buckets[kind], object)
	if err != nil {
		return err
	}
	if data != nil {
		before, err := decimal.Parse(string(data))
		if err != nil {
			return err
		}
		if row.Last.Cmp(before) <= 0 {
			return diag.Problem{Rule: "RUN-STATE", Message: fmt.Sprintf("the %s stands at %s and never goes back to %s", kind, before, row.Last),
				Hint: "a number that was drawn may be with the authority"}
		}
		row.Before = &before
	}
	line, err := json.Marshal(row)
	if err != nil {
		return err
	}
	if err := tx.Set(BucketCounterLog, object+"\x1f"+row.At.UTC().Format(time.RFC3339Nano), line); err != nil {
		return err
	}
	return tx.Set(buckets[kind], object, []byte(row.Last.String()))
}
