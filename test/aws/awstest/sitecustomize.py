# Has moto's server, which runs with this on its path, take one change of a zone's
# records at a time, as Route 53 does: moto replaces its list of them while other
# threads add to it, and loses one of two.
import threading

from moto.route53.models import Route53Backend

one_at_a_time = threading.Lock()
change = Route53Backend.change_resource_record_sets


def change_alone(self, *args, **kwargs):
    with one_at_a_time:
        return change(self, *args, **kwargs)


Route53Backend.change_resource_record_sets = change_alone
