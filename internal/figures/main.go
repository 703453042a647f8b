// Command figures runs the benchmarks of the table of goals and prints it: the
// work, what was measured here, what a peer that is installed takes, the goal.
//
//	go run ./internal/figures [-benchtime 1s] [-cold 10]
//
// It measures; it does not judge. Cold starts are whole processes.
package main

import (
	"bufio"
	"bytes"
	_ "embed" // rows.tsv
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// row is a line of the table: the benchmarks it reads and the goal in words.
type row struct {
	work  string
	bench []string // names of benchmarks; several are joined by " / "
	unit  string   // metric read: "ns/op", "ns/action", "allocs/op"
	peer  []string // benchmarks of a peer, or none
	note  string   // what the peer is, or what else is known of it
	goal  string
}

var packages = []string{"./internal/schematron", "./internal/xsd", "./internal/xmltree", "./engine", "./engine/nodes", "./packages", "./configpkg/load", "./service/store", "./service/durable"}

//go:embed rows.tsv
var table string

// readRows reads the table of goals: work, benchmarks, metric, benchmarks of
// the peer, what the peer is, goal. Names are separated by blanks.
func readRows(text string) (out []row, err error) {
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		f := strings.Split(l, "\t")
		if len(f) != 6 {
			return nil, fmt.Errorf("rows.tsv: %d columns: %s", len(f), l)
		}
		out = append(out, row{f[0], strings.Fields(f[1]), f[2], strings.Fields(f[3]), f[4], f[5]})
	}
	return out, nil
}

var line = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+(.*)$`)

func main() {
	benchtime := flag.String("benchtime", "1s", "as go test -benchtime")
	cold := flag.Int("cold", 10, "processes started for a cold figure")
	flag.Parse()
	if err := run(*benchtime, *cold); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(benchtime string, cold int) error {
	args := append([]string{"test", "-run", "^$", "-bench", "^BenchmarkTable", "-benchmem", "-p", "1", "-timeout", "30m", "-benchtime", benchtime}, packages...)
	c := exec.Command("go", args...)
	c.Env, c.Stderr = append(os.Environ(), "FISCUS_BENCH=1"), os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	figures := map[string]map[string]float64{} // durations and counts, never amounts
	for lines := bufio.NewScanner(out); lines.Scan(); {
		fmt.Fprintln(os.Stderr, lines.Text())
		if m := line.FindStringSubmatch(lines.Text()); m != nil {
			figures[m[1]] = metrics(m[2])
		}
	}
	failed := c.Wait()
	fmt.Println("| work | here | peer, same run | goal |\n| --- | --- | --- | --- |")
	rows, err := readRows(table)
	if err != nil {
		return err
	}
	for _, r := range rows {
		fmt.Printf("| %s | %s | %s | %s |\n", r.work, r.cell(figures, r.bench), strings.TrimSpace(r.peers(figures)), r.goal)
	}
	if err := coldStarts(cold); err != nil {
		return err
	}
	return failed
}

func metrics(text string) map[string]float64 {
	m, f := map[string]float64{}, strings.Fields(text)
	for i := 0; i+1 < len(f); i += 2 {
		if v, err := strconv.ParseFloat(f[i], 64); err == nil {
			m[f[i+1]] = v
		}
	}
	return m
}

func (r *row) cell(figures map[string]map[string]float64, names []string) string {
	var parts []string
	for _, n := range names {
		m, ok := figures[n]
		v, has := m[r.unit]
		if !ok || !has {
			parts = append(parts, "not measured")
			continue
		}
		parts = append(parts, r.figure(v))
	}
	return strings.Join(parts, " / ")
}

func (r *row) peers(figures map[string]map[string]float64) string {
	if len(r.peer) == 0 {
		return r.note
	}
	if !slices.ContainsFunc(r.peer, func(n string) bool { return figures[n] != nil }) {
		return r.note + ": not installed"
	}
	return r.note + ": " + r.cell(figures, r.peer)
}

// figure writes a value of the row's metric.
func (r *row) figure(v float64) string {
	if r.unit == "allocs/op" {
		return fmt.Sprintf("%.0f allocations", v)
	}
	if strings.HasSuffix(r.unit, "/s") {
		return fmt.Sprintf("%.0f a second", v)
	}
	if r.unit == "p95-ms" {
		return fmt.Sprintf("%.0f ms", v)
	}
	if v <= 0 { // a difference of two measurements, within their noise
		return "not measurable"
	}
	return duration(v)
}

// duration writes nanoseconds in the unit that reads best.
func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f us", ns/1e3)
	}
	return fmt.Sprintf("%.2f ms", ns/1e6)
}

// coldStarts times whole processes: the program without work, and dry-runs.
func coldStarts(n int) error {
	bin := "bin/fiscus"
	if out, err := exec.Command("go", "build", "-trimpath", "-o", bin, "./cmd/fiscus").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, bytes.TrimSpace(out))
	}
	runs, err := readCold(coldTable)
	if err != nil {
		return err
	}
	for _, c := range runs {
		took, err := c.time(bin, n)
		if err != nil {
			return err
		}
		fmt.Printf("| Cold process: %s | %s | %s | %s |\n", c.work, took, c.peer, c.goal)
	}
	return nil
}
