package main

import (
	"os/exec"
	"strings"
	"testing"
)

func TestTheTableReads(t *testing.T) {
	t.Parallel()
	rows, err := readRows(table)
	if err != nil || len(rows) < 10 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows {
		if r.work == "" || len(r.bench) == 0 || r.unit == "" {
			t.Errorf("row %+v", r)
		}
	}
	if cold, err := readCold(coldTable); err != nil || len(cold) < 3 {
		t.Fatalf("%d cold runs, %v", len(cold), err)
	}
	r := row{unit: "ns/op"}
	got := r.cell(map[string]map[string]float64{"a": metrics("1500 ns/op 3 allocs/op")}, []string{"a", "b"})
	if got != "1.5 us / not measured" {
		t.Errorf("got %q", got)
	}
	for unit, want := range map[string]string{"submissions/s": "404 a second", "p95-ms": "404 ms", "allocs/op": "404 allocations", "ns/op": "404 ns"} {
		if got := (&row{unit: unit}).figure(404); got != want {
			t.Errorf("%s: got %q, want %q", unit, got, want)
		}
	}
	if got := r.figure(-1); got != "not measurable" {
		t.Errorf("got %q", got)
	}
}

// TestRowsNameBenchmarksThatExist guards against a row that is never measured
// because its benchmark was renamed.
func TestRowsNameBenchmarksThatExist(t *testing.T) {
	t.Parallel()
	args := []string{"test", "-list", "^BenchmarkTable"}
	for _, p := range packages {
		args = append(args, "../../"+strings.TrimPrefix(p, "./"))
	}
	list, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	for name := range strings.FieldsSeq(string(list)) {
		exists[strings.TrimPrefix(name, "Benchmark")] = true
	}
	rows, err := readRows(table)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, name := range append(r.bench, r.peer...) {
			if top, _, _ := strings.Cut(name, "/"); !exists[top] {
				t.Errorf("%s: no benchmark %s", r.work, top)
			}
		}
	}
}
