package nodes

import (
	"bytes"
	"errors"
	"strconv"

	"github.com/fiscus-project/fiscus/engine/formula"
)

// Piece is a part of what was written: bytes, or the slot of a secret. The
// secret is in the form in which it is put there, escaped as its place asks.
// With Options.Attach, Attached are bytes that shall travel beside the document
// and of which nothing is written in this place.
type Piece struct {
	Bytes    []byte
	Secret   *formula.Secret
	Attached []byte
}

// slots keeps the secrets and attachments of one document. In the output a
// mark stands for each: its number between two NUL, which neither XML nor JSON
// can hold.
type slots struct {
	attach bool
	marked []Piece
}

// put appends the mark of a secret; write escapes its text.
func (s *slots) put(dst []byte, secret formula.Secret, write func([]byte, string) ([]byte, error)) ([]byte, error) {
	text, err := write(nil, secret.Reveal())
	if err != nil {
		return dst, errors.New("the secret holds a character that the format does not have") // the cause would show it
	}
	escaped, err := formula.NewSecret(secret.Name(), text)
	if err != nil {
		return dst, err
	}
	return s.mark(dst, Piece{Secret: &escaped}), nil
}

func (s *slots) mark(dst []byte, p Piece) []byte {
	s.marked = append(s.marked, p)
	dst = strconv.AppendInt(append(dst, 0), int64(len(s.marked)-1), 10)
	return append(dst, 0)
}

// attached takes a value as bytes to be attached, if that is asked for.
func (s *slots) attached(v any) ([]byte, bool) {
	if s == nil || !s.attach {
		return nil, false
	}
	switch v := v.(type) {
	case []byte:
		return v, true
	case formula.Node:
		return v.Source(), true
	}
	return nil, false
}

// cut divides what was written at its marks.
func (s *slots) cut(out []byte) (pieces []Piece) {
	for i, part := range bytes.Split(out, []byte{0}) {
		switch {
		case i%2 == 1:
			if n, err := strconv.Atoi(string(part)); err == nil && n >= 0 && n < len(s.marked) {
				pieces = append(pieces, s.marked[n])
			}
		case len(part) > 0:
			pieces = append(pieces, Piece{Bytes: part})
		}
	}
	return pieces
}
