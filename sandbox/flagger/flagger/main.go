// Command flagger is upstream's, which cannot be compiled against a client that
// knows today's pods: the one that it was made for drops fields that it does not
// know, such as a preStop of sleep, from the copy that it makes of a Deployment. It
// has the flags that our values set.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/fluxcd/flagger/pkg/canary"
	clientset "github.com/fluxcd/flagger/pkg/client/clientset/versioned"
	informers "github.com/fluxcd/flagger/pkg/client/informers/externalversions"
	"github.com/fluxcd/flagger/pkg/controller"
	"github.com/fluxcd/flagger/pkg/logger"
	"github.com/fluxcd/flagger/pkg/metrics/observers"
	"github.com/fluxcd/flagger/pkg/notifier"
	"github.com/fluxcd/flagger/pkg/router"
	"github.com/fluxcd/flagger/pkg/server"
	"github.com/fluxcd/flagger/pkg/signals"
	"github.com/fluxcd/flagger/pkg/version"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

type options struct {
	level, mesh, metrics, cluster string
	tracking, sameNamespace       bool
	elect                         bool
	electIn                       string // namespace
}

func main() {
	var o options
	flag.StringVar(&o.level, "log-level", "info", "debug, info, warning or error")
	flag.StringVar(&o.mesh, "mesh-provider", "", "what follows the weights, such as gatewayapi:v1")
	flag.StringVar(&o.metrics, "metrics-server", "", "address of Prometheus")
	flag.StringVar(&o.cluster, "cluster-name", "", "name in the text of alerts")
	flag.BoolVar(&o.tracking, "enable-config-tracking", true, "start a rollout for changed ConfigMaps and Secrets, too")
	flag.BoolVar(&o.sameNamespace, "no-cross-namespace-refs", false, "refuse templates of other namespaces")
	flag.BoolVar(&o.elect, "enable-leader-election", false, "work only as the one of many that leads")
	flag.StringVar(&o.electIn, "leader-election-namespace", "kube-system", "namespace of the leader's Lease")
	flag.String("slack-user", "", "unused: the chart always sets it")
	flag.Parse()
	finish(run(o))
}

// finish ends the program.
func finish(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "flagger:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(o options) error {
	log, err := logger.NewLoggerWithEncoding(o.level, "json")
	if err != nil {
		return err
	}
	stop := signals.SetupSignalHandler()
	config, err := rest.InClusterConfig()
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 100, 250
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	flagger, err := clientset.NewForConfig(config)
	if err != nil {
		return err
	}
	infos, err := watch(flagger, stop)
	if err != nil {
		return err
	}
	observer, err := observers.NewFactory(o.metrics)
	if err != nil {
		return err
	}
	go server.ListenAndServe("8080", 3*time.Second, log, stop)
	var tracker canary.Tracker = &canary.NopTracker{}
	if o.tracking {
		tracker = &canary.ConfigTracker{Logger: log, KubeClient: kube, FlaggerClient: flagger}
	}
	// As upstream's defaults.
	labels := []string{"app", "name", "app.kubernetes.io/name"}
	c := controller.NewController(kube, flagger, infos, 10*time.Second, log, &notifier.NopNotifier{},
		canary.NewFactory(kube, flagger, tracker, labels, []string{""}, log),
		router.NewFactory(config, kube, flagger, "nginx.ingress.kubernetes.io", "", log, flagger, true),
		observer, o.mesh, version.VERSION, "", o.cluster, o.sameNamespace,
	)
	if !o.elect {
		return c.Run(2, stop)
	}
	return lead(kube, o.electIn, stop, func() error { return c.Run(2, stop) })
}

// lead runs once this one leads, and ends when it no longer does.
func lead(client kubernetes.Interface, namespace string, stop <-chan struct{}, run func() error) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-stop
		cancel()
	}()
	me, err := os.Hostname()
	if err != nil {
		return err
	}
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Name: "flagger-leader-election", Namespace: namespace},
			Client:     client.CoordinationV1(),
			LockConfig: resourcelock.ResourceLockConfig{Identity: me},
		},
		ReleaseOnCancel: true,
		LeaseDuration:   60 * time.Second, RenewDeadline: 15 * time.Second, RetryPeriod: 5 * time.Second,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { finish(run()) },
			OnStoppedLeading: func() {},
		},
	})
	return errors.New("it no longer leads")
}

// watch starts to watch what the controller reads.
func watch(client clientset.Interface, stop <-chan struct{}) (controller.Informers, error) {
	kinds := informers.NewSharedInformerFactory(client, 30*time.Second).Flagger().V1beta1()
	infos := controller.Informers{
		CanaryInformer: kinds.Canaries(), MetricInformer: kinds.MetricTemplates(), AlertInformer: kinds.AlertProviders(),
	}
	for _, i := range []cache.SharedIndexInformer{infos.CanaryInformer.Informer(), infos.MetricInformer.Informer(), infos.AlertInformer.Informer()} {
		go i.Run(stop)
		if !cache.WaitForCacheSync(stop, i.HasSynced) {
			return infos, errors.New("stopped while it read its objects")
		}
	}
	return infos, nil
}
