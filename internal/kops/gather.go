package kops

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"

	"github.com/groundwork-dev/groundwork/internal/clusterfacts"
	"github.com/groundwork-dev/groundwork/internal/clusterspec"
)

// fetchTimeout bounds one download.
const fetchTimeout = 30 * time.Second

// Gather fills in the facts of a cluster, with the credentials that AWS's own
// tools would use. It writes the cluster's keys to its state store, where they
// are not there yet. Date is noted with each fact.
func Gather(ctx context.Context, r *clusterspec.Request, facts *clusterfacts.Facts, date string) (*clusterfacts.Facts, error) {
	cloud, err := openAccount(ctx, r)
	if err != nil {
		return nil, err
	}
	g := gatherer{cloud: cloud, request: r, facts: facts, date: date}
	for _, step := range []func(context.Context) error{g.account, g.zones, g.dnsZone, g.instanceTypes, g.images, g.files} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	clientset, err := newClientset(r)
	if err != nil {
		return nil, err
	}
	useLockedFiles(facts) // kops' own client of S3 does not read through it
	return facts, addKeys(ctx, r, facts, clientset, g.origin(r.StateStore))
}

// gatherer asks for facts.
type gatherer struct {
	cloud   awsup.AWSCloud
	request *clusterspec.Request
	facts   *clusterfacts.Facts
	date    string
}

func (g *gatherer) origin(source string) clusterfacts.Origin {
	return clusterfacts.Origin{Source: source, Date: g.date}
}

func (g *gatherer) account(ctx context.Context) error {
	id, partition, err := g.cloud.AccountInfo(ctx)
	if err != nil {
		return fmt.Errorf("asking AWS whose the credentials are: %w", err)
	}
	g.facts.Account = clusterfacts.Account{ID: id, Partition: partition, Origin: g.origin("sts GetCallerIdentity")}
	return nil
}

func (g *gatherer) zones(context.Context) error {
	zones, err := g.cloud.DescribeAvailabilityZones()
	if err != nil {
		return fmt.Errorf("asking EC2 for the zones of %s: %w", g.request.Region, err)
	}
	for _, zone := range zones {
		if name := aws.ToString(zone.ZoneName); len(name) == len(g.request.Region)+1 { // local zones have longer names
			g.facts.Zones.Names = append(g.facts.Zones.Names, name)
		}
	}
	g.facts.Zones.Origin = g.origin("ec2 DescribeAvailabilityZones")
	return nil
}

func (g *gatherer) dnsZone(ctx context.Context) error {
	if g.request.DNSZone == "" {
		return nil
	}
	found, err := g.cloud.Route53().ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: aws.String(g.request.DNSZone)})
	if err != nil {
		return fmt.Errorf("asking Route 53 for the zone %s: %w", g.request.DNSZone, err)
	}
	var ids []string
	for _, zone := range found.HostedZones {
		if strings.TrimSuffix(aws.ToString(zone.Name), ".") == g.request.DNSZone && (zone.Config == nil || !zone.Config.PrivateZone) {
			ids = append(ids, strings.TrimPrefix(aws.ToString(zone.Id), "/hostedzone/"))
		}
	}
	if len(ids) != 1 {
		return fmt.Errorf("route 53 has %d public zones %s, and one is needed: make it and let its parent delegate to it, or set dnsZone in platform.yaml", len(ids), g.request.DNSZone)
	}
	g.facts.DNSZone = &clusterfacts.DNSZone{Name: g.request.DNSZone, ID: ids[0], Origin: g.origin("route53 ListHostedZonesByName")}
	return nil
}

func (g *gatherer) instanceTypes(context.Context) error {
	for _, name := range g.request.MachineTypes() {
		info, err := g.cloud.DescribeInstanceType(name)
		if err != nil {
			return fmt.Errorf("asking EC2 for the instance type %s: %w", name, err)
		}
		g.facts.InstanceTypes[name] = instanceType(info, g.origin("ec2 DescribeInstanceTypes"))
	}
	return nil
}

func instanceType(info *ec2types.InstanceTypeInfo, origin clusterfacts.Origin) clusterfacts.InstanceType {
	t := clusterfacts.InstanceType{GPU: info.GpuInfo != nil, Origin: origin}
	if info.VCpuInfo != nil {
		t.CPUs = aws.ToInt32(info.VCpuInfo.DefaultVCpus)
	}
	if info.MemoryInfo != nil {
		t.MemoryMiB = aws.ToInt64(info.MemoryInfo.SizeInMiB)
	}
	if info.ProcessorInfo != nil {
		for _, architecture := range info.ProcessorInfo.SupportedArchitectures {
			t.Architectures = append(t.Architectures, string(architecture))
		}
	}
	if info.NetworkInfo != nil {
		t.NetworkInterfaces = aws.ToInt32(info.NetworkInfo.MaximumNetworkInterfaces)
		t.IPv4PerInterface = aws.ToInt32(info.NetworkInfo.Ipv4AddressesPerInterface)
	}
	if info.InstanceStorageInfo != nil {
		for _, disk := range info.InstanceStorageInfo.Disks {
			for range aws.ToInt32(disk.Count) {
				t.LocalDisksGB = append(t.LocalDisksGB, aws.ToInt64(disk.SizeInGB))
			}
		}
	}
	return t
}

// images resolves the images of the architectures that the machine types have.
func (g *gatherer) images(context.Context) error {
	for _, machineType := range g.request.MachineTypes() {
		name, err := image(g.facts, machineType)
		if err != nil {
			return err
		}
		found, err := g.cloud.ResolveImage(name)
		if err != nil {
			return fmt.Errorf("asking EC2 for the image %s: %w", name, err)
		}
		g.facts.Images[name] = clusterfacts.Image{
			ID: aws.ToString(found.ImageId), Architecture: string(found.Architecture),
			RootDevice: aws.ToString(found.RootDeviceName), Origin: g.origin("ec2 DescribeImages"),
		}
	}
	return nil
}

func (g *gatherer) files(ctx context.Context) error {
	client := &http.Client{Timeout: fetchTimeout}
	for _, address := range clusterspec.Files() {
		sum, err := fetchSum(ctx, client, address+".sha256")
		if err != nil {
			return err
		}
		g.facts.Files[address] = clusterfacts.File{SHA256: sum, Origin: g.origin(address + ".sha256")}
	}
	return nil
}

// fetchSum reads a checksum of the internet, in hex.
func fetchSum(ctx context.Context, client *http.Client, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", address, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", address, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err != nil {
		return "", fmt.Errorf("reading %s: %w", address, err)
	}
	words := strings.Fields(string(body))
	if len(words) == 0 {
		return "", fmt.Errorf("reading %s: it is empty", address)
	}
	if sum, err := hex.DecodeString(words[0]); err != nil || len(sum) != 32 {
		return "", fmt.Errorf("reading %s: it holds no SHA-256", address)
	}
	return words[0], nil
}
