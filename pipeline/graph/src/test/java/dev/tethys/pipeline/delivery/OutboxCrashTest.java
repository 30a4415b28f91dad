package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.ManualClockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.OutboxOptions.Capacity;
import dev.tethys.pipeline.delivery.OutboxOptions.Disk;
import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import dev.tethys.pipeline.delivery.OutboxOptions.Sync;
import dev.tethys.pipeline.delivery.OutboxOptions.WhenFull;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.FileCorruption;
import dev.tethys.testkit.SimulatedFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Power loss, process end or disk corruption at any moment: acknowledged data arrives in lane
 * order, and nothing prevents the next process from starting.
 */
@Tag("slow")
class OutboxCrashTest {
  private static final Retry RETRY =
      new Retry(true, Duration.ofSeconds(1), 2, Duration.ofSeconds(8), 0.5, Duration.ZERO, 0);
  private static final int LANES = 3;

  /** Request with a number; its lane is one more than the number modulo {@link #LANES}. */
  private static EncodedRequest request(int number, Random r) {
    return new EncodedRequest(
        Signal.TRACES,
        new byte[1 + r.nextInt(r.nextInt(20) == 0 ? 9000 : 600)],
        1 + number % 5,
        1 + number % LANES,
        Map.of("number", Integer.toString(number)));
  }

  private static int number(EncodedRequest p) {
    return Integer.parseInt(p.headers().getOrDefault("number", "-1"));
  }

  private static OutboxOptions options(Sync sync) {
    return OutboxOptions.DEFAULT
        .withRetry(RETRY)
        .withConcurrency(3, true)
        .withCapacity(Capacity.ofBytes(100_000))
        .withWhenFull(WhenFull.REFUSE)
        .withDisk(new Disk(Path.of("/data", "q"), sync, 50_000));
  }

  private static void run(long seed, boolean power) throws IOException {
    Random r = new Random(seed);
    SimulatedFiles files = new SimulatedFiles(seed);
    Set<Integer> acknowledged = new HashSet<>();
    Set<Integer> arrived = new HashSet<>();
    Map<Integer, Integer> lastOfLane = new HashMap<>();
    int number = 0;
    int lives = 5;
    for (int life = 0; life < lives; life++) {
      boolean last = life == lives - 1;
      ManualClockwork clock = new ManualClockwork();
      TestExporterServer far = new TestExporterServer();
      Random whim = new Random(seed + life);
      far.answer =
          p ->
              !last && whim.nextInt(3) == 0
                  ? new SendResult.Retryable(Duration.ZERO, whim.nextBoolean(), "no")
                  : SendResult.DELIVERED;
      lastOfLane.clear();
      ItemAccounting account = new ItemAccounting("exporter", "far", Signal.TRACES);
      if (!last) {
        files.cutAfter(1 + r.nextInt(400));
      }
      try {
        Outbox b =
            new Outboxes(files, clock, new Random(seed))
                .open("far", options(power ? Sync.ALWAYS : Sync.NEVER), far, account);
        for (int i = 0; i < 150 && !last; i++) {
          int n = number++;
          b.put(
              request(n, r),
              o -> {
                if (o instanceof Outcome.Accepted) {
                  acknowledged.add(n);
                }
              });
          if (r.nextInt(4) == 0) {
            clock.advance(Duration.ofMillis(r.nextInt(800)));
          }
          Balance at = account.balance();
          assertThat(at.isBalanced()).isTrue();
          assertThat(at.held()).isEqualTo(b.status().items());
        }
        clock.advance(Duration.ofMinutes(5));
        if (last) {
          assertThat(b.status().requests()).isZero();
          b.close();
        }
      } catch (SimulatedFiles.PowerCut e) {
        // the end of this life
      }
      for (EncodedRequest p : far.taken) {
        int n = number(p);
        arrived.add(n);
        assertThat(n)
            .as("seed %s: order in its lane", seed)
            .isGreaterThan(lastOfLane.getOrDefault(n % LANES, -1));
        lastOfLane.put(n % LANES, n);
      }
      files = power ? files.afterPowerCut() : files.afterKill();
    }
    acknowledged.removeAll(arrived);
    assertThat(acknowledged).as("seed %s: acknowledged and lost", seed).isEmpty();
  }

  @Test
  void acknowledgedDataSurvivesAPowerLoss() throws IOException {
    for (long seed = 0; seed < 150; seed++) {
      run(seed, true);
    }
  }

  @Test
  void acknowledgedDataSurvivesTheProcessWithoutSync() throws IOException {
    for (long seed = 0; seed < 150; seed++) {
      run(seed, false);
    }
  }

  @Test
  void skipsAndCountsCorruption() throws IOException {
    int lost = 0;
    for (long seed = 0; seed < 150; seed++) {
      Random r = new Random(seed);
      SimulatedFiles files = new SimulatedFiles(seed);
      ManualClockwork clock = new ManualClockwork();
      ItemAccounting account = new ItemAccounting("exporter", "far", Signal.TRACES);
      TestExporterServer down = new TestExporterServer();
      down.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "down");
      Outbox b =
          new Outboxes(files, clock, new Random(seed))
              .open("far", options(Sync.ALWAYS), down, account);
      int n = 40;
      for (int i = 0; i < n; i++) {
        b.put(request(i, r), o -> {});
      }
      clock.run();
      b.close();
      Path folder = Path.of("/data", "q", "queue");
      List<Path> names = files.list(folder);
      Path hurt = names.get(r.nextInt(names.size()));
      files.damage(hurt, bytes -> FileCorruption.of(bytes, r));

      ItemAccounting after = new ItemAccounting("exporter", "far", Signal.TRACES);
      TestExporterServer far = new TestExporterServer();
      Outbox next =
          new Outboxes(files, clock, new Random(seed))
              .open("far", options(Sync.ALWAYS), far, after);
      clock.advance(Duration.ofMinutes(1));
      Balance at = after.balance();
      assertThat(at.isBalanced()).isTrue();
      assertThat(at.held()).as("seed %s", seed).isEqualTo(next.status().items()).isZero();
      assertThat(at.out() + at.allDropped()).isEqualTo(at.restored());
      for (EncodedRequest p : far.taken) {
        @Nullable EncodedRequest sound = requestOf(number(p), seed);
        assertThat(p.body()).isEqualTo(sound == null ? null : sound.body());
      }
      Set<Integer> arrived = new HashSet<>();
      far.taken.forEach(p -> arrived.add(number(p)));
      lost += n - arrived.size();
      assertThat(arrived.size())
          .as("seed %s: only what was hurt is lost", seed)
          .isGreaterThan(n / 3);
      next.close();
    }
    assertThat(lost).isPositive();
  }

  private static @Nullable EncodedRequest requestOf(int number, long seed) {
    Random r = new Random(seed);
    for (int i = 0; i < 40; i++) {
      EncodedRequest p = request(i, r);
      if (i == number) {
        return p;
      }
    }
    return null;
  }
}
