package main

import (
	"bufio"
	"bytes"
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine/simulator"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// These tests run real processes: the simulated authority is one, its synced
// log is the judge; the program under test is another and is killed.

// theater is a data folder, documents, and a simulator in a process of its own.
type theater struct {
	t         *testing.T
	dir       string
	url       string
	log       string
	entity    string
	documents string
	database  string // empty: the data folder
}

// program is the program under test, on the database of the theater.
func (th *theater) program(args ...string) *exec.Cmd {
	c := program(th.t, th.dir, args...)
	if th.database != "" {
		c.Env = append(c.Env, "FISCUS_DATABASE="+th.database)
	}
	return c
}

func program(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "FISCUS_TEST_PROGRAM=1", "FISCUS_CACHE="+filepath.Join(dir, "cache"))
	return c
}

// stage sets everything up with n documents; of ten, one loses its answer, one
// is cut off before it, and in whole runs one has its verdict later.
func stage(t *testing.T, n int) *theater {
	t.Helper()
	th := &theater{t: t, dir: t.TempDir(), entity: "acme-sp"}
	th.log, th.documents = filepath.Join(th.dir, "authority.ndjson"), filepath.Join(th.dir, "documents")
	th.setUp()
	for i := range n {
		source := map[int]string{3: "lost.json", 5: "cut-after.json"}[i%10]
		if i%10 == 7 && sharedtest.Full() { // asked for again after 10, 20, 40 s
			source = "processing.json"
		}
		th.document(cmp.Or(source, "plain.json"), fmt.Sprintf("doc-%03d", i))
	}
	sim := program(t, th.dir, "simulate", "br/nfe", "--log", th.log, "--trust", "simulator.pem", "--format", "ndjson")
	out, err := sim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Process.Kill(); _ = sim.Wait() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("simulator: %v", err)
	}
	var ready struct{ URL string }
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatal(err)
	}
	th.url = ready.URL
	return th
}

func (th *theater) setUp() {
	th.t.Helper()
	for dir, files := range map[string]map[string]string{
		"entities":    {"acme.yaml": th.shipped("tests/entities/sp.yaml")},
		"deployments": {"test.yaml": "deployment: test\nenvironment: test\nuse: [{package: br/nfe, entities: [acme-sp]}]\n"},
	} {
		path := filepath.Join(th.dir, "fiscus-data", dir)
		if err := os.MkdirAll(path, 0o700); err != nil {
			th.t.Fatal(err)
		}
		for name, text := range files {
			th.write(filepath.Join(path, name), text)
		}
	}
	if err := os.MkdirAll(th.documents, 0o700); err != nil {
		th.t.Fatal(err)
	}
	pem, err := testCertificate("acme/a1", time.Now(), nil)
	if err != nil {
		th.t.Fatal(err)
	}
	set := program(th.t, th.dir, "secret", "set", "acme/a1")
	set.Stdin = bytes.NewReader(pem)
	if out, err := set.CombinedOutput(); err != nil {
		th.t.Fatalf("secret set: %v\n%s", err, out)
	}
}

func (th *theater) shipped(file string) string {
	data, err := os.ReadFile(filepath.Join("../../packages/br/nfe", file))
	if err != nil {
		th.t.Fatal(err)
	}
	return string(data)
}

func (th *theater) write(file, text string) {
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		th.t.Fatal(err)
	}
}

func (th *theater) document(source, id string) {
	text := string(dated([]byte(th.shipped("tests/documents/"+source)), time.Now().Add(-time.Minute)))
	first := strings.Index(text, `"id"`)
	end := first + strings.IndexByte(text[first:], ',')
	th.write(filepath.Join(th.documents, id+".json"), text[:first]+`"id": "`+id+`"`+text[end:])
}

func (th *theater) start(extra ...string) (*exec.Cmd, *bytes.Buffer) {
	th.t.Helper()
	c := th.program(append([]string{"run", th.documents, "--entity", th.entity, "--simulator", th.url, "--trust", "simulator.pem",
		"--workers", "4", "--lease", "3s", "--send-within", "3s", "--format", "ndjson"}, extra...)...)
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		th.t.Fatal(err)
	}
	return c, &out
}

// events returns what the authority has on its log.
func (th *theater) events() (all []simulator.Event) {
	th.t.Helper()
	data, err := os.ReadFile(th.log)
	if err != nil {
		return nil
	}
	for line := range bytes.Lines(data) {
		var e simulator.Event
		if err := json.Unmarshal(line, &e); err != nil {
			if err == io.ErrUnexpectedEOF || !bytes.HasSuffix(line, []byte("\n")) {
				break // the line is being written
			}
			th.t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// until waits for the authority's log to hold n requests.
func (th *theater) until(n int) {
	th.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for len(th.events()) < n {
		if time.Now().After(deadline) {
			th.t.Fatalf("only %d of %d requests came", len(th.events()), n)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// judge checks that every document was accepted once, by the authority's log
// and by ours.
func (th *theater) judge(n int) {
	th.t.Helper()
	accepted := map[string]int{}
	for _, e := range th.events() {
		if e.Route != "authorize" || e.Result == "dropped" {
			continue
		}
		for _, m := range e.Members {
			if m.Code == "100" || m.Code == "105" { // taken; the verdict comes at once or later
				accepted[m.Key]++
			}
		}
	}
	for key, times := range accepted {
		if times != 1 {
			th.t.Errorf("%s was accepted %d times", key, times)
		}
	}
	th.series(slices.Collect(maps.Keys(accepted)))
	if len(accepted) != n {
		th.t.Errorf("the authority accepted %d documents, not %d", len(accepted), n)
	}
	list := th.program("submission", "list", "--document", "accepted", "--run", "completed", "--format", "ndjson")
	out, err := list.Output()
	if err != nil {
		th.t.Fatal(err)
	}
	if got := bytes.Count(out, []byte("\n")); got != n {
		th.t.Errorf("our log has %d accepted documents, not %d", got, n)
	}
}

// series checks that the numbers in the keys are 1, 2, 3... without gap or double.
func (th *theater) series(keys []string) {
	th.t.Helper()
	numbers := make([]string, len(keys))
	for i, k := range keys {
		numbers[i] = k[25:34]
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if want := fmt.Sprintf("%09d", i+1); n != want {
			th.t.Fatalf("the series has %s where %s is due", n, want)
		}
	}
}

func documentsOfKillTest() int {
	if testing.Short() {
		return 40
	}
	if sharedtest.Full() {
		return 500
	}
	return 120
}

func TestKilledFourTimesNothingIsLostOrSentTwice(t *testing.T) {
	t.Parallel()
	n := documentsOfKillTest()
	th := stage(t, n)
	for k := range 4 {
		c, _ := th.start()
		th.until((k + 1) * n / 6)
		if err := c.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait()
	}
	begun := time.Now()
	c, out := th.start()
	if err := c.Wait(); err != nil {
		t.Fatalf("the last run: %v\n%s", err, tail(out.String()))
	}
	t.Logf("all ended %.1f s after the last start", time.Since(begun).Seconds())
	th.judge(n)
}

func tail(s string) string {
	if len(s) > 3000 {
		return "... " + s[len(s)-3000:]
	}
	return s
}

// stop stops a process at a moment when it is not in the middle of a commit:
// a process stopped there keeps the lock of the file, and nobody writes, and so
// nobody sends, until it goes on or is gone.
func (th *theater) stop(c *exec.Cmd) {
	th.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(th.dir, "fiscus-data", dataLog)+"?_pragma=busy_timeout(0)&_txlock=immediate")
	if err != nil {
		th.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for range 1000 {
		if err := c.Process.Signal(syscall.SIGSTOP); err != nil {
			th.t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
		tx, err := db.Begin()
		if err == nil {
			_ = tx.Rollback()
			return
		}
		if err := c.Process.Signal(syscall.SIGCONT); err != nil {
			th.t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	th.t.Fatal("the process was in a commit each time")
}

// A process that was stopped while another took its work over sends nothing
// when it wakes up.
func TestStoppedWorkerSendsNothingMore(t *testing.T) {
	t.Parallel()
	const n = 40
	th := stage(t, n)
	stopped, _ := th.start()
	th.until(n / 4)
	th.stop(stopped)
	time.Sleep(3500 * time.Millisecond) // its leases run out
	other, out := th.start("--take-over")
	if err := other.Wait(); err != nil {
		t.Fatalf("the other run: %v\n%s", err, tail(out.String()))
	}
	before := len(th.events())
	if err := stopped.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	_ = stopped.Wait()
	for _, e := range th.events()[before:] {
		if e.Route == "authorize" {
			t.Errorf("the stopped process sent: %+v", e)
		}
	}
	th.judge(n)
}
