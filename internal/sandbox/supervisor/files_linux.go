package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/groundwork-dev/groundwork/internal/sandbox/node"
	"github.com/groundwork-dev/groundwork/internal/sandbox/pki"
)

// users are the Kubernetes identities of the sandbox's programs.
//
//nolint:gochecknoglobals // a table that nobody changes
var users = []struct{ name, user, group string }{
	{"admin", "admin", "system:masters"},
	{"kwok", "kwok", "system:masters"},
	{"coredns", "system:coredns", "system:masters"},
	{"kube-controller-manager", "system:kube-controller-manager", ""},
	{"kube-scheduler", "system:kube-scheduler", ""},
	{"kubelet", "system:node:" + node.Name, "system:nodes"},
}

// files writes certificates, kubeconfigs and configuration.
func (s *supervisor) files(ctx context.Context) error {
	pair := pki.Pair{}
	var err error
	if pair.Cert, err = os.ReadFile(s.paths.PKI("ca.crt")); err != nil {
		return err
	}
	if pair.Key, err = os.ReadFile(s.paths.PKI("ca.key")); err != nil {
		return err
	}
	if s.ca, err = pki.Load(pair); err != nil {
		return err
	}
	files, err := s.paths.Files()
	if err != nil {
		return err
	}
	if files[filepath.Join(s.Run, "stages.yaml")], err = s.stages(ctx); err != nil {
		return fmt.Errorf("reading the stages of simulated nodes: %w", err)
	}
	if err := errors.Join(s.certificates(files), s.hostKey(files)); err != nil {
		return err
	}
	for _, u := range users {
		var groups []string
		if u.group != "" {
			groups = []string{u.group}
		}
		client, err := s.ca.Client(u.user, groups...)
		if err != nil {
			return err
		}
		credentials := node.Credentials{Cert: client.Cert, Key: client.Key}
		config, err := s.paths.KubeconfigFor(u.name, pair.Cert, credentials, "")
		if err != nil {
			return err
		}
		files[s.paths.Kubeconfig(u.name)] = config
		if u.name != "admin" {
			continue
		}
		through := ""
		if s.RealNode {
			through = "http://" + s.Proxy
		}
		if files[filepath.Join(s.Run, "kubeconfig")], err = s.paths.KubeconfigFor("admin", pair.Cert, credentials, through); err != nil {
			return err
		}
	}
	for path, data := range files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return fmt.Errorf("writing the sandbox's configuration: %w", err)
		}
	}
	return nil
}

// stages returns what makes simulated nodes and pods ready, YAML.
func (s *supervisor) stages(ctx context.Context) ([]byte, error) {
	argv := s.paths.Stages()
	out, err := exec.CommandContext(ctx, argv[0], argv[1:]...).Output()
	if err != nil || s.RealNode {
		return out, err
	}
	return waitForProcesses(out, withProcess(s.Images))
}

func (s *supervisor) certificates(files map[string][]byte) error {
	key, err := pki.NewKey()
	if err != nil {
		return err
	}
	files[s.paths.PKI("sa.key")] = key
	for name, make := range map[string]func() (pki.Pair, error){
		"apiserver": func() (pki.Pair, error) {
			return s.ca.Server(node.HostIP, node.APIServerIP, "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
		},
		"etcd":              func() (pki.Pair, error) { return s.ca.Server(node.Loopback) },
		"kubelet":           func() (pki.Pair, error) { return s.ca.Server(node.HostIP, node.Name) },
		"apiserver-kubelet": func() (pki.Pair, error) { return s.ca.Client("kube-apiserver-kubelet-client", "system:masters") },
		"aggregator":        func() (pki.Pair, error) { return s.ca.Client("aggregator") },
	} {
		pair, err := make()
		if err != nil {
			return err
		}
		files[s.paths.PKI(name+".crt")], files[s.paths.PKI(name+".key")] = pair.Cert, pair.Key
	}
	return nil
}
