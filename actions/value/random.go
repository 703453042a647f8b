package value

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// RuleRandom says that nothing can be drawn as asked.
const RuleRandom = "RUN-RANDOM"

const (
	maxDigits = 100
	maxBytes  = 1024
	maxDraws  = 1000
)

// Random declares the action "value.random".
var Random = engine.Spec{
	Name:    "value.random",
	Since:   "0.1",
	Effect:  engine.Records,
	Summary: "Draw digits or bytes at random, once. Fit for codes and identifiers, not for keys: what is drawn is journalled.",
	Params: []engine.Param{
		{Name: "digits", Type: formula.Integer, Doc: "How many decimal digits, 1 to 100. Either digits or bytes."},
		{Name: "bytes", Type: formula.Integer, Doc: "How many bytes, 1 to 1024."},
		{Name: "for", Type: formula.String, Doc: "Key under which it is kept: the same key gets the same value again, in retries and resubmissions."},
		{Name: "not", Type: formula.ListOf(formula.String), Doc: "Texts that are not wanted: another one is drawn."},
	},
	Out: []engine.Port{{Name: "out", Type: formula.Any, Doc: "A text of digits, or bytes."}},
	Example: `id: code
action: value.random
with: {digits: 8, for: =document.id, not: ["00000000", "12345678"]}
`,
	Record: random,
}

func random(_ context.Context, s *engine.Step, tx engine.Tx) (engine.Outputs, error) {
	digits, errDigits := count(s, "digits", maxDigits)
	bytes, errBytes := count(s, "bytes", maxBytes)
	switch {
	case errDigits != nil:
		return nil, errDigits
	case errBytes != nil:
		return nil, errBytes
	case (digits == 0) == (bytes == 0):
		return nil, fault("say either digits or bytes")
	}
	unwanted, err := texts(s.Value("not"))
	if err != nil {
		return nil, err
	}
	key := ""
	if v := s.Value("for"); v != nil {
		if key, err = formula.FormatText(v); err != nil {
			return nil, err
		}
	}
	draw := func() (any, error) { return drawBytes(s.Random(), bytes) }
	if digits > 0 {
		draw = func() (any, error) { return drawDigits(s.Random(), digits, unwanted) }
	}
	out, err := tx.Keep(fmt.Sprintf("random/%s/%d/%d", s.ID(), digits, bytes), key, draw)
	if err != nil {
		return nil, err
	}
	return engine.Outputs{"out": out}, nil
}

func fault(format string, args ...any) error {
	return diag.Problem{Rule: RuleRandom, Message: fmt.Sprintf(format, args...)}
}

// count returns a parameter that is a number of things; 0 if it is absent.
func count(s *engine.Step, name string, most int64) (int, error) {
	d, ok := s.Number(name)
	if !ok {
		return 0, nil
	}
	n, whole := d.Int64()
	if !whole || n < 1 || n > most {
		return 0, fault("%s is a whole number from 1 to %d, not %s", name, most, d)
	}
	return int(n), nil
}

func texts(v any) ([]string, error) {
	list, ok := v.([]any)
	if v != nil && !ok {
		list = []any{v}
	}
	out := make([]string, 0, len(list))
	for _, x := range list {
		if x == nil {
			continue
		}
		t, err := formula.FormatText(x)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// drawDigits draws n decimal digits, each as likely as any other.
func drawDigits(r io.Reader, n int, unwanted []string) (string, error) {
	out := make([]byte, 0, n)
	var one [1]byte
	for range maxDraws {
		for out = out[:0]; len(out) < n; {
			if _, err := io.ReadFull(r, one[:]); err != nil {
				return "", err
			}
			if one[0] < 250 { // 250 is divisible by ten
				out = append(out, '0'+one[0]%10)
			}
		}
		if !slices.Contains(unwanted, string(out)) {
			return string(out), nil
		}
	}
	return "", fault("%d draws gave only texts that are not wanted", maxDraws)
}

func drawBytes(r io.Reader, n int) ([]byte, error) {
	out := make([]byte, n)
	_, err := io.ReadFull(r, out)
	return out, err
}
