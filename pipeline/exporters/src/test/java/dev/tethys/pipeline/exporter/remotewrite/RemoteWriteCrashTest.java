package dev.tethys.pipeline.exporter.remotewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.model.NameScheme;
import dev.tethys.model.exposition.Registry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Outbox;
import dev.tethys.pipeline.delivery.OutboxOptions;
import dev.tethys.pipeline.delivery.Outboxes;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The process is killed between any two operations on files, again and again, before a receiver
 * that refuses a whole request for one sample out of order, as Prometheus does: it has every sample
 * in the end that was taken over.
 */
class RemoteWriteCrashTest {
  private static final int TARGETS = 7;
  private static final int SERIES = 3;

  /** Time that the test moves, across all lives of a process. */
  private static final class Steps implements Scheduler {
    private record Alarm(long at, Runnable task) {}

    private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
    private final List<Alarm> alarms = new ArrayList<>();
    private long nanos = 1_700_000_000_000_000_000L;

    @Override
    public long millis() {
      return nanos / 1_000_000;
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public void execute(String name, Runnable task) {
      tasks.add(task);
    }

    @Override
    public Timer schedule(Duration after, Runnable task) {
      Alarm a = new Alarm(nanos + after.toNanos(), task);
      alarms.add(a);
      return () -> alarms.remove(a);
    }

    void advance(Duration by) {
      long end = nanos + by.toNanos();
      while (true) {
        for (Runnable r = tasks.poll(); r != null; r = tasks.poll()) {
          r.run();
        }
        Alarm next =
            alarms.stream()
                .filter(a -> a.at <= end)
                .min(Comparator.comparingLong(Alarm::at))
                .orElse(null);
        if (next == null) {
          nanos = end;
          return;
        }
        alarms.remove(next);
        nanos = Math.max(nanos, next.at);
        next.task.run();
      }
    }

    /** Ends the process at any point. */
    void forget() {
      tasks.clear();
      alarms.clear();
    }
  }

  /** A Prometheus without an out-of-order window. */
  private static final class Strict implements Sender {
    private final Random whim;
    final Map<String, TreeMap<Long, Double>> series = new HashMap<>();
    boolean well;

    Strict(long seed) {
      whim = new Random(seed);
    }

    @Override
    public SendResult send(EncodedRequest request) {
      if (!well && whim.nextInt(3) == 0) {
        return new SendResult.Retryable(Duration.ZERO, false, "no");
      }
      byte[] z = request.body();
      byte[] raw = new byte[SnappyBlock.decodedLength(z, 0, z.length, 1 << 20) + SnappyBlock.SLACK];
      SnappyBlock.decode(z, 0, z.length, raw);
      WriteRequestReader r = new WriteRequestReader().reset(raw, 0, raw.length - SnappyBlock.SLACK);
      Map<String, TreeMap<Long, Double>> now = new HashMap<>();
      while (r.nextSeries()) {
        String name =
            WriteRequestReader.LABELS
                .decode(r.labelBuffer(), r.labelOffset(), r.labelLength())
                .toString();
        TreeMap<Long, Double> before = series.getOrDefault(name, new TreeMap<>());
        TreeMap<Long, Double> these = now.computeIfAbsent(name, k -> new TreeMap<>(before));
        while (r.next() != SeriesEvent.END) {
          if (!these.isEmpty()
              && (r.timestamp() < these.lastKey()
                  || r.timestamp() == these.lastKey()
                      && r.value() != these.lastEntry().getValue())) {
            return new SendResult.Permanent("out of order sample");
          }
          these.put(r.timestamp(), r.value());
        }
      }
      series.putAll(now);
      return SendResult.DELIVERED;
    }
  }

  private static Labels labels(int target, int series) {
    return target == 0
        ? Labels.of("__name__", "rule" + series)
        : Labels.of("__name__", "m" + series, "instance", "i" + target, "job", "j");
  }

  private static void run(long seed, HttpClientFactory clients) throws IOException {
    Random r = new Random(seed);
    SimulatedFiles files = new SimulatedFiles(seed);
    Steps clock = new Steps();
    Strict receiver = new Strict(seed);
    Map<String, TreeMap<Long, Double>> taken = new HashMap<>();
    RemoteWriteConfig config =
        RemoteWriteConfig.readAll(
                YamlDocument.parse(
                        "t.yml",
                        null,
                        "- {url: 'http://x/', queue_config: {max_samples_per_send: 7,"
                            + " batch_send_deadline: 1s}}")
                    .root()
                    .items(),
                NameScheme.UTF8)
            .getFirst();
    int lives = 6;
    for (int life = 0; life < lives; life++) {
      boolean last = life == lives - 1;
      receiver.well = last;
      clock.forget();
      if (!last) {
        files.cutAfter(1 + r.nextInt(400));
      }
      try {
        ItemAccounting account = new ItemAccounting("exporter", "t", Signal.METRICS);
        PendingBatchLog journal =
            new PendingBatchLog(files, Path.of("/data", "q", "journal"), SeriesShard.LANES);
        Outbox outbox =
            new Outboxes(files, clock, new Random(seed))
                .open(
                    "far",
                    OutboxOptions.DEFAULT
                        .withConcurrency(4, true)
                        .withRetry(
                            new OutboxOptions.Retry(
                                true,
                                Duration.ofMillis(30),
                                2,
                                Duration.ofSeconds(5),
                                0.1,
                                Duration.ZERO,
                                0))
                        .withDisk(
                            new OutboxOptions.Disk(
                                Path.of("/data", "q"), OutboxOptions.Sync.NEVER, 1 << 20)),
                    receiver,
                    account,
                    journal::found);
        RemoteWriteMetrics.Of of = new RemoteWriteMetrics(new Registry()).of("t", "x");
        RemoteWriteQueue q =
            new RemoteWriteQueue(
                config,
                Labels.EMPTY,
                new RemoteWriteSender(
                    config,
                    clients.client(config.client()),
                    of,
                    () -> Instant.ofEpochMilli(clock.millis())),
                outbox,
                journal,
                of,
                clock,
                account);
        q.start();
        // The same series are brought by other targets in each life.
        int shift = r.nextInt(1000);
        for (int i = 0; i < 80 && !last; i++) {
          clock.advance(Duration.ofMillis(20 + r.nextInt(200)));
          int target = r.nextInt(TARGETS);
          WriteRequestWriter w = new WriteRequestWriter();
          for (int s = 0; s < SERIES; s++) {
            w.beginSeries(labels(target, s)).sample(clock.millis(), i).endSeries();
          }
          long t = clock.millis();
          double v = i;
          q.consume(
              new Batch(
                  Signal.METRICS,
                  Encoding.REMOTE_WRITE,
                  w.toByteArray(),
                  SERIES,
                  target == 0 ? 0 : target + shift),
              o -> {
                if (o instanceof Outcome.Accepted) {
                  for (int s = 0; s < SERIES; s++) {
                    taken
                        .computeIfAbsent(labels(target, s).toString(), k -> new TreeMap<>())
                        .put(t, v);
                  }
                }
              });
        }
        clock.advance(Duration.ofSeconds(last ? 600 : r.nextInt(3)));
        if (last) {
          assertThat(outbox.status().requests()).isZero();
          q.close();
        }
      } catch (SimulatedFiles.PowerCut e) {
        // killed
      }
      files = files.afterKill();
    }
    taken.forEach(
        (name, samples) ->
            assertThat(receiver.series.getOrDefault(name, new TreeMap<>()))
                .as("seed %s: %s", seed, name)
                .containsAllEntriesOf(samples));
    assertThat(files.list(Path.of("/data", "q", "journal")))
        .as("seed %s: nothing is left in the journal", seed)
        .isEmpty();
  }

  @Test
  void deliversInOrderAfterAKillAtAnyTime() throws IOException {
    try (HttpClientFactory clients = new HttpClientFactory("test")) {
      for (long seed = 0; seed < 40; seed++) {
        run(seed, clients);
      }
    }
  }
}
