// Package dryrun takes many documents through configurations without anything
// leaving, and tells what two configurations do differently.
//
// Begin with New, which makes a Side of one configuration, and Side.Try, which
// takes one document. Each runs many documents in parallel and hands the results
// over in order. Compare and Grouped tell two results apart and put differences
// of one cause together.
//
// It promises: every document is tried on a scratch copy of its own with chance
// drawn from its bytes, so that what comes out is the same however many workers
// there are and in whatever order they work; no more results are held than a few
// for each worker.
package dryrun
