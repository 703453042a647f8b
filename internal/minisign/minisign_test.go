package minisign

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	other "aead.dev/minisign"

	"github.com/fiscus-project/fiscus/internal/diag"
)

func made(t testing.TB, seed byte) *Key {
	t.Helper()
	k, err := Generate(rand.NewChaCha8([32]byte{seed}))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// An independent implementation reads what is written here, and the other way.
func TestBesideAnotherImplementation(t *testing.T) {
	t.Parallel()
	k := made(t, 1)
	data := []byte("a plan")
	sig := k.Sign(data, "plan of a run")
	var pub other.PublicKey
	if err := pub.UnmarshalText(k.Public().Text()); err != nil {
		t.Fatal(err)
	}
	if !other.Verify(pub, data, sig) || other.Verify(pub, []byte("another"), sig) {
		t.Error("the other implementation judges otherwise")
	}
	pub2, priv, err := other.GenerateKey(rand.NewChaCha8([32]byte{2}))
	if err != nil {
		t.Fatal(err)
	}
	text, err := pub2.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	mine, err := ParsePublic(text)
	if err != nil {
		t.Fatal(err)
	}
	r := other.NewReader(bytes.NewReader(data))
	if _, err := bytes.NewBuffer(nil).ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	theirs := r.SignWithComments(priv, "theirs", comments[1])
	comment, _, err := Verify(data, theirs, mine)
	if err != nil || comment != "theirs" {
		t.Error(comment, err)
	}
}

// Whatever byte of file or signature is changed, in whichever way, is refused.
func TestAnyByteCounts(t *testing.T) {
	t.Parallel()
	k := made(t, 1)
	data := []byte("digest: h1:x\n")
	sig := k.Sign(data, "release")
	if c, _, err := Verify(data, sig, made(t, 3).Public(), k.Public()); err != nil || c != "release" {
		t.Fatal(c, err)
	}
	for _, part := range [][]byte{data, sig} {
		for i := range part {
			for bit := range 8 {
				part[i] ^= 1 << bit
				if _, _, err := Verify(data, sig, k.Public()); err == nil {
					t.Errorf("byte %d, bit %d: %q", i, bit, part)
				}
				part[i] ^= 1 << bit
			}
		}
	}
	for _, s := range []string{"", "\n\n\n\n", string(sig) + "\n", string(sig[1:]), strings.TrimSuffix(string(sig), "\n"), strings.ReplaceAll(string(sig), "\n", "\r\n")} {
		if _, _, err := Verify(data, []byte(s), k.Public()); err == nil {
			t.Errorf("%q", s)
		}
	}
}

func TestWhoMaySign(t *testing.T) {
	t.Parallel()
	k, stranger := made(t, 1), made(t, 2)
	_, _, err := Verify([]byte("x"), stranger.Sign([]byte("x"), ""), k.Public())
	var p diag.Problem
	if !errors.As(err, &p) || p.Rule != RuleKey || !strings.Contains(p.Message, stranger.Public().Name()) {
		t.Error(err)
	}
	_, _, err = Verify([]byte("y"), k.Sign([]byte("x"), "a\nb"), k.Public())
	if !errors.As(err, &p) || p.Rule != RuleWrong {
		t.Error(err)
	}
	back, err := ParseKey(k.Bytes())
	if err != nil || back.Public().Name() != k.Public().Name() || !bytes.Equal(back.Public().Text(), k.Public().Text()) {
		t.Error(err)
	}
	for _, bad := range []string{"", "x", "fiscus-signing-key:AAAA"} {
		if _, err := ParseKey([]byte(bad)); err == nil {
			t.Errorf("%q is a key", bad)
		}
		if _, err := ParsePublic([]byte(bad)); err == nil {
			t.Errorf("%q is a public key", bad)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k := made(f, 1)
	f.Add(k.Sign([]byte("x"), "c"))
	f.Add(k.Public().Text())
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := Verify([]byte("other"), text, k.Public()); err == nil {
			t.Errorf("%q signs what was never signed", text)
		}
		if p, err := ParsePublic(text); err == nil && len(p.key) != 32 {
			t.Error("a short key")
		}
	})
}
