package dev.tethys.pipeline.exporter.loki;

import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.file.FileAccess;
import dev.tethys.model.file.RealFiles;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A client before a double of Loki, with a clock that the test moves. */
abstract class LokiClientCase {
  static final String QUICK = "batchwait: 1h, backoff_config: {min_period: 1ms, max_period: 2ms";

  LokiDouble loki;
  HttpClientFactory http;
  private final Registry registry = new Registry();
  private final LokiMetrics metrics = new LokiMetrics(registry);
  final ItemAccounting account = new ItemAccounting("client", "test", Signal.LOGS);
  final AtomicInteger settled = new AtomicInteger();
  private final List<LokiClient> opened = new ArrayList<>();
  final Timers time = new Timers();

  /** Clock advanced by the test; tasks run immediately. */
  static final class Timers implements Scheduler {
    private record Alarm(long at, Runnable task) {}

    private final List<Alarm> alarms = new ArrayList<>();
    private long nanos;

    @Override
    public long millis() {
      return System.currentTimeMillis();
    }

    @Override
    public synchronized long nanos() {
      return nanos;
    }

    @Override
    public void execute(String name, Runnable task) {
      Scheduler.system().execute(name, task);
    }

    @Override
    public synchronized Timer schedule(Duration after, Runnable task) {
      Alarm a = new Alarm(nanos + after.toNanos(), task);
      alarms.add(a);
      return () -> {
        synchronized (this) {
          alarms.remove(a);
        }
      };
    }

    synchronized void pass(long millis) {
      nanos += millis * 1_000_000;
      List<Alarm> due = alarms.stream().filter(a -> a.at <= nanos).toList();
      alarms.removeAll(due);
      due.forEach(a -> a.task.run());
    }

    synchronized boolean areSet() {
      return !alarms.isEmpty();
    }
  }

  @BeforeEach
  void start() throws IOException {
    loki = new LokiDouble();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    opened.forEach(LokiClient::close);
    loki.close();
    http.close();
  }

  static LokiClientConfig config(String yaml) {
    YamlDocument d = YamlDocument.parse("promtail.yml", null, "[" + yaml + "]");
    List<LokiClientConfig> all = LokiClientConfig.readList(d.root());
    d.refuseNotBuilt();
    return all.getFirst();
  }

  LokiClient client(String keys) throws IOException {
    return client(keys, LokiLimits.NONE, RequestQueue.MEMORY);
  }

  LokiClient client(String keys, LokiLimits limits, @Nullable Path folder) throws IOException {
    return client(keys, limits, folder, new RealFiles());
  }

  LokiClient client(String keys, LokiLimits limits, @Nullable Path folder, FileAccess files)
      throws IOException {
    return client(
        keys,
        limits,
        folder == null ? RequestQueue.MEMORY : new RequestQueue(folder, 1 << 20),
        files);
  }

  LokiClient client(String keys, LokiLimits limits, RequestQueue queue) throws IOException {
    return client(keys, limits, queue, new RealFiles());
  }

  LokiClient client(String keys, LokiLimits limits, RequestQueue queue, FileAccess files)
      throws IOException {
    LokiClientConfig c = config("{url: '" + loki.url() + "', " + keys + "}");
    LokiClient made =
        new LokiClient(
            c,
            limits,
            http.client(c.client()),
            queue,
            new Outboxes(files, Scheduler.system(), new Random(1)),
            account,
            metrics,
            time);
    opened.add(made);
    return made;
  }

  LogEntry entry(long time, String line, String... labels) {
    return new LogEntry(Labels.of(labels), time, line, settled::incrementAndGet);
  }

  double metric(String name, String... labels) {
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric m : f.metrics()) {
        if (f.name().equals(name) && m.labels().equals(Labels.of(labels))) {
          return m.point() instanceof MetricFamily.Value v ? v.value() : -1;
        }
      }
    }
    return Double.NaN;
  }

  double dropped(String reason) {
    return metric(
        "promtail_dropped_entries_total", "host", loki.host(), "tenant", "", "reason", reason);
  }
}
