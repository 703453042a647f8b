// Package pgtest gives tests a PostgreSQL server of their own: a throw-away
// cluster made from the installed programs, in a temporary folder, listening on
// loopback and on a socket. Where PostgreSQL is not installed a test is skipped
// aloud, or fails if FISCUS_ORACLES=required.
//
// Begin with Shared (one cluster for the tests of a package, see Main) or
// Start (one for a test that stops, kills or copies it).
package pgtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Cluster is a PostgreSQL server of a test.
type Cluster struct {
	bin   string
	base  string // holds data and socket; owned by the account that runs the server
	data  string
	port  int
	cred  *syscall.Credential
	names atomic.Int64
}

// Start makes and starts a cluster that ends with the test. Settings are lines
// of postgresql.conf.
func Start(t testing.TB, settings ...string) *Cluster {
	t.Helper()
	c, err := begin(settings)
	if err != nil {
		absent(t, err)
	}
	t.Cleanup(c.remove)
	return c
}

var shared struct {
	once sync.Once
	c    *Cluster
	err  error
}

// Shared returns the one cluster of the tests of a package, started when it is
// first asked for. The package's TestMain must call Main.
func Shared(t testing.TB) *Cluster {
	t.Helper()
	shared.once.Do(func() { shared.c, shared.err = begin(nil) })
	if shared.err != nil {
		absent(t, shared.err)
	}
	return shared.c
}

// Main runs the tests of a package and then ends the shared cluster.
func Main(m *testing.M) int {
	code := m.Run()
	if shared.c != nil {
		shared.c.remove()
	}
	return code
}

// absent skips a test where PostgreSQL is not installed.
func absent(t testing.TB, err error) {
	t.Helper()
	if _, missing := programs(); missing == nil || os.Getenv("FISCUS_ORACLES") == "required" {
		t.Fatal(err)
	}
	t.Skipf("PostgreSQL is not installed: nothing is tested on it (%v)", err)
}

// programs finds the newest installed server.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return n
}

func begin(settings []string) (*Cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	c := &Cluster{bin: bin}
	if c.cred, err = account(); err != nil {
		return nil, err
	}
	if err := c.place(); err != nil {
		return nil, err
	}
	err = c.program("initdb", "-D", c.data, "-U", "fiscus", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if err == nil {
		err = c.configure(append([]string{"wal_level = replica", "max_wal_senders = 4", "max_connections = 200", "log_min_messages = fatal"}, settings...))
	}
	if err == nil {
		err = c.up()
	}
	if err != nil {
		c.remove()
		return nil, err
	}
	return c, nil
}

// account says who runs the server: it refuses to be run by root.
func account() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	out, err := exec.Command("id", "-u", "postgres").Output()
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL is not run by root, and there is no account postgres: %w", err)
	}
	uid, err := strconv.ParseUint(string(out[:len(out)-1]), 10, 32)
	if err != nil {
		return nil, err
	}
	out, err = exec.Command("id", "-g", "postgres").Output()
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(string(out[:len(out)-1]), 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

// place makes the folder and finds a free port.
func (c *Cluster) place() (err error) {
	if c.base, err = os.MkdirTemp("", "pg"); err != nil { // short: the path of a socket may have 107 bytes
		return err
	}
	c.data = filepath.Join(c.base, "data")
	if c.cred != nil {
		if err := os.Chown(c.base, int(c.cred.Uid), int(c.cred.Gid)); err != nil {
			return err
		}
	}
	if err := os.Chmod(c.base, 0o755); err != nil { // #nosec G302 -- clients of another account reach the socket
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.port = l.Addr().(*net.TCPAddr).Port
	return l.Close()
}

func (c *Cluster) configure(lines []string) error {
	f, err := os.OpenFile(filepath.Join(c.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	lines = append(lines, fmt.Sprintf("port = %d", c.port), "listen_addresses = '127.0.0.1'", fmt.Sprintf("unix_socket_directories = '%s'", c.base))
	for _, l := range lines {
		if _, err := fmt.Fprintln(f, l); err != nil {
			return err
		}
	}
	return f.Close()
}

// program runs one of PostgreSQL's programs to its end.
func (c *Cluster) program(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir = c.base
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred}
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", name, err, out)
	}
	return nil
}

func (c *Cluster) up() error {
	return c.program("pg_ctl", "-D", c.data, "-w", "-t", "60", "-l", filepath.Join(c.base, "log"), "start")
}

func (c *Cluster) remove() {
	_ = c.program("pg_ctl", "-D", c.data, "-m", "immediate", "stop")
	_ = os.RemoveAll(c.base)
}

// Stop ends the server at once, as a crash does: sessions are cut, and what was
// not committed is lost.
func (c *Cluster) Stop(t testing.TB) {
	t.Helper()
	must(t, c.program("pg_ctl", "-D", c.data, "-w", "-m", "immediate", "stop"))
}

// Start starts the server again.
func (c *Cluster) Start(t testing.TB) {
	t.Helper()
	must(t, c.up())
}

// URL returns the address of a database, by the socket.
func (c *Cluster) URL(database string) string {
	return fmt.Sprintf("postgres://fiscus@/%s?host=%s&port=%d", database, c.base, c.port)
}

// Port returns the port on loopback.
func (c *Cluster) Port() int { return c.port }

// Database makes an empty database and returns its name.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("t%d", c.names.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	must(t, err)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+name)
	must(t, err)
	must(t, conn.Close(ctx))
	return name
}

// Standby makes a second server that follows this one and has every commit
// before it is acknowledged; Promote makes it the one that writes.
func (c *Cluster) Standby(t testing.TB) *Cluster {
	t.Helper()
	s := &Cluster{bin: c.bin, cred: c.cred}
	must(t, s.place())
	t.Cleanup(s.remove)
	must(t, s.program("pg_basebackup", "-h", c.base, "-p", strconv.Itoa(c.port), "-U", "fiscus", "-D", s.data, "-R", "-X", "stream", "-c", "fast"))
	must(t, s.configure([]string{"synchronous_standby_names = ''"}))
	must(t, s.up())
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	must(t, err)
	for _, q := range []string{"ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"} {
		_, err = conn.Exec(ctx, q)
		must(t, err)
	}
	must(t, conn.Close(ctx))
	return s
}

// Promote ends the following of another server.
func (c *Cluster) Promote(t testing.TB) {
	t.Helper()
	must(t, c.program("pg_ctl", "-D", c.data, "-w", "promote"))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
