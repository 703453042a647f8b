package load

import "github.com/fiscus-project/fiscus/engine/reading"

var mappingShapes = []Shape{
	{Name: "mapping", Doc: "A business document to XML, JSON or text.", Keys: append([]Key{
		{Name: "mapping", Type: Word, Required: true, Doc: "name of the file"}}, mappingKeys...)},
	{Name: "inline mapping", Doc: "A small mapping that stands in its step.", Keys: mappingKeys},
	{Name: "part of mapping", Doc: "One of several small messages.", Keys: []Key{
		{Name: "inputs", Type: Names, Doc: "declared inputs, besides those of the file"}, {Name: "let", Type: Names, Doc: "named formulas of this part"}, {Name: "root", Type: AnyValue, Required: true, Doc: "the message, in the node language"},
	}},
	{Name: "format", Doc: "How values of a schema type are written.", Keys: []Key{
		{Name: "decimals", Type: WordList, Doc: "fewest and most decimals"},
		{Name: "pattern", Type: Word, Doc: "of dates, times and instants"},
		{Name: "zone", Type: Val, Doc: "of instants"},
	}},
	{Name: "text rule", Doc: "Which characters texts may have.", Keys: []Key{
		{Name: "trim", Type: Bool, Doc: "white space at both ends is left out"}, {Name: "collapse", Type: Bool, Doc: "white space becomes one blank"},
		{Name: "allow", Type: Word, Doc: "characters allowed"}, {Name: "replace", Type: Word, Doc: "CSV file of replacements"},
		{Name: "other", Type: Word, Doc: "stands for a character that is not allowed"},
	}},
	{Name: "list", Doc: "What stands around the values of a list.", Keys: []Key{
		{Name: "start", Type: Word, Doc: "at the beginning"}, {Name: "before", Type: Word, Doc: "before each value"}, {Name: "end", Type: Word, Doc: "at the end"},
		{Name: "space", Type: Word, Values: []string{"keep", "normalize"}, Doc: "white space of values"},
		{Name: "missing", Type: Word, Values: []string{"fail", "empty", "skip"}, Doc: "what becomes of a value that is not there; fail if left out"},
	}},
	{Name: "part of list", Doc: "The values of a node, in order.", Keys: []Key{
		{Name: "at", Type: Word, Doc: "path of the one node"}, {Name: "each", Type: Word, Doc: "path of nodes, each in turn"},
		{Name: "put", Type: Word, Doc: "paths of values, with blanks between; ? = only if present"},
		{Name: "parts", Type: ObjectList, Of: "part of list", Doc: "inner parts, after put"},
		{Name: "choose", Type: ObjectMap, Of: "part of list", Doc: "by name of the element; others are left out"},
		{Name: "use", Type: Word, Doc: "name or file of another list"},
	}},
	{Name: "lines", Doc: "How lines of csv and fixed text look.", Keys: []Key{
		{Name: "separator", Type: Word, Doc: "csv: between values; a comma if left out"},
		{Name: "header", Type: Bool, Doc: "csv: a first line with the names; true if left out"},
		{Name: "end", Type: Word, Values: []string{"crlf", "lf", "none"}, Doc: "of each line; crlf if left out"},
	}},
	{Name: "rows", Doc: "A line, or a line for each member of a list.", Keys: []Key{
		{Name: "$for", Type: Word, Doc: "x in list: a row for each"}, {Name: "$let", Type: Names, Doc: "named formulas of a row"}, {Name: "$if", Type: Cond, Doc: "whether the row is written"}, {Name: "columns", Type: ObjectList, Of: "column", Required: true, Doc: "the columns, in order"},
	}},
	{Name: "column", Doc: "A value of a line.", Keys: []Key{
		{Name: "name", Type: Word, Doc: "for the header and messages"}, {Name: "value", Type: Val, Required: true, Doc: "what is written"},
		{Name: "width", Type: Int, Doc: "in characters; fixed: exactly, csv: at most"},
		{Name: "align", Type: Word, Values: []string{"left", "right"}, Doc: "where the value stands in its width"}, {Name: "pad", Type: Word, Doc: "one character that fills the column"},
	}},
	{Name: "change", Doc: "A change at a place of another mapping.", Keys: []Key{
		{Name: "at", Type: Word, Required: true, Doc: "path of elements from the root on"},
		{Name: "put", Type: AnyValue, Doc: "attributes and children that are added or set"}, {Name: "before", Type: AnyValue, Doc: "elements before it"},
		{Name: "after", Type: AnyValue, Doc: "elements after it"}, {Name: "replace", Type: AnyValue, Doc: "its new content"}, {Name: "remove", Type: Bool, Doc: "true: it goes"},
	}},
	{Name: "fragment", Doc: "A piece that mappings use by name.", Keys: []Key{
		{Name: "inputs", Type: Names, Doc: "declared inputs"}, {Name: "let", Type: Names, Doc: "named formulas of this fragment"}, {Name: "nodes", Type: AnyValue, Required: true, Doc: "the nodes, or a text"},
	}},
}

var channelShapes = []Shape{
	{Name: "channel", Doc: "A way things come in: what they are, whose, and what happens with them.", Keys: []Key{
		{Name: "channel", Type: Word, Required: true, Doc: "name of the channel"},
		{Name: "kind", Type: Word, Required: true, Values: []string{"folder", "http"},
			Later: map[string]string{"mail": "mail, sftp and poll channels", "sftp": "mail, sftp and poll channels", "poll": "mail, sftp and poll channels"}, Doc: "how things come"},
		{Name: "path", Type: Word, Doc: "http: path of the address"},
		{Name: "auth", Type: Object, Of: "auth of channel", Doc: "http: how the sender proves itself"},
		{Name: "every", Type: Span, Doc: "folder: how often it is looked into"},
		{Name: "from", Type: AnyValue, NotBuilt: "mail, sftp and poll channels", Doc: "connection"},
		{Name: "accepts", Type: Object, Of: "accepts", Doc: "which items are taken"},
		{Name: "unpack", Type: WordList, NotBuilt: "items inside items", Doc: "nested forms of items"},
		{Name: "split", Type: AnyValue, NotBuilt: "items inside items", Doc: "several items in one"},
		{Name: "only", Type: WordList, NotBuilt: "items inside items", Doc: "names of the inner items taken"},
		{Name: "readings", Type: WordList, Doc: "the first whose match fits reads the item"},
		{Name: "item", Type: Object, Of: "item", Doc: "what makes an item the same, and whose it is"},
		{Name: "routes", Type: ObjectList, Of: "route of channel", Doc: "the first that holds"},
		{Name: "flow", Type: Word, Doc: "flow for all items, instead of routes"},
		{Name: "submit", Type: Bool, Doc: "true: selection chooses the flow of all items, instead of routes"},
		{Name: "event", Type: Object, Of: "event of channel", Doc: "event that every item is, instead of routes"},
		{Name: "duplicate", Type: Object, Of: "duplicate", Doc: "what happens with what came before"},
		{Name: "unknown", Type: Word, Values: []string{"park"}, Doc: "what happens with an item nobody knows; always park"},
		{Name: "failed", Type: Word, Values: []string{"park"}, Doc: "what happens with an item that cannot be read; always park"},
		{Name: "keep", Type: Span, Doc: "how long an event waits for its step; 30 days if left out"},
		{Name: "reply", Type: Object, Of: "reply of channel", Doc: "http: the answer, given when the item is stored"},
		{Name: "after", Type: Object, Of: "after item", Doc: "folder: where items are moved"},
	}},
	{Name: "auth of channel", Doc: "A header field that proves who sends.", Keys: []Key{
		{Name: "header", Type: Word, Required: true, Doc: "name of the header field"},
		{Name: "hmac", Type: Val, Required: true, Doc: "key of the HMAC-SHA256 of the body, which the field has in hex"},
	}},
	{Name: "accepts", Doc: "Which items are taken.", Keys: []Key{
		{Name: "name", Type: Word, Doc: "pattern of file names"}, {Name: "size", Type: Word, Doc: "most bytes: 30MB"},
		{Name: "still", Type: Span, NotBuilt: "items inside items", Doc: "size unchanged for so long"},
	}},
	{Name: "item", Doc: "What makes an item the same, and whose it is.", Keys: []Key{
		{Name: "identify", Type: Val, Doc: "the same again: the same text; its bytes if left out"},
		{Name: "entity", Type: Val, Doc: "the legal entity: its id, or what entityBy gives"},
		{Name: "document", Type: Val, Doc: "the same document in another item: the same text"},
		{Name: "group", Type: Val, NotBuilt: "items inside items", Doc: "items that belong together"},
		{Name: "body", Type: Val, NotBuilt: "items inside items", Doc: "the content"},
	}},
	{Name: "route of channel", Doc: "What becomes of an item.", Keys: []Key{
		{Name: "when", Type: Cond, Doc: "whether this route is for the item; always if left out"},
		{Name: "flow", Type: Word, Doc: "inbound or event flow"},
		{Name: "about", Type: Names, Doc: "event flow: published fields by which its document is found"},
		{Name: "submit", Type: Bool, Doc: "true: selection chooses the flow, as for a document handed over"},
		{Name: "event", Type: Object, Of: "event of channel", Doc: "event for a waiting step"},
	}},
	{Name: "event of channel", Doc: "The event an item is: it goes to the step that waits for one of its keys, or is kept until one does.", Keys: []Key{
		{Name: "name", Type: Word, Required: true, Doc: "name of the event, as steps wait for it"},
		{Name: "key", Type: Val, Required: true, Doc: "the key both sides know it by"},
		{Name: "or", Type: Val, Doc: "another key"},
	}},
	{Name: "duplicate", Doc: "What happens with what came before.", Keys: []Key{
		{Name: "item", Type: Word, Values: []string{"drop"}, Doc: "the same item; always drop"},
		{Name: "document", Type: Word, Values: []string{"drop", "park"}, Doc: "the same document in another item; park if left out"},
	}},
	{Name: "reply of channel", Doc: "The answer to who brings an item.", Keys: []Key{{Name: "status", Type: Int, Doc: "HTTP status; 202 if left out"}}},
	{Name: "after item", Doc: "Where items are moved.", Keys: []Key{{Name: "done", Type: Word, Doc: "folder of what was taken"}, {Name: "parked", Type: Word, Doc: "folder of what was parked"}}},
}

var readingShapes = []Shape{
	{Name: "reading", Doc: "What comes in, as a business document or as named values. A plain text is a path.", Keys: []Key{
		{Name: "reading", Type: Word, Required: true, Doc: "name of the file"},
		{Name: "format", Type: Word, Required: true, Values: texts(reading.Formats), Doc: "what is read"},
		{Name: "match", Type: Object, Of: "match of reading", Doc: "which documents it is for"},
		{Name: "to", Type: Word, Doc: "business document it makes: invoice/1"},
		{Name: "fields", Type: Names, Doc: "named values it makes, with their types"},
		{Name: "inputs", Type: Names, Doc: "declared inputs with their types"},
		{Name: "namespaces", Type: Names, Doc: "prefixes of its paths"},
		{Name: "csv", Type: Object, Of: "csv", Doc: "how cells are told apart"},
		{Name: "lines", Type: Object, Of: "lines of reading", Doc: "of format fixed: how lines are written"},
		{Name: "columns", Type: ObjectList, Of: "column of reading", Doc: "cells of fixed lines, or of csv without header"},
		{Name: "let", Type: Names, Doc: "named formulas"},
		{Name: "document", Type: Object, Required: true, Of: "document of reading", Doc: "the fields and where they come from"},
		{Name: "fragments", Type: Names, Doc: "pieces of this reading"},
		{Name: "unread", Type: Object, Of: "unread", Doc: "what need not be read"},
	}},
	{Name: "match of reading", Doc: "Which documents a reading is for; everything given must hold.", Keys: []Key{
		{Name: "root", Type: Words, Doc: "xml: name of the outermost element"}, {Name: "namespace", Type: Words, Doc: "xml: its namespace"},
		{Name: "fields", Type: Words, Doc: "paths of what must exist"}, {Name: "columns", Type: WordList, Doc: "csv: columns it must have"},
		{Name: "at", Type: Names, Doc: "path: text"}, {Name: "when", Type: Cond, Doc: "a condition on the document"},
	}},
	{Name: "document of reading", Doc: "Fields of the document.", Open: true},
	{Name: "csv", Doc: "How the cells of a row are told apart.", Keys: []Key{
		{Name: "separator", Type: Word, Doc: "one character; a comma if left out"}, {Name: "encoding", Type: Word, Doc: "utf-8 if left out"},
		{Name: "header", Type: Bool, Doc: "whether the first line names the columns; true if left out"}, {Name: "decimal", Type: Word, Values: []string{",", "."}, Doc: "sign before the decimals"},
	}},
	{Name: "lines of reading", Doc: "How lines of fixed width are written.", Keys: []Key{
		{Name: "encoding", Type: Word, Doc: "utf-8 if left out"}, {Name: "decimal", Type: Word, Values: []string{",", "."}, Doc: "sign before the decimals"},
	}},
	{Name: "column of reading", Doc: "A cell of a row.", Keys: []Key{{Name: "name", Type: Word, Required: true, Doc: "its name in paths"}, {Name: "width", Type: Int, Doc: "of fixed lines, in characters"}}},
	{Name: "as", Doc: "How a text is to be understood.", Keys: []Key{
		{Name: "pattern", Type: Word, Doc: "of a date, time or instant"}, {Name: "zone", Type: Word, Doc: "of an instant without offset"},
		{Name: "decimal", Type: Word, Values: []string{",", "."}, Doc: "sign before the decimals"}, {Name: "true", Type: Word, Doc: "the word for true; all others are false"},
		{Name: "strip", Type: Word, Doc: "what is taken off the end, such as %"},
	}},
	{Name: "unread", Doc: "What need not be read.", Keys: []Key{{Name: "ignore", Type: WordList, Doc: "paths, anywhere in the document; what is inside too"}}},
}

var mappingKeys = []Key{
	{Name: "format", Type: Word, Required: true, Values: []string{"xml", "json", "csv", "fixed", "list", "text"}, Doc: "what is written"},
	{Name: "inputs", Type: Names, Doc: "declared inputs with their types"},
	{Name: "namespaces", Type: Names, Doc: "prefixes, declared on the root"},
	{Name: "formats", Type: ObjectMap, Of: "format", Doc: "how values of a schema type are written"},
	{Name: "defaults", Type: Names, Doc: "attributes of all elements of a name"},
	{Name: "text", Type: AnyValue, Doc: "which characters texts may have; of format text: the template"},
	{Name: "let", Type: Names, Doc: "named formulas or structures"},
	{Name: "fragments", Type: ObjectMap, Of: "fragment", Doc: "pieces of this mapping alone"},
	{Name: "root", Type: AnyValue, Doc: "the document, in the node language"},
	{Name: "parts", Type: AnyValue, Doc: "several small messages"},
	{Name: "extends", Type: Word, Doc: "another mapping that is changed"},
	{Name: "with", Type: Names, Doc: "of extends: inputs of the other mapping"},
	{Name: "change", Type: AnyValue, Doc: "of extends: changes at places of the root"},
	{Name: "of", Type: Form, Doc: "of format list: the document whose values are written"},
	{Name: "list", Type: Object, Of: "list", Doc: "of format list: what stands around the values"},
	{Name: "rows", Type: AnyValue, Doc: "of formats csv and fixed: a block of lines, or a list of them"},
	{Name: "lines", Type: Object, Of: "lines", Doc: "of formats csv and fixed: how lines look"},
}
