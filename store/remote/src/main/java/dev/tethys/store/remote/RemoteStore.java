package dev.tethys.store.remote;

import dev.tethys.codec.remote.ReadRequest;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.SelectHints;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;

/**
 * A store that is read by remote read. Requests carry the external labels that identify this
 * server's series there; results are returned without them.
 */
final class RemoteStore implements ForeignStore {
  /** The function that returns series without samples in Prometheus and Tethys. */
  private static final String LABELS_ONLY = "series";

  final RemoteReadConfig config;
  private final RemoteReadClient client;
  private final Labels externalLabels;
  private final ReadMetrics metrics;

  /** Read metrics of all stores, named as in Prometheus. */
  record ReadMetrics(
      Registry.Vector<Registry.Gauge> running, Registry.Vector<Registry.Counter> total) {
    static ReadMetrics of(Registry registry) {
      return new ReadMetrics(
          registry.gauges(
              "prometheus_remote_read_client_queries",
              "The number of in-flight remote read queries.",
              "remote_name",
              "url"),
          registry.counters(
              "prometheus_remote_read_client_queries_total",
              "The total number of remote read queries.",
              "remote_name",
              "url",
              "code"));
    }
  }

  RemoteStore(
      RemoteReadConfig config, RemoteReadClient client, Labels externalLabels, ReadMetrics m) {
    this.config = config;
    this.client = client;
    this.externalLabels = config.filterExternalLabels() ? externalLabels : Labels.EMPTY;
    this.metrics = m;
    m.running().with(config.name(), config.shownUrl()).set(0);
  }

  @Override
  public Collection<Capability> capabilities() {
    return EnumSet.of(
        Capability.TIME_RANGE, Capability.EQUAL, Capability.NOT_EQUAL, Capability.REGEX);
  }

  /** The series that meet matchers, sorted by their labels here. */
  @Override
  public List<StoredSeries> select(SelectHints hints, List<Matcher> matchers)
      throws IOException, InterruptedException {
    List<Matcher> all = new ArrayList<>(matchers);
    List<String> added = new ArrayList<>();
    for (Labels.Label l : externalLabels.toList()) {
      if (matchers.stream().noneMatch(m -> m.name().equals(l.name()))) {
        all.add(Matcher.equal(l.name(), l.value()));
        added.add(l.name());
      }
    }
    ReadRequest.Hints sentHints =
        new ReadRequest.Hints(
            hints.step(),
            hints.function(),
            hints.minTime(),
            hints.maxTime(),
            List.of(),
            false,
            hints.range());
    String url = config.shownUrl();
    Registry.Gauge running = metrics.running().with(config.name(), url);
    running.add(1);
    String code = "error";
    List<StoredSeries> found;
    try {
      found = client.read(new ReadRequest.Query(hints.minTime(), hints.maxTime(), all, sentHints));
      code = "200";
    } finally {
      running.add(-1);
      metrics.total().with(config.name(), url, code).inc();
    }
    List<StoredSeries> out = new ArrayList<>(found.size());
    for (StoredSeries s : found) {
      out.add(added.isEmpty() ? s : s.named(s.labels.drop(added)));
    }
    out.sort((a, b) -> a.labels.compareTo(b.labels));
    return out;
  }

  /** The label sets of series in a range. */
  @Override
  public List<Labels> series(SelectHints range, List<Matcher> matchers)
      throws IOException, InterruptedException {
    return select(new SelectHints(range.minTime(), range.maxTime(), 0, 0, LABELS_ONLY), matchers)
        .stream()
        .map(StoredSeries::labels)
        .toList();
  }
}
