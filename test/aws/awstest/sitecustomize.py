# Mends moto's Route 53; moto's server runs with this on its path.
# One change of a zone's records at a time: moto replaces its list of them while
# other threads add to it, and loses one of two.
# A record that was there before may be made again: moto refuses that as long as the
# zone has any record at or behind its name, such as the AAAA beside an A.
import threading

from moto.route53.models import Route53Backend

one_at_a_time = threading.Lock()
change = Route53Backend.change_resource_record_sets


def is_there(zone, record):
    return any(
        r.name.strip(".") == record["Name"].strip(".") and r.type == record["Type"]
        for r in zone.rrsets
    )


def change_rightly(self, zoneid, change_list):
    with one_at_a_time:
        zone = self.get_hosted_zone(zoneid)
        for c in change_list:
            if c["Action"] == "CREATE" and not is_there(zone, c["ResourceRecordSet"]):
                while c in zone.rr_changes:
                    zone.rr_changes.remove(c)
        return change(self, zoneid, change_list)


Route53Backend.change_resource_record_sets = change_rightly
