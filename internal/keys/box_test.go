package keys

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fiscus-project/fiscus/internal/diag"
)

func TestBoxOpensOnlyWhatItSealed(t *testing.T) {
	t.Parallel()
	box, err := NewBox(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := box.Seal("a", []byte("the token"))
	if err != nil || bytes.Contains(sealed, []byte("token")) {
		t.Fatalf("%q, %v", sealed, err)
	}
	if plain, err := box.Open("a", sealed); err != nil || string(plain) != "the token" {
		t.Errorf("%q, %v", plain, err)
	}
	other, _ := NewBox(nil)
	damaged := bytes.Clone(sealed)
	damaged[30] ^= 1
	for name, open := range map[string]func() ([]byte, error){
		"another label": func() ([]byte, error) { return box.Open("b", sealed) },
		"another key":   func() ([]byte, error) { return other.Open("a", sealed) },
		"damaged":       func() ([]byte, error) { return box.Open("a", damaged) },
		"too short":     func() ([]byte, error) { return box.Open("a", sealed[:9]) },
	} {
		plain, err := open()
		var p diag.Problem
		if plain != nil || !errors.As(err, &p) || p.Rule != RuleBox {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if _, err := NewBox([]byte("short")); err == nil {
		t.Error("a short key is taken")
	}
}
