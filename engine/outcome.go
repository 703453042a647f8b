package engine

import (
	"encoding/json"
	"time"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Outcome is how a step ended: one typed value, kept in the log.
type Outcome struct {
	Class    Class
	Code     string // of the authority, or a transport code
	Text     string // of the authority, word for word
	Status   DocStatus
	Fields   map[string]any
	Part     []byte // bytes as received
	Wait     time.Duration
	Pause    time.Duration
	Raise    string
	Field    string // business field the authority complains of
	Hint     map[string]string
	Says     map[string]string // what the legal entity says of the code, by language
	At       time.Time
	Findings diag.List
	Members  []Member // of a batch, in the order of the answer

	asked time.Time // when its call was begun
	from  string    // path of the step whose call it came from
	leaf  string    // the same if that step sends: what the fence goes by
}

// Member is what one member of a batch got.
type Member struct {
	Key     string
	Outcome Outcome
}

// Finding is a problem of a document as it is reported: a diag.Problem.
type Finding = diag.Problem

// outcomeValue writes an outcome as a value of formulas, for the log.
func outcomeValue(o *Outcome) map[string]any {
	m := map[string]any{"class": string(o.Class), "code": o.Code, "text": o.Text, "status": string(o.Status), "at": o.At}
	if o.Fields != nil {
		m["fields"] = o.Fields
	}
	if o.Part != nil {
		m["part"] = o.Part
	}
	for name, d := range map[string]time.Duration{"wait": o.Wait, "pause": o.Pause} {
		if d != 0 {
			m[name] = d
		}
	}
	for name, t := range map[string]string{"raise": o.Raise, "field": o.Field} {
		if t != "" {
			m[name] = t
		}
	}
	for name, said := range map[string]map[string]string{"hint": o.Hint, "says": o.Says} {
		if len(said) == 0 {
			continue
		}
		texts := map[string]any{}
		for lang, t := range said {
			texts[lang] = t
		}
		m[name] = texts
	}
	if len(o.Findings) > 0 {
		data, _ := json.Marshal(o.Findings)
		m["findings"] = string(data)
	}
	return m
}

// outcomeOf reads what outcomeValue wrote.
func outcomeOf(m map[string]any) Outcome {
	text := func(name string) string { t, _ := m[name].(string); return t }
	o := Outcome{Class: Class(text("class")), Code: text("code"), Text: text("text"), Status: DocStatus(text("status")), Raise: text("raise"), Field: text("field")}
	o.At, _ = m["at"].(time.Time)
	o.Fields, _ = m["fields"].(map[string]any)
	o.Part, _ = m["part"].([]byte)
	o.Wait, _ = m["wait"].(time.Duration)
	o.Pause, _ = m["pause"].(time.Duration)
	o.Hint, o.Says = saidOf(m["hint"]), saidOf(m["says"])
	if data := text("findings"); data != "" {
		_ = json.Unmarshal([]byte(data), &o.Findings)
	}
	return o
}

// saidOf reads texts by language.
func saidOf(v any) map[string]string {
	m, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	out := make(map[string]string, len(m))
	for lang, t := range m {
		out[lang], _ = t.(string)
	}
	return out
}

func intOf(v any) int {
	d, _ := v.(decimal.Decimal)
	n, _ := d.Int64()
	return int(n)
}
