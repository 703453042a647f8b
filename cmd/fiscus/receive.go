package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/service/channels"
)

// receiving are the flags of the command receive.
type receiving struct {
	setup
	channel  string
	again    bool
	parked   bool
	listen   string
	patience time.Duration
}

func newReceiveCommand(a *app) *cobra.Command {
	var o receiving
	c := &cobra.Command{
		Use:   "receive [DIR]",
		Short: "Take what comes in: files of a folder, or what others send over HTTP",
		Long: "Take what comes in through a channel of the packages in use: every file of a folder, once, or with --listen what is\n" +
			"sent to this machine until interrupted. What cannot be taken is parked with its reason; after the reason is gone,\n" +
			"--again sends it through once more.",
		Example: "  fiscus receive inbox/ --entity acme\n  fiscus receive --parked --entity acme\n  fiscus receive --again --entity acme\n" +
			"  fiscus receive --listen 127.0.0.1:8080 --entity acme",
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if n := len(args); (n == 1) == (o.again || o.parked || o.listen != "") {
				return exit(exitUsage, errors.New("name a folder, or one of --again, --parked, --listen"))
			}
			s, err := a.session(c.Context(), &o.setup)
			if err != nil {
				return err
			}
			err = a.receive(c.Context(), s, &o, args)
			return errors.Join(err, s.close())
		},
	}
	o.flags(c)
	o.networkFlags(c)
	f := c.Flags()
	f.StringVar(&o.channel, "channel", "", "name of the channel, where there are several: inbox, or xx/name:inbox")
	f.BoolVar(&o.again, "again", false, "send parked items through again")
	f.BoolVar(&o.parked, "parked", false, "list parked items")
	f.StringVar(&o.listen, "listen", "", "address to listen on for channels of kind http")
	f.DurationVar(&o.patience, "patience", 2*time.Minute, "wait so long for what was taken at most; after that it goes on with the next command")
	return c
}

func (a *app) receive(ctx context.Context, s *session, o *receiving, args []string) error {
	kind := "folder"
	if o.listen != "" {
		kind = "http"
	}
	all := s.channels(o, kind)
	if len(all) == 0 {
		return exit(exitNotFound, fmt.Errorf("no channel of kind %s is in use\n    hint: deploy a package that has one, or name one with --package", kind))
	}
	switch {
	case o.listen != "":
		return a.listen(ctx, s, o, all)
	case o.parked:
		return a.listParked(ctx, all)
	}
	if len(all) > 1 && len(args) == 1 {
		return exit(exitUsage, fmt.Errorf("several channels look into folders: %s\n    hint: choose one with --channel", channelNames(all)))
	}
	items, err := take(ctx, all, args)
	return errors.Join(a.settleItems(ctx, s, o, items), err)
}

// take polls the folder of the one channel, or sends parked items through
// again. Items about documents that were not known are tried again each time.
func take(ctx context.Context, all []channels.Channel, args []string) (items []engine.Item, err error) {
	if len(args) == 0 {
		for i := range all {
			more, err := all[i].Again(ctx)
			items = append(items, more...)
			if err != nil {
				return items, err
			}
		}
		return items, nil
	}
	f := channels.Folder{Channel: all[0], Dir: args[0]}
	if items, err = f.Poll(ctx); err != nil {
		return items, err
	}
	late, err := f.Again(ctx, engine.RuleAbout)
	for _, i := range late {
		if i.Status != engine.ItemParked {
			items = append(items, i)
		}
	}
	return items, err
}

// channels lists the channels of a kind among the packages in use.
func (s *session) channels(o *receiving, kind string) (all []channels.Channel) {
	for _, p := range s.Catalog().Packages() {
		for _, c := range p.Channels {
			named := o.channel == "" || o.channel == c.Name || o.channel == p.ID+":"+c.Name
			if c.Kind == kind && named {
				all = append(all, channels.Channel{Engine: s.Engine, Package: p, Channel: c, Environment: s.env, Entity: o.entity})
			}
		}
	}
	return all
}

func channelNames(all []channels.Channel) string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.Package.ID + ":" + c.Channel.Name
	}
	return strings.Join(names, ", ")
}

// settleItems runs what was made of the items and tells what became of them.
func (a *app) settleItems(ctx context.Context, s *session, o *receiving, items []engine.Item) error {
	var ids []string
	for _, i := range items {
		if i.Status == engine.ItemDone {
			ids = append(ids, i.Submission)
		}
	}
	if _, err := s.Run(ctx, ids, runtime.NumCPU(), o.patience); err != nil {
		return err
	}
	for _, id := range ids {
		report, err := s.Report(ctx, id)
		if err != nil {
			return err
		}
		if err := a.keepResults(ctx, s.store, report); err != nil {
			return err
		}
	}
	if err := a.sayItems(items); err != nil {
		return err
	}
	for _, i := range items {
		if i.Status == engine.ItemParked {
			return exitQuiet(exitUndecided)
		}
	}
	return nil
}

func (a *app) sayItems(items []engine.Item) error {
	text, err := a.text()
	if err != nil {
		return err
	}
	if !text {
		if items == nil {
			items = []engine.Item{}
		}
		return a.json(map[string]any{"items": items})
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	count := map[engine.ItemStatus]int{}
	for _, i := range items {
		count[i.Status]++
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\n", i.Name, i.Status, i.Submission)
		if i.Status == engine.ItemParked {
			_, _ = fmt.Fprintf(w, "    %s\n", i.Reason)
			if i.Hint != "" {
				_, _ = fmt.Fprintf(w, "    hint: %s\n", i.Hint)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "%d done, %d duplicate, %d parked\n", count[engine.ItemDone], count[engine.ItemDuplicate], count[engine.ItemParked])
	return err
}

func (a *app) listParked(ctx context.Context, all []channels.Channel) error {
	var items []engine.Item
	for i := range all {
		more, err := all[i].Parked(ctx)
		if err != nil {
			return err
		}
		items = append(items, more...)
	}
	return a.sayItems(items)
}

// listen takes what is sent to this machine until the command is interrupted.
func (a *app) listen(ctx context.Context, s *session, o *receiving, all []channels.Channel) error {
	l, err := net.Listen("tcp", o.listen)
	if err != nil {
		return exit(exitEnvironment, err)
	}
	due := make(chan string, 1024)
	h := channels.NewHandler(all, func(i engine.Item) {
		if i.Status == engine.ItemDone {
			select {
			case due <- i.Submission:
			default: // it is in the log: the next command or round finds it
			}
		}
	}, func(err error) { a.report(err) })
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	for _, c := range all {
		if err := a.say(map[string]string{"channel": c.Channel.Name, "url": "http://" + l.Addr().String() + c.Channel.Path}, "%s is served at http://%s%s\n", c.Channel.Name, l.Addr(), c.Channel.Path); err != nil {
			return errors.Join(err, l.Close())
		}
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(l) }()
	for {
		select {
		case err := <-stopped:
			return err
		case id := <-due:
			if _, err := s.Run(ctx, []string{id}, 1, o.patience); err != nil && ctx.Err() == nil {
				a.report(err)
			}
		case <-ctx.Done():
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			return server.Shutdown(grace)
		}
	}
}
