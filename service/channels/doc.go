// Package channels moves what comes in to the engine: files of a folder, and
// what others send over HTTP.
//
// Begin with Folder.Poll and NewHandler. What an item is, whose it is and what
// becomes of it, the channel of the feature package says; engine.Take does it.
// A file is moved only after the log knows what became of it: after a crash it
// is taken again and found to be a duplicate.
package channels

import (
	"context"
	"slices"

	"github.com/fiscus-project/fiscus/engine"
)

// Channel is a channel of a package in an environment.
type Channel struct {
	Engine      *engine.Engine
	Package     *engine.Package
	Channel     *engine.Channel
	Environment engine.Environment
	Entity      string // legal entity that operates the channel: its parameters hold the key of auth
}

// Again gives parked items to the channel once more: those of the rules, all
// if none is named. It returns what became of them.
func (c *Channel) Again(ctx context.Context, rules ...string) ([]engine.Item, error) {
	all, err := c.Engine.Items(ctx, c.Package, c.Channel, c.Environment)
	if err != nil {
		return nil, err
	}
	var out []engine.Item
	for _, i := range all {
		if i.Status != engine.ItemParked || len(rules) > 0 && !slices.Contains(rules, i.Rule) {
			continue
		}
		again, err := c.Engine.TakeAgain(ctx, c.Package, c.Channel, c.Environment, i)
		if err != nil {
			return out, err
		}
		out = append(out, *again)
	}
	return out, nil
}

// Parked returns the items that wait for a person.
func (c *Channel) Parked(ctx context.Context) ([]engine.Item, error) {
	all, err := c.Engine.Items(ctx, c.Package, c.Channel, c.Environment)
	return slices.DeleteFunc(all, func(i engine.Item) bool { return i.Status != engine.ItemParked }), err
}
