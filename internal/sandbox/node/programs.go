package node

import "fmt"

// Program is one process of a sandbox.
type Program struct {
	// Name is how status and logs call it.
	Name string
	// Argv is the executable's path and its arguments.
	Argv []string
	// Env is added to the environment.
	Env []string
	// Ready is a URL that answers 200 once the program is ready; empty when
	// nothing waits for it.
	Ready string
	// Socket is a unix socket that exists once the program is ready.
	Socket string
}

// Store returns etcd and the API server, which come first.
func (p Paths) Store() []Program {
	kubebox := p.Bin["kubebox"]
	return []Program{
		{
			Name: "etcd", Ready: "http://127.0.0.1:2379/readyz",
			Argv: []string{
				kubebox, "etcd", "--name=sandbox", "--data-dir=" + p.in("etcd", "data"), "--unsafe-no-fsync", "--log-level=warn",
				"--initial-cluster=sandbox=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
				"--listen-peer-urls=http://127.0.0.1:2380", "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
			},
		},
		{
			Name: "kube-apiserver", Ready: APIServer + "/readyz",
			Argv: []string{
				kubebox, "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379",
				"--bind-address=" + HostIP, "--secure-port=6443", "--advertise-address=" + HostIP,
				"--service-cluster-ip-range=" + ServiceNet, "--allow-privileged",
				"--tls-cert-file=" + p.PKI("apiserver.crt"), "--tls-private-key-file=" + p.PKI("apiserver.key"),
				"--client-ca-file=" + p.PKI("ca.crt"), "--authorization-mode=Node,RBAC",
				"--enable-admission-plugins=NodeRestriction",
				"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
				"--service-account-key-file=" + p.PKI("sa.key"), "--service-account-signing-key-file=" + p.PKI("sa.key"),
				"--kubelet-preferred-address-types=InternalIP", "--kubelet-certificate-authority=" + p.PKI("ca.crt"),
				"--kubelet-client-certificate=" + p.PKI("apiserver-kubelet.crt"), "--kubelet-client-key=" + p.PKI("apiserver-kubelet.key"),
				"--requestheader-client-ca-file=" + p.PKI("ca.crt"), "--requestheader-allowed-names=aggregator",
				"--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
				"--proxy-client-cert-file=" + p.PKI("aggregator.crt"), "--proxy-client-key-file=" + p.PKI("aggregator.key"),
				"--profiling=false",
			},
		},
	}
}

// Rest returns what starts once the API server is ready.
func (p Paths) Rest() []Program {
	kubebox := p.Bin["kubebox"]
	return []Program{
		{Name: "coredns", Argv: []string{p.Bin["coredns"], "-conf", p.in("Corefile")}, Ready: "http://" + HostIP + ":8181/ready"},
		{
			Name: "kube-controller-manager",
			Argv: []string{
				kubebox, "kube-controller-manager", "--kubeconfig=" + p.Kubeconfig("kube-controller-manager"), "--leader-elect=false", "--profiling=false",
				"--bind-address=127.0.0.1", "--kube-api-qps=300", "--kube-api-burst=600", "--use-service-account-credentials=true",
				"--service-account-private-key-file=" + p.PKI("sa.key"), "--root-ca-file=" + p.PKI("ca.crt"),
				"--cluster-signing-cert-file=" + p.PKI("ca.crt"), "--cluster-signing-key-file=" + p.PKI("ca.key"),
				"--controllers=*,-node-ipam-controller,-node-route-controller,-service-lb-controller,-cloud-node-lifecycle-controller",
			},
		},
		{
			Name: "kube-scheduler",
			Argv: []string{
				kubebox, "kube-scheduler", "--kubeconfig=" + p.Kubeconfig("kube-scheduler"), "--leader-elect=false", "--profiling=false",
				"--bind-address=127.0.0.1", "--kube-api-qps=300", "--kube-api-burst=600",
			},
		},
		{Name: "containerd", Argv: []string{p.Bin["containerd"], "--config", p.in("containerd.toml")}, Socket: p.in("containerd", "containerd.sock")},
		{Name: "kube-proxy", Argv: []string{kubebox, "kube-proxy", "--config", p.in("kube-proxy.yaml")}},
		{
			Name: "kwok",
			Argv: []string{
				kubebox, "kwok", "--kubeconfig=" + p.Kubeconfig("kwok"), "--config=" + p.in("stages.yaml"),
				"--manage-all-nodes=false", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
				"--node-lease-duration-seconds=40", "--server-address=127.0.0.1:10247", "--node-ip=" + HostIP, "--cidr=10.64.0.0/16",
			},
		},
	}
}

// GiteaConfig returns the path of the forge's configuration.
func (p Paths) GiteaConfig() string { return p.in("app.ini") }

// Gitea returns the forge, which needs nothing.
func (p Paths) Gitea() Program {
	return Program{
		Name: "gitea", Ready: fmt.Sprintf("http://127.0.0.1:%d/api/healthz", ForgePort),
		Argv: []string{p.Bin["gitea"], "web", "--config", p.GiteaConfig()},
		Env:  []string{"GITEA_WORK_DIR=" + p.in("gitea"), "HOME=" + p.in("gitea"), "USER=root"},
	}
}

// Stages returns the command that prints the stages of simulated nodes and
// pods.
func (p Paths) Stages() []string { return []string{p.Bin["kubebox"], "kwok-stages"} }

// Kubelet returns the kubelet, which needs containerd.
func (p Paths) Kubelet(zone, region string) Program {
	return Program{
		Name: "kubelet",
		Argv: []string{
			p.Bin["kubebox"], "kubelet", "--config=" + p.in("kubelet.yaml"), "--kubeconfig=" + p.Kubeconfig("kubelet"),
			"--root-dir=/var/lib/kubelet", "--cert-dir=" + p.in("pki"),
			"--tls-cert-file=" + p.PKI("kubelet.crt"), "--tls-private-key-file=" + p.PKI("kubelet.key"),
			"--node-ip=" + HostIP, "--hostname-override=" + Name,
			"--node-labels=topology.kubernetes.io/zone=" + zone + ",topology.kubernetes.io/region=" + region + "," + SimulatedLabel + "=false",
		},
	}
}

// Corefile is CoreDNS's configuration: the cluster's names from the API, every
// other name is the sandbox itself.
func (p Paths) Corefile() string {
	return `cluster.local:53 in-addr.arpa:53 {
  bind ` + HostIP + `
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ` + p.Kubeconfig("coredns") + ` sandbox
  }
}
.:53 {
  bind ` + HostIP + `
  errors
  ready ` + HostIP + `:8181
  template IN A . {
    answer "{{ .Name }} 60 IN A ` + HostIP + `"
  }
  template IN ANY . {
    rcode NOERROR
  }
}
`
}
