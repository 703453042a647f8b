package engine

import (
	"context"
	"io"
	"time"
)

// Hands are the parts of the world a run may touch. Run, dry-run, replay and
// test are the same interpreter with other hands.
type Hands struct {
	Clock     Clock
	Random    io.Reader     // of good quality; what is drawn is journalled
	Keys      KeyStore      // nil: there are no keys
	Transport Transport     // nil: a run ends before the first call, which is reported
	Log       Log           // the one truth about submissions
	Artifacts ArtifactStore // nil: no official file is installed
	Sealer    Sealer        // of held objects; nil: what is sealed can be read by this engine only
	DigestKey []byte        // key of the digests of what was sent, secrets included
}

// Clock tells the time and waits. Safe for concurrent use.
type Clock interface {
	// Now returns the present time.
	Now() time.Time
	// Sleep returns when t has come, or early with the error of ctx.
	Sleep(ctx context.Context, t time.Time) error
}

// Transport makes calls. Safe for concurrent use.
type Transport interface {
	// Do makes the call once: no retry, no redirect, no second connection. It
	// asks gate just before the first byte is written; an error of gate means
	// that nothing is sent and the code is CONNECT. It never returns nil.
	Do(ctx context.Context, c *Call, gate Gate) *Response
}

// Gate says, just before the first byte, whether a call may still be made.
type Gate func() error

// Interlock is what a KeyStore may also know: which environment a key was set
// up for. A key of another environment is refused before any byte leaves.
type Interlock interface {
	// Environment returns the environment ref belongs to; false if it belongs
	// to none in particular.
	Environment(ref any) (Environment, bool)
}
