package node

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
	client, peer := "https://"+p.At.Etcd, "https://"+p.At.EtcdPeer
	// On the host's loopback, anybody could ask an etcd without certificates.
	etcd := []string{
		p.Bin["kubebox"], "etcd", "--name=sandbox", "--data-dir=" + p.in("etcd", "data"), "--unsafe-no-fsync", "--log-level=warn",
		"--initial-cluster=sandbox=" + peer, "--initial-advertise-peer-urls=" + peer, "--listen-peer-urls=" + peer,
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client, "--listen-metrics-urls=http://" + p.At.EtcdHealth,
		"--cert-file=" + p.PKI("etcd.crt"), "--key-file=" + p.PKI("etcd.key"), "--trusted-ca-file=" + p.PKI("ca.crt"), "--client-cert-auth",
		"--peer-cert-file=" + p.PKI("etcd.crt"), "--peer-key-file=" + p.PKI("etcd.key"), "--peer-trusted-ca-file=" + p.PKI("ca.crt"), "--peer-client-cert-auth",
	}
	return []Program{
		{Name: "etcd", Ready: "http://" + p.At.EtcdHealth + "/readyz", Argv: etcd},
		{Name: "kube-apiserver", Ready: "https://" + p.At.APIServer + "/readyz", Argv: p.apiServer()},
	}
}

func (p Paths) apiServer() []string {
	host, port := split(p.At.APIServer)
	argv := []string{
		p.Bin["kubebox"], "kube-apiserver", "--etcd-servers=https://" + p.At.Etcd,
		"--etcd-cafile=" + p.PKI("ca.crt"), "--etcd-certfile=" + p.PKI("etcd.crt"), "--etcd-keyfile=" + p.PKI("etcd.key"),
		"--bind-address=" + host, "--secure-port=" + port, "--advertise-address=" + host,
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
	}
	if p.RealNode {
		return argv
	}
	return append(argv,
		// Loopback is no address of an endpoint.
		"--endpoint-reconciler-type=none",
		"--egress-selector-config-file="+p.in("egress.yaml"),
		// Simulated pods cannot answer: a webhook that must be asked would
		// refuse everything.
		"--disable-admission-plugins=MutatingAdmissionWebhook,ValidatingAdmissionWebhook",
	)
}

// Rest returns what starts once the API server is ready.
func (p Paths) Rest() []Program {
	kubebox := p.Bin["kubebox"]
	_, managerPort := split(p.At.ControllerManager)
	_, schedulerPort := split(p.At.Scheduler)
	common := []Program{
		{
			Name: "kube-controller-manager",
			Argv: []string{
				kubebox, "kube-controller-manager", "--kubeconfig=" + p.Kubeconfig("kube-controller-manager"), "--leader-elect=false", "--profiling=false",
				"--bind-address=" + Loopback, "--secure-port=" + managerPort, "--kube-api-qps=300", "--kube-api-burst=600", "--use-service-account-credentials=true",
				"--service-account-private-key-file=" + p.PKI("sa.key"), "--root-ca-file=" + p.PKI("ca.crt"),
				"--cluster-signing-cert-file=" + p.PKI("ca.crt"), "--cluster-signing-key-file=" + p.PKI("ca.key"),
				"--controllers=*,-node-ipam-controller,-node-route-controller,-service-lb-controller,-cloud-node-lifecycle-controller",
			},
		},
		{
			Name: "kube-scheduler",
			Argv: []string{
				kubebox, "kube-scheduler", "--kubeconfig=" + p.Kubeconfig("kube-scheduler"), "--leader-elect=false", "--profiling=false",
				"--bind-address=" + Loopback, "--secure-port=" + schedulerPort, "--kube-api-qps=300", "--kube-api-burst=600",
			},
		},
		{
			Name: "kwok",
			Argv: []string{
				kubebox, "kwok", "--kubeconfig=" + p.Kubeconfig("kwok"), "--config=" + p.in("stages.yaml"),
				"--manage-all-nodes=false", "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
				"--node-lease-duration-seconds=40", "--server-address=" + p.At.Kwok, "--node-ip=" + HostIP, "--cidr=10.64.0.0/16",
			},
		},
	}
	if !p.RealNode {
		return common
	}
	return append(common,
		Program{Name: "coredns", Argv: []string{p.Bin["coredns"], "-conf", p.in("Corefile")}, Ready: "http://" + HostIP + ":8181/ready"},
		Program{Name: "containerd", Argv: []string{p.Bin["containerd"], "--config", p.in("containerd.toml")}, Socket: p.in("containerd", "containerd.sock")},
		Program{Name: "kube-proxy", Argv: []string{kubebox, "kube-proxy", "--config", p.in("kube-proxy.yaml")}},
	)
}

// GiteaConfig returns the path of the forge's configuration.
func (p Paths) GiteaConfig() string { return p.in("app.ini") }

// Gitea returns the forge, which needs nothing.
func (p Paths) Gitea() Program {
	return Program{
		Name: "gitea", Ready: "http://" + p.At.Forge + "/api/healthz",
		Argv: []string{p.Bin["gitea"], "web", "--config", p.GiteaConfig()},
		Env:  []string{"GITEA_WORK_DIR=" + p.in("gitea"), "HOME=" + p.in("gitea")},
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
