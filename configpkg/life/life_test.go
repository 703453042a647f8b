package life

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// slip is the small package that tests of commands use, in memory.
func slip(t testing.TB) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	dir := os.DirFS("../../cmd/fiscus/testdata/slip")
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(dir, name)
		out[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil || len(out) < 10 {
		t.Fatal(len(out), err)
	}
	return out
}

func released(t testing.TB, files fs.FS) (*Record, *minisign.Key) {
	t.Helper()
	digest, err := load.DigestOf(files)
	if err != nil {
		t.Fatal(err)
	}
	k, err := minisign.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Complete(&engine.Package{ID: "xz/slip", Version: "1.9.0", Digest: digest}, nil, "first \"one\"\nof all", Provenance{"0.1", "sha256:00", "3 passed"})
	if err != nil {
		t.Fatal(err)
	}
	return r, k
}

func rule(err error) string {
	var p diag.Problem
	var l diag.List
	if errors.As(err, &l) && len(l) > 0 {
		return l[0].Rule
	}
	errors.As(err, &p)
	return p.Rule
}

func TestStates(t *testing.T) {
	t.Parallel()
	r, _ := released(t, slip(t))
	first := civil.Date{Year: 2026, Month: 8, Day: 3}
	day := Calendar{From: first, Zone: "America/Sao_Paulo", Except: map[string]civil.Date{"SP": {Year: 2026, Month: 9, Day: 1}, "no": first, "Ü": first}}
	if _, err := r.Retire(""); rule(err) != RuleState {
		t.Error(err)
	}
	if _, err := r.Publish(day, day, "1.10.0"); rule(err) != RuleState {
		t.Error("1.10.0 is before 1.9.0", err)
	}
	p, err := r.Publish(Calendar{}, day, "1.8.9")
	if err != nil || p.Calendar(engine.Production).First("RJ") != first || p.Calendar(engine.Test).First("RJ") != (civil.Date{}) || p.Calendar(engine.Production).First("SP") == first {
		t.Fatal(p, err)
	}
	if _, err := p.Publish(day, day, ""); rule(err) != RuleState {
		t.Error(err)
	}
	if _, err := Complete(&engine.Package{ID: "xz/slip"}, p, "", Provenance{}); rule(err) != RuleState {
		t.Error(err)
	}
	q, err := p.Retire("2.0")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []*Record{r, p, q, {Package: "xa/b", Version: "1", Digest: "h1:x", State: Draft, Test: day}} {
		back, err := ParseRecord("r", x.Text())
		if err != nil || !bytes.Equal(back.Text(), x.Text()) {
			t.Errorf("%s\n%+v %v", x.Text(), back, err)
		}
	}
}

// Beside is a package folder with what stands beside it.
func beside(t *testing.T, files fs.FS, record, signature []byte) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	for name, f := range files.(fstest.MapFS) {
		out["slip/"+name] = &fstest.MapFile{Data: bytes.Clone(f.Data)}
	}
	if record != nil {
		out["slip"+RecordEnd] = &fstest.MapFile{Data: record}
	}
	if signature != nil {
		out["slip"+SignatureEnd] = &fstest.MapFile{Data: signature}
	}
	return out
}

func TestVerify(t *testing.T) {
	t.Parallel()
	files := slip(t)
	r, k := released(t, files)
	stranger, _ := minisign.Generate(rand.Reader)
	keys := []minisign.PublicKey{k.Public()}
	changed := maps.Clone(files)
	changed["flows/issue.yaml"] = &fstest.MapFile{Data: append(bytes.Clone(files["flows/issue.yaml"].Data), '\n')}
	more := maps.Clone(files)
	more["extra.txt"] = &fstest.MapFile{}
	draft := *r
	draft.State = Draft
	for name, c := range map[string]struct {
		in   fstest.MapFS
		want string
	}{
		"nothing beside":   {beside(t, files, nil, nil), ""},
		"signed":           {beside(t, files, r.Text(), r.Sign(k)), ""},
		"a changed file":   {beside(t, changed, r.Text(), r.Sign(k)), RuleDigest},
		"one file more":    {beside(t, more, r.Text(), r.Sign(k)), RuleDigest},
		"unsigned":         {beside(t, files, r.Text(), nil), RuleSigned},
		"signature alone":  {beside(t, files, nil, r.Sign(k)), RuleRecord},
		"a stranger's":     {beside(t, files, r.Text(), r.Sign(stranger)), minisign.RuleKey},
		"draft":            {beside(t, changed, draft.Text(), nil), ""},
		"back to draft":    {beside(t, changed, draft.Text(), r.Sign(k)), minisign.RuleWrong},
		"of another thing": {beside(t, files, r.Text(), k.Sign(r.Text(), "plan")), RuleRecord},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Verify(c.in, "slip", keys); rule(err) != c.want || (err == nil) != (c.want == "") {
				t.Error(err)
			}
		})
	}
}

// Whatever byte of record, signature, package or archive is changed, it is
// refused.
func TestAnyByteCounts(t *testing.T) {
	t.Parallel()
	files := slip(t)
	for name := range files {
		if strings.HasPrefix(name, "tests/") || strings.HasPrefix(name, "simulator/") {
			delete(files, name)
		}
	}
	r, k := released(t, files)
	keys := []minisign.PublicKey{k.Public()}
	in := beside(t, files, r.Text(), r.Sign(k))
	for _, name := range slices.Sorted(maps.Keys(in)) {
		data := in[name].Data
		for i := range data {
			data[i] ^= 1
			if _, err := Verify(in, "slip", keys); err == nil {
				t.Errorf("%s, byte %d", name, i)
			}
			data[i] ^= 1
		}
	}
	var b bytes.Buffer
	if err := Archive(&b, &Release{Record: r, Signature: r.Sign(k), Files: files}); err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	for i := range data {
		data[i] ^= 1
		if _, err := Unpack(data, keys); err == nil {
			t.Errorf("archive, byte %d of %d", i, len(data))
		}
		data[i] ^= 1
	}
	if _, err := Unpack(append(bytes.Clone(data), 0), keys); err == nil {
		t.Error("a byte more")
	}
	got, err := Unpack(data, keys)
	if err != nil || got.Record.Digest != r.Digest {
		t.Fatal(err)
	}
	if d, err := load.DigestOf(got.Files); err != nil || d != r.Digest {
		t.Error(d, err)
	}
	var again bytes.Buffer
	if err := Archive(&again, got); err != nil || !bytes.Equal(again.Bytes(), data) {
		t.Error("the archive of what was unpacked is another", err)
	}
}

// What is changed in a package is told in the words of packages.
func TestDiff(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, old, new, want string }{
		"rule text":         {"rules/slip.yaml", "Law of Slips, clause 7", "Law of Slips, clause 8", "rule slip XZ-1 source changed: Law of Slips, clause 7 > Law of Slips, clause 8"},
		"rule renamed":      {"rules/slip.yaml", "id: XZ-1", "id: XZ-2", "rule slip XZ-2 added: *; rule slip XZ-1 removed: *"},
		"rule condition":    {"rules/slip.yaml", "== document.totals.payable", "<= document.totals.payable", "rule slip XZ-1 assert changed: sum(document.lines, .netAmount) == document.totals.payable > sum(document.lines, .netAmount) <= document.totals.payable"},
		"mapping line":      {"mappings/slip.yaml", "Seller: =document.seller.name", "Seller: =upper(document.seller.name)", "mapping slip root/Slip/Seller changed: =document.seller.name > =upper(document.seller.name)"},
		"mapping new line":  {"mappings/slip.yaml", "    Sum: ", "    Note: x\n    Sum: ", "mapping slip root/Slip/Note added: x"},
		"mapping gone":      {"mappings/slip.yaml", "    Buyer: =document.buyer.name\n", "", "mapping slip root/Slip/Buyer removed: =document.buyer.name"},
		"mapping order":     {"mappings/slip.yaml", "    Seller: =document.seller.name\n    Buyer: =document.buyer.name\n", "    Buyer: =document.buyer.name\n    Seller: =document.seller.name\n", "mapping slip root/Slip changed: order Seller, Buyer, Day, Line, Sum > order Buyer, Seller, Day, Line, Sum"},
		"answer class":      {"answers/drop.yaml", "LOW: {class: verdict", "LOW: {class: precondition", "answer code drop LOW class changed: verdict > precondition"},
		"answer new":        {"answers/drop.yaml", "  SEEN:", "  MUD: {class: precondition}\n  SEEN:", "answer code drop MUD added: {class: precondition}"},
		"answer gone":       {"answers/drop.yaml", "  SEEN: {class: duplicate}\n", "", "answer code drop SEEN removed: {class: duplicate}"},
		"table row":         {"tables/doors.csv", "drop,test,https://tide.example/slips", "drop,test,https://low.example/slips", "table row doors drop changed: drop,test,https://tide.example/slips > drop,test,https://low.example/slips"},
		"table row new":     {"tables/doors.csv", "door,environment,url\n", "door,environment,url\nask,*,https://x.example\n", "table row doors ask added: ask,*,https://x.example"},
		"table row gone":    {"tables/doors.csv", "drop,production,https://deep.example/slips\n", "", "table row doors drop removed: drop,production,https://deep.example/slips"},
		"table columns":     {"tables/doors.csv", "door,environment,url", "door,environment,address", "table columns doors changed: door,environment,url > door,environment,address"},
		"table comment":     {"tables/doors.csv", "door,environment", "# why\ndoor,environment", "file tables/doors.csv changed: - > comments and layout only"},
		"table key":         {"tables/tables.yaml", "key: [door]", "key: [door, url]", "table doors key/url added: url"},
		"parameter default": {"package.yaml", "default: true", "default: false", "parameter signed default changed: true > false"},
		"parameter new":     {"package.yaml", "const:", "  - {name: series, type: integer, default: 1}\nconst:", "parameter series added: {name: series, type: integer, default: 1}"},
		"parameter gone":    {"package.yaml", "  - {name: signed, type: boolean, default: true, doc: whether slips are signed}\n", "", "parameter signed removed: *"},
		"constant":          {"package.yaml", "digest: sha512", "digest: sha256", "constant signature digest changed: sha512 > sha256"},
		"counter":           {"package.yaml", "to: 99999", "to: 999", "state slips to changed: 99999 > 999"},
		"version":           {"package.yaml", "version: 1.9.0", "version: 1.10.0", "package xz/slip version changed: 1.9.0 > 1.10.0"},
		"title":             {"package.yaml", "Slips of Zedland", "Slips", "package xz/slip title/en changed: Slips of Zedland > Slips"},
		"date":              {"package.yaml", "date: document.issued", "date: document.taxPoint", "package xz/slip date changed: document.issued > document.taxPoint"},
		"documents":         {"package.yaml", "[invoice/1]", "[invoice/1, payment/1]", "package xz/slip documents/payment/1 added: payment/1"},
		"step changed":      {"flows/issue.yaml", "attempts: 2", "attempts: 3", "flow issue step send retry/attempts changed: 2 > 3"},
		"step handling":     {"flows/issue.yaml", "      duplicate: {use: ask, with: {mark: =mark}}\n", "", "flow issue step send handle/duplicate removed: *"},
		"step new":          {"flows/issue.yaml", "  - id: send\n", "  - id: now\n    action: time.now\n  - id: send\n", "flow issue step now added: {id: now, action: time.now}"},
		"step gone":         {"flows/issue.yaml", "  - id: rules\n    action: rules.check\n    with: {rules: rules/slip.yaml}\n", "", "flow issue step rules removed: *"},
		"applicability":     {"flows/issue.yaml", "is: XZ", "is: XY", "flow issue applies/all/entity.country/is changed: XZ > XY"},
		"flow let":          {"flows/issue.yaml", `"SL-"`, `"SM-"`, `flow issue let/mark changed: ="SL-" + * > ="SM-" + *`},
		"flow field":        {"flows/issue.yaml", "fields: {mark: =mark}", "fields: {label: =mark}", "flow issue fields/label added: =mark; flow issue fields/mark removed: =mark"},
		"result":            {"flows/issue.yaml", "legal: true", "legal: false", "flow issue result legal legal changed: true > false"},
		"part":              {"flows/ask.yaml", "attempts: 3", "attempts: 4", "flow ask step ask repeat/attempts changed: 3 > 4"},
		"route":             {"simulator/tide.yaml", "path: /slips}", "path: /notes}", "simulator route tide drop match/path changed: /slips > /notes"},
		"reply":             {"simulator/replies.yaml", "song: the tide has come", "song: ebb", "mapping replies parts/drop/root/song changed: the tide has come > ebb"},
		"test":              {"tests/slip.yaml", "calls: [drop]", "calls: []", "test accepted script/2/expect/calls/drop removed: drop"},
		"entity of a test":  {"tests/entities/plain.yaml", "reef: NORTH", "reef: EAST", "parameter plain xz/slip reef changed: NORTH > EAST"},
		"document":          {"tests/documents/one.json", "Mermaid", "Nix", "file tests/documents/one.json changed: * bytes > * bytes"},
		"comment":           {"rules/slip.yaml", "checks:", "# all\nchecks:", "file rules/slip.yaml changed: - > comments and layout only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := slip(t)
			b := maps.Clone(a)
			text := string(a[c.file].Data)
			if !strings.Contains(text, c.old) {
				t.Fatalf("%s has no %q", c.file, c.old)
			}
			b[c.file] = &fstest.MapFile{Data: []byte(strings.Replace(text, c.old, c.new, 1))}
			list, err := Diff(a, b)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range list {
				line := d.What + " " + d.Name + " " + d.How + ": "
				switch d.How {
				case "added":
					line += d.New
				case "removed":
					line += d.Old
				default:
					if d.Old == "" {
						d.Old = "-"
					}
					line += d.Old + " > " + d.New
				}
				got = append(got, line)
			}
			if !fits(strings.Join(got, "; "), c.want) {
				t.Errorf("want %s\n got %s", c.want, strings.Join(got, "; "))
			}
		})
	}
	if list, err := Diff(slip(t), slip(t)); err != nil || list != nil {
		t.Error(list, err)
	}
}

// fits compares with a pattern in which * is any text.
func fits(got, want string) bool {
	parts := strings.Split(want, "*")
	if !strings.HasPrefix(got, parts[0]) {
		return false
	}
	got = got[len(parts[0]):]
	for i, p := range parts[1:] {
		at := strings.Index(got, p)
		if i == len(parts)-2 && p == "" {
			return true
		}
		if at < 0 {
			return false
		}
		got = got[at+len(p):]
	}
	return got == ""
}

func FuzzRecord(f *testing.F) {
	r, _ := released(f, slip(f))
	f.Add(r.Text())
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := ParseRecord("r", text); err == nil && !bytes.Equal(r.Text(), text) {
			t.Errorf("%q", text)
		}
	})
}
