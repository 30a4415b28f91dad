package dev.tethys.insight.source;

import dev.tethys.insight.source.SourceReader.Settings;
import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.Samples;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.model.storage.SampleBuffer;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import dev.tethys.store.metrics.MetricsDatabase;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A source, its reader and a cache, with a clock that the test sets. */
final class SourceCase implements AutoCloseable {
  /** A multiple of two hours, so that pieces are easy to count. */
  static final long START = 1_800_000_000_000L / CatchUp.PIECE * CatchUp.PIECE;

  static final long INTERVAL = 30_000;

  final PrometheusDouble prometheus = new PrometheusDouble();
  long now = START;
  List<String> wanted = List.of("{__name__=~\".+\"}");
  Duration maxCatchUp = Duration.ofHours(6);
  int maxSeries = 100_000;
  long maxAnswer = 1 << 20;
  Duration timeout = Duration.ofSeconds(20);
  String name = "";
  private final HttpClientFactory clients = new HttpClientFactory("tethys/test");
  private final InstantSource clock = () -> Instant.ofEpochMilli(now);
  private final Path folder;
  private @Nullable MetricCache cache;
  private @Nullable SourceReader reader;

  SourceCase(Path folder) throws IOException {
    this.folder = folder;
  }

  /** Opens the cache and a reader. */
  SourceCase open() throws IOException {
    MetricCache opened =
        new MetricCache(
            folder,
            new MetricCache.Limits(Duration.ofDays(30), 0, maxSeries, 64 << 20),
            clock,
            false);
    opened.open();
    cache = opened;
    InsightSource s =
        new InsightSource(
            name, prometheus.url(), InsightSource.parse(prometheus.url().toString()).client());
    reader =
        new SourceReader(
            s,
            new SourceClient(s, clients.client(s.client()), maxAnswer, timeout),
            opened,
            new SourceMarks(new RealFiles(), folder.resolve("marks")),
            List.of(() -> wanted),
            new Settings(Duration.ofMillis(INTERVAL), maxCatchUp),
            clock);
    return this;
  }

  SourceReader reader() {
    return Objects.requireNonNull(reader);
  }

  MetricCache cache() {
    return Objects.requireNonNull(cache);
  }

  SourceStatus status() {
    return reader().status();
  }

  /** Reads new samples at a time. */
  void readAt(long time) throws InterruptedException {
    now = time;
    reader().read();
  }

  /** Reads at each interval up to a time, from the time of the clock. */
  void readUntil(long time) throws InterruptedException {
    while (now + INTERVAL <= time) {
      readAt(now + INTERVAL);
    }
  }

  /** Fills older intervals to the end. */
  void catchUp() throws InterruptedException {
    for (int i = 0; reader().needsCatchUp(); i++) {
      if (i > 10_000) {
        throw new AssertionError("older intervals are never complete: " + status());
      }
      reader().catchUp();
    }
  }

  /** Closes the cache and opens it again, as a restart does. */
  void restart() throws IOException {
    reader().close();
    cache().close();
    open();
  }

  MetricsDatabase database() {
    return Objects.requireNonNull(cache().database());
  }

  /** Samples by series, stale markers as text {@code stale}. */
  Map<String, Map<Long, String>> samples(long from, long to) {
    return samples(database(), from, to);
  }

  static Map<String, Map<Long, String>> samples(MetricSource source, long from, long to) {
    Map<String, Map<Long, String>> out = new TreeMap<>();
    try (Selection s =
        source.select(
            SelectHints.range(from, to),
            List.of(Matcher.of(Matcher.Type.REGEX, Labels.METRIC_NAME, ".+")))) {
      SampleBuffer b = new SampleBuffer();
      for (int i = 0; i < s.size(); i++) {
        s.read(i, b);
        Map<Long, String> each = new TreeMap<>();
        for (int k = 0; k < b.size; k++) {
          each.put(
              b.timestamps[k],
              Samples.isStale(b.values[k]) ? "stale" : Double.toString(b.values[k]));
        }
        out.put(s.labels(i).toSeriesString(), each);
      }
    }
    return out;
  }

  /** Times of the samples of a series without stale markers, relative to the start. */
  List<Long> times(String series, long from, long to) {
    List<Long> out = new ArrayList<>();
    samples(from, to)
        .getOrDefault(series, Map.of())
        .forEach(
            (t, v) -> {
              if (!v.equals("stale")) {
                out.add(t - START);
              }
            });
    return out;
  }

  @Override
  public void close() {
    if (reader != null) {
      reader.close();
      cache().close();
    }
    clients.close();
    prometheus.close();
  }
}
