package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.MongoUri;
import dev.tethys.collect.database.wire.Deadline;
import dev.tethys.collect.exporter.Exporter;
import dev.tethys.collect.exporter.MetricsSource;
import dev.tethys.collect.exporter.Probe;
import dev.tethys.collect.exporter.ProbeException;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A running exporter: scrapes its first server, a given one, or all of them. */
final class MongodbExporter implements Exporter {
  /** Time limit of scrapes without a timeout header. */
  private static final Duration TIME_LIMIT = Duration.ofSeconds(10);

  private final MongodbTargets targets;
  private final MongodbOptions options;
  private final Duration offset;
  private final @Nullable IdleConnections idle;

  /**
   * @param keeps whether connections are kept from scrape to scrape
   * @param offset time reserved for sending the response
   */
  MongodbExporter(MongodbTargets targets, MongodbOptions options, boolean keeps, Duration offset) {
    this.targets = targets;
    this.options = options;
    this.idle = keeps ? new IdleConnections(System::nanoTime) : null;
    this.offset = offset;
  }

  @Override
  public MetricsSource metrics() {
    return p -> scrape(targets.all().getFirst(), p, deadline(p));
  }

  @Override
  public Map<String, MetricsSource> probes() {
    return Map.of("/scrape", this::target, "/scrapeall", this::all);
  }

  private Deadline deadline(Probe p) {
    return Deadline.in(p.limit(offset, TIME_LIMIT.minus(offset)));
  }

  private List<MetricFamily> target(Probe p) {
    MongoUri uri = targets.find(p.required("target"));
    if (uri == null) {
      throw new ProbeException(404, "Unable to find target: it is not a server of --mongodb.uri");
    }
    return scrape(uri, p, deadline(p));
  }

  private List<MetricFamily> all(Probe p) {
    Deadline deadline = deadline(p);
    MetricSet out = new MetricSet("");
    for (MongoUri uri : targets.all()) {
      out.always(Labels.of("instance", uri.authority()));
      scrape(uri, p, deadline).forEach(out::addAll);
    }
    return out.families();
  }

  private List<MetricFamily> scrape(MongoUri uri, Probe p, Deadline deadline) {
    Set<MongodbCollector> wanted = EnumSet.noneOf(MongodbCollector.class);
    List<String> named = p.params().all("collect[]");
    for (MongodbCollector c : options.on()) {
      if (named.isEmpty() || named.contains(c.text())) {
        wanted.add(c);
      }
    }
    return new MongodbServer(uri, wanted, options, idle).scrape(deadline);
  }

  @Override
  public void close() {
    if (idle != null) {
      idle.close();
    }
  }
}
