package nodes

import (
	"fmt"
	"strconv"
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// text returns the text of a value of n; false if it is absent or empty.
func (w *writer) text(n *Node, v any) (string, bool) {
	switch x := v.(type) {
	case nil:
		return "", false
	case string:
		if t := w.m.Text; t != nil {
			var err error
			if x, err = t.Apply(x); err != nil {
				w.fail(n.Value.Pos(), err)
				return "", false
			}
		}
		return x, x != ""
	case decimal.Decimal:
		d, err := n.layout.apply(x)
		if err != nil {
			w.fail(n.Value.Pos(), err)
		}
		return d.String(), err == nil
	case bool:
		return strconv.FormatBool(x), true
	case civil.Date, civil.Clock, time.Time:
		t, err := w.moment(n, x)
		if err != nil {
			w.fail(n.Value.Pos(), err)
		}
		return t, err == nil
	case time.Duration:
		return civil.FormatDuration(x), true
	}
	w.unwritable(n.Value.Pos(), v)
	return "", false
}

// apply gives d the decimals of the layout; nil leaves it as it is.
func (l *Layout) apply(d decimal.Decimal) (decimal.Decimal, error) {
	if l == nil || !l.Decimals {
		return d, nil
	}
	r, err := d.Between(l.Min, l.Max)
	if err != nil {
		return d, fmt.Errorf("%w (the format allows %d to %d)", err, l.Min, l.Max)
	}
	return r, nil
}

// moment formats a date, time or instant: by the layout of its schema type,
// else by that of its kind.
func (w *writer) moment(n *Node, v any) (string, error) {
	l := n.layout
	if l == nil || l.Decimals {
		l = w.m.Formats[formula.KindOf(v).String()]
	}
	if l == nil {
		return formula.FormatText(v)
	}
	t, instant := v.(time.Time)
	if instant {
		zone, err := w.zone(l)
		if err != nil {
			return "", err
		}
		if zone != nil {
			t = t.In(zone)
		}
	}
	if l.Pattern == nil {
		if instant {
			return civil.FormatInstant(t), nil
		}
		return formula.FormatText(v)
	}
	var text string
	var err error
	switch v := v.(type) {
	case civil.Date:
		text, err = l.Pattern.FormatDate(v)
	case civil.Clock:
		text, err = l.Pattern.FormatClock(v)
	default:
		text = l.Pattern.FormatInstant(t)
	}
	if err != nil {
		return "", diag.Problem{Rule: RulePattern, Message: err.Error(), Err: err}
	}
	return text, nil
}

// zone works out the zone of a layout, once a document.
func (w *writer) zone(l *Layout) (*time.Location, error) {
	if l.Zone == nil {
		return nil, nil
	}
	if z, ok := w.zones[l]; ok {
		return z, nil
	}
	v, err := l.Zone.Eval(w.top)
	if err != nil {
		return nil, err
	}
	name, ok := v.(string)
	if !ok {
		return nil, diag.Problemf(l.Zone.Pos(), RulePattern, "a time zone is a name, not a %s", formula.KindOf(v))
	}
	z, err := civil.Zone(name)
	if err != nil {
		return nil, diag.Problem{Pos: l.Zone.Pos(), Rule: RulePattern, Message: err.Error(), Err: err}
	}
	if w.zones == nil {
		w.zones = map[*Layout]*time.Location{}
	}
	w.zones[l] = z
	return z, nil
}
