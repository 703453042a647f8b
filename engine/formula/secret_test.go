package formula

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// canary is base64 of something too, so that decoders get somewhere with it.
const canary = "Canary7Canary7Canary7xyz"

// tells reports whether text shows the canary, plain or encoded.
func tells(text string) bool {
	b := []byte(canary)
	raw, _ := base64.StdEncoding.DecodeString(canary)
	for _, s := range []string{canary, canary[:10], hex.EncodeToString(b), base64.StdEncoding.EncodeToString(b)[:12], string(raw[:6])} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(s)) {
			return true
		}
	}
	return false
}

func everyForm(v any) string {
	j, _ := json.Marshal(v)
	t, err := FormatText(v)
	return fmt.Sprintf("%v %+v %#v %s %q %x %s %s %v", v, v, v, v, v, v, j, t, err)
}

// A secret as each argument of each function, and as each operand, shows
// neither in the result nor in the error.
func TestSecretsShowNowhere(t *testing.T) {
	t.Parallel()
	others := []string{`"a"`, `2`, `[1, 2]`, `bytes("a")`, `"sha256"`, `["a"]`, `"xml"`, `date("2026-01-01")`, `s`}
	for name, fn := range functions {
		most := fn.max
		if most < 0 {
			most = 2
		}
		for n := max(1, fn.min); n <= min(most, 4); n++ {
			for at := range n {
				for _, other := range others {
					args := make([]string, n)
					for i := range args {
						args[i] = other
					}
					args[at] = "s"
					if name == "hmac" && at != 0 {
						args[0] = `"sha256"`
					}
					checkSecret(t, name+"("+strings.Join(args, ", ")+")")
				}
			}
		}
	}
	for _, op := range []string{"+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches", "..", "and", "or", "??"} {
		for _, other := range append(others, "n", `"`+canary[:1]+`"`) {
			checkSecret(t, "s "+op+" "+other)
			checkSecret(t, other+" "+op+" s")
		}
	}
	for _, src := range []string{"-s", "not s", "s[0]", "s[0:2]", "s.name", "l[s]", "[s]", "[s][0]", `{"a": s}`, "if s {1} else {2}", "map(l, s)", "filter(l, s)", "sum(l, s)", "sortBy(l, s)", "sortBy([s, s], #)",
		`groups([{"a": s}], "a")`, "distinct([s])", "[s] == [s]", "min([s])", "mean([s])", `join([s, "a"], "-")`, `join(["a"], s)`, "flatten([[s]])", "tlv([[1, s]])", "tlv([[s, 1]])", `string([s])`, "count(l, s)", "all(l, s)", "s..3", "s | upper()",
		`upper(s) + lower(s)`, `pad("a", 3, s)`, `replace("a", s, s)`, `base32("a", s)`, `text(bytes("a"), s)`, `escape("a", s)`, `hmac(s, "a", "b")`, `pem("a", s)`, `unhex(s)`, `unbase64(s) + "a"`, `text(unbase64(s))`} {
		checkSecret(t, src)
	}
}

func checkSecret(t *testing.T, src string) {
	t.Helper()
	s := NewScope(tables{})
	hidden, err := NewSecret("acme/key", canary)
	if err != nil {
		t.Fatal(err)
	}
	s.Set("s", hidden)
	s.Set("l", []any{decimal.FromInt(1), decimal.FromInt(2)})
	var traced []Event
	s.SetTrace(func(e Event) { traced = append(traced, e) })
	// Without types all is found out while evaluating, with them while compiling.
	for _, typ := range []Type{Any, SecretType} {
		p, problems := Compile(src, diag.Pos{}, &Decl{Names: map[string]Type{"s": typ, "l": Any, "n": Any}, Simulator: true})
		if p == nil {
			if tells(problems.Error()) {
				t.Errorf("%s: %v", src, problems)
			}
			continue
		}
		v, err := p.Eval(s)
		if err != nil {
			checkError(t, src, err)
			continue
		}
		if plainDigest(src) {
			continue
		}
		if tells(everyForm(v)) {
			t.Errorf("%s shows the secret: %s", src, everyForm(v))
		}
		if text, err := Template([]Part{{Text: "x"}, {Hole: p}}, diag.Pos{}).EvalText(s); tells(text) || err != nil && tells(err.Error()) {
			t.Errorf("%s: text for people %q, %v", src, text, err)
		}
	}
	for _, e := range traced {
		if tells(e.Note + e.Source) {
			t.Errorf("%s: trace %q", src, e.Note)
		}
	}
}

func plainDigest(src string) bool {
	return strings.HasPrefix(src, "sha") || strings.HasPrefix(src, "hmac")
}

func checkError(t *testing.T, src string, err error) {
	t.Helper()
	for ; err != nil; err = errors.Unwrap(err) {
		if tells(fmt.Sprintf("%v %+v %#v", err, err, err)) {
			t.Errorf("%s: the error shows the secret: %v", src, err)
		}
	}
}

// What is made of a secret stays one, and its value is right.
func TestSecretsStay(t *testing.T) {
	t.Parallel()
	s := NewScope(nil)
	hidden, _ := NewSecret("ref", "pa ss")
	s.Set("s", hidden)
	d := &Decl{Names: map[string]Type{"s": SecretType}}
	for src, want := range map[string]string{
		`"user:" + s`: "user:pa ss", `s + s`: "pa sspa ss", `base64(s)`: "cGEgc3M=", `upper(s)`: "PA SS", `escape(s, "url")`: "pa%20ss", `left(s, 2)`: "pa", `s[3:]`: "ss", `join(["a", s], "|")`: "a|pa ss", `pad(s, 7)`: "00pa ss",
		`text(bytes(s))`: "pa ss", `s ?? "x"`: "pa ss", `if true {s} else {"x"}`: "pa ss", `[s][0]`: "pa ss", `{"a": s}.a`: "pa ss", `first(map([1], s))`: "pa ss", `replace("a-b", "-", s)`: "apa ssb",
	} {
		p, problems := Compile(src, diag.Pos{}, d)
		if p == nil {
			t.Errorf("%s: %v", src, problems)
			continue
		}
		v, err := p.Eval(s)
		got, ok := v.(Secret)
		if err != nil || !ok || got.Reveal() != want || got.Name() != "ref" {
			t.Errorf("%s = %v, %v", src, v, err)
		}
	}
}

// A secret comes from a store as bytes; joined with a text it is one, in
// formulas and in holes.
func TestSecretBytesJoinTexts(t *testing.T) {
	t.Parallel()
	d := &Decl{Names: map[string]Type{"s": SecretType}}
	scope := NewScope(nil)
	for value, ok := range map[string]bool{"öpen": true, "\xff\xfe": false} {
		s, err := NewSecret("a", []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		scope.Set("s", s)
		for src, want := range map[string]string{`=s + "-x"`: value + "-x", `="x-" + s`: "x-" + value, `Bearer {=s}`: "Bearer " + value} {
			v, problems := CompileText(src, diag.Pos{}, d, false)
			if err := problems.Err(); err != nil {
				t.Fatal(err)
			}
			got, err := v.Eval(scope)
			joined, secret := got.(Secret)
			if (err == nil) != ok || ok && (!secret || joined.Reveal() != want) {
				t.Errorf("%s of %q: %v, %v", src, value, secret, err)
			}
		}
	}
}
