package dev.tethys.pipeline.exporter.archive;

import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.archive.ArchiveWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/** Metrics of an archive shared by exporters of several signals, labelled by signal. */
final class ArchiveMetrics {
  private ArchiveMetrics() {}

  static void collect(
      ArchiveWriter.Stats s, String exporter, Signal signal, Consumer<MetricFamily> to) {
    Labels of = Labels.of("exporter", exporter, "signal", signal.name().toLowerCase(Locale.ROOT));
    to.accept(gauge("tethys_archive_bytes", "Size of the archive of all signals.", of, s.bytes()));
    to.accept(
        gauge(
            "tethys_archive_segments",
            "Segments of the archive of all signals.",
            of,
            s.segments()));
    to.accept(gauge("tethys_archive_items", "Items in the archive of all signals.", of, s.items()));
    List<Metric> deleted = new ArrayList<>();
    s.deleted()
        .forEach(
            (why, n) ->
                deleted.add(
                    new Metric(
                        Labels.of(
                            "exporter",
                            exporter,
                            "reason",
                            why.name().toLowerCase(Locale.ROOT),
                            "signal",
                            signal.name().toLowerCase(Locale.ROOT)),
                        n)));
    to.accept(
        new MetricFamily(
            "tethys_archive_deleted_items_total",
            MetricType.COUNTER,
            "Items of deleted segments of all signals.",
            "",
            deleted));
  }

  private static MetricFamily gauge(String name, String help, Labels of, double value) {
    return new MetricFamily(name, MetricType.GAUGE, help, "", List.of(new Metric(of, value)));
  }
}
