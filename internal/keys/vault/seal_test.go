package vault

import (
	"bytes"
	"testing"
)

// Another process with the same folder opens what was sealed; another vault,
// another label or a file of the vault does not.
func TestSealElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := one.Seal("object", []byte("token"))
	if err != nil || bytes.Contains(sealed, []byte("token")) {
		t.Fatalf("%q %v", sealed, err)
	}
	two, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := two.Open("object", sealed); err != nil || string(plain) != "token" {
		t.Errorf("%q %v", plain, err)
	}
	strange, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := strange.Open("object", sealed); err == nil {
		t.Error("another vault opens it")
	}
	if _, err := one.Open("other", sealed); err == nil {
		t.Error("another label opens it")
	}
	if _, err := one.Open("object", sealed[:5]); err == nil {
		t.Error("a piece opens")
	}
}
