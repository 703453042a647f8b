package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/service/api"
)

// A system hands documents over to a service in a process of its own, is killed
// no less than anybody else, and sees the authority's word come by events.
func TestServiceOverHTTP(t *testing.T) {
	t.Parallel()
	const n = 20
	th := stage(t, n)
	create := func(role string) string {
		out, err := th.program("key", "create", "of "+role, "--role", role).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	key := create("operator")
	w, url := th.serveHTTP()
	files, err := filepath.Glob(filepath.Join(th.documents, "*.json"))
	if err != nil || len(files) != n {
		t.Fatal(files, err)
	}
	ids := map[string]bool{}
	for i, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if i == n/2 { // what was taken is not lost, and the interface is back with the same keys
			w.kill(t)
			w, url = th.serveHTTP()
		}
		for range 2 { // whoever got no answer hands over again
			status, body := ask(t, http.MethodPost, url+"/v1/submissions?entity="+th.entity, key, data)
			var row api.Row
			if err := json.Unmarshal(body, &row); err != nil || status != http.StatusCreated && status != http.StatusOK {
				t.Fatalf("%d %s", status, body)
			}
			ids[row.ID] = true
		}
	}
	if len(ids) != n {
		t.Errorf("%d submissions of %d documents", len(ids), n)
	}
	accepted := th.listen(url, create("viewer"), n)
	if len(accepted) != n {
		t.Errorf("%d accepted by events\n%s", len(accepted), w.said())
	}
	th.judge(n)
	if status, _ := ask(t, http.MethodPost, url+"/v1/submissions?entity="+th.entity, create("viewer"), []byte("{}")); status != http.StatusForbidden {
		t.Errorf("a viewer hands over: %d", status)
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(key, "fsk_"), "_")
	if out, err := th.program("key", "revoke", id).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if status, _ := ask(t, http.MethodGet, url+"/v1/submissions", key, nil); status != http.StatusUnauthorized {
		t.Errorf("with a key that was taken back: %d", status)
	}
	kept, err := os.ReadFile(filepath.Join(filepath.Join(th.dir, "fiscus-data"), dataKeys))
	if _, secret, _ := strings.Cut(strings.TrimPrefix(key, "fsk_"), "_"); err != nil || bytes.Contains(kept, []byte(secret)) {
		t.Error("a key is kept as it is", err)
	}
	w.signal(t, syscall.SIGTERM)
	if err := w.Cmd.Wait(); err != nil {
		t.Errorf("stopping: %v\n%s", err, w.said())
	}
}

// serveHTTP starts a service with the HTTP interface.
func (th *theater) serveHTTP() (*service, string) {
	th.t.Helper()
	file := filepath.Join(th.t.TempDir(), "url")
	s := &service{Cmd: th.program("serve", "--listen", "127.0.0.1:0", "--url-file", file, "--simulator", th.url, "--trust", "simulator.pem", "--late", "2s", "--send-within", "3s")}
	s.Stdout, s.Stderr = s, s
	if err := s.Start(); err != nil {
		th.t.Fatal(err)
	}
	th.t.Cleanup(func() { _ = s.Process.Kill(); _ = s.Cmd.Wait() })
	for range 300 {
		if url, err := os.ReadFile(file); err == nil {
			return s, string(url)
		}
		time.Sleep(100 * time.Millisecond)
	}
	th.t.Fatalf("not ready:\n%s", s.said())
	return nil, ""
}

func ask(t *testing.T, method, url, key string, body []byte) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, data
}

// listen follows events until n documents were accepted.
func (th *theater) listen(url, key string, n int) map[string]bool {
	th.t.Helper()
	ctx, cancel := context.WithTimeout(th.t.Context(), 90*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/events", nil)
	if err != nil {
		th.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		th.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	accepted := map[string]bool{}
	for lines := bufio.NewScanner(res.Body); len(accepted) < n && lines.Scan(); {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		var e struct{ Kind, Submission, To string }
		if ok && json.Unmarshal([]byte(data), &e) == nil && e.Kind == "document" && e.To == "accepted" {
			accepted[e.Submission] = true
		}
	}
	return accepted
}
