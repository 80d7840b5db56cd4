// Command flagger is upstream's, which cannot be compiled against a client that
// knows today's pods: the one that it was made for drops fields that it does not
// know, such as a preStop of sleep, from the copy that it makes of a Deployment. It
// has the flags that our values set, and elects no leader.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

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
)

type options struct {
	level, mesh, metrics, cluster string
	tracking, sameNamespace       bool
}

func main() {
	var o options
	flag.StringVar(&o.level, "log-level", "info", "debug, info, warning or error")
	flag.StringVar(&o.mesh, "mesh-provider", "", "what follows the weights, such as gatewayapi:v1")
	flag.StringVar(&o.metrics, "metrics-server", "", "address of Prometheus")
	flag.StringVar(&o.cluster, "cluster-name", "", "name in the text of alerts")
	flag.BoolVar(&o.tracking, "enable-config-tracking", true, "start a rollout for changed ConfigMaps and Secrets, too")
	flag.BoolVar(&o.sameNamespace, "no-cross-namespace-refs", false, "refuse templates of other namespaces")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "flagger:", err)
		os.Exit(1)
	}
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
	return controller.NewController(kube, flagger, infos, 10*time.Second, log, &notifier.NopNotifier{},
		canary.NewFactory(kube, flagger, tracker, labels, []string{""}, log),
		router.NewFactory(config, kube, flagger, "nginx.ingress.kubernetes.io", "", log, flagger, true),
		observer, o.mesh, version.VERSION, "", o.cluster, o.sameNamespace,
	).Run(2, stop)
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
