package main

import (
	"bytes"
	_ "embed" // cold.tsv
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// coldRun is a command line that is timed as a whole process.
type coldRun struct {
	work, peer, goal string
	args             []string
	official         bool // needs official files: FISCUS_ARTIFACTS
}

//go:embed cold.tsv
var coldTable string

// readCold reads cold.tsv: work, peer, goal, "official" or "-", the command line.
func readCold(text string) (out []coldRun, err error) {
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, "\n")
		if l == "" || strings.HasPrefix(l, "#") {
			continue
		}
		f := strings.Split(l, "\t")
		if len(f) != 5 {
			return nil, fmt.Errorf("cold.tsv: %d columns: %s", len(f), l)
		}
		out = append(out, coldRun{f[0], f[1], f[2], strings.Fields(f[4]), f[3] == "official"})
	}
	return out, nil
}

// time runs the command n times after a first one that fills the caches, and
// tells the median and the slowest.
func (c *coldRun) time(bin string, n int) (string, error) {
	if c.official && os.Getenv("FISCUS_ARTIFACTS") == "" {
		return "not measured: FISCUS_ARTIFACTS names no official files", nil
	}
	all := make([]time.Duration, 0, n)
	for i := range n + 1 {
		p := exec.Command(bin, c.args...)
		begun := time.Now()
		out, err := p.CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%v: %w\n%s", c.args, err, bytes.TrimSpace(out))
		}
		if i > 0 {
			all = append(all, time.Since(begun))
		}
	}
	slices.Sort(all)
	return fmt.Sprintf("%.0f ms (slowest %.0f)", all[len(all)/2].Seconds()*1e3, all[len(all)-1].Seconds()*1e3), nil
}
