package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/dbos-inc/dbos-transact-golang/dbos"
	_ "github.com/dbos-inc/dbos-transact-golang/dbos/driver/sqlite" // SQLite behind the queue

	"github.com/fiscus-project/fiscus/service/store"
)

const (
	appName    = "fiscus"
	appVersion = "1" // constant: an upgrade must find what is under way; rules are pinned by the digest of the package
	queueName  = "submissions"
	workflow   = "advance"
	// poll is how often the queue is asked for work; claims in one go are four
	// times the workers, so that asking does not bound the rate.
	poll   = 50 * time.Millisecond
	claims = 4
)

// queue is the queue of one incarnation of a worker, on DBOS.
type queue struct {
	ctx   dbos.Context
	close func()
}

// openQueue connects the queue; it does nothing before launch.
func openQueue(ctx context.Context, place, executor string) (*queue, error) {
	config := dbos.Config{AppName: appName, ApplicationVersion: appVersion, ExecutorID: executor,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), SchedulerPollingInterval: 30 * time.Second}
	q := &queue{}
	if store.IsPostgres(place) {
		pool, err := store.Pool(ctx, place)
		if err != nil {
			return nil, err
		}
		config.SystemDBPool, q.close = pool, pool.Close
	} else {
		db, err := sql.Open("sqlite", queueFile(place))
		if err != nil {
			return nil, err
		}
		db.SetMaxOpenConns(1) // one writer at a time anyway; waiting here is fair
		config.SQLiteSystemDB, q.close = db, func() { _ = db.Close() }
	}
	var err error
	if q.ctx, err = dbos.NewContext(ctx, config); err != nil {
		q.close()
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	return q, nil
}

// queueFile lies beside the log. It may be deleted: what is due stands in the log.
func queueFile(place string) string {
	file := strings.TrimSuffix(place, filepath.Ext(place)) + "-queue.db"
	q := url.Values{"_pragma": {"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"}, "_txlock": {"immediate"}}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + q.Encode()
}

// launch begins to call pass for what is due. A partition never has all slots.
func (q *queue) launch(workers int, pass func(context.Context, Item)) error {
	slots := claims * workers
	dbos.RegisterWorkflow(q.ctx, func(ctx dbos.Context, i Item) (string, error) {
		pass(ctx, i)
		return "", nil
	}, dbos.WithWorkflowName(workflow), dbos.WithMaxRecoveryAttempts(0))
	if err := dbos.Launch(q.ctx); err != nil {
		return fmt.Errorf("launch the queue: %w", err)
	}
	_, err := dbos.RegisterQueue(q.ctx, queueName, dbos.WithWorkerConcurrency(slots), dbos.WithPartitionWorkerConcurrency(max(1, slots-slots/4)),
		dbos.WithQueueBasePollingInterval(poll), dbos.WithQueueOnConflict(dbos.QueueConflictAlwaysUpdate))
	return err
}

// deafen ends the taking of further items; it lasts a second until it does.
func (q *queue) deafen() { dbos.ListenQueues(q.ctx, "none") }

func (q *queue) shutdown(wait time.Duration) error {
	err := dbos.Shutdown(q.ctx, wait)
	q.close()
	return err
}

func (q *queue) put(name string, i Item, opts ...dbos.EnqueueOption) error {
	opts = append(opts, dbos.WithEnqueueWorkflowID(name), dbos.WithEnqueueQueuePartitionKey(i.Partition), dbos.WithEnqueuePriority(i.Priority))
	_, err := dbos.Enqueue[string](q.ctx, queueName, workflow, i, opts...)
	if err != nil {
		return fmt.Errorf("queue %s: %w", i.ID, err)
	}
	return nil
}

// Start has a submission advanced as soon as a worker is free.
func (q *queue) Start(_ context.Context, i Item) error { return q.put(i.ID+"/0", i) }

// Delay has it advanced when t has come. The name of the item says when: two
// that want the same are one.
func (q *queue) Delay(_ context.Context, i Item, t time.Time) error {
	name := fmt.Sprintf("%s/%d", i.ID, t.UnixNano())
	if i.Again > 0 {
		name += fmt.Sprintf("/%d", i.Again)
	}
	wait := time.Until(t)
	if wait <= 0 {
		return q.put(name, i)
	}
	return q.put(name, i, dbos.WithEnqueueDelay(wait))
}

// Signal has it advanced now.
func (q *queue) Signal(ctx context.Context, i Item) error { return q.Delay(ctx, i, time.Now()) }

// List tells how many items are in which state.
func (q *queue) List(context.Context) (map[string]int, error) {
	rows, err := dbos.GetWorkflowAggregates(q.ctx, dbos.GetWorkflowAggregatesInput{GroupByStatus: true, SelectCount: true})
	out := map[string]int{}
	for _, r := range rows {
		if status := r.Group["status"]; status != nil && r.Count != nil {
			out[strings.ToLower(*status)] += int(*r.Count)
		}
	}
	return out, err
}

// open are the states of what is not done.
var open = []dbos.WorkflowStatusType{dbos.WorkflowStatusEnqueued, dbos.WorkflowStatusPending, dbos.WorkflowStatusDelayed}

// underway returns the ids of submissions that the queue knows of.
func (q *queue) underway() (map[string]bool, error) {
	list, err := dbos.ListWorkflows(q.ctx, dbos.WithFilterStatus(open...), dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
	out := make(map[string]bool, len(list))
	for _, w := range list {
		id, _, _ := strings.Cut(w.ID, "/")
		out[id] = true
	}
	return out, err
}

// inherit puts what a worker that is gone had claimed back in the queue.
func (q *queue) inherit(executor string) (int, error) {
	list, err := dbos.ListWorkflows(q.ctx, dbos.WithFilterStatus(dbos.WorkflowStatusPending), dbos.WithFilterExecutorIDs(executor),
		dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, w := range list {
		_, err := dbos.ResumeWorkflow[string](q.ctx, w.ID, dbos.WithResumeQueue(queueName))
		errs = append(errs, err)
	}
	return len(list), errors.Join(errs...)
}

// Retain forgets what was done before t.
func (q *queue) Retain(_ context.Context, t time.Time) (n int, err error) {
	for {
		list, err := dbos.ListWorkflows(q.ctx, dbos.WithFilterStatus(dbos.WorkflowStatusSuccess, dbos.WorkflowStatusError, dbos.WorkflowStatusCancelled),
			dbos.WithFilterCompletedBefore(t), dbos.WithFilterLimit(1000), dbos.WithFilterLoadInput(false), dbos.WithFilterLoadOutput(false))
		if err != nil || len(list) == 0 {
			return n, err
		}
		ids := make([]string, len(list))
		for i, w := range list {
			ids[i] = w.ID
		}
		if err := dbos.DeleteWorkflows(q.ctx, ids); err != nil {
			return n, err
		}
		n += len(ids)
	}
}
