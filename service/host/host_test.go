package host

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/keys"
	"github.com/fiscus-project/fiscus/internal/wire"
)

func TestStandInIsTheSameForANameAndIsTold(t *testing.T) {
	t.Parallel()
	s := &StandIns{Real: Keys{Store: keys.NewStore(nil, nil)}, Describe: func(string) keys.Describe { return keys.Describe{Curve: true} }}
	if s.Used() {
		t.Error("nothing was asked yet")
	}
	ref, err := formula.NewSecret("acme/a1", "acme/a1")
	if err != nil {
		t.Fatal(err)
	}
	one, err := s.Key(ref)
	if err != nil {
		t.Fatal(err)
	}
	two, err := s.Key("acme/a1")
	if err != nil || one != two || !one.StandIn || !s.Used() {
		t.Errorf("got %v, used %v, %v", one == two, s.Used(), err)
	}
	if _, err := s.Key(7); err == nil {
		t.Error("a number is no reference")
	}
}

// The simulator is called instead of the host; nothing else of the call changes.
func TestTransportCallsTheSimulatorInstead(t *testing.T) {
	t.Parallel()
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r; w.WriteHeader(204) }))
	defer server.Close()
	tr := &Transport{Client: &wire.Client{Policy: wire.Policy{AllowPrivate: wire.Loopback}}, Simulator: server.URL}
	answer := tr.Do(t.Context(), &engine.Call{Method: "POST", URL: "https://authority.example/a/b?c=d",
		Header: []engine.HeaderField{{Name: "X-One", Value: []engine.Piece{{Bytes: []byte("1")}}}}}, func() error { return nil })
	if answer.Status != 204 || got.URL.RequestURI() != "/a/b?c=d" || got.Header.Get("X-One") != "1" {
		t.Errorf("answer %+v, request %+v", answer, got)
	}
	shut := errors.New("too late")
	got = nil
	answer = tr.Do(t.Context(), &engine.Call{Method: "POST", URL: "https://authority.example/"}, func() error { return shut })
	if answer.Code != engine.CodeConnect || got != nil {
		t.Errorf("the gate was shut: %+v", answer)
	}
}

func TestOwnerIsGoneOnlyWhenItsProcessIs(t *testing.T) {
	t.Parallel()
	me := Owner()
	if me == "" {
		t.Skip("this system does not tell when a process was started")
	}
	parts := strings.Split(me, "/")
	other := strings.Join(append(parts[:3:3], "1"), "/")
	for owner, want := range map[string]bool{me: false, "": false, "somebody": false, other: true, strings.Replace(me, parts[0], "another-boot", 1): false} {
		if got := Gone(owner); got != want {
			t.Errorf("%q: want %v, got %v", owner, want, got)
		}
	}
}
