package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"github.com/groundwork-dev/groundwork/internal/aws"
	"github.com/groundwork-dev/groundwork/internal/cluster"
	"github.com/groundwork-dev/groundwork/internal/diag"
	"github.com/groundwork-dev/groundwork/internal/escrow"
	"github.com/groundwork-dev/groundwork/internal/escrowstore"
	"github.com/groundwork-dev/groundwork/internal/vault"
	"github.com/groundwork-dev/groundwork/internal/vaultinit"
)

// vaultTarget says which Vault, and where its escrow is.
type vaultTarget struct {
	ClusterTarget
	namespace, pod     string
	port               int
	tlsSecret          string
	address, caFile    string
	serverName         string
	secret, escrowFile string
}

// defaultVaultTarget is where the catalogue's component puts Vault.
func defaultVaultTarget() vaultTarget {
	return vaultTarget{namespace: "vault", pod: "vault-0", port: 8200, tlsSecret: "vault-tls", secret: "vault-escrow"}
}

func (t *vaultTarget) addFlags(cmd *cobra.Command) {
	*t = defaultVaultTarget()
	AddDirFlag(cmd, &t.Dir)
	f := cmd.Flags()
	f.StringVar(&t.Cluster, "cluster", "", "cluster of platform.yaml whose Vault is meant")
	t.AddReachFlags(cmd)
	f.StringVar(&t.namespace, "namespace", t.namespace, "namespace of Vault and of its escrow")
	f.StringVar(&t.pod, "pod", t.pod, "pod that is spoken to, through the API server")
	f.IntVar(&t.port, "port", t.port, "port of that pod")
	f.StringVar(&t.tlsSecret, "tls-secret", t.tlsSecret, "Secret whose ca.crt Vault is trusted by")
	f.StringVar(&t.address, "address", "", "speak to the Vault at this https address instead; needs --escrow-file")
	f.StringVar(&t.caFile, "ca-file", "", "file with the certificates that Vault is trusted by, in PEM")
	f.StringVar(&t.serverName, "server-name", "", "name in Vault's certificate; POD.vault-internal by default, or the address's host")
	f.StringVar(&t.secret, "escrow-secret", t.secret, "Secret that holds the escrow")
	f.StringVar(&t.escrowFile, "escrow-file", "", "file that holds the escrow, too; with --address, alone")
	Must(cmd.RegisterFlagCompletionFunc("cluster", t.CompleteCluster))
}

// vaultPlace is a Vault, and the places of its escrow.
type vaultPlace struct {
	// ctx ends when the lock of the cluster is lost.
	ctx     context.Context
	vault   vaultAPI
	stores  []vaultinit.Store
	config  *rest.Config     // of the cluster; nil with --address
	cluster *cluster.Cluster // the same
	closes  []func()
}

func (p *vaultPlace) close() {
	for _, f := range slices.Backward(p.closes) {
		f()
	}
}

// openStores finds the escrow alone.
func (t vaultTarget) openStores(ctx context.Context) (*vaultPlace, error) {
	switch {
	case t.address == "" && t.Cluster == "":
		return nil, usageError{errors.New("which Vault? name its cluster with --cluster, or its address with --address")}
	case t.address != "" && t.Cluster != "":
		return nil, usageError{errors.New("--cluster and --address exclude each other: the first finds Vault's pod itself")}
	case t.address != "" && t.escrowFile == "":
		return nil, usageError{errors.New("where is the escrow? name its file with --escrow-file")}
	}
	place := &vaultPlace{ctx: ctx}
	if t.Cluster != "" {
		if err := t.openCluster(place); err != nil {
			return nil, err
		}
	}
	if t.escrowFile != "" {
		file, err := escrowstore.NewFile(t.escrowFile)
		if err != nil {
			return nil, err
		}
		place.stores = append(place.stores, file)
	}
	return place, nil
}

// open finds the Vault and its escrow; with lock, no other run may be at work.
func (t vaultTarget) open(ctx context.Context, lock bool) (*vaultPlace, error) {
	options := vault.Options{Address: t.address, ServerName: t.serverName}
	if t.caFile != "" {
		var err error
		if options.CA, err = os.ReadFile(t.caFile); err != nil {
			return nil, usageError{fmt.Errorf("reading the certificates that Vault is trusted by: %w", err)}
		}
	}
	place, err := t.openStores(ctx)
	if err != nil {
		return nil, err
	}
	if t.Cluster != "" {
		if err := t.reach(place, &options, lock); err != nil {
			place.close()
			return nil, err
		}
	}
	client, err := vault.Open(options)
	if err != nil {
		place.close()
		return nil, usageError{err}
	}
	place.vault = vaultAPI{client}
	return place, nil
}

// subject is how the record calls the Vault.
func (t vaultTarget) subject() string {
	if t.Cluster != "" {
		return t.Cluster
	}
	return t.address
}

// arguments repeat which Vault is meant, for commands that errors name.
func (t vaultTarget) arguments() string {
	var b strings.Builder
	usually := defaultVaultTarget()
	add := func(flag, value, usual string) {
		if value != usual {
			b.WriteString(" --" + flag + " " + quoted(value))
		}
	}
	add("dir", t.Dir, ".")
	add("cluster", t.Cluster, "")
	add("kubeconfig", t.Kubeconfig, "")
	add("context", t.Context, "")
	add("namespace", t.namespace, usually.namespace)
	add("pod", t.pod, usually.pod)
	add("port", strconv.Itoa(t.port), strconv.Itoa(usually.port))
	add("tls-secret", t.tlsSecret, usually.tlsSecret)
	add("address", t.address, "")
	add("ca-file", t.caFile, "")
	add("server-name", t.serverName, "")
	add("escrow-secret", t.secret, usually.secret)
	add("escrow-file", t.escrowFile, "")
	return b.String()
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@=+,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (t vaultTarget) commands() vaultinit.Commands {
	c := vaultinit.Commands{
		Init:   "bootstrap vault init" + t.arguments(),
		Escrow: "bootstrap vault escrow" + t.arguments(), RootToken: "bootstrap vault escrow --root-token" + t.arguments(),
		Status: "bootstrap vault status" + t.arguments(),
	}
	if t.Cluster == "" {
		file := quoted(t.escrowFile)
		c.Wipe = []string{"(stop Vault, empty the folder of its raft storage on every node, start Vault)", "mv " + file + " " + file + ".lost"}
		c.Forget = "mv " + file + " " + file + ".old"
		return c
	}
	kubectl := "kubectl --namespace " + quoted(t.namespace)
	if t.Kubeconfig != "" {
		kubectl += " --kubeconfig " + quoted(t.Kubeconfig)
	}
	if t.Context != "" {
		kubectl += " --context " + quoted(t.Context)
	}
	c.Forget = kubectl + " delete secret " + quoted(t.secret)
	server := " --selector app.kubernetes.io/name=vault,component=server"
	c.Wipe = []string{
		kubectl + " delete persistentvolumeclaim" + server + " --wait=false",
		kubectl + " delete pod" + server,
		c.Forget + " --ignore-not-found",
	}
	return c
}

// vaultHolders says who keeps the keys.
type vaultHolders struct {
	ageFiles, pgpFiles, kmsKeys []string
}

func (h vaultHolders) arguments() string {
	var b strings.Builder
	add := func(flag string, values []string) {
		for _, v := range values {
			b.WriteString(" --" + flag + " " + quoted(v))
		}
	}
	add("age-recipients", h.ageFiles)
	add("pgp-key", h.pgpFiles)
	add("kms-key", h.kmsKeys)
	return b.String()
}

// holders reads the public keys; all that is wrong with their files is told at
// once.
func (h vaultHolders) holders(ctx context.Context, t vaultTarget) ([]vaultinit.Holder, error) {
	var all []vaultinit.Holder
	var problems diag.Problems
	read := func(file string, parse func(data []byte) error) error {
		data, err := os.ReadFile(file)
		if err != nil {
			return usageError{fmt.Errorf("reading the operators' keys: %w", err)}
		}
		err = parse(data)
		if found, ok := errors.AsType[diag.Problems](err); ok {
			problems = append(problems, found...)
			return nil
		}
		return err
	}
	for _, file := range h.ageFiles {
		if err := read(file, func(data []byte) error {
			found, err := escrow.AgeRecipients(file, data)
			for _, f := range found {
				all = append(all, f)
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	for _, file := range h.pgpFiles {
		if err := read(file, func(data []byte) error {
			found, err := escrow.PGPKeys(file, data, time.Now())
			for _, f := range found {
				all = append(all, f)
			}
			return err
		}); err != nil {
			return nil, err
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	for _, id := range h.kmsKeys {
		key, err := aws.OpenKey(ctx, id, t.region(), map[string]string{"groundwork.dev/vault": t.subject()})
		if err != nil {
			return nil, err
		}
		all = append(all, key)
	}
	return all, distinct(all)
}

// distinct refuses an operator who would keep two keys.
func distinct(holders []vaultinit.Holder) error {
	seen := map[string]bool{}
	for _, h := range holders {
		if seen[h.Name()] {
			return usageError{fmt.Errorf("%s %s is named twice: each operator keeps one recovery key", h.Kind(), h.Name())}
		}
		seen[h.Name()] = true
	}
	return nil
}

// region is where platform.yaml's clusters are, empty when that is not known.
func (t vaultTarget) region() string {
	p, _, err := LoadDir(t.Dir)
	if err != nil || t.Cluster == "" {
		return ""
	}
	return p.Spec.AWS.Region
}

// vaultAPI is the client as the use case wants it.
type vaultAPI struct{ *vault.Client }

func (v vaultAPI) Address() string { return v.Name() }

func (v vaultAPI) State(ctx context.Context) (vaultinit.State, error) {
	s, err := v.Status(ctx)
	return vaultinit.State(s), err
}

func (v vaultAPI) Init(ctx context.Context, r vaultinit.InitRequest) (vaultinit.Keys, error) {
	recovery, root, err := v.Client.Init(ctx, r.Shares, r.Threshold, r.PGPKeys)
	return vaultinit.Keys{Recovery: recovery, RootToken: root}, err
}
