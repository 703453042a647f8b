package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/life"
	"github.com/fiscus-project/fiscus/internal/diag"
)

func newPackageLockCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lock",
		Short: "Lock the packages in use: from now on only these are, byte for byte",
		Long: "Write fiscus.lock into the data folder: id, version, digest, release record and signer of every package that is deployed, and of what\n" +
			"those stand over, signed with the own key. While it is there, every command refuses a package that differs, and one that is\n" +
			"deployed and not locked. package pull and deploy keep it up to date with what they change, and nothing else.",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			l, err := a.lockInUse()
			if err != nil {
				return err
			}
			if err := a.writeLock(l); err != nil {
				return err
			}
			if text, err := a.text(); err != nil || !text {
				if err == nil {
					err = a.json(l)
				}
				return err
			}
			for _, p := range l.Packages {
				_, _ = fmt.Fprintf(a.stdout, "%s@%s %s\n", p.Package, p.Version, p.Digest)
			}
			_, err = fmt.Fprintf(a.stdout, "%s locked\n", plural(len(l.Packages), "package is", "packages are"))
			return err
		},
	}
}

// lockInUse returns a lock of all that is read when what is deployed is opened.
func (a *app) lockInUse() (*life.Lock, error) {
	keys, err := a.trusted()
	if err != nil {
		return nil, err
	}
	l := &life.Lock{Packages: []life.Locked{}}
	_, err = a.openJudging(&setup{}, func(parent fs.FS, dir string) (*life.Record, error) {
		r, err := life.Verify(parent, dir, keys)
		if err != nil {
			return nil, err
		}
		p, err := life.LockedOf(parent, dir, keys)
		l.Put(p)
		return r, err
	})
	return l, err
}

func (a *app) writeLock(l *life.Lock) error {
	key, err := a.signer(operatorKey)
	if err != nil {
		return err
	}
	text, signature, err := l.Sign(key)
	if err == nil {
		err = errors.Join(replaceFile(filepath.Join(a.data, life.LockFile), text), replaceFile(filepath.Join(a.data, life.LockSignature), signature))
	}
	if err != nil {
		return exit(exitEnvironment, err)
	}
	return nil
}

// lock reads the lock of the data folder; nil if there is none and none is
// asked for.
func (a *app) lock() (*life.Lock, error) {
	keys, err := a.trusted()
	if err != nil {
		return nil, err
	}
	l, err := life.ReadLock(os.DirFS(a.data), keys)
	if err == nil && l == nil && a.locked {
		return nil, diag.Problem{Pos: diag.Pos{File: filepath.Join(a.data, life.LockFile)}, Rule: life.RuleLock, Message: "there is no lock", Hint: "fiscus package lock writes it"}
	}
	return l, err
}

// judged judges a package by its release record and, by check, by the lock.
func (a *app) judged(parent fs.FS, dir string, check func(*life.Lock, life.Locked) error) (*life.Record, error) {
	keys, err := a.trusted()
	if err != nil {
		return nil, err
	}
	r, err := life.Verify(parent, dir, keys)
	if err != nil {
		return nil, err
	}
	l, err := a.lock()
	if l == nil || err != nil {
		return r, err
	}
	p, err := life.LockedOf(parent, dir, keys)
	if err != nil {
		return nil, err
	}
	return r, check(l, p)
}

// verifyRelease judges a package that somebody names: by its release record,
// and by the lock if it holds that version. nil without a record.
func (a *app) verifyRelease(parent fs.FS, dir string) (*life.Record, error) {
	return a.judged(parent, dir, (*life.Lock).Files)
}

// verifyInUse judges a package that is deployed: the lock must name it, too.
func (a *app) verifyInUse(parent fs.FS, dir string) (*life.Record, error) {
	return a.judged(parent, dir, (*life.Lock).Use)
}

// lockFits judges a release by the lock, as verifyRelease does.
func (a *app) lockFits(x *life.Release) error {
	l, err := a.lock()
	if l == nil || err != nil || x == nil || x.Record.State == life.Draft {
		return err
	}
	return l.Files(x.Locked())
}

// relock takes a release that was pulled into the lock, if it is locked.
func (a *app) relock(x *life.Release) error {
	l, err := a.lock()
	if l == nil || err != nil || l.Find(x.Record.Package, x.Record.Version) == nil {
		return err
	}
	l.Put(x.Locked())
	return a.writeLock(l)
}

// locking returns how deploy judges packages: what is locked has to fit; what
// is not yet is added. write writes the lock, if there is one.
func (a *app) locking() (judge func(fs.FS, string) (*life.Record, error), write func() error, err error) {
	l, err := a.lock()
	if err != nil {
		return nil, nil, err
	}
	if l == nil {
		return a.verifyInUse, func() error { return nil }, nil
	}
	judge = func(parent fs.FS, dir string) (*life.Record, error) {
		return a.judged(parent, dir, func(_ *life.Lock, p life.Locked) error {
			if l.Find(p.Package, p.Version) == nil {
				l.Put(p)
			}
			return l.Use(p)
		})
	}
	return judge, func() error { return a.writeLock(l) }, nil
}
