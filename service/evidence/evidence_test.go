package evidence_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/minisign"
	"github.com/fiscus-project/fiscus/service/evidence"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// submitted writes a submission of an entity with a journal and a result.
func submitted(t *testing.T, log engine.Log, id, entity string, run engine.RunStatus) {
	t.Helper()
	s := &engine.Submission{ID: id, Environment: engine.Test, Entity: entity, Package: "xx/a", Version: "1.0.0", Digest: "h1:x", Flow: "issue",
		Accepted: noon, Changed: noon, Run: run, Status: engine.DocAccepted, Input: []byte(`{"id": "` + id + `"}`)}
	if err := log.Create(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	err := log.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error {
		sum, err := tx.Blob([]byte("<Request>" + id + "</Request>"))
		if err != nil {
			return err
		}
		legal, err := tx.Blob([]byte("<Legal>" + id + "</Legal>"))
		if err != nil {
			return err
		}
		return errors.Join(tx.Append(id, engine.Entry{Path: "send#1", Kind: engine.EntryIntent, At: noon, Data: json.RawMessage(`{"a":1}`), Blobs: []string{sum}}),
			tx.Keep(id, engine.Kept{Name: "legal", File: id + ".xml", MediaType: "application/xml", SHA256: legal, Size: 20, Legal: true, At: noon}))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func seal(t *testing.T, log engine.Log, id string) *evidence.Link {
	t.Helper()
	l, err := evidence.Seal(t.Context(), log, id, "0.1", noon)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func bundle(t *testing.T, log engine.Log, id string, k *minisign.Key) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := evidence.Write(t.Context(), log, id, k, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func signer(t *testing.T) *minisign.Key {
	t.Helper()
	k, err := minisign.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func judged(data []byte) (*evidence.Bundle, error) {
	return evidence.Read(bytes.NewReader(data), int64(len(data)))
}

func TestBundle(t *testing.T) {
	t.Parallel()
	log, key := engine.NewMemory(nil), signer(t)
	submitted(t, log, "s1", "acme", engine.RunCompleted)
	if l := seal(t, log, "s1"); l.Number != 1 || l.Previous != "" {
		t.Fatal(l)
	}
	data := bundle(t, log, "s1", key)
	if !bytes.Equal(data, bundle(t, log, "s1", key)) {
		t.Error("the same submission gave two bundles")
	}
	b, err := judged(data)
	if err != nil {
		t.Fatal(err)
	}
	if b.Manifest.Submission != "s1" || len(b.Manifest.Results) != 1 || !b.Manifest.Results[0].Legal || b.Link.Entity != "acme" {
		t.Errorf("%+v", b.Manifest)
	}
	if _, err := b.SignedBy(key.Public()); err != nil {
		t.Error(err)
	}
	if _, err := b.SignedBy(signer(t).Public()); err == nil {
		t.Error("signed by a stranger, and taken")
	}
	plain, err := judged(bundle(t, log, "s1", nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := plain.SignedBy(key.Public()); err == nil {
		t.Error("not signed, and taken")
	}
}

// Whatever byte of a bundle is changed, cut or added, it is found.
func TestAnyByteCounts(t *testing.T) {
	t.Parallel()
	log, key := engine.NewMemory(nil), signer(t)
	submitted(t, log, "s1", "acme", engine.RunCompleted)
	seal(t, log, "s1")
	data := bundle(t, log, "s1", key)
	sound := func(data []byte) bool {
		b, err := judged(data)
		if err != nil {
			return false
		}
		_, err = b.SignedBy(key.Public())
		return err == nil
	}
	if !sound(data) {
		t.Fatal("unchanged, and not sound")
	}
	for i := range data {
		for _, by := range []byte{1, 128} {
			data[i] ^= by
			if sound(data) {
				t.Errorf("byte %d of %d changed, and not found", i, len(data))
			}
			data[i] ^= by
		}
	}
	for _, other := range [][]byte{data[:len(data)-1], data[1:], append([]byte("x"), data...), append(bytes.Clone(data), 'x'), nil} {
		if sound(other) {
			t.Error("bytes cut off or added, and not found")
		}
	}
}

// A run that goes on is not sealed; one that changes after it was sealed is
// sealed again; sealing twice is sealing once.
func TestSealing(t *testing.T) {
	t.Parallel()
	log := engine.NewMemory(nil)
	submitted(t, log, "s1", "acme", engine.RunWaiting)
	if l := seal(t, log, "s1"); l != nil {
		t.Fatal("sealed while it waits", l)
	}
	if _, err := evidence.Write(t.Context(), log, "s1", nil, &bytes.Buffer{}); err == nil {
		t.Error("a bundle of what was never sealed")
	}
	end := func(status engine.DocStatus) {
		l, err := log.Acquire(t.Context(), "s1", "me", noon, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		err = log.Write(t.Context(), l, func(tx engine.LogTx) error {
			s, err := tx.Submission("s1")
			if err != nil {
				return err
			}
			s.Run, s.Status = engine.RunCompleted, status
			return tx.Update(s)
		})
		if err != nil {
			t.Fatal(err)
		}
		sealing := &evidence.Sealing{Log: log, Version: "0.1", Now: func() time.Time { return noon }}
		if err := sealing.Release(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	end(engine.DocAccepted)
	end(engine.DocAccepted)
	end(engine.DocCanceled)
	links, err := evidence.Chain(t.Context(), log, engine.Test, "acme")
	if err != nil || len(links) != 2 || links[1].Previous != links[0].Hash || links[0].Manifest == links[1].Manifest {
		t.Fatal(links, err)
	}
	if b, err := judged(bundle(t, log, "s1", nil)); err != nil || b.Manifest.Status != engine.DocCanceled || b.Link.Number != 2 {
		t.Error(b, err)
	}
}

// Many at once get one chain without gap, double or fork.
func TestChainOfManyWriters(t *testing.T) {
	t.Parallel()
	log := engine.NewMemory(nil)
	const writers, each = 8, 10
	for i := range writers * each {
		submitted(t, log, fmt.Sprint("s", i), "acme", engine.RunCompleted)
	}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if _, err := evidence.Seal(context.Background(), log, fmt.Sprint("s", w*each+i), "0.1", noon); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	accounts, err := evidence.Audit(t.Context(), log, nil)
	if err != nil || len(accounts) != 1 || accounts[0].Links != writers*each || accounts[0].Submissions != writers*each {
		t.Error(accounts, err)
	}
	var text bytes.Buffer
	if err := evidence.WriteChain(t.Context(), log, engine.Test, "acme", &text); err != nil {
		t.Fatal(err)
	}
	if links, err := evidence.ReadChain(&text); err != nil || len(links) != writers*each {
		t.Error(len(links), err)
	}
}

// What somebody changes in a log after sealing is found, and which submission it is.
func TestAuditFinds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tamper func(tx engine.LogTx, links []engine.Pair) error
		want   string
	}{
		"nothing": {func(engine.LogTx, []engine.Pair) error { return nil }, ""},
		"status": {func(tx engine.LogTx, _ []engine.Pair) error {
			s, err := tx.Submission("s2")
			if err != nil {
				return err
			}
			s.Status = engine.DocRejected
			return tx.Update(s)
		}, "submission s2 stands in the log otherwise"},
		"journal": {func(tx engine.LogTx, _ []engine.Pair) error {
			return tx.Append("s2", engine.Entry{Path: "x", Kind: engine.EntryNote, At: noon})
		}, "submission s2 stands in the log otherwise"},
		"link gone":   {func(tx engine.LogTx, l []engine.Pair) error { return tx.Set("evidence.links", l[1].Key, nil) }, "link 3 of acme follows link 1"},
		"end cut off": {func(tx engine.LogTx, l []engine.Pair) error { return tx.Set("evidence.links", l[2].Key, nil) }, "the chain of acme ends with link 2; its head says 3"},
		"link changed": {func(tx engine.LogTx, l []engine.Pair) error {
			return tx.Set("evidence.links", l[1].Key, bytes.Replace(l[1].Value, []byte("s2"), []byte("s3"), 1))
		}, "its hash is not that of what it says"},
		"manifest gone": {func(tx engine.LogTx, l []engine.Pair) error {
			var link evidence.Link
			if err := json.Unmarshal(l[2].Value, &link); err != nil {
				return err
			}
			return tx.Set("evidence.links", l[2].Key, bytes.Replace(l[2].Value, []byte(link.Manifest), []byte(strings.Repeat("0", 64)), 1))
		}, "bytes 0000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := engine.NewMemory(nil)
			for _, id := range []string{"s1", "s2", "s3"} {
				submitted(t, log, id, "acme", engine.RunCompleted)
				seal(t, log, id)
			}
			links, err := log.Pairs(t.Context(), "evidence.links", "")
			if err != nil {
				t.Fatal(err)
			}
			if err := log.Write(t.Context(), engine.Lease{}, func(tx engine.LogTx) error { return c.tamper(tx, links) }); err != nil {
				t.Fatal(err)
			}
			_, err = evidence.Audit(t.Context(), log, nil)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	log := engine.NewMemory(nil)
	submitted(t, log, "s1", "acme", engine.RunCompleted)
	if _, err := evidence.Audit(t.Context(), log, nil); err == nil || !strings.Contains(err.Error(), "stands in no chain") {
		t.Error("never sealed:", err)
	}
}

func TestFollows(t *testing.T) {
	t.Parallel()
	log := engine.NewMemory(nil)
	for i := range 5 {
		id := fmt.Sprint("s", i)
		submitted(t, log, id, "acme", engine.RunCompleted)
		seal(t, log, id)
	}
	links, err := evidence.Chain(t.Context(), log, engine.Test, "acme")
	if err != nil {
		t.Fatal(err)
	}
	if missing, err := evidence.Follows([]evidence.Link{links[4], links[0], links[1]}); missing != 2 || err != nil {
		t.Error(missing, err)
	}
	forged := links[1]
	forged.Previous = links[3].Hash
	if _, err := evidence.Follows([]evidence.Link{links[0], forged}); err == nil {
		t.Error("a forged link follows")
	}
	forged = links[1]
	forged.Hash = links[3].Hash
	if _, err := evidence.Follows([]evidence.Link{links[1], forged}); err == nil {
		t.Error("two links of one number")
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("PK"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := judged(data)
		if err == nil && b.Manifest.Submission != b.Link.Submission {
			t.Error("judged sound, and speaks of two submissions")
		}
	})
}
