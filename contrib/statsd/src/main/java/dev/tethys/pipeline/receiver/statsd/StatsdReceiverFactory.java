package dev.tethys.pipeline.receiver.statsd;

import dev.tethys.codec.statsd.StatsdReader;
import dev.tethys.collect.exporter.mapping.MappingFile;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.config.GoDurations;
import dev.tethys.config.Key;
import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.config.YamlNode;
import dev.tethys.config.YamlObject;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.points.PointTally;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code statsd} receivers. */
public final class StatsdReceiverFactory
    implements ReceiverFactory<StatsdReceiverFactory.Settings> {
  /**
   * Receiver settings.
   *
   * @param endpoint a path for lines over a Unix socket
   * @param socketBuffer kernel receive buffer for network datagrams; 0 for 2 MiB
   * @param socket permissions of the Unix socket; null for network listeners
   */
  public record Settings(
      String endpoint,
      boolean udp,
      int socketBuffer,
      @Nullable Set<PosixFilePermission> socket,
      Duration interval,
      StatsdReader.Tags tags,
      StatsdAggregator.Rules rules) {}

  private static final long DEFAULT_MAX_SERIES = 100_000;

  private static final Section SECTION =
      new Section(
          "statsd",
          "Receives StatsD and DogStatsD metrics and aggregates them over an " + "interval.");
  private static final Key<String> ENDPOINT =
      SECTION.key(
          "endpoint",
          Type.STRING,
          "",
          "Address to listen on: host:port (localhost:8125) or the path of a socket "
              + "(/var/run/statsd-receiver.sock).");
  private static final Key<String> TRANSPORT =
      SECTION.key("transport", Type.STRING, "udp", "Transport: udp, tcp or unixgram.");
  private static final Key<Long> SOCKET_BUFFER =
      SECTION.key(
          "socket_buffer_size",
          Type.INT,
          0L,
          "Size of the kernel's receive buffer for datagrams over the network, "
              + "in bytes; 0 for 2 MiB.");
  private static final Key<Duration> INTERVAL =
      SECTION.key(
          "aggregation_interval",
          GoDurations.TYPE,
          Duration.ofSeconds(60),
          "Interval of emitted metrics.");
  private static final Key<Boolean> METRIC_TYPE =
      SECTION.key(
          "enable_metric_type",
          Type.BOOL,
          false,
          "If true, points carry the attribute metric_type with their StatsD " + "type.");
  private static final Key<Boolean> MONOTONIC =
      SECTION.key(
          "is_monotonic_counter",
          Type.BOOL,
          false,
          "If true, counters are emitted as monotonic sums.");
  private static final Key<Boolean> CUMULATIVE =
      SECTION.key(
          "temporality",
          Type.oneOf("temporality", "delta", false, "cumulative", true),
          false,
          "Temporality of counters and histograms: delta, as in the Collector, "
              + "or cumulative, as remote write requires.");
  private static final Key<Duration> EXPIRY =
      SECTION.key(
          "expiry",
          GoDurations.TYPE,
          Duration.ofMinutes(10),
          "Idle time after which a cumulative series is removed.");
  private static final Key<List<ObserverForm>> FORMS =
      SECTION.key(
          "timer_histogram_mapping",
          Type.list(ObserverForm.TYPE),
          List.of(),
          "Metric types of observations; gauges by default.");
  private static final Key<String> MAPPING =
      SECTION.key("mapping_file", Type.PATH, "", "Mapping file of statsd_exporter.");
  private static final Key<Long> MAX_SERIES =
      SECTION.key(
          "max_series",
          Type.INT,
          DEFAULT_MAX_SERIES,
          "Maximum number of series within an interval.");

  private static final Key<Set<PosixFilePermission>> PERMISSIONS =
      SECTION.key(
          "socket_permissions",
          Type.of("mode such as 0622", null, StatsdReceiverFactory::mode),
          PosixFilePermissions.fromString("rw--w--w-"),
          "Permissions of the unixgram socket, in octal.");

  private static final Key<Boolean> SIMPLE_TAGS =
      SECTION.key(
          "enable_simple_tags",
          Type.BOOL,
          false,
          "If true, tags without a value become attributes with an empty value; "
              + "otherwise they are dropped.");
  private static final Key<CounterNumbers> NUMBERS =
      SECTION.key(
          "counter_type",
          Type.oneOf("counter_type", numbers()),
          CounterNumbers.EXACT,
          "Conversion of counter values: int truncates fractions, float keeps "
              + "them, stochastic_int rounds randomly so that sums are right on "
              + "average. By default, values without a fraction are integers.");
  private static final Key<Boolean> BY_ADDRESS =
      SECTION.key(
          "enable_ip_only_aggregation",
          Type.BOOL,
          false,
          "Accepted without effect: values are aggregated across senders.");
  private static final Key<Boolean> IGNORE_HOST =
      SECTION.key(
          "ignore_host",
          Type.BOOL,
          false,
          "Accepted without effect: values are aggregated across senders.");

  private static SequencedMap<String, CounterNumbers> numbers() {
    SequencedMap<String, CounterNumbers> m = new LinkedHashMap<>();
    m.put("int", CounterNumbers.INT);
    m.put("float", CounterNumbers.FLOAT);
    m.put("stochastic_int", CounterNumbers.STOCHASTIC_INT);
    return m;
  }

  @Override
  public String type() {
    return "statsd";
  }

  @Override
  public String about() {
    return "Receives metrics by StatsD's and DogStatsD's protocol, all types, and adds them up.";
  }

  @Override
  public Type<Settings> settings() {
    return SECTION.type(StatsdReceiverFactory::read);
  }

  private static Settings read(YamlObject o) {
    String transport = o.get(TRANSPORT);
    boolean unix = transport.equals("unixgram");
    boolean udp =
        switch (transport) {
          case "udp", "udp4", "udp6", "" -> true;
          case "tcp", "tcp4", "tcp6", "unixgram" -> false;
          default ->
              throw o.error(
                  TRANSPORT, "transport must be udp, tcp or unixgram, not \"" + transport + "\"");
        };
    String endpoint = o.get(ENDPOINT);
    if (endpoint.isEmpty()) {
      endpoint = unix ? "/var/run/statsd-receiver.sock" : "localhost:8125";
    }
    if (!o.get(INTERVAL).isPositive()) {
      throw o.error(INTERVAL, "aggregation_interval must be positive");
    }
    long max = o.get(MAX_SERIES);
    if (max < 1 || max > 10_000_000) {
      throw o.error(MAX_SERIES, "max_series must be 1 to 10000000");
    }
    o.get(BY_ADDRESS);
    o.get(IGNORE_HOST);
    long buffer = o.get(SOCKET_BUFFER);
    if (buffer < 0 || buffer > 1 << 30) {
      throw o.error(SOCKET_BUFFER, "socket_buffer_size must be 0 to " + (1 << 30));
    }
    if (buffer > 0 && !udp) {
      throw o.error(SOCKET_BUFFER, "socket_buffer_size is only valid with udp");
    }
    return new Settings(
        endpoint,
        udp,
        (int) buffer,
        unix ? o.get(PERMISSIONS) : null,
        o.get(INTERVAL),
        new StatsdReader.Tags(true, true, true, true, o.get(SIMPLE_TAGS), "container.id", false),
        new StatsdAggregator.Rules(
            o.get(METRIC_TYPE),
            o.get(NUMBERS),
            o.get(MONOTONIC),
            o.get(CUMULATIVE),
            o.get(EXPIRY),
            o.get(FORMS),
            mapper(o),
            (int) max));
  }

  /** Parses permission bits as in chmod. */
  private static Set<PosixFilePermission> mode(YamlNode n) {
    String text = n.asString();
    if (!text.matches("0o?[0-7]{3}")) {
      throw n.error("must be 0 followed by three octal digits, such as 0622");
    }
    int bits = Integer.parseInt(text.substring(text.length() - 3), 8);
    Set<PosixFilePermission> out = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's read on
    for (int i = 0; i < all.length; i++) {
      if ((bits >> all.length - 1 - i & 1) != 0) {
        out.add(all[i]);
      }
    }
    return out;
  }

  private static @Nullable MetricMapper mapper(YamlObject o) {
    String file = o.get(MAPPING);
    if (file.isEmpty()) {
      return null;
    }
    try {
      return new MetricMapper(MappingFile.read(Path.of(file)), MetricMapper.DEFAULT_REMEMBERED);
    } catch (IOException e) {
      throw o.error(MAPPING, file + " cannot be read: " + e.getMessage());
    }
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Receiver create(Settings settings, Map<Signal, Consumer> outputs, Context context) {
    return receiver(settings, outputs, context.clock(), context.name(), context.metrics());
  }

  static StatsdReceiver receiver(
      Settings s, Map<Signal, Consumer> outputs, Scheduler clock, String name, Registry metrics) {
    Consumer c = outputs.get(Signal.METRICS);
    if (c == null) {
      throw new IllegalStateException("a statsd receiver without a pipeline of metrics");
    }
    return new StatsdReceiver(s, c, clock, new PointTally(name, metrics, clock::nanos));
  }
}
