package dev.tethys.pipeline.processor.connector.servicegraph;

import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlObject;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Connector;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Outputs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Creates {@code servicegraph} connectors. */
public final class ServiceGraphFactory implements ConnectorFactory<ServiceGraphSettings> {
  private static final int MOST_ITEMS = 1_000_000;
  private static final int LARGEST_MAX_SIZE = 16_384;

  private static final List<Duration> BUCKETS =
      Stream.of(2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10_000, 15_000)
          .map(Duration::ofMillis)
          .toList();

  private record Store(int maxItems, Duration ttl) {}

  private static final Section STORE =
      new Section("store", "Store of requests with only one known side.");
  private static final Key<Long> MAX_ITEMS =
      STORE.key("max_items", Type.INT, 1000L, "Maximum number of waiting requests.");
  private static final Key<Duration> TTL =
      STORE.key(
          "ttl",
          GoDurations.TYPE,
          Duration.ofSeconds(2),
          "Time that a request waits for its other side.");

  private static final Section SECTION =
      new Section("servicegraph", "Generates metrics of requests between services.");
  private static final Key<String> METRICS_EXPORTER =
      SECTION.key("metrics_exporter", Type.STRING, "", "No effect: pipelines route the metrics.");
  private static final Key<List<Duration>> BUCKETS_KEY =
      SECTION.optional(
          "latency_histogram_buckets",
          Type.list(GoDurations.TYPE),
          "Upper bounds of histogram buckets.");
  private static final Key<Long> MAX_SIZE =
      SECTION.key(
          "exponential_histogram_max_size",
          Type.INT,
          0L,
          "Maximum number of buckets of exponential histograms; 0 to use " + "explicit buckets.");
  private static final Key<List<String>> DIMENSIONS =
      SECTION.key(
          "dimensions",
          Type.list(Type.STRING),
          List.of(),
          "Attributes of spans or resources that become labels client_… and " + "server_….");
  private static final Key<Store> STORE_KEY =
      SECTION.key(
          "store",
          STORE.type(ServiceGraphFactory::store),
          new Store(1000, Duration.ofSeconds(2)),
          "Store of requests with only one known side.");
  private static final Key<Duration> CACHE_LOOP =
      SECTION.key(
          "cache_loop",
          GoDurations.TYPE,
          Duration.ofMinutes(1),
          "Interval between removals of edges without spans for 15 minutes.");
  private static final Key<Duration> STORE_EXPIRATION_LOOP =
      SECTION.key(
          "store_expiration_loop",
          GoDurations.TYPE,
          Duration.ofSeconds(2),
          "Interval of the check for requests whose other side did not arrive.");
  private static final Key<List<String>> PEERS =
      SECTION.optional(
          "virtual_node_peer_attributes",
          Type.list(Type.STRING),
          "Attributes of client spans that name an uninstrumented server, in "
              + "order of preference: peer.service, db.name, db.system. An empty list "
              + "disables virtual nodes.");
  private static final Key<Boolean> VIRTUAL_LABEL =
      SECTION.key(
          "virtual_node_extra_label",
          Type.BOOL,
          false,
          "If true, the label virtual_node names the side, client or server, "
              + "that sent no span.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "metrics_flush_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(60),
          "Interval between flushes of metrics; 0 to flush with every batch of spans.");
  private static final Key<List<String>> DATABASES =
      SECTION.key(
          "database_name_attributes",
          Type.list(Type.STRING),
          List.of("db.name"),
          "Attributes that name a database, in order of preference.");
  private static final Key<Duration> OFFSET =
      SECTION.key(
          "metrics_timestamp_offset",
          GoDurations.TYPE,
          Duration.ZERO,
          "Offset of point times into the past.");

  @Override
  public String type() {
    return "servicegraph";
  }

  @Override
  public List<String> aliases() {
    return List.of("service_graph");
  }

  @Override
  public String about() {
    return "Creates metrics of the calls between services from spans: rate, errors and duration.";
  }

  @Override
  public Duration holds(ServiceGraphSettings s) {
    return s.interval().plus(s.ttl());
  }

  @Override
  public Type<ServiceGraphSettings> settings() {
    return SECTION.type(ServiceGraphFactory::read);
  }

  @Override
  public boolean connects(Signal from, Signal to) {
    return from == Signal.TRACES && to == Signal.METRICS;
  }

  @Override
  public Connector create(
      ServiceGraphSettings s, Signal from, Signal to, Outputs outputs, Context context) {
    return new ServiceGraphConnector(s, SeriesMemory.process(), outputs.all(), context);
  }

  private static Store store(YamlObject o) {
    long n = o.get(MAX_ITEMS);
    if (n < 1 || n > MOST_ITEMS) {
      throw o.error(MAX_ITEMS, "max_items must be 1 to " + MOST_ITEMS);
    }
    return new Store((int) n, o.get(TTL));
  }

  private static ServiceGraphSettings read(YamlObject o) {
    o.get(METRICS_EXPORTER);
    List<Duration> buckets = o.find(BUCKETS_KEY);
    long size = o.get(MAX_SIZE);
    if (size < 0 || size > LARGEST_MAX_SIZE) {
      throw o.error(MAX_SIZE, "exponential_histogram_max_size must be 0 to " + LARGEST_MAX_SIZE);
    }
    if (buckets != null && size > 0) {
      throw o.error(
          MAX_SIZE, "use either latency_histogram_buckets or exponential_histogram_max_size");
    }
    List<String> peers = o.find(PEERS);
    List<String> databases = o.get(DATABASES);
    Store store = o.get(STORE_KEY);
    return new ServiceGraphSettings(
        size > 0 ? List.of() : bounds(o, buckets == null ? BUCKETS : buckets),
        (int) size,
        o.get(DIMENSIONS),
        store.maxItems,
        store.ttl,
        positive(o, STORE_EXPIRATION_LOOP),
        positive(o, CACHE_LOOP),
        peers == null ? List.of("peer.service", "db.name", "db.system") : peers,
        o.get(VIRTUAL_LABEL),
        databases.isEmpty() ? List.of("db.name") : databases,
        o.get(INTERVAL),
        o.get(OFFSET));
  }

  /** Returns the duration of a key, or its default if not positive, as in the Collector. */
  private static Duration positive(YamlObject o, Key<Duration> key) {
    Duration d = o.get(key);
    Duration otherwise = key.defaultValue();
    return d.isPositive() || otherwise == null ? d : otherwise;
  }

  private static List<Double> bounds(YamlObject o, List<Duration> buckets) {
    List<Double> bounds = new ArrayList<>();
    for (Duration d : buckets) {
      double bound = d.toNanos() / 1e9;
      if (!bounds.isEmpty() && bound <= bounds.getLast()) {
        throw o.error(BUCKETS_KEY, "latency_histogram_buckets must be in ascending order");
      }
      bounds.add(bound);
    }
    return List.copyOf(bounds);
  }
}
