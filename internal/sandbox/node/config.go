// Package node says how the programs of a sandbox are started: their
// arguments and configuration files, as data.
package node

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"sigs.k8s.io/yaml"
)

// The addresses of a sandbox. They exist only in its own network namespace, so
// every sandbox has the same.
const (
	HostIP      = "10.89.0.1"
	HostNet     = "10.89.0.1/24"
	PodNet      = "10.88.0.0/22"
	ServiceNet  = "10.96.0.0/16"
	APIServerIP = "10.96.0.1" // first of ServiceNet: Service kubernetes.default
	DNSIP       = "10.96.0.10"
	Bridge      = "gw0"
	Name        = "real-1"
	Forge       = "forge.sandbox.test"
)

// ForgeHostKey is the file, among the certificates, of the key by which SSH
// clients know the forge; KnownHosts is the one, in the run folder, by which they
// trust it.
const (
	ForgeHostKey = "forge-ssh.key"
	KnownHosts   = "known_hosts"
)

// Loopback is where programs listen that only the sandbox itself talks to.
const Loopback = "127.0.0.1"

// Addresses are where the programs of a sandbox listen, host:port.
type Addresses struct {
	APIServer                          string
	Etcd, EtcdPeer, EtcdHealth         string
	ControllerManager, Scheduler, Kwok string
	Forge                              string
}

// InNamespace are the addresses in a network namespace of the sandbox's own.
func InNamespace() Addresses {
	return Addresses{
		APIServer: HostIP + ":6443",
		Etcd:      Loopback + ":2379", EtcdPeer: Loopback + ":2380", EtcdHealth: Loopback + ":2381",
		ControllerManager: Loopback + ":10257", Scheduler: Loopback + ":10259", Kwok: Loopback + ":10247",
		Forge: Loopback + ":3000",
	}
}

// OnLoopback are addresses on the host's own loopback; port returns a free one.
func OnLoopback(port func() (int, error)) (Addresses, error) {
	var a Addresses
	for _, address := range []*string{&a.APIServer, &a.Etcd, &a.EtcdPeer, &a.EtcdHealth, &a.ControllerManager, &a.Scheduler, &a.Kwok, &a.Forge} {
		free, err := port()
		if err != nil {
			return a, err
		}
		*address = net.JoinHostPort(Loopback, strconv.Itoa(free))
	}
	return a, nil
}

// Paths are the folders that the programs use.
type Paths struct {
	// Run is the sandbox's own folder, gone when the sandbox is.
	Run string
	// Bin maps a program's name to its executable.
	Bin map[string]string
	// CNI is the folder of the CNI plugins' executables.
	CNI string
	// Containerd is containerd's root.
	Containerd string
	// ForgeStatic is the forge's folder of static files.
	ForgeStatic string
	// Pause is the reference of the image that holds a pod's namespaces.
	Pause string
	// Cgroup is the cgroup that everything runs below, such as /groundwork-x.
	Cgroup string
	// RealNode says that there is a node that runs pods, in a network of its
	// own. Without, everything listens on the host's loopback.
	RealNode bool
	// At is where the programs listen, Proxy the address of the way in.
	At    Addresses
	Proxy string
}

// split returns host and port of one of our own addresses.
func split(address string) (host, port string) {
	host, port, _ = net.SplitHostPort(address)
	return host, port
}

func (p Paths) in(elem ...string) string {
	return filepath.Join(append([]string{p.Run}, elem...)...)
}

// PKI returns the path of a file of the sandbox's certificates.
func (p Paths) PKI(name string) string { return p.in("pki", name) }

// Kubeconfig returns the path of the kubeconfig of a user.
func (p Paths) Kubeconfig(user string) string { return p.in(user + ".kubeconfig") }

// Credentials are how a user of the cluster proves who it is: a client
// certificate and its key, PEM, or a token.
type Credentials struct {
	Cert, Key []byte
	Token     string
}

// KubeconfigFor renders a kubeconfig. proxyURL may be empty.
func (p Paths) KubeconfigFor(user string, ca []byte, c Credentials, proxyURL string) ([]byte, error) {
	cluster := map[string]any{"server": "https://" + p.At.APIServer, "certificate-authority-data": ca}
	if proxyURL != "" {
		cluster["proxy-url"] = proxyURL
	}
	as := map[string]any{"token": c.Token}
	if c.Token == "" {
		as = map[string]any{"client-certificate-data": c.Cert, "client-key-data": c.Key}
	}
	return yaml.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Config",
		"clusters":        []any{map[string]any{"name": "sandbox", "cluster": cluster}},
		"users":           []any{map[string]any{"name": user, "user": as}},
		"contexts":        []any{map[string]any{"name": "sandbox", "context": map[string]any{"cluster": "sandbox", "user": user}}},
		"current-context": "sandbox",
	})
}

// Files returns the configuration files of the programs by path.
func (p Paths) Files() (map[string][]byte, error) {
	if !p.RealNode {
		return map[string][]byte{p.in("app.ini"): []byte(p.gitea()), p.in("egress.yaml"): []byte(p.egress())}, nil
	}
	files := map[string][]byte{
		p.in("containerd.toml"):               []byte(p.containerd()),
		p.in("certs.d/_default/hosts.toml"):   []byte(p.registries()),
		p.in("cni/net.d/10-sandbox.conflist"): []byte(p.cni()),
		p.in("app.ini"):                       []byte(p.gitea()),
		p.in("Corefile"):                      []byte(p.Corefile()),
	}
	for name, content := range map[string]any{"kubelet.yaml": p.kubelet(), "kube-proxy.yaml": p.kubeProxy(), "base-spec.json": p.baseSpec()} {
		data, err := json.MarshalIndent(content, "", "  ") // is YAML too
		if err != nil {
			return nil, fmt.Errorf("rendering %s: %w", name, err)
		}
		files[p.in(name)] = data
	}
	return files, nil
}

func (p Paths) kubelet() map[string]any {
	return map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
		"address": HostIP, "port": 10250, "readOnlyPort": 0, "healthzPort": 0,
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false}, "webhook": map[string]any{"enabled": true},
			"x509": map[string]any{"clientCAFile": p.PKI("ca.crt")},
		},
		"authorization": map[string]any{"mode": "Webhook"},
		"cgroupDriver":  "cgroupfs", "cgroupRoot": p.Cgroup, "cgroupsPerQOS": true,
		"failCgroupV1": false, "failSwapOn": false, "enforceNodeAllocatable": []string{},
		"containerRuntimeEndpoint": "unix://" + p.in("containerd", "containerd.sock"),
		"clusterDomain":            "cluster.local", "clusterDNS": []string{DNSIP},
		"resolvConf":                  "/etc/resolv.conf",
		"volumePluginDir":             p.in("kubelet", "plugins"),
		"evictionHard":                map[string]any{"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
		"imageGCHighThresholdPercent": 100,
		"maxPods":                     250,
		"serializeImagePulls":         false,
		"registryPullQPS":             0,
		"eventRecordQPS":              0,
		"kubeAPIQPS":                  100,
		"kubeAPIBurst":                200,
		"syncFrequency":               "10s",
		"nodeStatusUpdateFrequency":   "10s",
		"configMapAndSecretChangeDetectionStrategy": "Watch",
	}
}

func (p Paths) kubeProxy() map[string]any {
	return map[string]any{
		"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
		"mode": "nftables", "clusterCIDR": PodNet, "hostnameOverride": Name,
		"clientConnection":   map[string]any{"kubeconfig": p.Kubeconfig("admin")},
		"conntrack":          map[string]any{"maxPerCore": 0, "min": 0},
		"metricsBindAddress": "127.0.0.1:10249", "healthzBindAddress": "127.0.0.1:10256",
		"nftables": map[string]any{"syncPeriod": "30s", "minSyncPeriod": "100ms"},
	}
}

func (p Paths) containerd() string {
	return fmt.Sprintf(`version = 3
root = %[2]q
state = "%[1]s/containerd/state"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "%[1]s/containerd/containerd.sock"
[ttrpc]
  address = "%[1]s/containerd/containerd.sock.ttrpc"
[plugins.'io.containerd.cri.v1.images']
  max_concurrent_downloads = 4
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = "%[1]s/certs.d"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = %[6]q
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = [%[3]q]
  conf_dir = "%[1]s/cni/net.d"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  runtime_path = %[4]q
  base_runtime_spec = "%[1]s/base-spec.json"
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = false
  BinaryName = %[5]q
`, p.Run, p.Containerd, p.CNI, p.Bin["containerd-shim-runc-v2"], p.Bin["runc"], p.Pause)
}

// registries makes containerd trust the sandbox's authority for every host.
func (p Paths) registries() string {
	return fmt.Sprintf("ca = [%q]\n", p.PKI("ca.crt"))
}

// cni uses point-to-point links: on a bridge, replies between two pods would
// skip the address translation of Services.
func (p Paths) cni() string {
	return fmt.Sprintf(`{
  "cniVersion": "1.0.0",
  "name": "sandbox",
  "plugins": [{
    "type": "ptp",
    "ipam": {
      "type": "host-local",
      "dataDir": %q,
      "ranges": [[{"subnet": %q}]],
      "routes": [{"dst": "0.0.0.0/0"}]
    }
  }]
}
`, p.in("cni", "ipam"), PodNet)
}

// EgressSocket is the unix socket on which the proxy answers the API server,
// which panics on a proxy that is an http URL.
func (p Paths) EgressSocket() string { return p.in("egress.sock") }

// egress makes the API server reach pods through the proxy: addresses of the
// cluster lead nowhere, or worse somewhere, in the host's network.
func (p Paths) egress() string {
	return `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      uds:
        udsName: ` + p.EgressSocket() + "\n"
}

func (p Paths) gitea() string {
	_, port := split(p.At.Forge)
	// SSH has to be on port 22, and its clients know no HTTP proxy.
	ssh, toPods := "true", ""
	if !p.RealNode {
		ssh, toPods = "false", "PROXY_URL = http://"+p.Proxy+"\nPROXY_HOSTS = *\n"
	}
	return fmt.Sprintf(`APP_NAME = Groundwork sandbox
RUN_MODE = prod
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = %[1]s/gitea
[server]
PROTOCOL = http
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %[2]s
ROOT_URL = https://%[3]s/
DOMAIN = %[3]s
SSH_DOMAIN = %[3]s
START_SSH_SERVER = %[6]s
BUILTIN_SSH_SERVER_USER = git
SSH_SERVER_HOST_KEYS = %[8]s
SSH_LISTEN_HOST = %[4]s
SSH_LISTEN_PORT = 22
SSH_PORT = 22
OFFLINE_MODE = true
LFS_START_SERVER = false
STATIC_ROOT_PATH = %[5]s
[database]
DB_TYPE = sqlite3
PATH = %[1]s/gitea/gitea.db
[repository]
ROOT = %[1]s/gitea/repositories
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
[service]
DISABLE_REGISTRATION = true
[queue]
; The default queue is looked at every two seconds when idle; this one wakes up.
TYPE = channel
[webhook]
ALLOWED_HOST_LIST = *
SKIP_TLS_VERIFY = true
%[7]s[log]
LEVEL = Warn
[cron]
ENABLED = false
[cron.update_checker]
ENABLED = false
[actions]
ENABLED = false
[packages]
ENABLED = false
[indexer]
ISSUE_INDEXER_TYPE = db
`, p.Run, port, Forge, HostIP, p.ForgeStatic, ssh, toPods, p.PKI(ForgeHostKey))
}
