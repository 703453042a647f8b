package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2/sse"

	"github.com/fiscus-project/fiscus/service/events"
)

type listenInput struct {
	After  int64  `query:"after" minimum:"0" doc:"number of the last event already seen; 0: from the first one kept"`
	Last   string `header:"Last-Event-ID" maxLength:"20" doc:"the same, as browsers send it after a broken line"`
	Entity string `query:"entity" doc:"only events of this legal entity"`
}

// RunEvent is an event of a run.
type RunEvent struct{ events.Event }

// DocumentEvent is an event of a document.
type DocumentEvent struct{ events.Event }

// Alive is sent at once and then every 15 seconds, so that both sides know that
// the line holds.
type Alive struct {
	Number int64 `json:"number" doc:"of the last event that was sent"`
}

const heartbeat = 15 * time.Second

func (s *Server) listening() {
	o := op(http.MethodGet, "/v1/events", "events", "What happens, as server-sent events, in order, at least once", See)
	o.Description += " Every event has a number; after a broken line, go on from the last one seen."
	sse.Register(s.api, o, map[string]any{"run": RunEvent{}, "document": DocumentEvent{}, "alive": Alive{}}, s.stream)
}

func (s *Server) stream(ctx context.Context, in *listenInput, send sse.Sender) {
	after := in.After
	if n, err := strconv.ParseInt(in.Last, 10, 64); err == nil && n > after {
		after = n
	}
	site := from(ctx).site
	tick := time.NewTicker(s.o.Poll)
	defer tick.Stop()
	var told time.Time
	for {
		if time.Since(told) >= heartbeat {
			if err := send.Data(Alive{after}); err != nil {
				return
			}
			told = time.Now()
		}
		found, err := events.After(ctx, site.Log, after, pageOfEvents)
		if err != nil {
			return // the client asks again from the last event it saw
		}
		for _, e := range found {
			if after = e.Number; in.Entity != "" && e.Entity != in.Entity {
				continue
			}
			if err := send(message(e)); err != nil {
				return
			}
		}
		if len(found) == pageOfEvents {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-s.done:
			return
		case <-tick.C:
		}
	}
}

const pageOfEvents = 100

func message(e events.Event) sse.Message {
	if e.Kind == events.Document {
		return sse.Message{ID: int(e.Number), Data: DocumentEvent{e}}
	}
	return sse.Message{ID: int(e.Number), Data: RunEvent{e}}
}
