package kops

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	route53types "github.com/aws/aws-sdk-go-v2/service/route53/types"
	"k8s.io/kops/pkg/resources"
	"k8s.io/kops/upup/pkg/fi"
	"k8s.io/kops/upup/pkg/fi/cloudup/awsup"

	"github.com/groundwork-dev/groundwork/internal/dnsowner"
)

// recordKind is kops' word for a DNS record.
const recordKind = "route53-record"

// maxChanges is how many records are deleted in one request: Route 53 takes 1000
// and 32,000 characters.
const maxChanges = 50

// records returns the DNS records that one of the markers owns, in the zones
// that the cluster's name is in and in those that are inside of it. (Those that
// kops itself writes, such as api.<name>, kops' own list has.)
func (s *sweeper) records(ctx context.Context) ([]*resources.Resource, error) {
	var found []*resources.Resource
	zones := route53.NewListHostedZonesPaginator(s.cloud.Route53(), &route53.ListHostedZonesInput{})
	for zones.HasMorePages() {
		page, err := zones.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing the zones of Route 53: %w", err)
		}
		for _, zone := range page.HostedZones {
			name, cluster := "."+strings.TrimSuffix(aws.ToString(zone.Name), "."), "."+s.request.Name
			if !strings.HasSuffix(cluster, name) && !strings.HasSuffix(name, cluster) {
				continue
			}
			sets, err := s.recordsOf(ctx, aws.ToString(zone.Id))
			if err != nil {
				return nil, fmt.Errorf("listing the records of zone %s: %w", aws.ToString(zone.Name), err)
			}
			for _, i := range dnsowner.Owned(plainRecords(sets), s.markers) {
				found = append(found, recordResource(aws.ToString(zone.Id), &sets[i]))
			}
		}
	}
	return found, nil
}

func (s *sweeper) recordsOf(ctx context.Context, zone string) ([]route53types.ResourceRecordSet, error) {
	var all []route53types.ResourceRecordSet
	pages := route53.NewListResourceRecordSetsPaginator(s.cloud.Route53(), &route53.ListResourceRecordSetsInput{HostedZoneId: aws.String(zone)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, page.ResourceRecordSets...)
	}
	return all, nil
}

func plainRecords(sets []route53types.ResourceRecordSet) []dnsowner.Record {
	var all []dnsowner.Record
	for _, set := range sets {
		r := dnsowner.Record{Name: aws.ToString(set.Name), Type: string(set.Type), Set: aws.ToString(set.SetIdentifier)}
		for _, value := range set.ResourceRecords {
			r.Values = append(r.Values, aws.ToString(value.Value))
		}
		all = append(all, r)
	}
	return all
}

// recordResource is a record as kops keeps those of its own.
func recordResource(zone string, set *route53types.ResourceRecordSet) *resources.Resource {
	short := strings.TrimPrefix(zone, "/hostedzone/")
	id := short + "/" + string(set.Type) + "/" + aws.ToString(set.Name)
	if set.SetIdentifier != nil {
		id += "/" + *set.SetIdentifier
	}
	return &resources.Resource{
		Name: aws.ToString(set.Name), ID: id, Type: recordKind, Obj: set, GroupKey: "owned-" + short,
		GroupDeleter: func(cloud fi.Cloud, all []*resources.Resource) error { return deleteRecords(cloud, zone, all) },
	}
}

func deleteRecords(cloud fi.Cloud, zone string, all []*resources.Resource) error {
	c, ok := cloud.(awsup.AWSCloud)
	if !ok {
		return fmt.Errorf("deleting records of zone %s: this is not AWS", zone)
	}
	// A record before the one that says whose it is: a sweep that is killed
	// between the two finds the rest again.
	slices.SortStableFunc(all, func(a, b *resources.Resource) int { return ownerLast(a) - ownerLast(b) })
	for batch := range slices.Chunk(all, maxChanges) {
		var changes []route53types.Change
		for _, r := range batch {
			set, _ := r.Obj.(*route53types.ResourceRecordSet)
			changes = append(changes, route53types.Change{Action: route53types.ChangeActionDelete, ResourceRecordSet: set})
		}
		_, err := c.Route53().ChangeResourceRecordSets(context.Background(), &route53.ChangeResourceRecordSetsInput{
			HostedZoneId: aws.String(zone), ChangeBatch: &route53types.ChangeBatch{Changes: changes},
		})
		if err != nil {
			return fmt.Errorf("deleting records of zone %s: %w", zone, err)
		}
	}
	return nil
}

func ownerLast(r *resources.Resource) int {
	if set, ok := r.Obj.(*route53types.ResourceRecordSet); ok && set.Type == route53types.RRTypeTxt {
		return 1
	}
	return 0
}
