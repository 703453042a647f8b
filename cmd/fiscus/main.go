// Command fiscus writes, checks, signs, sends and archives the electronic
// documents the law asks for, as feature packages say.
//
// Begin with "fiscus demo". Every command has --help, --format json and the
// exit codes listed in exit.go.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
