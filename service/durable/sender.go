package durable

import (
	"context"
	"time"
)

// Sender puts items in the queue of workers elsewhere, on PostgreSQL.
type Sender struct{ *queue }

// Connect opens a line to the queue of a log on PostgreSQL.
func Connect(ctx context.Context, place string) (*Sender, error) {
	q, err := openQueue(ctx, place, "sender")
	if err != nil {
		return nil, err
	}
	return &Sender{q}, nil
}

// Close closes the line.
func (s *Sender) Close() error { return s.shutdown(time.Second) }
