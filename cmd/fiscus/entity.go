package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/engine/formula"
	"github.com/fiscus-project/fiscus/internal/diag"
	"github.com/fiscus-project/fiscus/service/workspace"
)

func newEntityCommand(a *app) *cobra.Command {
	c := &cobra.Command{Use: "entity", Short: "Legal entities: set up, look at, check"}
	c.AddCommand(newEntityInitCommand(a), newEntitySetCommand(a), newEntityShowCommand(a), newEntityListCommand(a), newEntityCheckCommand(a))
	return c
}

var environments = []engine.Environment{engine.Test, engine.Production}

func newEntityListCommand(a *app) *cobra.Command {
	return &cobra.Command{Use: "list", Short: "Legal entities and what is deployed for them", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error {
		work, err := a.workspace(&setup{})
		if err != nil {
			return err
		}
		type row struct {
			Entity   string   `json:"entity"`
			Country  string   `json:"country"`
			Name     string   `json:"name"`
			Deployed []string `json:"deployed"`
		}
		rows := []row{}
		for _, id := range work.Catalog.Entities() {
			e := work.Catalog.Entity(id)
			r := row{Entity: id, Deployed: []string{}}
			r.Country, _ = e.Fields["country"].(string)
			r.Name, _ = e.Fields["name"].(string)
			for _, env := range environments {
				for _, p := range work.Catalog.Deployed(env, id) {
					r.Deployed = append(r.Deployed, fmt.Sprintf("%s@%s in %s", p.ID, p.Version, env))
				}
			}
			rows = append(rows, r)
		}
		if text, err := a.text(); err != nil || !text {
			if err == nil {
				err = a.json(map[string]any{"entities": rows})
			}
			return err
		}
		w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
		for _, r := range rows {
			_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.Entity, r.Country, r.Name, strings.Join(r.Deployed, ", "))
		}
		return w.Flush()
	}}
}

// sayValue writes a value of a parameter; of a secret its name.
func sayValue(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case formula.Secret:
		return "secret " + v.Name()
	case string:
		return v
	}
	data, err := engine.EncodeValue(v)
	if err != nil {
		return "(no plain value)"
	}
	return string(data)
}

var entityID = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

func newEntityInitCommand(a *app) *cobra.Command {
	var refs []string
	var answers string
	c := &cobra.Command{
		Use:   "init ENTITY",
		Short: "Set up a legal entity: print the questions of packages, or take the answers",
		Long: "Without --answers: print a file with everything the packages ask of a legal entity, to be filled in.\n" +
			"With --answers FILE: check it against the packages and put it into the data folder. A secret is named, never written.",
		Example: "  fiscus entity init acme --package xx/name > acme.yaml\n  fiscus entity init acme --package xx/name --answers acme.yaml",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if !entityID.MatchString(args[0]) {
				return exit(exitUsage, fmt.Errorf("%q is no id of a legal entity\n    hint: lower case letters, digits, dashes and dots", args[0]))
			}
			var list []*engine.Package
			for _, ref := range refs {
				b, err := a.bundle(ref)
				if err != nil {
					return err
				}
				list = append(list, b.Package)
			}
			if answers == "" {
				_, err := fmt.Fprint(a.stdout, questions(args[0], list, a.language()))
				return err
			}
			return a.takeAnswers(args[0], answers, list)
		},
	}
	c.Flags().StringSliceVar(&refs, "package", nil, "packages the legal entity will use (folder, or name of a shipped one; required)")
	c.Flags().StringVar(&answers, "answers", "", "the file that was filled in")
	_ = c.MarkFlagRequired("package")
	return c
}

// questions writes the file of a legal entity with everything to be filled in.
func questions(id string, list []*engine.Package, lang string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Fill in what is empty; what is commented out has the value shown unless you set it.\nentity: %s\ncountry: \"\"\nregion: \"\"\nname: \"\"\ntaxId: \"\"\nparameters:\n", id)
	for _, p := range list {
		fmt.Fprintf(&b, "  %s:\n", p.Family())
		for i := range p.Parameters {
			d := &p.Parameters[i]
			fmt.Fprintf(&b, "    # %s\n", question(d, lang))
			value := `""`
			if k := d.Type.Kind(); k == formula.CertificateKind || k == formula.SecretKind {
				value = fmt.Sprintf("=secret(%q)", id+"/"+d.Name)
			}
			mark := ""
			if !d.Required {
				mark = "# "
			}
			if d.Default != nil {
				value = defaultText(d.Default)
			}
			fmt.Fprintf(&b, "    %s%s: %s\n", mark, d.Name, value)
		}
	}
	return b.String()
}

func question(d *engine.Parameter, lang string) string {
	texts := map[string]string{}
	for l, v := range d.Doc {
		if text, ok := v.Constant(); ok {
			texts[l], _ = text.(string)
		}
	}
	out := fmt.Sprintf("%s (%s", engine.PickText(texts, lang), d.Type.Kind())
	if len(d.Values) > 0 {
		out += ": " + strings.Join(d.Values, ", ")
	}
	if d.Required {
		out += ", required"
	}
	return out + ")"
}

// takeAnswers checks the file of a legal entity and puts it into the data folder.
func (a *app) takeAnswers(id, file string, list []*engine.Package) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return exit(exitNotFound, err)
	}
	to := filepath.Join(a.data, dataEntities, id+".yaml")
	if _, err := os.Stat(to); err == nil {
		return exit(exitUsage, fmt.Errorf("%s is there already\n    hint: fiscus entity set changes a parameter", to))
	}
	if err := a.checkEntity(id, file, data, list); err != nil {
		return err
	}
	return a.writeEntity(id, to, data)
}

func (a *app) writeEntity(id, to string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return exit(exitEnvironment, err)
	}
	if err := replaceFile(to, data); err != nil {
		return exit(exitEnvironment, err)
	}
	return a.say(map[string]string{"entity": id, "file": to}, "%s: %s\n", id, to)
}

// checkEntity judges the file of a legal entity by the packages it is for:
// everything required is there, for one environment at least, and of its type.
func (a *app) checkEntity(id, file string, data []byte, list []*engine.Package) error {
	layers, err := workspace.ReadLayers(os.DirFS(a.data), list...)
	if err != nil {
		return err
	}
	e, problems := load.LoadEntityUnder(layers, file, data, list...)
	if e == nil {
		return problems.Err()
	}
	if e.ID != id {
		problems.Addf(e.Pos, "CFG-ENTITY-NAME", "the file is of legal entity %q, not %q", e.ID, id)
	}
	for _, name := range []string{"country", "name"} {
		if v, _ := e.Fields[name].(string); v == "" {
			problems.Addf(e.Pos, "CFG-ENTITY-EMPTY", "%s is empty", name)
		}
	}
	cat, more := engine.NewCatalog(list, nil, []*engine.Entity{e})
	problems = append(problems, more...)
	cat.SetLayers(layers) // those of other legal entities do not matter here
	for _, p := range list {
		for i := range p.Parameters {
			problems = append(problems, checkValue(cat, e, p, &p.Parameters[i])...)
		}
	}
	return problems.Err()
}

// checkValue judges a parameter in the environments in which it has a value.
func checkValue(cat *engine.Catalog, e *engine.Entity, p *engine.Package, d *engine.Parameter) (list diag.List) {
	set := false
	for _, env := range environments {
		at := engine.Outside{Environment: env, Entity: e.ID}
		given, err := cat.Given(p, d, at)
		if err != nil {
			return diag.List{asProblem(err)}
		}
		if len(given) == 0 && (set || env != engine.Production) {
			continue // asked for where it is used
		}
		set = set || len(given) > 0
		if len(given) > 0 && (given[0].Open || d.Type.Kind() == formula.SecretKind) {
			continue // a secret may be kept later: entity check opens it
		}
		v, err := parameter(cat.Outside(p, at), d.Name)
		switch {
		case err != nil:
			list.Add(asProblem(err))
		case v == "" && d.Required:
			list.Add(diag.Problemf(given[0].Pos, "CFG-ENTITY-EMPTY", "parameter %q of %s is empty", d.Name, p.ID))
		default:
			continue
		}
		return list
	}
	return list
}

func isCertificate(d *engine.Parameter) bool { return d.Type.Kind() == formula.CertificateKind }

// defaultText writes a default as the file of a legal entity would have it.
func defaultText(v *formula.Value) string {
	if c, ok := v.Constant(); ok {
		data, err := engine.EncodeValue(c)
		if err == nil {
			return string(data)
		}
	}
	if p := v.Program(); p != nil {
		return "=" + p.Source()
	}
	return "(worked out)"
}
