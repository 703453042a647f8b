package store

import (
	"errors"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
)

func TestDataFolderHasOneOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := Acquire(dir, Holder{PID: 7, Command: "serve", Socket: "/run/x", Since: noon}, false)
	must(t, err)
	_, err = Acquire(dir, Holder{PID: 8}, false)
	var p diag.Problem
	if !errors.As(err, &p) || p.Rule != "RUN-DATA-OWNED" || !strings.Contains(p.Message, "process 7 (serve)") || !strings.Contains(p.Hint, "/run/x") {
		t.Fatalf("got %v", err)
	}
	second, err := Acquire(dir, Holder{PID: 8, Command: "run"}, true)
	must(t, err)
	if first.Held() || !second.Held() {
		t.Error("the first still believes it is the owner")
	}
	if _, err := Acquire(dir, Holder{PID: 9}, false); err == nil {
		t.Error("a third got in")
	}
	must(t, first.Unlock()) // frees nothing of the second's
	if _, err := Acquire(dir, Holder{PID: 9}, false); err == nil {
		t.Error("a third got in")
	}
	must(t, second.Unlock())
	third, err := Acquire(dir, Holder{PID: 9}, false)
	must(t, err)
	h, err := ReadHolder(dir)
	must(t, err)
	if h.PID != 9 {
		t.Errorf("got %+v", h)
	}
	must(t, third.Unlock())
}
