package engine

import (
	"time"

	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/engine/reading"
	"github.com/fiscus-project/fiscus/internal/diag"
)

// Channel is a way things come in: what they are, whose, and what happens
// with them. Moving bytes is the business of service/channels.
type Channel struct {
	Name     string
	Kind     string // "folder" or "http"
	File     string // inside the package
	Pos      diag.Pos
	Path     string        // http: path of the address
	Auth     *ChannelAuth  // http: how the sender proves itself; nil: by the network alone
	Every    time.Duration // folder: how often it is looked into
	Accepts  string        // pattern of file names; empty: all
	Size     int64         // bytes of an item; zero: 32 MiB
	Readings []*reading.Reading
	Identify *formula.Value // what makes an item the same again; nil: its bytes
	Entity   *formula.Value // the legal entity it belongs to: its id, or what entityBy gives
	Document *formula.Value // what makes it the same document in another file; nil: not asked
	Routes   []ChannelRoute
	Twice    Twice
	Reply    int           // http: status when the item is stored; zero: 202
	Done     string        // folder: where what was taken is moved; empty: stays
	Keep     time.Duration // how long an event waits for its step; zero: 30 days
	Parked   string        // folder: where what was parked is moved; empty: stays
}

// ChannelAuth is a header field that proves who sends: the text itself, or the
// HMAC-SHA256 of the body in hex.
type ChannelAuth struct {
	Header string
	HMAC   *formula.Value // key, of the parameters of the legal entity that operates the channel
}

// ChannelRoute says what becomes of an item. The first that holds is taken.
type ChannelRoute struct {
	When   *formula.Program // nil: always
	Flow   string           // inbound or event flow; empty with Submit
	About  []Let            // event flow: the published fields by which the document is found
	Event  *EventRoute      // for a step that waits; no flow is started
	Submit bool             // selection chooses the flow, as for a document that a client hands over
	Pos    diag.Pos
}

// Twice says what happens with what came before: "drop" or "park".
type Twice struct {
	Item     string // the same item again
	Document string // the same document in another item
}

// Channel returns the channel of that name, or nil.
func (p *Package) Channel(name string) *Channel {
	for _, c := range p.Channels {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Started reports whether a channel of the package starts the flow: it is not
// chosen for documents that are handed over.
func (p *Package) Started(flow string) bool {
	for _, c := range p.Channels {
		for i := range c.Routes {
			if c.Routes[i].Flow == flow {
				return true
			}
		}
	}
	return false
}

// findable reports whether a channel finds documents by a published field.
func (p *Package) findable(field string) bool {
	for _, c := range p.Channels {
		for i := range c.Routes {
			for _, l := range c.Routes[i].About {
				if l.Name == field {
					return true
				}
			}
		}
	}
	return false
}
