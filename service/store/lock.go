package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/fiscus-project/fiscus/internal/diag"
)

// Holder says who has a data folder.
type Holder struct {
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Socket  string    `json:"socket,omitempty"` // where the owner can be talked to
	Since   time.Time `json:"since"`
}

// Lock is the right to work on a data folder alone. It ends with Unlock or
// with the process, however that ends.
type Lock struct {
	file *os.File
	path string
}

// Owner is the owner of leases for whoever has the lock: since there is only
// one at a time, it takes over at once what a dead one left.
const Owner = "owner of the data folder"

// The rule id this room raises.
const (
	RuleOwned = "RUN-DATA-OWNED" // another process works on the data folder
)

// lockName is the file in a data folder that says who has it.
const lockName = "owner.json"

// Acquire makes this process the owner of a data folder. RUN-DATA-OWNED, which
// names the owner, if another process is.
//
// With takeOver it becomes the owner all the same: for an owner that is there
// and does nothing any more, such as a stopped process. What that one has under
// way is fenced: its leases are lost when they are taken, and it writes nothing.
func Acquire(dir string, me Holder, takeOver bool) (*Lock, error) {
	path := filepath.Join(dir, lockName)
	for {
		l, err := openLock(path)
		if err != nil {
			return nil, err
		}
		if err := lockFile(l.file); err == nil {
			if !l.current() { // somebody took over between opening and locking
				_ = l.file.Close()
				continue
			}
			return l, l.write(me)
		} else if !errors.Is(err, errLocked) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), l.file.Close())
		}
		if err := l.file.Close(); err != nil {
			return nil, err
		}
		if !takeOver {
			return nil, owned(path)
		}
		// The owner keeps its lock on a file that has no name any more.
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
}

func openLock(path string) (*Lock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &Lock{f, path}, nil
}

// current reports whether the file still has its name.
func (l *Lock) current() bool {
	mine, err := l.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(l.path)
	return err == nil && os.SameFile(mine, there)
}

func (l *Lock) write(me Holder) error {
	data, err := json.Marshal(me)
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	if _, err := l.file.WriteAt(append(data, '\n'), 0); err != nil {
		return err
	}
	return l.file.Sync()
}

// owned tells who has the folder.
func owned(path string) error {
	h, err := ReadHolder(filepath.Dir(path))
	p := diag.Problem{Rule: RuleOwned, Message: "another process works on this data folder", Hint: "wait until it is done, or talk to it"}
	if err == nil && h != nil {
		p.Message = fmt.Sprintf("process %d (%s) has worked on this data folder since %s", h.PID, h.Command, h.Since.Format(time.RFC3339))
		if h.Socket != "" {
			p.Hint = "talk to it at " + h.Socket
		}
	}
	return p
}

// ReadHolder returns who wrote itself into the folder last; nil if nobody did.
// Whether it still is there only Acquire tells.
func ReadHolder(dir string) (*Holder, error) {
	data, err := os.ReadFile(filepath.Join(dir, lockName))
	if errors.Is(err, os.ErrNotExist) || err == nil && len(data) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h := &Holder{}
	return h, json.Unmarshal(data, h)
}

// Say changes what the lock says of its holder.
func (l *Lock) Say(me Holder) error { return l.write(me) }

// ErrNoLocks tells that this system has no locks that end with the process.
// Leases still keep processes apart.
var ErrNoLocks = errors.New("data folders cannot be locked on this system")

// Held reports whether the lock is still this process's: false once another
// has taken over.
func (l *Lock) Held() bool { return l.current() }

// Unlock gives the folder free.
func (l *Lock) Unlock() error { return l.file.Close() }
