package host

import (
	"context"
	"time"
)

// Clock is the system's clock.
type Clock struct{}

// Now returns the present time.
func (Clock) Now() time.Time { return time.Now() }

// Sleep returns when t has come, or early with the error of ctx.
func (Clock) Sleep(ctx context.Context, t time.Time) error {
	wait := time.Until(t)
	if wait <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
