package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work is, on standard error and only on a terminal.
type progress struct {
	mu    sync.Mutex
	w     io.Writer
	what  string
	shown time.Time
	wrote bool
}

// progress returns a bar for one piece of work; end removes it.
func (a *app) progress(what string) *progress {
	f, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{w: f, what: what, shown: time.Now()}
}

// set shows done of total, at most five times a second. It is safe for concurrent use.
func (p *progress) set(done, total int) {
	if p.w == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.shown) < 200*time.Millisecond {
		return
	}
	p.shown, p.wrote = time.Now(), true
	_, _ = fmt.Fprintf(p.w, "\r%s %d of %d (%d %%)\033[K", p.what, done, total, 100*done/max(total, 1))
}

func (p *progress) end() {
	if p.wrote {
		_, _ = fmt.Fprint(p.w, "\r\033[K")
	}
}
