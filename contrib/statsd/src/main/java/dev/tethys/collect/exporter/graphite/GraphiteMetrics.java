package dev.tethys.collect.exporter.graphite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.graphite.GraphitePoints;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.collect.exporter.mapping.MetricMapper;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricType;
import dev.tethys.model.exposition.Collector;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.guard.SeriesMemory;
import dev.tethys.model.log.JulLogger;
import dev.tethys.web.socket.DatagramListener;
import dev.tethys.web.socket.LineInput;
import dev.tethys.web.socket.StreamListener;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The last sample of each series received from Graphite's lines, until it expires. Thread-safe.
 *
 * <p>Limits: the number of series, and their total memory, beyond which new ones are rejected.
 */
public final class GraphiteMetrics implements Collector, AutoCloseable {
  /** Maximum number of series. */
  public static final int MAX_SERIES = 1_000_000;

  private static final System.Logger LOG = JulLogger.of(GraphiteMetrics.class.getName());
  private static final int MAX_LINE = 64 << 10;

  private record Sample(double value, long time) {}

  /** Estimates the memory used by a series. */
  private static long bytes(Labels labels) {
    return SeriesMemory.seriesBytes(labels.canonicalBytes().length);
  }

  private final GraphitePoints points;
  private final Duration expiry;
  private final LongSupplier millis;

  @GuardedBy("this")
  private final Map<Labels, Sample> samples = new LinkedHashMap<>();

  @GuardedBy("this")
  private final SeriesMemory.Share memory;

  private final Counter refused;
  private final Counter dropped;
  private final Counter badTags;
  private volatile long processedAt;
  private @Nullable StreamListener tcp;
  private @Nullable DatagramListener udp;

  /**
   * Creates an empty collector.
   *
   * @param strict whether paths that no rule matches are omitted
   * @param expiry age after which a sample is removed
   * @param registry registry for self-metrics
   */
  public GraphiteMetrics(
      MetricMapper mapper,
      boolean strict,
      Duration expiry,
      Registry registry,
      LongSupplier millis) {
    this(mapper, strict, expiry, registry, millis, SeriesMemory.process());
  }

  /** Variant with other memory. */
  GraphiteMetrics(
      MetricMapper mapper,
      boolean strict,
      Duration expiry,
      Registry registry,
      LongSupplier millis,
      SeriesMemory memory) {
    this.memory = memory.open();
    this.points = new GraphitePoints(new ExporterNaming(mapper, strict), millis);
    this.expiry = expiry;
    this.millis = millis;
    registry.gauge(
        "graphite_last_processed_timestamp_seconds",
        "Unix timestamp of the last processed graphite metric.",
        () -> processedAt / 1000.0);
    registry.gauge(
        "graphite_sample_expiry_seconds",
        "How long in seconds a metric sample is valid for.",
        () -> expiry.toMillis() / 1000.0);
    dropped =
        registry.counter(
            "graphite_dropped_samples_total",
            "Total count of samples dropped due to mapping configuration");
    badTags =
        registry.counter("graphite_tag_parse_failures", "Total count of samples with invalid tags");
    MetricMapper.show(() -> mapper, registry);
    refused =
        registry.counter("tethys_graphite_refused_lines_total", "Lines that could not be parsed.");
  }

  private @Nullable String take(Labels named, long time, double value) {
    String bad = named.getOrNull(ExporterNaming.BAD_TAGS);
    if (bad != null) {
      badTags.add(Integer.parseInt(bad));
    }
    if (named.has(ExporterNaming.LEFT_OUT)) {
      dropped.inc();
      return null;
    }
    String scale = named.getOrNull(ExporterNaming.SCALE);
    if (bad == null && scale == null) {
      return keep(named, time, value);
    }
    double scaled = scale == null ? value : value * Double.parseDouble(scale);
    return keep(ExporterNaming.shown(named), time, scaled);
  }

  private synchronized @Nullable String keep(Labels labels, long time, double value) {
    if (!samples.containsKey(labels)) {
      if (samples.size() >= MAX_SERIES) {
        return "more than " + MAX_SERIES + " series";
      }
      if (!memory.take(bytes(labels))) {
        return SeriesMemory.EXHAUSTED;
      }
    }
    samples.put(labels, new Sample(value, time));
    processedAt = millis.getAsLong();
    return null;
  }

  /** Reads complete lines. */
  public void read(byte[] buf, int offset, int length) {
    RejectedItems r = points.lines(buf, offset, length, this::take);
    if (!r.isEmpty()) {
      refused.add(r.count());
      LOG.log(Level.DEBUG, "{0}", r.text());
    }
  }

  /** Listens at an address over TCP and UDP. */
  public void listen(String address) throws IOException {
    tcp = StreamListener.start(new StreamListener.Options(address, Duration.ZERO), this::lines);
    udp =
        DatagramListener.start(
            new DatagramListener.Options(address),
            new DatagramListener.Handler() {
              @Override
              public void datagram(byte[] buf, int length, InetAddress from) {
                read(buf, 0, length);
              }
            });
  }

  private void lines(Socket connection) throws IOException {
    try (LineInput in = new LineInput(connection.getInputStream(), MAX_LINE)) {
      while (in.next()) {
        read(in.buffer(), in.offset(), in.length());
      }
      refused.add(in.tooLong());
    }
  }

  /** Removes expired samples. */
  public synchronized void forgetOld() {
    long oldest = millis.getAsLong() - expiry.toMillis();
    Iterator<Map.Entry<Labels, Sample>> all = samples.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Labels, Sample> e = all.next();
      if (e.getValue().time < oldest) {
        memory.give(bytes(e.getKey()));
        all.remove();
      }
    }
  }

  @Override
  public void collect(Consumer<MetricFamily> to) {
    forgetOld();
    Map<String, List<MetricFamily.Metric>> byName = new TreeMap<>();
    synchronized (this) {
      samples.forEach(
          (l, s) ->
              byName
                  .computeIfAbsent(l.metricName(), k -> new ArrayList<>())
                  .add(new MetricFamily.Metric(l.dropMetricName(), s.value)));
    }
    byName.forEach(
        (name, metrics) ->
            to.accept(
                new MetricFamily(name, MetricType.GAUGE, "Graphite metric " + name, "", metrics)));
  }

  @Override
  public void close() {
    if (tcp != null) {
      tcp.close();
    }
    if (udp != null) {
      udp.close();
    }
    synchronized (this) {
      samples.clear();
      memory.close();
    }
  }
}
