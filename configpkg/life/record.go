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
	"github.com/fiscus-project/fiscus/internal/civil"
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
	Test       civil.Date // first day it is in force in the test environment; zero: always
	Production civil.Date
	Replaces   string // version
	ReplacedBy string
	Notes      string // one line
}

// Names of the files beside the folder of a package.
const (
	RecordEnd    = ".release.yaml"
	SignatureEnd = ".release.yaml.minisig"
)

// Text writes the record. There is one way to write it.
func (r *Record) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "release: %s@%s\ndigest: %s\nstate: %s\n", r.Package, r.Version, r.Digest, r.State)
	if r.Test != (civil.Date{}) || r.Production != (civil.Date{}) {
		b.WriteString("calendar:\n")
		for _, e := range []struct {
			name string
			from civil.Date
		}{{"test", r.Test}, {"production", r.Production}} {
			if e.from != (civil.Date{}) {
				fmt.Fprintf(&b, "  %s: {from: %s}\n", e.name, e.from)
			}
		}
	}
	for _, e := range [][2]string{{"replaces", r.Replaces}, {"replacedBy", r.ReplacedBy}, {"notes", r.Notes}} {
		if e[1] != "" {
			fmt.Fprintf(&b, "%s: %q\n", e[0], strings.ReplaceAll(e[1], "\n", " "))
		}
	}
	return b.Bytes()
}

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
	say := func(key string) string {
		if v := n.Get(key); v != nil {
			return v.Text
		}
		return ""
	}
	r := &Record{Digest: say("digest"), State: State(say("state")), Replaces: say("replaces"), ReplacedBy: say("replacedBy"), Notes: say("notes")}
	r.Package, r.Version, _ = strings.Cut(say("release"), "@")
	for name, to := range map[string]*civil.Date{"test": &r.Test, "production": &r.Production} {
		if from := n.Get("calendar").Get(name).Get("from"); from != nil {
			var err error
			if *to, err = civil.ParseDate(from.Text); err != nil {
				return nil, bad(file, "calendar: %v", err)
			}
		}
	}
	if !slices.Contains([]State{Draft, Completed, Published, Retired}, r.State) || r.Package == "" || r.Version == "" || !strings.HasPrefix(r.Digest, "h1:") {
		return nil, bad(file, "a release record names a package and version, a digest and a state")
	}
	if !bytes.Equal(r.Text(), text) {
		return nil, bad(file, "the release record is not written as this program writes it")
	}
	return r, nil
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

// ReadRecord reads the record beside a package and judges its signature.
func ReadRecord(parent fs.FS, dir string, keys []minisign.PublicKey) (*Record, error) {
	text, err1 := fs.ReadFile(parent, dir+RecordEnd)
	signature, err2 := fs.ReadFile(parent, dir+SignatureEnd)
	none1, none2 := errors.Is(err1, fs.ErrNotExist), errors.Is(err2, fs.ErrNotExist)
	switch {
	case none1 && none2:
		return nil, nil
	case none1:
		return nil, bad(dir+RecordEnd, "there is a signature, but no release record")
	case err1 != nil:
		return nil, err1
	case err2 != nil && !none2:
		return nil, err2
	}
	return judge(dir, text, signature, none2, keys)
}

func judge(dir string, text, signature []byte, unsigned bool, keys []minisign.PublicKey) (*Record, error) {
	if !unsigned {
		comment, _, err := minisign.Verify(text, signature, keys...)
		if err != nil {
			return nil, named(dir+SignatureEnd, err)
		}
		r, err := ParseRecord(dir+RecordEnd, text)
		if err == nil && comment != r.comment() {
			err = bad(dir+SignatureEnd, "the signature is of something else")
		}
		return r, err
	}
	r, err := ParseRecord(dir+RecordEnd, text)
	if err == nil && r.State != Draft {
		err = diag.Problemf(diag.Pos{File: dir + RecordEnd}, RuleSigned, "the release is %s and not signed", r.State).
			WithHint("fiscus package sign, or get the signature from the publisher")
	}
	return r, err
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
