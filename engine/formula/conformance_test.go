package formula

import (
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/decimal"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// leastRows is what the tables hold together at least.
const leastRows = 400

// TestConformance evaluates every row of testdata/formula/*.csv. The columns
// and the words of want are explained in testdata/formula/README.md.
func TestConformance(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("..", "..", "testdata", "formula", "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal("no tables", err)
	}
	rows := 0
	for _, file := range files {
		for i, r := range readTable(t, file) {
			rows++
			if got := r.outcome(); got != r.want {
				t.Errorf("%s row %d: %s %s with %s\n got %s\nwant %s", filepath.Base(file), i+2, r.mode, r.formula, r.context, got, r.want)
			}
		}
	}
	t.Logf("%d rows in %d tables", rows, len(files))
	if rows < leastRows {
		t.Errorf("%d rows; at least %d", rows, leastRows)
	}
}

type row struct{ formula, context, types, mode, want string }

func readTable(t *testing.T, file string) (rows []row) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if got := strings.Join(all[0], ","); got != "formula,context,types,mode,want,why" {
		t.Fatalf("%s: columns %s", file, got)
	}
	for _, r := range all[1:] {
		rows = append(rows, row{r[0], r[1], r[2], r[3], r[4]})
	}
	return rows
}

// outcome works a row out and describes the result as want does.
func (r row) outcome() string {
	values, typ, err := r.values()
	if err != nil {
		return "bad row: " + err.Error()
	}
	d := &Decl{Names: map[string]Type{}, Strict: true, Tables: testTables, Lenient: r.mode == "three"}
	s := NewScope(tables{})
	s.SetLimits(Limits{Fuel: 200_000, Bytes: 1 << 20})
	for _, name := range typ.Fields() {
		d.Names[name], _ = typ.At(name)
		s.Set(name, values[name])
	}
	if r.mode == "text" || r.mode == "people" {
		return r.text(d, s)
	}
	p, problems := Compile(r.formula, diag.Pos{Line: 1, Column: 1}, d)
	if p == nil {
		return problem(problems[0])
	}
	switch r.mode {
	case "type":
		return p.Type().String()
	case "three":
		v, known, err := p.EvalBool(s)
		if err != nil {
			return problem(err)
		}
		return three(v, known)
	case "test":
		v, err := p.Test(s)
		return show(v, err)
	}
	return show(p.Eval(s))
}

func (r row) text(d *Decl, s *Scope) string {
	v, problems := CompileText(r.formula, diag.Pos{Line: 1, Column: 1}, d, false)
	if v == nil {
		return problem(problems[0])
	}
	if r.mode == "people" {
		t, err := v.EvalText(s)
		return show(t, err)
	}
	return show(v.Eval(s))
}

// values reads the context, typed by the column types: "name:type ..." or a
// structural schema, and by its own values for names that are not there.
func (r row) values() (map[string]any, Type, error) {
	raw := map[string]any{}
	if r.context != "" {
		dec := json.NewDecoder(strings.NewReader(r.context))
		dec.UseNumber()
		if err := dec.Decode(&raw); err != nil {
			return nil, Any, err
		}
	}
	fields := map[string]Type{}
	for name := range raw {
		fields[name] = Any
	}
	typ := MapOf(fields, false)
	if strings.HasPrefix(r.types, "{") {
		var schema any
		if err := json.Unmarshal([]byte(r.types), &schema); err != nil {
			return nil, Any, err
		}
		t, err := FromSchema(schema)
		if err != nil {
			return nil, Any, err
		}
		typ = t
	} else {
		for _, part := range strings.Fields(r.types) {
			name, of, _ := strings.Cut(part, ":")
			t, ok := ParseType(of)
			if of == "numbers" {
				t, ok = ListOf(Number), true
			}
			if !ok {
				return nil, Any, fmt.Errorf("no type %q", of)
			}
			fields[name] = t
		}
	}
	v, err := typ.Convert(raw)
	if err != nil {
		return nil, Any, err
	}
	return v.(map[string]any), typ, nil
}

func problem(err error) string {
	var p diag.Problem
	if !errors.As(err, &p) {
		return "error without a place: " + err.Error()
	}
	if p.Pos.Line != 1 {
		return fmt.Sprintf("!%s %d:%d", p.Rule, p.Pos.Line, p.Pos.Column)
	}
	return fmt.Sprintf("!%s %d", p.Rule, p.Pos.Column)
}

// show writes a value so that its kind and digits are seen.
func show(v any, err error) string {
	if err != nil {
		return problem(err)
	}
	switch v := v.(type) {
	case nil:
		return "nil"
	case bool, decimal.Decimal:
		return fmt.Sprint(v)
	case string:
		return quoted(v)
	case civil.Date, civil.Clock, time.Time, time.Duration:
		t, err := FormatText(v)
		return KindOf(v).String() + " " + t + errorText(err)
	case []byte:
		return "hex " + hex.EncodeToString(v)
	case Secret:
		return "secret"
	case []any:
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = show(plain(m), nil)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := []string{}
		for _, k := range sortedKeys(v) {
			parts = append(parts, k+": "+show(plain(v[k]), nil))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprintf("%T", v)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return " " + err.Error()
}

func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return err.Error()
	}
	return strings.TrimSuffix(b.String(), "\n")
}

var testTables = map[string]Table{
	"rates": {Keys: 1, Row: MapOf(map[string]Type{"code": String, "rate": Number}, false).Named("row")},
}

// tables is a host with one table and one calendar.
type tables struct{ NoHost }

func (tables) Table(name string, keys []any, mustExist bool) (any, error) {
	if name == "rates" && keys[0] == "S" {
		return map[string]any{"code": "S", "rate": json.Number("21.00")}, nil
	}
	if mustExist {
		return nil, fmt.Errorf("no row for %v", keys)
	}
	return nil, nil
}

func (tables) Rows(string, []any) ([]any, error) {
	return []any{map[string]any{"code": "S", "rate": json.Number("21.00")}, map[string]any{"code": "Z", "rate": json.Number("0")}}, nil
}

func (tables) Holidays(string) (Calendar, error) {
	return Holidays{{Year: 2026, Month: 12, Day: 25}: true, {Year: 2027, Month: 1, Day: 1}: true}, nil
}

func (tables) EntityBy(field string, value any) (any, error) {
	if field == "taxId" && value == "11222333000181" {
		return map[string]any{"id": "acme"}, nil
	}
	return nil, nil
}
