package life

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// The rule ids of this room.
const (
	RuleRecord  = "CFG-RELEASE-RECORD"   // a release record that is not written as it has to be
	RuleDigest  = "CFG-RELEASE-DIGEST"   // the files of a package are not those of its release
	RuleState   = "CFG-RELEASE-STATE"    // the state of a release does not allow this
	RuleSigned  = "CFG-RELEASE-UNSIGNED" // a release record without signature
	RuleRetired = "CFG-RELEASE-RETIRED"  // a package that its publisher has withdrawn is in use
	RuleArchive = "CFG-RELEASE-ARCHIVE"  // an archive that is not written as it has to be
	RuleLog     = "CFG-RELEASE-LOG"      // the log of a release was changed, or is not the one its record names
)

// State is where a release stands.
type State string

// The states, in their order. Only a draft may change.
const (
	Draft     State = "draft"
	Completed State = "completed" // its digest is fixed
	Published State = "published" // it may be used in production
	Retired   State = "retired"   // it should not be used any more
)

// Record is the release record of one digest. It stands beside the folder of
// the package, outside its digest.
type Record struct {
	Package    string
	Version    string
	Digest     string
	State      State
	Test       Calendar
	Production Calendar
	Replaces   string // version
	ReplacedBy string
	Notes      string // one line
	Provenance Provenance
	Log        string // digest of the release log, with its last move; empty: there is none
}

// Provenance says by what a release was judged when it was completed.
type Provenance struct {
	Engine string // version of the program
	Lint   string // digest of everything lint said
	Tests  string // in one line; empty: they were not run
}

// Names of the files beside the folder of a package.
const (
	RecordEnd    = ".release.yaml"
	SignatureEnd = ".release.yaml.minisig"
	LogEnd       = ".release.log"
)

// Text writes the record. There is one way to write it.
func (r *Record) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "release: %s@%s\ndigest: %s\nstate: %s\n", r.Package, r.Version, r.Digest, r.State)
	writeCalendars(&b, r)
	for _, e := range [][2]string{{"replaces", r.Replaces}, {"replacedBy", r.ReplacedBy}, {"notes", r.Notes}} {
		if e[1] != "" {
			fmt.Fprintf(&b, "%s: %q\n", e[0], oneLine(e[1]))
		}
	}
	if p := r.Provenance; p != (Provenance{}) {
		fmt.Fprintf(&b, "provenance: {engine: %q, lint: %q, tests: %q}\n", oneLine(p.Engine), oneLine(p.Lint), oneLine(p.Tests))
	}
	if r.Log != "" {
		fmt.Fprintf(&b, "log: %s\n", r.Log)
	}
	return b.Bytes()
}

func oneLine(s string) string { return strings.ReplaceAll(s, "\n", " ") }

// ParseRecord reads a record. It must be written as Text writes it.
func ParseRecord(file string, text []byte) (*Record, error) {
	docs, problems := yml.Parse(file, text)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	if len(docs) != 1 {
		return nil, bad(file, "a release record is one YAML document")
	}
	n := docs[0]
	r := &Record{Digest: said(n, "digest"), State: State(said(n, "state")), Replaces: said(n, "replaces"), ReplacedBy: said(n, "replacedBy"), Notes: said(n, "notes"), Log: said(n, "log")}
	r.Package, r.Version, _ = strings.Cut(said(n, "release"), "@")
	p := n.Get("provenance")
	r.Provenance = Provenance{Engine: said(p, "engine"), Lint: said(p, "lint"), Tests: said(p, "tests")}
	for name, to := range map[string]*Calendar{"test": &r.Test, "production": &r.Production} {
		var err error
		if *to, err = readCalendar(n.Get("calendar").Get(name)); err != nil {
			return nil, bad(file, "calendar: %v", err)
		}
	}
	if !slices.Contains([]State{Draft, Completed, Published, Retired}, r.State) || !load.ValidID(r.Package) || !load.ValidVersion(r.Version) || !strings.HasPrefix(r.Digest, "h1:") {
		return nil, bad(file, "a release record names a package and version, a digest and a state")
	}
	if !bytes.Equal(r.Text(), text) {
		return nil, bad(file, "the release record is not written as this program writes it")
	}
	return r, nil
}

func said(n *yml.Node, key string) string {
	if v := n.Get(key); v != nil {
		return v.Text
	}
	return ""
}

func bad(file, format string, args ...any) error {
	return diag.Problemf(diag.Pos{File: file}, RuleRecord, format, args...).WithHint("fiscus package complete writes it")
}

// Verify judges the package in the folder dir of parent by the record beside
// it. Without a record it returns nil: there is nothing to judge it by. A
// signature must be by one of the keys; only a draft may have none.
func Verify(parent fs.FS, dir string, keys []minisign.PublicKey) (*Record, error) {
	r, err := ReadRecord(parent, dir, keys)
	if r == nil || err != nil {
		return nil, err
	}
	files, err := fs.Sub(parent, dir)
	if err != nil {
		return nil, err
	}
	return r, r.Fits(dir, files)
}

// ReadRecord reads the record beside a package and judges its signature and
// its log.
func ReadRecord(parent fs.FS, dir string, keys []minisign.PublicKey) (*Record, error) {
	r, err := ReadRelease(parent, dir, keys)
	if r == nil || err != nil {
		return nil, err
	}
	return r.Record, nil
}

// Release is a release as it is carried: the record, who signed it, its log,
// and the files of the package.
type Release struct {
	Record    *Record
	Signature []byte // of the record's text; nil: a draft without one
	Signer    string // name of the key that signed; empty without signature
	Log       []byte // nil: none
	Files     fs.FS
}

// ReadRelease reads what stands beside a package and judges it, all but the
// digest of the files (see Record.Fits); nil if nothing does.
func ReadRelease(parent fs.FS, dir string, keys []minisign.PublicKey) (*Release, error) {
	text, none1, err1 := fileBeside(parent, dir+RecordEnd)
	signature, none2, err2 := fileBeside(parent, dir+SignatureEnd)
	log, none3, err3 := fileBeside(parent, dir+LogEnd)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	switch {
	case none1 && none2 && none3:
		return nil, nil
	case none1 && none2:
		return nil, bad(dir+RecordEnd, "there is a release log, but no release record")
	case none1:
		return nil, bad(dir+RecordEnd, "there is a signature, but no release record")
	}
	x, err := judge(dir, text, signature, log, keys)
	if err != nil {
		return nil, err
	}
	x.Files, err = fs.Sub(parent, dir)
	return x, err
}

func fileBeside(parent fs.FS, name string) (data []byte, none bool, err error) {
	data, err = fs.ReadFile(parent, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true, nil
	}
	return append([]byte{}, data...), false, err
}

// judge reads a record with its signature, nil if there is none, and its log.
func judge(dir string, text, signature, log []byte, keys []minisign.PublicKey) (*Release, error) {
	x := &Release{Signature: signature, Log: log}
	comment := ""
	if signature != nil {
		said, key, err := minisign.Verify(text, signature, keys...)
		if err != nil {
			return nil, named(dir+SignatureEnd, err)
		}
		comment, x.Signer = said, key.Name()
	}
	r, err := ParseRecord(dir+RecordEnd, text)
	switch {
	case err != nil:
		return nil, err
	case signature != nil && comment != r.comment():
		return nil, bad(dir+SignatureEnd, "the signature is of something else")
	case signature == nil && r.State != Draft:
		return nil, diag.Problemf(diag.Pos{File: dir + RecordEnd}, RuleSigned, "the release is %s and not signed", r.State).
			WithHint("fiscus package sign, or get the signature from the publisher")
	}
	x.Record = r
	return x, r.logged(dir+LogEnd, log, keys)
}

func named(file string, err error) error {
	var p diag.Problem
	if errors.As(err, &p) {
		p.Pos.File = file
		return p
	}
	return err
}

// Sign returns the signature of the record.
func (r *Record) Sign(k *minisign.Key) []byte { return k.Sign(r.Text(), r.comment()) }

func (r *Record) comment() string {
	return fmt.Sprintf("release %s@%s %s", r.Package, r.Version, r.State)
}

// Fits reports whether files are those of the release.
func (r *Record) Fits(dir string, files fs.FS) error {
	digest, err := load.DigestOf(files)
	if err != nil {
		return err
	}
	if digest != r.Digest && r.State != Draft {
		return diag.Problemf(diag.Pos{File: dir}, RuleDigest, "the files have digest %s, the %s release is of %s", digest, r.State, r.Digest).
			WithHint("only a draft may change: give the change a version of its own")
	}
	return nil
}
