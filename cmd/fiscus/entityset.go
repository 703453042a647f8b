package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/fiscus-project/fiscus/configpkg/load"
	"github.com/fiscus-project/fiscus/engine"
	"github.com/fiscus-project/fiscus/internal/civil"
)

func newEntitySetCommand(a *app) *cobra.Command {
	var o setup
	c := &cobra.Command{
		Use:     "set ENTITY PACKAGE PARAMETER VALUE",
		Short:   "Set a parameter of a legal entity; refused if the package does not take it",
		Example: "  fiscus entity set acme xx/name series 2\n  fiscus entity set acme xx/name certificate '=secret(\"acme/a1\")'",
		Args:    cobra.ExactArgs(4),
		RunE: func(_ *cobra.Command, args []string) error {
			file := filepath.Join(a.data, dataEntities, args[0]+".yaml")
			data, err := os.ReadFile(file)
			if err != nil {
				return exit(exitNotFound, err)
			}
			b, err := a.bundle(args[1])
			if err != nil {
				return err
			}
			if _, err := o.env(); o.environment != "" && err != nil {
				return err
			}
			data, err = withParameter(data, o.environment, b.Package.Family(), args[2], args[3])
			if err != nil {
				return exit(exitFindings, err)
			}
			if err := a.checkEntity(args[0], file, data, []*engine.Package{b.Package}); err != nil {
				return err
			}
			return a.writeEntity(args[0], file, data)
		},
	}
	c.Flags().StringVar(&o.environment, "environment", "", "only for this environment: test, production (default: both)")
	return c
}

// withParameter returns the file of a legal entity with a parameter set;
// comments stay.
func withParameter(data []byte, env, pkg, name, value string) ([]byte, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, errors.Join(errors.New("the file of the legal entity can't be read"), err)
	}
	top := doc.Content[0]
	if env == "" {
		top = member(top, "parameters")
	} else {
		top = member(member(top, "environments"), env)
	}
	at := member(top, pkg)
	v := &yaml.Node{Kind: yaml.ScalarNode, Value: value}
	if at.Style&yaml.FlowStyle != 0 {
		v.Style = yaml.SingleQuotedStyle
	}
	setMember(at, name, v)
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	err := errors.Join(enc.Encode(&doc), enc.Close())
	return b.Bytes(), err
}

func setMember(n *yaml.Node, key string, v *yaml.Node) {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			v.LineComment = n.Content[i+1].LineComment
			n.Content[i+1] = v
			return
		}
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, v)
}

// member returns the map under a key, made if there is none.
func member(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			if n.Content[i+1].Kind != yaml.MappingNode {
				n.Content[i+1] = &yaml.Node{Kind: yaml.MappingNode}
			}
			return n.Content[i+1]
		}
	}
	m := &yaml.Node{Kind: yaml.MappingNode}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, m)
	return m
}

type deployment struct {
	environment, entity, from string
}

func (d *deployment) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&d.environment, "environment", "", "environment: test, production (required)")
	f.StringVar(&d.entity, "entity", "", "legal entity or group (required)")
	_ = c.MarkFlagRequired("environment")
	_ = c.MarkFlagRequired("entity")
}

// file names the deployment that commands write: one for each environment and
// legal entity.
func (d *deployment) file(a *app) (string, error) {
	o := setup{environment: d.environment}
	if _, err := o.env(); err != nil {
		return "", err
	}
	if !entityID.MatchString(d.entity) {
		return "", exit(exitUsage, fmt.Errorf("%q is no id of a legal entity", d.entity))
	}
	return filepath.Join(a.data, dataDeployments, d.environment+"-"+d.entity+".yaml"), nil
}

func newDeployCommand(a *app) *cobra.Command {
	var d deployment
	c := &cobra.Command{
		Use:     "deploy PACKAGE@VERSION",
		Short:   "Use a version of a package for a legal entity, from a day on",
		Example: "  fiscus deploy xx/name@1.10.0 --environment test --entity acme --from 2026-12-01",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			from, err := days(d.from)
			if err != nil {
				return err
			}
			b, err := a.bundle(args[0])
			if err != nil {
				return err
			}
			use := engine.Use{Package: b.Package.ID, Version: b.Package.Version, Entities: []string{d.entity}, From: from[0]}
			return a.redeploy(&d, func(list []engine.Use) ([]engine.Use, error) {
				return append(without(list, use.Package, use.Version), use), nil
			}, fmt.Sprintf("%s@%s is deployed", use.Package, use.Version))
		},
	}
	d.flags(c)
	c.Flags().StringVar(&d.from, "from", "", "first day (default: always; the release may begin later)")
	return c
}

func newUndeployCommand(a *app) *cobra.Command {
	var d deployment
	c := &cobra.Command{
		Use:   "undeploy PACKAGE@VERSION",
		Short: "Take a version of a package out of use for a legal entity",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			id, version, _ := strings.Cut(args[0], "@")
			return a.redeploy(&d, func(list []engine.Use) ([]engine.Use, error) {
				left := without(list, id, version)
				if len(left) == len(list) {
					return nil, exit(exitNotFound, fmt.Errorf("%s is not deployed for %s in %s by this command", args[0], d.entity, d.environment))
				}
				return left, nil
			}, args[0]+" is no longer deployed")
		},
	}
	d.flags(c)
	return c
}

func without(list []engine.Use, id, version string) (out []engine.Use) {
	for _, u := range list {
		if u.Package != id || version != "" && engine.CompareVersions(u.Version, version) != 0 {
			out = append(out, u)
		}
	}
	return out
}

// redeploy changes the deployment of a legal entity; what does not fit
// together afterwards is refused, and the file stays as it was.
func (a *app) redeploy(d *deployment, change func([]engine.Use) ([]engine.Use, error), done string) error {
	file, err := d.file(a)
	if err != nil {
		return err
	}
	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return exit(exitEnvironment, err)
	}
	was := &engine.Deployment{}
	if before != nil {
		var problems = error(nil)
		if was, problems = loadDeployment(file, before); problems != nil {
			return problems
		}
	}
	judge, relock, err := a.locking()
	if err != nil {
		return err
	}
	list, err := change(was.Use)
	if err != nil {
		return err
	}
	if err := a.writeDeployment(file, d, list); err != nil {
		return err
	}
	if len(list) > 0 {
		if _, err := a.openJudging(&setup{entity: ""}, judge); err != nil {
			return errors.Join(err, a.restore(file, before))
		}
		if err := relock(); err != nil {
			return err
		}
	}
	return a.say(map[string]any{"file": file, "deployed": len(list)}, "%s for %s in %s (%s)\n", done, d.entity, d.environment, file)
}

func loadDeployment(file string, data []byte) (*engine.Deployment, error) {
	d, problems := load.LoadDeployment(file, data)
	if d == nil {
		return nil, problems.Err()
	}
	return d, nil
}

func (a *app) restore(file string, before []byte) error {
	if before == nil {
		return os.Remove(file)
	}
	return replaceFile(file, before)
}

func (a *app) writeDeployment(file string, d *deployment, list []engine.Use) error {
	if len(list) == 0 {
		if err := os.Remove(file); err != nil {
			return exit(exitEnvironment, err)
		}
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "deployment: %s-%s\nenvironment: %s\nuse:\n", d.environment, d.entity, d.environment)
	for _, u := range list {
		from := ""
		if u.From != (civil.Date{}) {
			from = fmt.Sprintf(", from: %s", u.From)
		}
		fmt.Fprintf(&b, "  - {package: %s@%s, entities: [%s]%s}\n", u.Package, u.Version, strings.Join(u.Entities, ", "), from)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), replaceFile(file, []byte(b.String()))); err != nil {
		return exit(exitEnvironment, err)
	}
	return nil
}
