package dev.tethys.pipeline.exporter.loadbalancing;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.BucketHistogram;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.exposition.Registry.Gauge;
import dev.tethys.model.exposition.Registry.Vector;
import java.util.HashSet;
import java.util.Set;

/** Counters of the load balancer, named as in the Collector. */
final class BalancerMetrics {
  private static final double[] MILLIS = {
    0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000
  };
  private static final String EXPORTER = "exporter";
  private static final String TYPE = "data_type";
  private static final String RESOLVER = "resolver";
  private static final String ENDPOINT = "endpoint";
  private static final String SUCCESS = "success";

  private final String exporter;
  private final String type;
  private final String resolver;
  private final Vector<Counter> resolutions;
  private final Gauge backends;
  private final Counter updates;
  private final Vector<BucketHistogram> latency;
  private final Vector<Counter> outcomes;
  private final Vector<Gauge> leaving;

  @GuardedBy("this")
  private final Set<String> known = new HashSet<>();

  BalancerMetrics(Registry r, String exporter, String type, String resolver) {
    this.exporter = exporter;
    this.type = type;
    this.resolver = resolver;
    String pre = "otelcol_loadbalancer_";
    resolutions =
        r.counters(
            pre + "num_resolutions_total",
            "Number of lookups of backends.",
            EXPORTER,
            TYPE,
            RESOLVER,
            SUCCESS);
    backends =
        r.gauges(pre + "num_backends", "Number of backends.", EXPORTER, TYPE, RESOLVER)
            .with(exporter, type, resolver);
    updates =
        r.counters(
                pre + "num_backend_updates_total",
                "Number of changes of the list of backends.",
                EXPORTER,
                TYPE,
                RESOLVER)
            .with(exporter, type, resolver);
    latency =
        r.histograms(
            pre + "backend_latency",
            "Duration of sending to a backend, in milliseconds.",
            MILLIS,
            EXPORTER,
            TYPE,
            ENDPOINT);
    outcomes =
        r.counters(
            pre + "backend_outcome_total",
            "Number of requests sent to a backend, by outcome.",
            EXPORTER,
            TYPE,
            ENDPOINT,
            SUCCESS);
    leaving =
        r.gauges(
            "tethys_loadbalancer_leaving_items",
            "Items waiting for removed backends, to be sent to the remaining ones.",
            EXPORTER,
            TYPE,
            ENDPOINT);
  }

  void countResolution(boolean success) {
    resolutions.with(exporter, type, resolver, String.valueOf(success)).inc();
  }

  void changed(int now) {
    backends.set(now);
    updates.inc();
  }

  /** Shows an endpoint from now on. */
  synchronized void opened(String endpoint) {
    known.add(endpoint);
  }

  /** Records an outcome; ignored after the endpoint was removed. */
  synchronized void settled(String endpoint, long millis, boolean success) {
    if (!known.contains(endpoint)) {
      return;
    }
    latency.with(exporter, type, endpoint).observe((double) millis);
    outcomes.with(exporter, type, endpoint, String.valueOf(success)).inc();
  }

  synchronized void left(String endpoint, long items) {
    leaving.with(exporter, type, endpoint).set((double) items);
  }

  /** Removes an endpoint: the number of past pod endpoints is unbounded. */
  synchronized void forget(String endpoint) {
    known.remove(endpoint);
    latency.remove(exporter, type, endpoint);
    outcomes.remove(exporter, type, endpoint, "true");
    outcomes.remove(exporter, type, endpoint, "false");
    leaving.remove(exporter, type, endpoint);
  }
}
