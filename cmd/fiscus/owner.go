package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/store"
)

// own makes this process the owner of the data folder for a command. If a
// service owns it, that is returned instead: it is asked to go on with what is
// taken. Another owner, such as a second run, is an error that names it.
// A log on PostgreSQL has no owner: there leases alone keep processes apart.
func (a *app) own(command string, takeOver bool) (*store.Lock, *store.Holder, error) {
	if store.IsPostgres(a.place()) {
		return nil, nil, nil
	}
	if err := os.MkdirAll(a.data, 0o700); err != nil {
		return nil, nil, exit(exitEnvironment, err)
	}
	lock, err := store.Acquire(a.data, store.Holder{PID: os.Getpid(), Command: command, Since: time.Now().UTC().Truncate(time.Second)}, takeOver)
	if errors.Is(err, store.ErrNoLocks) {
		return nil, nil, nil
	}
	if err == nil {
		return lock, nil, nil
	}
	if h, e := store.ReadHolder(a.data); e == nil && h != nil && h.Socket != "" && a.wake(h, "") == nil {
		return nil, h, nil
	}
	return nil, nil, exit(exitUndecided, err)
}

// wake asks the owner of the data folder to go on with a submission; with no id
// it asks whether the owner is there.
func (a *app) wake(h *store.Holder, id string) error {
	conn, err := net.DialTimeout("unix", h.Socket, 2*time.Second)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintf(conn, "wake %s\n", id); err != nil {
		return err
	}
	answer, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && strings.TrimSpace(answer) != "ok" {
		err = fmt.Errorf("process %d (%s) answers: %s", h.PID, h.Command, strings.TrimSpace(answer))
	}
	return err
}

// listenOwner opens the socket of the owner of the data folder. Its path lies
// in the folder unless that is too long for a socket.
func (a *app) listenOwner() (net.Listener, string, error) {
	full, err := filepath.Abs(a.data)
	if err != nil {
		return nil, "", err
	}
	path := filepath.Join(full, "owner.sock")
	const longest = 100 // bytes; systems allow 104 to 108
	if len(path) > longest {
		dir, err := os.MkdirTemp("", "fiscus")
		if err != nil {
			return nil, "", err
		}
		path = filepath.Join(dir, "owner.sock")
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, "", err
	}
	l, err := net.Listen("unix", path)
	if err == nil {
		err = os.Chmod(path, 0o600)
	}
	return l, path, err
}

// answer serves the socket until it is closed.
func answer(l net.Listener, wake func(id string) error) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
			line, err := bufio.NewReader(conn).ReadString('\n')
			verb, id, _ := strings.Cut(strings.TrimSpace(line), " ")
			if err == nil && verb != "wake" {
				err = fmt.Errorf("%q is not understood", verb)
			}
			if err == nil && id != "" {
				err = wake(id)
			}
			if err != nil {
				_, _ = fmt.Fprintln(conn, err)
				return
			}
			_, _ = fmt.Fprintln(conn, "ok")
		}()
	}
}

// follow lets the owner of the data folder, or the workers on the database, go
// on with submissions and returns when each has ended, is parked, or waits for
// longer than patience.
func (a *app) follow(ctx context.Context, s *session, ids []string, patience time.Duration) error {
	left := map[string]bool{}
	for _, id := range ids {
		if s.owner != nil {
			if err := a.wake(s.owner, id); err != nil {
				return exit(exitUndecided, fmt.Errorf("process %d (%s) owns the data folder and does not answer: %w", s.owner.PID, s.owner.Command, err))
			}
		}
		left[id] = true
	}
	for end := time.Now().Add(patience); len(left) > 0 && time.Now().Before(end); {
		open, err := s.store.Find(ctx, engine.Query{Run: []engine.RunStatus{engine.RunScheduled, engine.RunRunning, engine.RunWaiting}})
		if err != nil {
			return err
		}
		still := map[string]bool{}
		for _, o := range open {
			if left[o.ID] && o.Until.Before(end) {
				still[o.ID] = true
			}
		}
		if left = still; len(left) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	return nil
}
