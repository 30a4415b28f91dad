package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.pipeline.Signal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Counts known objects and pod lookups, with metrics named as in the Collector. */
final class ClusterMetrics {
  private static final String PREFIX = "otelcol_otelsvc_k8s_";

  private ClusterMetrics() {}

  static void associations(
      String component, Signal signal, long found, long missed, Consumer<MetricFamily> to) {
    Labels labels =
        Labels.of(
            "k8s_telemetry_type", signal.name().toLowerCase(Locale.ROOT), "processor", component);
    String prefix = "otelcol_processor_k8sattributes_pod_association_";
    counter(prefix + "success_total", "Resources associated with a pod.", labels, found, to);
    counter(prefix + "error_total", "Resources not associated with any pod.", labels, missed, to);
  }

  static void of(String component, Cluster c, Consumer<MetricFamily> to) {
    Labels labels = Labels.of("processor", component);
    List<Metric> failed = new ArrayList<>();
    for (KubernetesKind k : c.rules().watched()) {
      WatchedObjects.Counts n = c.countsOf(k);
      String name = PREFIX + k.word();
      counter(name + "_added_total", "Number of objects added.", labels, n.added.sum(), to);
      counter(
          name + "_updated_total", "Number of updates of objects.", labels, n.updated.sum(), to);
      counter(name + "_deleted_total", "Number of objects deleted.", labels, n.deleted.sum(), to);
      failed.add(new Metric(Labels.of("kind", k.word(), "processor", component), n.failed.sum()));
    }
    counter(
        PREFIX + "ip_lookup_miss_total",
        "Number of lookups that found no pod.",
        labels,
        c.misses(),
        to);
    to.accept(
        new MetricFamily(
            PREFIX + "pod_table_size",
            MetricType.GAUGE,
            "Under how many keys pods are found.",
            "",
            List.of(new Metric(labels, c.tableSize()))));
    to.accept(
        new MetricFamily(
            "tethys_k8s_attributes_watch_failures_total",
            MetricType.COUNTER,
            "Number of lists and watches that failed.",
            "",
            failed));
  }

  private static void counter(
      String name, String help, Labels labels, long value, Consumer<MetricFamily> to) {
    to.accept(
        new MetricFamily(name, MetricType.COUNTER, help, "", List.of(new Metric(labels, value))));
  }
}
