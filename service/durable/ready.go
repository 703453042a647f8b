package durable

import (
	"slices"
	"sync"
)

// ready holds the items that go on as soon as a worker is free: the partitions
// in turn, within one the lower priority number and then the earlier first. One
// partition never has all workers.
type ready struct {
	mu    sync.Mutex
	some  *sync.Cond
	parts map[string]*partition
	known map[string]*stand
	turn  []string // partitions with something to do
	n     int
	limit int // items held; more go to the queue
	share int // workers one partition has at most
	ended bool
}

type partition struct {
	items   []*task
	running int
}

// stand is where a submission stands that is ready or under way.
type stand struct {
	running bool
	same    []*task // came before it was under way
	again   []*task // came while it was
}

// task is an item with whoever waits for it.
type task struct {
	Item
	done func() // called once it went on or was put back; nil: nobody waits
}

func newReady(limit, workers int) *ready {
	r := &ready{parts: map[string]*partition{}, known: map[string]*stand{}, limit: limit, share: max(1, workers-workers/4)}
	r.some = sync.NewCond(&r.mu)
	return r
}

// put takes an item in unless there are too many or the end has come. Forced
// items are never too many. One that is ready is not put twice; one that is
// under way goes on once more afterwards.
func (r *ready) put(t *task, forced bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || r.n >= r.limit && !forced {
		return false
	}
	r.add(t)
	return true
}

func (r *ready) add(t *task) {
	switch k := r.known[t.ID]; {
	case k == nil:
		r.known[t.ID] = &stand{}
	case !k.running:
		k.same = append(k.same, t)
		return
	default:
		k.again = append(k.again, t)
		return
	}
	p := r.parts[t.Partition]
	if p == nil {
		p = &partition{}
		r.parts[t.Partition] = p
	}
	if len(p.items) == 0 {
		r.turn = append(r.turn, t.Partition)
	}
	at := len(p.items)
	for at > 0 && p.items[at-1].Priority > t.Priority {
		at--
	}
	p.items = slices.Insert(p.items, at, t)
	r.n++
	r.some.Signal()
}

// take returns the next item, or nil when the end has come.
func (r *ready) take() *task {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.ended {
		for at, name := range r.turn {
			p := r.parts[name]
			if p.running >= r.share {
				continue
			}
			t := p.items[0]
			p.items, p.running = p.items[1:], p.running+1
			r.turn = slices.Delete(r.turn, at, at+1)
			if len(p.items) > 0 {
				r.turn = append(r.turn, name)
			}
			r.n--
			k := r.known[t.ID]
			k.running = true
			return t
		}
		r.some.Wait()
	}
	return nil
}

// finished gives the place of an item free, and lets whoever waits for it know.
func (r *ready) finished(t *task) {
	for _, t := range r.free(t) {
		t.finish()
	}
}

func (r *ready) free(t *task) (done []*task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	done, again := append(r.known[t.ID].same, t), r.known[t.ID].again
	delete(r.known, t.ID)
	if len(again) > 0 && !r.ended {
		r.add(again[0])
		done = append(done, again[1:]...)
	} else {
		done = append(done, again...)
	}
	p := r.parts[t.Partition]
	if p.running--; p.running == 0 && len(p.items) == 0 {
		delete(r.parts, t.Partition)
	}
	r.some.Signal()
	return done
}

// end makes take return nil and gives back what was not begun.
func (r *ready) end() (left []*task) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	for _, p := range r.parts {
		for _, t := range p.items {
			left = append(append(left, t), r.known[t.ID].same...)
		}
		p.items = nil
	}
	r.turn = nil
	r.some.Broadcast()
	return left
}
