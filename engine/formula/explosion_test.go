package formula

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Formulas that would take for ever or fill the memory stop by themselves,
// with the default limits and in little time.
func TestExplosionsStop(t *testing.T) {
	d := &Decl{Names: map[string]Type{"x": Any, "t": String, "big": String, "n": Number, "list": ListOf(Any)}}
	s := NewScope(nil)
	s.Set("t", "ab")
	s.Set("big", strings.Repeat("a", 1<<20))
	s.Set("n", decimal.MustParse(strings.Repeat("9", 900)))
	s.Set("x", map[string]any{})
	list := make([]any, 3000)
	for i := range list {
		list[i] = decimal.FromInt(int64(len(list) - i))
	}
	s.Set("list", list)
	for name, c := range map[string]struct{ src, rules string }{
		"maps over ranges":      {`map(1..100000, map(1..100000, map(1..100000, #)))`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"maps over a list":      {`map(list, map(list, map(list, #)))`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"all in all":            {`all(list, all(list, all(list, # > 0)))`, "RUN-FORMULA-FUEL"},
		"sorts in a map":        {`map(list, len(sortBy(list, #)))`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"doubling":              {doubling("t", 40), "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"doubling by replace":   {nest("t", 30, `replace(`, `, "a", "aaaaaaaaaa")`), "RUN-FORMULA-BYTES"},
		"split and join":        {nest("big", 6, `join(split(`, `, "a"), "aaaa")`), "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"escape":                {nest("big", 10, `escape(`, `, "url")`) + ` + ` + nest("big", 40, `hex(`, `)`), "RUN-FORMULA-BYTES"},
		"pad":                   {`pad(t, 999999999999)`, "RUN-FORMULA-BYTES"},
		"pad to the brim":       {`len(map(1..1000, pad(t, 10000000)))`, "RUN-FORMULA-BYTES"},
		"concatenation":         {nest("list", 40, `concat(`, `, list)`) + " == " + nest("list", 30, `flatten([`, `, list, list])`), "RUN-FORMULA-BYTES RUN-FORMULA-FUEL CFG-FORMULA-SIZE"},
		"comparing long texts":  {`all(list, all(list, big + "b" != big + "c"))`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"same long texts":       {`all(list, all(list, big == big))`, "RUN-FORMULA-FUEL"},
		"searching long texts":  {`all(list, all(list, not (big contains "b")))`, "RUN-FORMULA-FUEL"},
		"regular expressions":   {`all(list, all(list, not (big matches "(a|aa)+b")))`, "RUN-FORMULA-FUEL"},
		"new expressions":       {`all(list, all(list, not (t matches string(#) + "(x{1,5}){1,5}")))`, "RUN-FORMULA-FUEL RUN-FORMULA-VALUE RUN-FORMULA-TYPE"},
		"digests":               {`all(list, all(list, size(sha512(big)) == 64))`, "RUN-FORMULA-FUEL"},
		"big numbers":           {`all(list, all(list, n * 3 / 7 > 0))`, "RUN-FORMULA-FUEL RUN-FORMULA-VALUE"},
		"growing numbers":       {nest("n", 30, `(`, ` * n)`), "RUN-FORMULA-VALUE"},
		"grouping":              {`all(list, len(groups(list, "a")) > 0)`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES RUN-FORMULA-TYPE"},
		"distinct":              {`all(list, len(distinct(list)) > 0)`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"weights":               {`all(list, all(list, weightedSum(pad("1", 1000000), [1, 2]) > 0))`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"reading again":         {`all(list, at(json(bytes("[" + string(#) + "," + pad("1", 100000, "1") + "]")), "*") != "")`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"normalizing":           {`all(list, ascii(big) + normalize(big) + upper(big) != "")`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"many code points":      {`all(list, all(list, left(big, 1) == "a" and big[0:1] == "a"))`, "RUN-FORMULA-FUEL RUN-FORMULA-BYTES"},
		"a million parentheses": {strings.Repeat("(", 1e6) + "1" + strings.Repeat(")", 1e6), "CFG-FORMULA-SIZE"},
		"many parentheses":      {strings.Repeat("(", 8000) + "1" + strings.Repeat(")", 8000), "CFG-FORMULA-SIZE"},
		"many signs":            {strings.Repeat("-", 16000) + "1", "CFG-FORMULA-SIZE"},
		"many negations":        {strings.Repeat("not ", 4000) + "x", "CFG-FORMULA-SIZE"},
		"many brackets":         {strings.Repeat("[", 8000) + strings.Repeat("]", 8000), "CFG-FORMULA-SIZE"},
		"many indexes":          {"x" + strings.Repeat("[0]", 5000), "CFG-FORMULA-SIZE"},
		"many fields":           {"x" + strings.Repeat(".a", 8000), "CFG-FORMULA-SIZE"},
		"many choices":          {strings.Repeat("x ? 1 : ", 2000) + "1", "CFG-FORMULA-SIZE"},
		"many pipes":            {"x" + strings.Repeat(" | len()", 2000), "CFG-FORMULA-SIZE"},
		"many members":          {"[" + strings.Repeat("1,", 8000) + "1]", "CFG-FORMULA-SIZE"},
		"many predicates":       {nest("list", 2000, "map(", ", #)"), "CFG-FORMULA-SIZE"},
		"a long expression":     {`t matches "` + strings.Repeat("(a", 5000) + strings.Repeat(")", 5000) + `"`, "CFG-FORMULA-VALUE CFG-FORMULA-SIZE"},
		"repeated repetition":   {`t matches "((((a{1,100}){1,100}){1,100}){1,100}){1,100}"`, "CFG-FORMULA-VALUE"},
	} {
		start := time.Now()
		rule := outcomeRule(c.src, d, s)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %v", name, took)
		} else if took > 200*time.Millisecond {
			t.Logf("%s: %v", name, took)
		}
		if rule == "" || !strings.Contains(c.rules, rule) {
			t.Errorf("%s: %q; want one of %s", name, rule, c.rules)
		}
	}
}

func outcomeRule(src string, d *Decl, s *Scope) string {
	p, problems := Compile(src, diag.Pos{}, d)
	if p == nil {
		return problems[0].Rule
	}
	_, err := p.Eval(s)
	var found diag.Problem
	errors.As(err, &found)
	return found.Rule
}

// doubling is t + t with each t written as the doubled one before.
func doubling(t string, times int) string {
	for range times {
		t = `join(map([1, 2], ` + t + `))`
	}
	return t
}

func nest(inner string, times int, before, after string) string {
	return strings.Repeat(before, times) + inner + strings.Repeat(after, times)
}

// The bounds of one evaluation do not carry over to the next.
func TestFuelIsForOneEvaluation(t *testing.T) {
	t.Parallel()
	s := NewScope(nil)
	s.SetLimits(Limits{Fuel: 1000})
	p, _ := Compile("all(1..900, # > 0)", diag.Pos{}, nil)
	if _, err := p.Eval(s); err == nil {
		t.Error("a range of 900 and a walk through it are more than 1,000 steps")
	}
	p, _ = Compile("all(1..400, # > 0)", diag.Pos{}, nil)
	for range 5 {
		if v, err := p.Eval(s); v != true || err != nil {
			t.Error(v, err)
		}
	}
}
