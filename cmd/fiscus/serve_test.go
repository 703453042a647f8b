package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/internal/pgtest"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// These tests run workers as processes of their own; see kill_test.go for who
// judges.

// service is a running "fiscus serve".
type service struct {
	*exec.Cmd
	mu  sync.Mutex
	out bytes.Buffer
}

// Write takes what the service says.
func (s *service) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *service) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return tail(s.out.String())
}

// serve starts a worker and returns when it is ready.
func (th *theater) serve(name string) *service {
	th.t.Helper()
	s := &service{Cmd: th.program("serve", "--role", "worker", "--name", name, "--workers", "32", "--simulator", th.url, "--trust", "simulator.pem",
		"--late", "2s", "--send-within", "1s", "--format", "ndjson")}
	s.Stderr = s
	out, err := s.StdoutPipe()
	if err != nil {
		th.t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		th.t.Fatal(err)
	}
	th.t.Cleanup(func() { _ = s.Process.Kill(); _ = s.Cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, `"worker"`) {
		th.t.Fatalf("%s is not ready: %q %v\n%s", name, line, err, s.said())
	}
	return s
}

func (s *service) signal(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := s.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
}

// kill kills the worker and waits until it is gone.
func (s *service) kill(t *testing.T) {
	t.Helper()
	s.signal(t, syscall.SIGKILL)
	_ = s.Cmd.Wait()
}

// hasten puts a copy of the package in the data folder whose look-ups come
// sooner: how long a recovery takes is then ours, not the package's.
func (th *theater) hasten() {
	th.t.Helper()
	to := filepath.Join(th.dir, "fiscus-data", "packages", "br", "nfe")
	if err := os.CopyFS(to, os.DirFS(filepath.Join("..", "..", "packages", "br", "nfe"))); err != nil {
		th.t.Fatal(err)
	}
	flows, err := filepath.Glob(filepath.Join(to, "flows", "*.yaml"))
	if err != nil || len(flows) == 0 {
		th.t.Fatal("no flows", err)
	}
	for _, f := range flows {
		text, err := os.ReadFile(f)
		if err != nil {
			th.t.Fatal(err)
		}
		th.write(f, strings.NewReplacer("first: 5s", "first: 1s", "factor: 2", "factor: 1").Replace(string(text)))
	}
}

func (th *theater) submit() {
	th.t.Helper()
	out, err := th.program("submit", th.documents, "--entity", th.entity).CombinedOutput()
	if err != nil {
		th.t.Fatalf("submit: %v\n%s", err, tail(string(out)))
	}
}

// done waits until n submissions are accepted and returns how long that took,
// by the log: until the last one, and until the last one whose verdict the
// authority did not put off.
func (th *theater) done(n int, workers ...*service) (all, most time.Duration) {
	th.t.Helper()
	begun := time.Now()
	for {
		out, err := th.program("submission", "list", "--run", "completed", "--format", "ndjson").Output()
		if err != nil {
			th.t.Fatalf("submission list: %v", err)
		}
		got := bytes.Count(out, []byte("\n"))
		if got == n {
			a, m := th.last(out)
			return max(0, a.Sub(begun)), max(0, m.Sub(begun)) // some were done before
		}
		if time.Since(begun) > 90*time.Second {
			rest, _ := th.program("submission", "list", "--run", "scheduled,running,waiting,parked,failed").Output()
			th.t.Errorf("%d of %d are done:\n%s", got, n, tail(string(rest)))
			for _, w := range workers {
				th.t.Log(w.said())
			}
			th.t.FailNow()
		}
		time.Sleep(time.Second)
	}
}

// last returns when the last of listed submissions came to its end, and the last
// whose verdict the authority did not put off.
func (th *theater) last(list []byte) (all, most time.Time) {
	th.t.Helper()
	for line := range bytes.Lines(list) {
		var row struct {
			Changed  time.Time
			Document string
		}
		if err := json.Unmarshal(line, &row); err != nil {
			th.t.Fatal(err)
		}
		if row.Changed.After(all) {
			all = row.Changed
		}
		if row.Changed.After(most) && !strings.HasSuffix(row.Document, "7") {
			most = row.Changed
		}
	}
	return all, most
}

func TestKilledServiceLosesNothing(t *testing.T) {
	t.Parallel()
	n := documentsOfKillTest()
	th := stage(t, n)
	th.hasten()
	th.submit()
	for k := range 4 {
		w := th.serve(fmt.Sprint("w", k))
		th.until((k + 1) * n / 6)
		w.kill(t)
	}
	w := th.serve("last")
	all, most := th.done(n, w)
	t.Logf("%d done %.1f s after the last start, those with late verdicts %.1f s", n, most.Seconds(), all.Seconds())
	th.judge(n)
	w.signal(t, syscall.SIGTERM)
	if err := w.Cmd.Wait(); err != nil {
		t.Errorf("asked to end: %v\n%s", err, w.said())
	}
}

// Three workers on PostgreSQL: one never comes back, one is stopped, taken to be
// gone and comes back late, one is killed and started again.
func TestKilledAndStoppedWorkersOnPostgres(t *testing.T) {
	t.Parallel()
	n := documentsOfKillTest()
	c := pgtest.Start(t)
	th := stage(t, n)
	th.hasten()
	th.database = c.URL(c.Database(t))
	workers := []*service{th.serve("a"), th.serve("b"), th.serve("c")}
	th.submit()
	th.until(n / 6)
	workers[0].kill(t) // never comes back
	th.until(2 * n / 6)
	stop := sharedtest.Full()
	if stop {
		workers[1].signal(t, syscall.SIGSTOP)
	} else {
		t.Log("no worker is stopped without FISCUS_FULL=1: until a stopped one is taken to be gone the others may stand still, see docs/operations.md")
	}
	th.until(3 * n / 6)
	workers[2].kill(t)
	again := th.serve("c")
	th.until(4 * n / 6)
	again.kill(t)
	again = th.serve("c")
	for range 100 { // until the stopped one is taken to be gone
		if !stop || strings.Contains(again.said(), "worker/b/") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if stop {
		workers[1].signal(t, syscall.SIGCONT)
	}
	all, most := th.done(n, workers[1], again)
	t.Logf("%d done %.1f s after the last one came back, those with late verdicts %.1f s", n, most.Seconds(), all.Seconds())
	th.judge(n)
	for range 100 {
		if !stop || strings.Contains(workers[1].said(), "begins anew") {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Errorf("the worker that came back late does not know that it was away:\n%s", workers[1].said())
}

// A second process on a data folder hands over to the service, or says who has it.
func TestDataFolderHasOneOwner(t *testing.T) {
	t.Parallel()
	th := stage(t, 4)
	w := th.serve("w")
	second := th.program("serve", "--role", "worker")
	out, err := second.CombinedOutput()
	if second.ProcessState.ExitCode() != exitUndecided || !strings.Contains(string(out), fmt.Sprintf("process %d (serve)", w.Process.Pid)) {
		t.Errorf("a second service: %v\n%s", err, out)
	}
	run, said := th.start() // hands over and tells the results
	if err := run.Wait(); err != nil {
		t.Errorf("run beside a service: %v\n%s", err, tail(said.String()))
	}
	if n := strings.Count(said.String(), `"document":"accepted"`); n != 4 {
		t.Errorf("%d results of 4:\n%s", n, tail(said.String()))
	}
	w.signal(t, syscall.SIGSTOP) // it has the folder and does not answer
	run, said = th.start()
	_ = run.Wait()
	if code := run.ProcessState.ExitCode(); code != exitUndecided || !strings.Contains(said.String(), "RUN-DATA-OWNED") {
		t.Errorf("exit %d:\n%s", code, tail(said.String()))
	}
	w.signal(t, syscall.SIGCONT)
	th.judge(4)
}
