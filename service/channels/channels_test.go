package channels_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/fiscus-project/fiscus/actions"
	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/channels"
)

// The package takes letters: a folder and an address, news about what was sent.
var letters = fstest.MapFS{
	"package.yaml": {Data: []byte("package: xx/post\nversion: 1.0.0\nengine: \">=0.1 <1\"\ndocuments: [invoice/1]\ndate: document.issued\nparameters: [{name: key, type: string, default: sesame}]\n")},
	"readings/letter.yaml": {Data: []byte("reading: letter\nformat: xml\nmatch: {root: Letter}\nto: invoice/1\ndocument:\n  type: =\"invoice\"\n  number: No\n  issued: Day\n  currency: =\"EUR\"\n" +
		"  buyer: {vatId: To}\n  lines: {$each: Line, id: =\"1\", netAmount: ., item: {name: =\"x\"}}\n")},
	"flows/receive.yaml": {Data: []byte("flow: receive\nkind: inbound\nsteps:\n  - {id: keep, action: store.put, with: {in: =item.body, name: copy, file: =item.name}}\nfields: {mark: =document.number}\nresults: [{name: body, from: =context.source, file: body.xml}]\n")},
	"flows/news.yaml":    {Data: []byte("flow: news\nkind: event\nabout: {flow: receive}\nsteps:\n  - {id: read, action: answer.read, with: {in: =item.body}, answer: {code: =at(\"//Code\"), codes: {OK: {class: done}}}}\n")},
	"channels/folder.yaml": {Data: []byte("channel: folder\nkind: folder\naccepts: {name: \"*.xml\", size: 1KB}\nreadings: [readings/letter.yaml]\nitem: {entity: '=entityBy(\"vatId\", document.buyer.vatId)', document: =document.number}\n" +
		"routes:\n  - {when: 'has(\"/News\")', flow: news, about: {fields.mark: '=at(\"/News/About\")'}}\n  - {when: 'has(\"/Letter\")', flow: receive}\nafter: {done: done, parked: parked}\n")},
	"channels/door.yaml": {Data: []byte("channel: door\nkind: http\npath: /door\nauth: {header: X-Signature, hmac: =param.key}\naccepts: {size: 1KB}\nreadings: [readings/letter.yaml]\nitem: {entity: '=entityBy(\"vatId\", document.buyer.vatId)'}\nflow: receive\n")},
}

func letter(no string) string {
	return "<Letter><No>" + no + "</No><Day>2026-03-01</Day><To>XX1</To><Line>5.00</Line></Letter>"
}

// fragile is a log whose writes fail when they are told to.
type fragile struct {
	engine.Log
	fail func() bool
}

var errLog = errors.New("the log is away")

func (f *fragile) Write(ctx context.Context, l engine.Lease, do func(engine.LogTx) error) error {
	if f.fail != nil && f.fail() {
		return errLog
	}
	return f.Log.Write(ctx, l, do)
}

func (f *fragile) Create(ctx context.Context, s *engine.Submission) error {
	if f.fail != nil && f.fail() {
		return errLog
	}
	return f.Log.Create(ctx, s)
}

func channel(t *testing.T, name string) (channels.Channel, *fragile) {
	t.Helper()
	p, problems := load.Load(letters, actions.Registry(), nil)
	if p == nil {
		t.Fatal(problems)
	}
	cat, list := engine.NewCatalog([]*engine.Package{p}, []*engine.Deployment{{Name: "d", Environment: engine.Test, Use: []engine.Use{{Package: p.ID, Entities: []string{"acme"}}}}},
		[]*engine.Entity{{ID: "acme", Fields: map[string]any{"id": "acme", "country": "XX", "vatId": "XX1"}}})
	if list.Grave() {
		t.Fatal(list)
	}
	log := &fragile{Log: engine.NewMemory(nil)}
	e, err := engine.New(cat, engine.Hands{Clock: engine.NewVirtual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), Log: log}, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return channels.Channel{Engine: e, Package: p, Channel: p.Channel(name), Environment: engine.Test, Entity: "acme"}, log
}

func settle(t *testing.T, c channels.Channel) {
	t.Helper()
	for {
		ids, err := c.Engine.Due(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) == 0 {
			return
		}
		if _, err := c.Engine.Run(t.Context(), ids, 1, time.Minute); err != nil {
			t.Fatal(err)
		}
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func statuses(items []engine.Item) (out []string) {
	for _, i := range items {
		out = append(out, i.Name+" "+string(i.Status)+" "+i.Rule)
	}
	return out
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// A folder is emptied: what was taken and what was parked stand where the
// channel says, other files stay.
func TestFolder(t *testing.T) {
	t.Parallel()
	c, _ := channel(t, "folder")
	dir := t.TempDir()
	f := channels.Folder{Channel: c, Dir: dir}
	put(t, dir, "a.xml", letter("1"))
	put(t, dir, "b.xml", letter("1")+" ") // the same document in another file
	put(t, dir, "c.xml", strings.Replace(letter("2"), "5.00", "5,00", 1))
	put(t, dir, "d.xml", letter(strings.Repeat("9", 2000)))
	put(t, dir, "e.xml", "<News><About>1</About><Code>OK</Code></News>")
	put(t, dir, "f.xml", "<News><About>77</About><Code>OK</Code></News>")
	put(t, dir, "note.txt", "not for us")
	put(t, dir, ".hidden.xml", letter("3"))
	items, err := f.Poll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settle(t, c)
	want := []string{"a.xml done ", "b.xml parked RUN-ITEM-TWICE", "c.xml parked READ-VALUE", "d.xml parked RUN-ITEM-SIZE", "e.xml parked RUN-ITEM-ABOUT", "f.xml parked RUN-ITEM-ABOUT"}
	if got := statuses(items); !slices.Equal(got, want) {
		t.Errorf("want %q\n got %q", want, got)
	}
	if got := names(t, dir); !slices.Equal(got, []string{".hidden.xml", "note.txt"}) {
		t.Errorf("left in the folder: %q", got)
	}
	if got := names(t, filepath.Join(dir, "parked")); len(got) != 5 {
		t.Errorf("parked: %q", got)
	}
	// The flow has published its field now: the news are taken, once.
	again, err := c.Again(t.Context(), engine.RuleAbout)
	if err != nil {
		t.Fatal(err)
	}
	settle(t, c)
	if got := statuses(again); !slices.Equal(got, []string{"e.xml done ", "f.xml parked RUN-ITEM-ABOUT"}) && !slices.Equal(got, []string{"f.xml parked RUN-ITEM-ABOUT", "e.xml done "}) {
		t.Errorf("%q", got)
	}
	put(t, dir, "a.xml", letter("1"))
	if items, err = f.Poll(t.Context()); err != nil || !slices.Equal(statuses(items), []string{"a.xml duplicate RUN-ITEM-TWICE"}) {
		t.Errorf("%q %v", statuses(items), err)
	}
	if got := names(t, filepath.Join(dir, "done")); !slices.Equal(got, []string{"a.2.xml", "a.xml"}) {
		t.Errorf("done: %q", got)
	}
	report, err := c.Engine.Report(t.Context(), submissionOf(t, c))
	if err != nil || len(report.Results) < 2 {
		t.Errorf("the source is not kept: %+v, %v", report, err)
	}
}

func submissionOf(t *testing.T, c channels.Channel) string {
	t.Helper()
	rows, err := c.Engine.Hands().Log.Find(t.Context(), engine.Query{Flow: "receive"})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d submissions, %v", len(rows), err)
	}
	return rows[0].ID
}

// Wherever the log fails, the item is taken once in the end: nothing is lost,
// nothing is there twice, and the file stays until the log knows.
func TestEveryFailureOfTheLog(t *testing.T) {
	t.Parallel()
	for at := 1; ; at++ {
		c, log := channel(t, "folder")
		dir := t.TempDir()
		f := channels.Folder{Channel: c, Dir: dir}
		put(t, dir, "a.xml", letter("1"))
		n := 0
		log.fail = func() bool { n++; return n == at }
		_, err := f.Poll(t.Context())
		log.fail = nil
		if err == nil {
			if at < 3 {
				t.Errorf("only %d writes", at)
			}
			return
		}
		if !errors.Is(err, errLog) || len(names(t, dir)) != 1 {
			t.Fatalf("write %d: %v, files %q", at, err, names(t, dir))
		}
		items, err := f.Poll(t.Context())
		if err != nil || len(items) != 1 || items[0].Status == engine.ItemParked {
			t.Fatalf("write %d: %q %v", at, statuses(items), err)
		}
		settle(t, c)
		report, err := c.Engine.Report(t.Context(), submissionOf(t, c))
		if err != nil || report.Status.Run != engine.RunCompleted {
			t.Fatalf("write %d: %+v %v", at, report, err)
		}
		if at > 20 {
			t.Fatal("no end")
		}
	}
}

func send(t *testing.T, h http.Handler, method, path, key, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader([]byte(body)))
	if key != "" {
		m := hmac.New(sha256.New, []byte(key))
		_, _ = io.WriteString(m, body)
		r.Header.Set("X-Signature", "sha256="+hex.EncodeToString(m.Sum(nil)))
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// The address takes what is signed, answers when it is stored, and says nothing
// of what becomes of it.
func TestHandler(t *testing.T) {
	t.Parallel()
	c, log := channel(t, "door")
	var taken []engine.Item
	h := channels.NewHandler([]channels.Channel{c}, func(i engine.Item) { taken = append(taken, i) }, nil)
	for _, x := range []struct {
		name, method, path, key, body string
		want                          int
	}{
		{"taken", "POST", "/door", "sesame", letter("1"), 202},
		{"again", "POST", "/door", "sesame", letter("1"), 202},
		{"parked", "POST", "/door", "sesame", "<Other/>", 202},
		{"not signed", "POST", "/door", "", letter("2"), 401},
		{"wrong key", "POST", "/door", "open", letter("2"), 401},
		{"elsewhere", "POST", "/window", "sesame", letter("2"), 404},
		{"asked", "GET", "/door", "sesame", "", 405},
		{"empty", "POST", "/door", "sesame", "", 400},
		{"too large", "POST", "/door", "sesame", strings.Repeat("x", 1100), 413},
	} {
		if code, text := send(t, h, x.method, x.path, x.key, x.body); code != x.want || strings.Contains(text, "XX1") || strings.Contains(text, "sesame") {
			t.Errorf("%s: %d %s", x.name, code, text)
		}
	}
	if got := statuses(taken); len(got) != 3 || taken[0].Status != engine.ItemDone || taken[1].Status != engine.ItemDuplicate || taken[2].Rule != "READ-MATCH" {
		t.Errorf("%q", got)
	}
	log.fail = func() bool { return true }
	if code, _ := send(t, h, "POST", "/door", "sesame", letter("9")); code != 503 {
		t.Errorf("the log is away: %d", code)
	}
	log.fail = nil
	if code, _ := send(t, h, "POST", "/door", "sesame", letter("9")); code != 202 || taken[3].Status != engine.ItemDone {
		t.Errorf("after that: %d %q", code, statuses(taken))
	}
}
