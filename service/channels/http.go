package channels

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
)

// Handler takes what others send to the paths of channels.
type Handler struct {
	channels []Channel
	taken    func(engine.Item) // told of every item, after it is stored
	failed   func(error)       // told of what went wrong inside
}

// NewHandler returns a handler of the channels of kind http. taken and failed
// may be nil.
func NewHandler(channels []Channel, taken func(engine.Item), failed func(error)) *Handler {
	h := &Handler{taken: taken, failed: failed}
	for _, c := range channels {
		if c.Channel.Kind == "http" {
			h.channels = append(h.channels, c)
		}
	}
	return h
}

// answer is what the sender is told: that the item is stored, no more. Why it
// is parked is the business of who receives it.
type answer struct {
	Item string `json:"item"`
}

// ServeHTTP stores the body of a POST as an item. It answers when the item is
// in the log; the sender may send the same again after any other answer.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := h.channel(r.URL.Path)
	switch {
	case c == nil:
		http.Error(w, "no such channel", http.StatusNotFound)
		return
	case r.Method != http.MethodPost:
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "send it by POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, c.limit()))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		http.Error(w, "too large", http.StatusRequestEntityTooLarge)
		return
	case err != nil:
		http.Error(w, "the body cannot be read", http.StatusBadRequest)
		return
	case len(body) == 0:
		http.Error(w, "the body is empty", http.StatusBadRequest)
		return
	}
	if err := c.authentic(r, body); err != nil {
		h.tell(err)
		http.Error(w, "not authenticated", http.StatusUnauthorized)
		return
	}
	h.take(w, r.Context(), c, body)
}

func (h *Handler) take(w http.ResponseWriter, ctx context.Context, c *Channel, body []byte) {
	item, err := c.Engine.Take(context.WithoutCancel(ctx), c.Package, c.Channel, c.Environment, engine.Incoming{Name: c.Channel.Name, Bytes: body})
	if err != nil {
		h.tell(err)
		w.Header().Set("Retry-After", "30")
		http.Error(w, "not stored; send it again", http.StatusServiceUnavailable)
		return
	}
	if h.taken != nil {
		h.taken(*item)
	}
	status := c.Channel.Reply
	if status == 0 {
		status = http.StatusAccepted
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer{item.Key}) // the sender is gone: the item is stored all the same
}

func (h *Handler) tell(err error) {
	if h.failed != nil {
		h.failed(err)
	}
}

func (h *Handler) channel(path string) *Channel {
	for i := range h.channels {
		if h.channels[i].Channel.Path == path {
			return &h.channels[i]
		}
	}
	return nil
}

func (c *Channel) limit() int64 {
	if c.Channel.Size > 0 {
		return c.Channel.Size
	}
	return engine.DefaultItem
}

// errUnsigned says that the header does not prove who sent the body.
var errUnsigned = errors.New("the signature of an item is not right")

// authentic checks the header by which the sender proves itself.
func (c *Channel) authentic(r *http.Request, body []byte) error {
	auth := c.Channel.Auth
	if auth == nil {
		return nil
	}
	key, err := c.key(auth.HMAC)
	if err != nil {
		return err
	}
	given, err := hex.DecodeString(strings.TrimPrefix(r.Header.Get(auth.Header), "sha256="))
	if err != nil {
		return errUnsigned
	}
	m := hmac.New(sha256.New, key)
	_, _ = m.Write(body)
	if !hmac.Equal(m.Sum(nil), given) {
		return errUnsigned
	}
	return nil
}

// key works out the key of the channel; one that is absent proves nothing.
func (c *Channel) key(v *formula.Value) ([]byte, error) {
	s := c.Engine.Catalog().Outside(c.Package, engine.Outside{Environment: c.Environment, Entity: c.Entity, Keys: c.Engine.Hands().Keys})
	x, err := v.Eval(s)
	if err != nil {
		return nil, err
	}
	var key []byte
	switch x := x.(type) {
	case formula.Secret:
		key = x.RevealBytes()
	case string:
		key = []byte(x)
	case []byte:
		key = x
	}
	if len(key) == 0 {
		return nil, errors.New("the channel has no key to check the sender by")
	}
	return key, nil
}
