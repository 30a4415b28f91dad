package dev.tethys.collect.logs;

import dev.tethys.collect.logs.file.Positions;
import dev.tethys.config.RelabelConfig;
import dev.tethys.config.Type;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.model.relabel.Relabeling;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A harness for a source whose entries a test reads, with its own clock. */
public final class SourceRig implements AutoCloseable {
  /** Keeps every internal label under a name that stays. */
  private static final String KEEP_ALL =
      "- {action: labelmap, regex: '__(.+)', replacement: 'was_$1'}";

  public static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private final Registry registry = new Registry();
  private final SourceMetrics metrics = new SourceMetrics(registry);
  private final BlockingQueue<LogEntry> entries = new LinkedBlockingQueue<>();
  private final HttpClientFactory http = new HttpClientFactory("test");
  private final Positions positions;
  private volatile boolean settles = true;

  /** Whose internal labels {@code __x} are shown as {@code was_x}. */
  public SourceRig(Path folder) throws IOException {
    positions =
        new Positions(
            new RealFiles(),
            folder.resolve("positions.yaml"),
            false,
            false,
            InstantSource.system());
  }

  public Positions positions() {
    return positions;
  }

  /** From now on entries are settled at once, or not. */
  public void settles(boolean now) {
    settles = now;
  }

  public SourceContext context() {
    return context(InstantSource.fixed(NOW));
  }

  /** Of a destination that takes nothing while entries of others wait for it. */
  public SourceContext contextOfFullDestination() {
    EntrySink full =
        new EntrySink() {
          @Override
          public void accept(LogEntry entry) {
            throw new AssertionError("waits without a limit");
          }

          @Override
          public boolean offer(LogEntry entry, Duration limit) {
            return false;
          }
        };
    return context(full, InstantSource.fixed(NOW));
  }

  public SourceContext context(InstantSource clock) {
    return context(this::take, clock);
  }

  private SourceContext context(EntrySink sink, InstantSource clock) {
    Relabeling relabeling =
        RelabelConfig.read(
            YamlDocument.parse("relabel.yml", null, KEEP_ALL).root(), NameScheme.LEGACY);
    return new SourceContext("job", sink, relabeling, positions, metrics, clock, http);
  }

  private void take(LogEntry e) {
    entries.add(e);
    if (settles) {
      e.settle();
    }
  }

  /** Reads a block of a configuration. */
  public static <T> T read(Type<T> type, String yaml) {
    YamlDocument d = YamlDocument.parse("promtail.yml", null, yaml);
    T t = type.read(d.root());
    d.refuseNotBuilt();
    return t;
  }

  /** The next entry; fails when none comes. */
  public LogEntry next() throws InterruptedException {
    LogEntry e = entries.poll(20, TimeUnit.SECONDS);
    if (e == null) {
      throw new AssertionError("no entry came");
    }
    return e;
  }

  /** The lines of the next entries. */
  public List<String> lines(int count) throws InterruptedException {
    List<String> out = new java.util.ArrayList<>();
    for (int i = 0; i < count; i++) {
      out.add(next().line());
    }
    return out;
  }

  /** Whether no entry waits for the test. */
  public boolean isEmpty() {
    return entries.isEmpty();
  }

  public double metric(String name) {
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (f.name().equals(name) && m.point() instanceof MetricFamily.Value v) {
          return v.value();
        }
      }
    }
    return Double.NaN;
  }

  @Override
  public void close() {
    http.close();
  }
}
