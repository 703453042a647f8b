package keys

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	pkcs12 "software.sslmate.com/src/go-pkcs12"
)

type mapVault map[string]string

func (m mapVault) Get(name string) ([]byte, error) {
	if v, ok := m[name]; ok {
		return []byte(v), nil
	}
	return nil, fs.ErrNotExist
}

func TestStore(t *testing.T) {
	t.Parallel()
	c := newChain(t)
	pfx, err := pkcs12.Modern.Encode(c.leaf.Signer, c.leaf.Leaf, nil, "pw")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := c.leaf.PEM()
	bare, _ := (&Pair{Signer: c.leaf.Signer}).PEM()
	files := fstest.MapFS{"keys/a1.pfx": {Data: pfx}, "a.key": {Data: bare}, "a.cer": {Data: c.leaf.Leaf.Raw}}
	s := NewStore(files, mapVault{"acme/a1": string(text), "pw": "pw\n", "bad": "canary-secret"})
	for _, ref := range []string{"acme/a1", "vault:acme/a1", "file:keys/a1.pfx?password=pw", "file:a.key?certificate=file:a.cer"} {
		p, err := s.Pair(ref)
		if err != nil || !p.Leaf.Equal(c.leaf.Leaf) {
			t.Errorf("%s: %v", ref, err)
		}
		if again, _ := s.Pair(ref); again != p {
			t.Errorf("%s: opened twice", ref)
		}
	}
	for ref, want := range map[string]string{
		"":                              RuleReference,
		"absent":                        RuleReference,
		"file:../x":                     RuleReference,
		"file:/etc/passwd":              RuleReference,
		"file:absent":                   RuleReference,
		"ftp:x":                         RuleReference,
		"acme/a1?colour=red":            RuleReference,
		"file:keys/a1.pfx":              RulePassword,
		"file:keys/a1.pfx?password=bad": RulePassword,
		"bad":                           RuleFormat,
	} {
		if _, err := s.Pair(ref); rule(err) != want || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %s", ref, err, want)
		}
	}
}
