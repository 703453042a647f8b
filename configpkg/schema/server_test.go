package schema

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/internal/sharedtest"
)

// The language server that editors use finds the schema by the header line,
// reports a mistake at its place and completes keys and actions.
func TestLanguageServer(t *testing.T) {
	t.Parallel()
	program := sharedtest.Oracle(t, "yaml-language-server")
	dir := t.TempDir()
	all, err := All(actions.Registry())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "flow.json"), all["flow"], 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, program)
	uri := "file://" + filepath.Join(dir, "a.yaml")
	text := Header("./flow.json") + "flow: a\nkind: prat\nsteps:\n  - id: s\n    action: time.now\n    \n"
	s.notify("textDocument/didOpen", object{"textDocument": object{"uri": uri, "languageId": "yaml", "version": 1, "text": text}})
	if got := s.diagnostics(uri); !slices.ContainsFunc(got, func(d string) bool { return strings.HasPrefix(d, "3:7 ") }) {
		t.Errorf("want the word at 3:7 to be refused, got %q", got)
	}
	if got := s.completion(uri, 6, 4); !slices.Contains(got, "retry") || !slices.Contains(got, "handle") {
		t.Errorf("keys of a step: %q", got)
	}
	if got := s.completion(uri, 5, 12); !slices.Contains(got, "xml.sign") {
		t.Errorf("actions: %q", got)
	}
}

// server speaks the protocol of language servers.
type server struct {
	t    *testing.T
	in   io.Writer
	next int
	out  chan map[string]json.RawMessage
}

func startServer(t *testing.T, program string) *server {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "--stdio")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err1 != nil || err2 != nil || cmd.Start() != nil {
		t.Fatal("the server does not start")
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s := &server{t: t, in: in, out: make(chan map[string]json.RawMessage, 100)}
	go s.read(bufio.NewReader(out))
	s.call("initialize", object{"processId": nil, "rootUri": nil, "capabilities": object{"textDocument": object{"publishDiagnostics": object{}, "completion": object{}}}})
	s.notify("initialized", object{})
	s.notify("workspace/didChangeConfiguration", object{"settings": object{"yaml": object{"validate": true, "completion": true, "schemaStore": object{"enable": false}}}})
	return s
}

func (s *server) read(in *bufio.Reader) {
	for {
		head, err := textproto.NewReader(in).ReadMIMEHeader()
		if err != nil {
			close(s.out)
			return
		}
		n, _ := strconv.Atoi(head.Get("Content-Length"))
		body := make([]byte, n)
		if _, err := io.ReadFull(in, body); err != nil {
			close(s.out)
			return
		}
		var m map[string]json.RawMessage
		if json.Unmarshal(body, &m) == nil {
			s.out <- m
		}
	}
}

func (s *server) send(m object) {
	m["jsonrpc"] = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(s.in, "Content-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) notify(method string, params any) {
	s.send(object{"method": method, "params": params})
}

// wait returns the first message that fits; what the server asks is answered
// with nothing.
func (s *server) wait(fits func(map[string]json.RawMessage) bool) map[string]json.RawMessage {
	timeout := time.After(30 * time.Second)
	for {
		select {
		case m, open := <-s.out:
			if !open {
				s.t.Fatal("the server ended")
			}
			if fits(m) {
				return m
			}
			if m["method"] != nil && m["id"] != nil {
				s.send(object{"id": m["id"], "result": nothing(m)})
			}
		case <-timeout:
			s.t.Fatal("the server says nothing")
		}
	}
}

// nothing answers a question of the server: of its settings, none.
func nothing(m map[string]json.RawMessage) any {
	if string(m["method"]) == `"workspace/configuration"` {
		return []any{object{"validate": true, "completion": true, "schemaStore": object{"enable": false}}, nil, nil, nil, nil}
	}
	return nil
}

func (s *server) call(method string, params any) json.RawMessage {
	s.next++
	id := s.next
	s.send(object{"id": id, "method": method, "params": params})
	return s.wait(func(m map[string]json.RawMessage) bool {
		return m["method"] == nil && string(m["id"]) == strconv.Itoa(id)
	})["result"]
}

// diagnostics returns the problems as "line:column message", from 1.
func (s *server) diagnostics(uri string) []string {
	var p struct {
		URI         string `json:"uri"`
		Diagnostics []struct {
			Range struct {
				Start struct{ Line, Character int } `json:"start"`
			} `json:"range"`
			Message string `json:"message"`
		} `json:"diagnostics"`
	}
	s.wait(func(m map[string]json.RawMessage) bool {
		return string(m["method"]) == `"textDocument/publishDiagnostics"` && json.Unmarshal(m["params"], &p) == nil && p.URI == uri && len(p.Diagnostics) > 0
	})
	var out []string
	for _, d := range p.Diagnostics {
		out = append(out, fmt.Sprintf("%d:%d %s", d.Range.Start.Line+1, d.Range.Start.Character+1, d.Message))
	}
	return out
}

// completion returns the labels offered at a place, counted from 0.
func (s *server) completion(uri string, line, column int) []string {
	var r struct {
		Items []struct{ Label string } `json:"items"`
	}
	raw := s.call("textDocument/completion", object{"textDocument": object{"uri": uri}, "position": object{"line": line, "character": column}})
	if err := json.Unmarshal(raw, &r); err != nil {
		s.t.Fatalf("%s: %v", raw, err)
	}
	var out []string
	for _, i := range r.Items {
		out = append(out, i.Label)
	}
	return out
}
