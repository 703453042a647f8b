package life

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io/fs"
	"slices"
	"strings"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/configpkg/yml"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/internal/minisign"
)

// The rule ids of locks.
const (
	RuleLock        = "CFG-LOCK-FILE"    // a lock that was changed, is not signed, or is not there although it is asked for
	RuleLockDiffers = "CFG-LOCK-DIFFERS" // a package is not the one that is locked
	RuleLockMissing = "CFG-LOCK-MISSING" // a package is in use that the lock does not name
)

// Names of a lock and its signature in the data folder.
const (
	LockFile      = "fiscus.lock"
	LockSignature = "fiscus.lock.minisig"
	lockComment   = "lock"
	lockHint      = "if that is meant: fiscus package lock"
)

// Lock names the packages that are in use, by what they hold.
type Lock struct {
	Packages []Locked `json:"packages"` // by id and version
}

// Locked is one package of a lock.
type Locked struct {
	Package string `json:"package"`
	Version string `json:"version"`
	Digest  string `json:"digest"`           // h1: of its files, the pinned digests of its artifacts among them
	Record  string `json:"record,omitempty"` // sha256: of its release record; empty: it has none
	Signer  string `json:"signer,omitempty"` // name of the key that signed the record
}

// Text writes the lock. There is one way to write it.
func (l *Lock) Text() ([]byte, error) {
	slices.SortFunc(l.Packages, func(a, b Locked) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), engine.CompareVersions(a.Version, b.Version))
	})
	text, err := json.MarshalIndent(l, "", "  ")
	return append(text, '\n'), err
}

// Sign returns the text of the lock and its signature.
func (l *Lock) Sign(k *minisign.Key) (text, signature []byte, err error) {
	text, err = l.Text()
	return text, k.Sign(text, lockComment), err
}

// ReadLock reads the lock of a data folder and judges it by its signature; nil
// if there is none.
func ReadLock(data fs.FS, keys []minisign.PublicKey) (*Lock, error) {
	text, none1, err1 := fileBeside(data, LockFile)
	signature, none2, err2 := fileBeside(data, LockSignature)
	wrong := func(file, what string) error {
		return diag.Problem{Pos: diag.Pos{File: file}, Rule: RuleLock, Message: what, Hint: "take lock and signature from where they were kept whole; " + lockHint}
	}
	switch {
	case err1 != nil:
		return nil, err1
	case err2 != nil:
		return nil, err2
	case none1 && none2:
		return nil, nil
	case none1:
		return nil, wrong(LockSignature, "there is a signature, but no lock")
	case none2:
		return nil, wrong(LockFile, "the lock is not signed")
	}
	comment, _, err := minisign.Verify(text, signature, keys...)
	if err != nil {
		return nil, named(LockSignature, err)
	}
	l := &Lock{}
	if err := json.Unmarshal(text, l); err != nil || comment != lockComment {
		return nil, wrong(LockFile, "this is no lock")
	}
	if again, err := l.Text(); err != nil || !bytes.Equal(again, text) {
		return nil, wrong(LockFile, "the lock is not written as this program writes it")
	}
	return l, nil
}

// LockedOf says what a lock holds of the package in the folder dir of parent,
// and judges it as Verify does.
func LockedOf(parent fs.FS, dir string, keys []minisign.PublicKey) (Locked, error) {
	files, err := fs.Sub(parent, dir)
	if err != nil {
		return Locked{}, err
	}
	x, err := ReadRelease(parent, dir, keys)
	if err != nil {
		return Locked{}, err
	}
	if x != nil {
		if err := x.Record.Fits(dir, files); err != nil {
			return Locked{}, err
		}
		out := x.Locked()
		if x.Record.State == Draft { // its files may differ from its record
			out.Digest, err = load.DigestOf(files)
		}
		return out, err
	}
	out := identity(files)
	out.Digest, err = load.DigestOf(files)
	return out, err
}

// Locked says what a lock holds of a release.
func (x *Release) Locked() Locked {
	r := x.Record
	return Locked{Package: r.Package, Version: r.Version, Digest: r.Digest, Record: logDigest(r.Text()), Signer: x.Signer}
}

// identity reads id and version of a package or overlay without a release.
func identity(files fs.FS) (out Locked) {
	for _, name := range []string{"package.yaml", "overlay.yaml"} {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			continue
		}
		if docs, _ := yml.Parse(name, text); len(docs) > 0 {
			out.Package, out.Version = cmp.Or(said(docs[0], "package"), said(docs[0], "overlay")), said(docs[0], "version")
			return out
		}
	}
	return out
}

// Find returns what is locked of a package; nil: nothing.
func (l *Lock) Find(id, version string) *Locked {
	for i, p := range l.Packages {
		if p.Package == id && engine.CompareVersions(p.Version, version) == 0 {
			return &l.Packages[i]
		}
	}
	return nil
}

// Put takes a package into the lock, in the place of what was locked of it.
func (l *Lock) Put(p Locked) {
	if at := l.Find(p.Package, p.Version); at != nil {
		*at = p
		return
	}
	l.Packages = append(l.Packages, p)
}

// Files refuses a package whose files are not those that are locked.
func (l *Lock) Files(p Locked) error {
	if at := l.Find(p.Package, p.Version); at != nil && at.Digest != p.Digest {
		return differs(p, "digest", at.Digest, p.Digest)
	}
	return nil
}

// Use refuses a package that is in use and not locked, or not as it was locked.
func (l *Lock) Use(p Locked) error {
	at := l.Find(p.Package, p.Version)
	switch {
	case at == nil:
		return diag.Problemf(diag.Pos{File: LockFile}, RuleLockMissing, "%s@%s is in use and not locked", p.Package, p.Version).WithHint("%s", lockHint)
	case at.Digest != p.Digest:
		return differs(p, "digest", at.Digest, p.Digest)
	case at.Record != p.Record:
		return differs(p, "release record", at.Record, p.Record)
	case at.Signer != p.Signer:
		return differs(p, "signer", at.Signer, p.Signer)
	}
	return nil
}

func differs(p Locked, what, locked, found string) error {
	return diag.Problemf(diag.Pos{File: LockFile}, RuleLockDiffers, "%s@%s: the %s is %s, locked is %s", p.Package, p.Version, what,
		cmp.Or(strings.TrimSpace(found), "missing"), cmp.Or(locked, "none")).WithHint("%s", lockHint)
}
