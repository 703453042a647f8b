package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"
)

// checkFolder looks at the data folder and writes a file to it.
func (a *app) checkFolder() []checked {
	info, err := os.Stat(a.data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return []checked{warn("data folder", "fiscus secret set, or the first run, makes it; or name another with --data", "%s is not there", a.data)}
	case err != nil:
		return []checked{fail("data folder", "", "%v", err)}
	case !info.IsDir():
		return []checked{fail("data folder", "name a folder with --data", "%s is no folder", a.data)}
	}
	out := []checked{ok("data folder", "%s", a.data)}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		out[0] = warn("data folder", "chmod 700 "+a.data, "%s is open to other users (%o)", a.data, perm)
	}
	if err := writeTest(a.data); err != nil {
		return append(out, fail("writing", "free space, or give this user the right to write", "%v", err))
	}
	return append(out, ok("writing", "a file was written, synced and removed"))
}

// writeTest writes a file, syncs it, and removes it.
func writeTest(dir string) error {
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("written by fiscus doctor\n")
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

func (a *app) checkVault() checked {
	v, err := a.openVault(false)
	if err != nil {
		return broken("secrets", err)
	}
	if v == nil {
		return warn("secrets", "fiscus secret set NAME FILE", "none are kept")
	}
	names, err := v.List()
	if err != nil {
		return broken("secrets", err)
	}
	problems, err := v.Check()
	if err != nil {
		return broken("secrets", err)
	}
	c := ok("secrets", "%d open with the key of this data folder", len(names))
	if len(problems) > 0 {
		c = warn("secrets", "", "%d are kept; %d remarks", len(names), len(problems))
	}
	if problems.Grave() {
		c.Verdict = checkFail
	}
	c.Details = problems
	return c
}

// checkLog opens the log and returns when something was last written to it.
func (a *app) checkLog(ctx context.Context) (checked, time.Time) {
	file := filepath.Join(a.data, dataLog)
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return ok("log", "there is none yet; the first run makes it"), time.Time{}
	}
	s, err := a.openLog(ctx, false)
	if err != nil {
		return fail("log", "put a copy of the file back; do not go on with an empty log: numbers would be drawn again", "%v", err), time.Time{}
	}
	defer func() { _ = s.Close() }()
	h, err := s.Check(ctx)
	if err != nil {
		return fail("log", "put a copy of the file back; do not go on with an empty log: numbers would be drawn again", "%v", err), time.Time{}
	}
	return ok("log", "%d submissions, %d of them under way or parked; all pages are sound", h.Submissions, h.Open), h.Newest
}

// clockSlack is by how much a clock may seem to have gone back.
const clockSlack = 5 * time.Second

// checkClock compares the clock with what cannot lie in the future.
func checkClock(now, newest time.Time) checked {
	const hint = "set the clock: dates of issue, signatures and waits go by it"
	at := now.Format(time.RFC3339)
	if newest.After(now.Add(clockSlack)) {
		return fail("clock", hint, "it shows %s; the log was written at %s", at, newest.Format(time.RFC3339))
	}
	if built, ok := buildTime(); ok && now.Before(built.Add(-24*time.Hour)) {
		return fail("clock", hint, "it shows %s; this program was made at %s", at, built.Format(time.RFC3339))
	}
	return ok("clock", "it shows %s", at)
}

// buildTime is the time of the commit the program was made from, where known.
func buildTime() (time.Time, bool) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}, false
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			t, err := time.Parse(time.RFC3339, s.Value)
			return t, err == nil
		}
	}
	return time.Time{}, false
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
