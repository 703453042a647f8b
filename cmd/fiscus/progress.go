package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work is, on standard error: in place on a
// terminal, else on a line of its own now and then.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	what     string
	begun    time.Time
	shown    time.Time
	wrote    bool
}

// progress returns a bar for one piece of work; end removes it.
func (a *app) progress(what string) *progress {
	f, ok := a.stderr.(*os.File)
	if !ok {
		return &progress{}
	}
	now := time.Now()
	return &progress{w: f, terminal: term.IsTerminal(int(f.Fd())), what: what, begun: now, shown: now}
}

// set shows done of total and about how long the rest takes: at most five
// times a second on a terminal, else every ten seconds. It is safe for
// concurrent use.
func (p *progress) set(done, total int) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	every, form := 10*time.Second, "%s%s\n"
	if p.terminal {
		every, form = 200*time.Millisecond, "\r%s%s\033[K"
	}
	if time.Since(p.shown) < every {
		return
	}
	left := ""
	if done > 0 && done < total {
		left = ", about " + (time.Since(p.begun) * time.Duration(total-done) / time.Duration(done)).Round(time.Second).String() + " left"
	}
	p.shown, p.wrote = time.Now(), p.terminal
	_, _ = fmt.Fprintf(p.w, form, fmt.Sprintf("%s %d of %d (%d %%)", p.what, done, total, 100*done/max(total, 1)), left)
}

func (p *progress) end() {
	if p.wrote {
		_, _ = fmt.Fprint(p.w, "\r\033[K")
	}
}
