package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.file.FileAccess;
import dev.tethys.pipeline.FullQueueBehavior;
import dev.tethys.pipeline.ManualClockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.OutboxOptions.Capacity;
import dev.tethys.pipeline.delivery.OutboxOptions.Disk;
import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import dev.tethys.pipeline.delivery.OutboxOptions.WhenFull;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.Drops;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.text.MessageFormat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread and its own clock: every test is the same each time. */
@Tag("slow")
class OutboxTest {
  private static final Retry QUICK =
      new Retry(true, Duration.ofSeconds(1), 2, Duration.ofSeconds(8), 0, Duration.ofMinutes(5), 0);

  private final ManualClockwork clock = new ManualClockwork();
  private final TestExporterServer far = new TestExporterServer();
  private final ItemAccounting account = new ItemAccounting("exporter", "far", Signal.METRICS);
  private final List<Outcome> told = new ArrayList<>();
  private FileAccess files = new SimulatedFiles(1);
  private final List<Outbox> open = new ArrayList<>();

  @AfterEach
  void everythingIsAccountedFor() {
    open.forEach(Outbox::close);
    Balance b = account.balance();
    assertThat(b.isBalanced()).as("%s", b).isTrue();
    assertThat(b.held()).isZero();
  }

  private static OutboxOptions options(boolean disk) {
    OutboxOptions o = OutboxOptions.DEFAULT.withRetry(QUICK).withConcurrency(4, false);
    return disk ? o.withDisk(Disk.in(Path.of("/q"))) : o;
  }

  private Outbox open(OutboxOptions o) {
    try {
      Outbox b = new Outboxes(files, clock, new Random(1)).open("far", o, far, account);
      open.add(b);
      return b;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static EncodedRequest request(int number, int items, long lane) {
    byte[] body = new byte[100];
    body[0] = (byte) number;
    return new EncodedRequest(Signal.METRICS, body, items, lane, Map.of("n", "" + number));
  }

  private void put(Outbox b, int number, long lane) {
    b.put(request(number, 10, lane), told::add);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void deliversInOrderOfEachLane(boolean disk) {
    Outbox b = open(options(disk));
    for (int i = 0; i < 20; i++) {
      put(b, i, 1 + i % 2);
    }
    clock.run();
    assertThat(far.numbers().stream().filter(n -> n % 2 == 0).toList())
        .containsExactly(0, 2, 4, 6, 8, 10, 12, 14, 16, 18);
    assertThat(far.numbers()).hasSize(20);
    assertThat(far.taken.get(0).headers()).isEqualTo(Map.of("n", "0"));
    assertThat(told).hasSize(20).allMatch(Outcome.ACCEPTED::equals);
    assertThat(account.balance().out()).isEqualTo(200);
    assertThat(b.status().requests()).isZero();
    assertThat(clock.alarms()).isZero();
  }

  /** Otherwise it would stay in flight forever and block its lane. */
  @Test
  void retriesARequestThatRanOutOfMemory() {
    Outbox b = open(options(false));
    int[] attempts = {0};
    far.answer =
        p -> {
          if (attempts[0]++ == 0) {
            throw new OutOfMemoryError("Java heap space");
          }
          return SendResult.DELIVERED;
        };
    put(b, 1, 1);
    put(b, 2, 1);
    clock.run();
    for (int i = 0; i < 100 && far.numbers().size() < 2; i++) {
      clock.advance(Duration.ofSeconds(10));
    }
    assertThat(far.numbers()).containsExactly(1, 2);
  }

  @Test
  void inMemoryAcknowledgesAfterDelivery() {
    Outbox b = open(options(false));
    put(b, 1, 0);
    assertThat(told).isEmpty();
    clock.run();
    assertThat(told).containsExactly(Outcome.ACCEPTED);
  }

  @Test
  void onDiskAcknowledgesWhenStored() {
    Outbox b = open(options(true));
    put(b, 1, 0);
    assertThat(told).containsExactly(Outcome.ACCEPTED);
    assertThat(far.asked).isEmpty();
  }

  @Test
  void acknowledgesEarlyIfConfigured() {
    Outbox b = open(options(false).withAcknowledgeQueued(true));
    put(b, 1, 0);
    assertThat(told).containsExactly(Outcome.ACCEPTED);
    far.answer = p -> new SendResult.Permanent("no");
    clock.run();
    assertThat(account.balance().dropped()).isEqualTo(Map.of(Drops.REFUSED, 10L));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFailingRequestBlocksOnlyItsLane(boolean disk) {
    Outbox b = open(options(disk));
    far.answer =
        p ->
            p.body()[0] == 1 && clock.millis() < 5000
                ? new SendResult.Retryable(Duration.ZERO, false, "not yet")
                : SendResult.DELIVERED;
    put(b, 1, 7);
    put(b, 2, 7);
    put(b, 3, 8);
    put(b, 4, 0);
    clock.run();
    assertThat(far.numbers()).containsExactly(3, 4);
    assertThat(b.status().oldestMillis()).isZero();
    clock.advance(Duration.ofSeconds(2));
    assertThat(b.status().oldestMillis()).isEqualTo(2000);
    assertThat(b.status().lastError()).isEqualTo("not yet");
    assertThat(far.numbers()).containsExactly(3, 4);
    clock.advance(Duration.ofSeconds(10));
    assertThat(far.numbers()).containsExactly(3, 4, 1, 2);
  }

  @Test
  void backsOffAndRespectsRetryAfter() {
    Outbox b = open(options(false));
    List<Long> at = new ArrayList<>();
    far.answer =
        p -> {
          at.add(clock.millis());
          return switch (at.size()) {
            case 1, 2, 3 -> new SendResult.Retryable(Duration.ZERO, false, "no");
            case 4 -> new SendResult.Retryable(Duration.ofSeconds(60), true, "429");
            default -> SendResult.DELIVERED;
          };
        };
    put(b, 1, 0);
    clock.advance(Duration.ofMinutes(2));
    assertThat(at).containsExactly(1000L, 2000L, 4000L, 8000L, 68_000L);
  }

  @Test
  void logsUndeliveredRequestsOnceAMinuteAndTheirDelivery() {
    Logger logger = Logger.getLogger("dev.tethys.pipeline.delivery");
    List<String> said = new ArrayList<>();
    Handler handler =
        new Handler() {
          @Override
          public void publish(LogRecord r) {
            said.add(r.getLevel() + " " + MessageFormat.format(r.getMessage(), r.getParameters()));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(handler);
    try {
      Outbox b = open(options(false));
      far.answer =
          p ->
              clock.millis() < 91_000
                  ? new SendResult.Retryable(Duration.ZERO, false, "cannot be reached")
                  : SendResult.DELIVERED;
      put(b, 1, 0);
      clock.run();
      assertThat(said).as("one failure is nothing").isEmpty();
      clock.advance(Duration.ofSeconds(60));
      assertThat(said)
          .containsExactly("WARNING far: not delivered in 2 attempts, retrying: cannot be reached");
      clock.advance(Duration.ofMinutes(1));
      assertThat(said).hasSize(3);
      assertThat(said.get(1)).startsWith("WARNING far: not delivered in ");
      assertThat(said.get(2)).startsWith("INFO far: delivers again, after ");
      far.answer = p -> SendResult.DELIVERED;
      put(b, 2, 0);
      clock.run();
      assertThat(said).hasSize(3);
    } finally {
      logger.removeHandler(handler);
    }
  }

  @Test
  void afterFiveFailuresSendsASingleProbe() {
    Outbox b = open(options(false).withConcurrency(8, false));
    far.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "down");
    for (int i = 0; i < 100; i++) {
      put(b, i, 0);
    }
    clock.run();
    assertThat(far.asked.size())
        .isBetween(8, 12); // eight concurrent requests, and four more until it trips
    assertThat(b.status().pausedMillis()).isPositive();
    int before = far.asked.size();
    clock.advance(Duration.ofMillis(1001));
    assertThat(far.asked.size() - before).isEqualTo(1);
    far.answer = p -> SendResult.DELIVERED;
    clock.advance(Duration.ofSeconds(10));
    assertThat(far.taken).hasSize(100);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void returnsOrDeadLettersRequestsAfterTheRetries(boolean disk) throws IOException {
    Outbox b = open(options(disk).withRetry(QUICK));
    far.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "down");
    put(b, 1, 0);
    clock.advance(Duration.ofMinutes(6));
    Balance balance = account.balance();
    if (disk) {
      assertThat(balance.deadLettered()).isEqualTo(10);
      assertThat(b.deadLetters(10).getFirst().reason()).contains("failed after").contains("down");
    } else {
      assertThat(told).hasSize(1).first().isInstanceOf(Outcome.Unavailable.class);
      assertThat(balance.returned()).isEqualTo(10);
    }
  }

  @Test
  void limitsAttempts() {
    Outbox b =
        open(
            options(false)
                .withRetry(
                    new Retry(
                        true,
                        Duration.ofSeconds(1),
                        1,
                        Duration.ofSeconds(1),
                        0,
                        Duration.ZERO,
                        3)));
    far.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "down");
    put(b, 1, 0);
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.asked).hasSize(3);
    assertThat(told).hasSize(1);
  }

  @Test
  void withoutADiskDropsRejectedRequestsAndNotifiesTheSource() {
    Outbox b = open(options(false));
    far.answer = p -> new SendResult.Permanent("bad tenant");
    put(b, 1, 0);
    clock.run();
    assertThat(told).containsExactly(new Outcome.Rejected("bad tenant", 10));
    assertThat(account.balance().dropped()).isEqualTo(Map.of(Drops.REFUSED, 10L));
  }

  @Test
  void handlesDifferentOutcomesOfItemsInOneRequest() throws IOException {
    Outbox b = open(options(true));
    EncodedRequest bad = new EncodedRequest(Signal.METRICS, new byte[] {2}, 2, 3, Map.of());
    EncodedRequest left = new EncodedRequest(Signal.METRICS, new byte[] {3}, 1, 3, Map.of());
    far.answer =
        p ->
            p.items() == 10
                ? new SendResult.PerItem(
                    7,
                    List.of(new SendResult.Refused(bad, "bad label")),
                    left,
                    Duration.ofSeconds(1),
                    true,
                    "busy")
                : SendResult.DELIVERED;
    put(b, 1, 3);
    clock.run();
    assertThat(account.balance().out()).isEqualTo(7);
    assertThat(account.balance().deadLettered()).isEqualTo(2);
    assertThat(account.balance().held()).isEqualTo(1);
    assertThat(b.deadLetters(10)).extracting(DeadLetter::reason).containsExactly("bad label");
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.asked).hasSize(2);
    assertThat(far.taken).containsExactly(left);
    assertThat(account.balance().out()).isEqualTo(8);
    assertThat(account.balance().held()).isZero();
  }

  @Test
  void listsReadsAndReplaysDeadLetters() throws IOException {
    Outbox b = open(options(true));
    far.answer = p -> new SendResult.Permanent("bad tenant");
    put(b, 1, 3);
    put(b, 2, 3);
    clock.run();
    List<DeadLetter> letters = b.deadLetters(10);
    assertThat(letters).hasSize(2);
    DeadLetter first = letters.getFirst();
    assertThat(first.reason()).isEqualTo("bad tenant");
    assertThat(first.items()).isEqualTo(10);
    assertThat(first.bytes()).isEqualTo(100);
    assertThat(first.attempts()).isEqualTo(1);
    assertThat(b.deadLetter(first.id()).orElseThrow().body()).isEqualTo(request(1, 10, 3).body());
    assertThat(b.deadLetter("nonsense")).isEmpty();
    assertThat(b.deadLetter("1-17")).isEmpty();
    assertThat(b.status().deadLetters()).isEqualTo(2);
    far.answer = p -> SendResult.DELIVERED;
    assertThat(b.replay(first.id())).isTrue();
    assertThat(b.replay(first.id())).isFalse();
    clock.run();
    assertThat(far.numbers()).containsExactly(1);
    assertThat(b.deadLetters(10)).hasSize(1);
    assertThat(account.balance().deadLettered()).isEqualTo(20);
    assertThat(account.balance().revived()).isEqualTo(10);
  }

  @Test
  void evictsTheOldestDeadLetters() throws IOException {
    Outbox b =
        open(options(true).withDisk(new Disk(Path.of("/q"), OutboxOptions.Sync.ALWAYS, 20_000)));
    far.answer = p -> new SendResult.Permanent("no");
    for (int i = 0; i < 100; i++) {
      b.put(new EncodedRequest(Signal.LOGS, new byte[1000], 1, 0, Map.of("i", "" + i)), told::add);
    }
    clock.run();
    OutboxStatus s = b.status();
    assertThat(s.deadLetters() + s.deadLettersEvicted()).isEqualTo(100);
    assertThat(s.deadLetters()).isBetween(10L, 20L);
    List<DeadLetter> left = b.deadLetters(1000);
    assertThat(left).hasSize((int) s.deadLetters());
    assertThat(left.getLast().headers()).isEqualTo(Map.of("i", "99"));
  }

  @Test
  void countsAPartialRejectionWithUnknownItems() {
    Outbox b = open(options(false));
    far.answer = p -> new SendResult.Partial(3, "three were bad");
    put(b, 1, 0);
    clock.run();
    assertThat(told).containsExactly(new Outcome.Rejected("three were bad", 3));
    assertThat(account.balance().out()).isEqualTo(7);
    assertThat(account.balance().dropped()).isEqualTo(Map.of(Drops.PARTLY_REFUSED, 3L));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sendsATooLargeRequestInParts(boolean disk) {
    Outbox b = open(options(disk));
    far.answer =
        p -> {
          if (p.items() <= 3) {
            return p.items() == 2 ? new SendResult.Permanent("unlucky") : SendResult.DELIVERED;
          }
          int half = p.items() / 2;
          return new SendResult.Split(
              List.of(request(1, half, p.lane()), request(2, p.items() - half, p.lane())),
              "too large");
        };
    put(b, 0, 5);
    b.put(request(9, 1, 5), told::add);
    clock.run();
    // 10 = 5 + 5, each 2 + 3: the twos are refused.
    assertThat(far.numbers()).containsExactly(2, 2, 9);
    assertThat(account.balance().out()).isEqualTo(7);
    if (disk) {
      assertThat(account.balance().deadLettered()).isEqualTo(4);
    } else {
      assertThat(told).containsExactly(new Outcome.Rejected("unlucky", 4), Outcome.ACCEPTED);
    }
  }

  @Test
  void rejectsAnEmptyReplacement() {
    Outbox b = open(options(false));
    far.answer = p -> new SendResult.Split(List.of(), "empty");
    put(b, 1, 0);
    clock.run();
    assertThat(account.balance().allDropped()).isEqualTo(10);
    assertThat(told).first().isInstanceOf(Outcome.Rejected.class);
  }

  @Test
  void rejectsARequestLargerThanTheQueue() {
    for (boolean disk : new boolean[] {false, true}) {
      Outbox b = open(options(disk).withCapacity(Capacity.ofBytes(99)));
      put(b, 1, 0);
      assertThat(told).hasSize(1).first().isInstanceOf(Outcome.Rejected.class);
      told.clear();
      b.close();
    }
    assertThat(account.balance().returned()).isEqualTo(20);
  }

  @Test
  void fullQueueRefuses() {
    Outbox b =
        open(
            options(false).withCapacity(new Capacity(1 << 20, 0, 2)).withWhenFull(WhenFull.REFUSE));
    put(b, 1, 0);
    put(b, 2, 0);
    put(b, 3, 0);
    assertThat(told).hasSize(1).first().isInstanceOf(Outcome.Unavailable.class);
    clock.run();
    put(b, 4, 0);
    clock.run();
    assertThat(far.numbers()).containsExactly(1, 2, 4);
  }

  /** No client that could send less is at fault for a request that was joined of many. */
  @Test
  void oversizedRequestUsesAnEmptyQueueAlone() {
    Outbox b =
        open(
            options(false)
                .withCapacity(new Capacity(1 << 20, 25, 0))
                .withWhenFull(WhenFull.REFUSE));
    b.put(request(1, 30, 0), told::add);
    put(b, 2, 0);
    assertThat(told).hasSize(1).first().isInstanceOf(Outcome.Unavailable.class);
    clock.run();
    put(b, 3, 0);
    b.put(request(4, 30, 0), told::add);
    assertThat(told).hasSize(3).last().isInstanceOf(Outcome.Unavailable.class);
    clock.run();
    assertThat(far.numbers()).containsExactly(1, 3);
    assertThat(account.balance().isBalanced()).isTrue();
  }

  @Test
  void fullQueueDropsNewRequests() {
    Outbox b =
        open(
            options(false)
                .withCapacity(new Capacity(1 << 20, 25, 0))
                .withWhenFull(WhenFull.DROP_NEWEST));
    put(b, 1, 0);
    put(b, 2, 0);
    put(b, 3, 0);
    assertThat(told).containsExactly(Outcome.ACCEPTED);
    clock.run();
    assertThat(far.numbers()).containsExactly(1, 2);
    assertThat(account.balance().dropped()).isEqualTo(Map.of(Drops.QUEUE_FULL, 10L));
  }

  @Test
  void fullMemoryQueueDropsTheOldest() {
    Outbox b =
        open(
            options(false)
                .withConcurrency(1, false)
                .withCapacity(Capacity.ofBytes(300))
                .withWhenFull(WhenFull.DROP_OLDEST));
    put(b, 1, 0); // is being sent
    put(b, 2, 5);
    put(b, 3, 5);
    put(b, 4, 5);
    assertThat(told).containsExactly(Outcome.ACCEPTED);
    clock.run();
    assertThat(far.numbers()).containsExactly(1, 3, 4);
    assertThat(account.balance().dropped()).isEqualTo(Map.of(Drops.QUEUE_FULL, 10L));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3, 4})
  void aFullDiskQueueDropsItsOldestFiles(long seed) {
    Random r = new Random(seed);
    files = new SimulatedFiles(seed);
    Outbox b =
        open(
            options(true)
                .withConcurrency(2, false)
                .withRetry(QUICK.forever())
                .withCapacity(Capacity.ofBytes(30_000))
                .withWhenFull(WhenFull.DROP_OLDEST));
    far.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "down");
    int n = 300;
    for (int i = 0; i < n; i++) {
      b.put(
          new EncodedRequest(
              Signal.LOGS, new byte[200 + r.nextInt(900)], 1, r.nextInt(4), Map.of()),
          told::add);
      if (r.nextInt(10) == 0) {
        clock.run();
      }
      if (r.nextInt(20) == 0) {
        clock.advance(Duration.ofMillis(r.nextInt(1500)));
      }
      assertThat(b.status().bytes()).isLessThanOrEqualTo(30_000);
      Balance at = account.balance();
      assertThat(at.held()).isEqualTo(b.status().items());
    }
    far.answer = p -> SendResult.DELIVERED;
    clock.advance(Duration.ofMinutes(5));
    Balance at = account.balance();
    assertThat(told).hasSize(n).allMatch(Outcome.ACCEPTED::equals);
    assertThat(at.allDropped()).isPositive();
    assertThat(at.out() + at.allDropped()).isEqualTo(n);
    assertThat(far.items()).isEqualTo(at.out());
    assertThat(b.status().bytes()).isLessThan(6000);
  }

  @Test
  void fullQueueBlocksUntilThereIsSpace() throws InterruptedException {
    Outbox b =
        open(options(false).withCapacity(new Capacity(1 << 20, 0, 1)).withWhenFull(WhenFull.BLOCK));
    put(b, 1, 0);
    Thread t = Thread.ofPlatform().start(() -> put(b, 2, 0));
    while (t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    clock.run();
    t.join();
    clock.run();
    assertThat(far.numbers()).containsExactly(1, 2);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void acceptsDataOfStoppingComponentsBeyondTheSize(boolean disk) throws InterruptedException {
    Outbox b =
        open(options(disk).withCapacity(new Capacity(1 << 20, 0, 1)).withWhenFull(WhenFull.BLOCK));
    DrainScope.Exit ends = new DrainScope.Exit(FullQueueBehavior.INHERIT);
    DrainScope.Exit stays = new DrainScope.Exit(FullQueueBehavior.INHERIT);
    put(b, 1, 0);
    Thread other = Thread.ofPlatform().start(() -> stays.pass(() -> put(b, 2, 0)));
    Thread t = Thread.ofPlatform().start(() -> ends.pass(() -> stays.pass(() -> put(b, 3, 0))));
    while (other.getState() != Thread.State.WAITING || t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    ends.close();
    b.wakeBlockedProducers();
    t.join();
    assertThat(b.status().requests()).isEqualTo(2);
    assertThat(other.isAlive()).isTrue();
    clock.run();
    other.join();
    clock.run();
    assertThat(far.numbers()).containsExactly(1, 3, 2);
    assertThat(told).hasSize(3).allMatch(Outcome.ACCEPTED::equals);
  }

  @Test
  void fullQueueBlocksOnlySourcesThatCanWait() throws InterruptedException {
    Outbox b =
        open(options(false).withCapacity(new Capacity(1 << 20, 0, 1)).withWhenFull(WhenFull.AUTO));
    DrainScope.Exit source = new DrainScope.Exit(FullQueueBehavior.WAIT);
    DrainScope.Exit between = new DrainScope.Exit(FullQueueBehavior.INHERIT);
    DrainScope.Exit failover = new DrainScope.Exit(FullQueueBehavior.REFUSE);
    put(b, 1, 0);
    put(b, 2, 0);
    source.pass(() -> failover.pass(() -> put(b, 3, 0)));
    assertThat(told).hasSize(2).allMatch(o -> o instanceof Outcome.Unavailable);
    Thread t = Thread.ofPlatform().start(() -> source.pass(() -> between.pass(() -> put(b, 4, 0))));
    while (t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    clock.run();
    t.join();
    clock.run();
    assertThat(far.numbers()).containsExactly(1, 4);
  }

  @Test
  void retriesDataOfWaitingSourcesUntilDelivered() {
    Retry forAMinute =
        new Retry(
            true, Duration.ofSeconds(1), 1, Duration.ofSeconds(1), 0, Duration.ofMinutes(1), 0);
    Outbox b = open(options(false).withRetry(forAMinute.foreverForWaiting()));
    far.answer =
        p ->
            clock.millis() < 3_600_000
                ? new SendResult.Retryable(Duration.ZERO, false, "down")
                : SendResult.DELIVERED;
    put(b, 1, 0);
    new DrainScope.Exit(FullQueueBehavior.WAIT).pass(() -> put(b, 2, 0));
    clock.advance(Duration.ofMinutes(50));
    assertThat(told).hasSize(1).first().isInstanceOf(Outcome.Unavailable.class);
    clock.advance(Duration.ofMinutes(20));
    assertThat(told).hasSize(2).last().isEqualTo(Outcome.ACCEPTED);
    assertThat(far.numbers()).containsExactly(2);
  }

  @Test
  void boundsDataAcceptedBeyondTheLimit() {
    Outbox b =
        open(options(false).withCapacity(new Capacity(1 << 30, 0, 1)).withWhenFull(WhenFull.BLOCK));
    DrainScope.Exit ends = new DrainScope.Exit(FullQueueBehavior.INHERIT);
    ends.close();
    int third = (int) (QueueAdmission.MOST_BEYOND / 3);
    for (int i = 0; i < 5; i++) {
      byte[] body = new byte[third - 1000];
      ends.pass(() -> b.put(new EncodedRequest(Signal.LOGS, body, 1, 0, Map.of()), told::add));
    }
    assertThat(b.status().requests()).isEqualTo(4);
    assertThat(told).hasSize(1).allMatch(o -> o instanceof Outcome.Unavailable);
    clock.run();
    // There was space since, so that a later reload finds as much again.
    for (int i = 0; i < 4; i++) {
      byte[] body = new byte[third - 1000];
      ends.pass(() -> b.put(new EncodedRequest(Signal.LOGS, body, 1, 0, Map.of()), told::add));
    }
    assertThat(b.status().requests()).isEqualTo(4);
    clock.run();
  }

  @Test
  void notifiesBlockedProducersOfTheClose() throws InterruptedException {
    Outbox b =
        open(options(false).withCapacity(new Capacity(1 << 20, 0, 1)).withWhenFull(WhenFull.BLOCK));
    put(b, 1, 0);
    Thread t = Thread.ofPlatform().start(() -> put(b, 2, 0));
    while (t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    clock.run();
    far.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "down");
    b.close();
    t.join();
    assertThat(told).hasSize(2);
    assertThat(far.closed).isTrue();
  }

  @Test
  void readsALongDiskQueueInOrderWithFewEntriesInMemory() {
    Outbox b = open(options(true).withConcurrency(1, false));
    int n = 2000;
    for (int i = 0; i < n; i++) {
      b.put(
          new EncodedRequest(Signal.LOGS, new byte[] {(byte) i}, 1, 9, Map.of("i", "" + i)),
          told::add);
    }
    clock.run();
    List<String> got = far.taken.stream().map(p -> p.headers().get("i")).toList();
    List<String> want = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      want.add("" + i);
    }
    assertThat(got).isEqualTo(want);
  }

  @Test
  void rejectsASecondUserOfAFolder() {
    open(options(true));
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () ->
                new Outboxes(files, clock, new Random(1))
                    .open("other", options(true), far, account))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("locked");
  }

  @Test
  void reportsAFullDiskToTheSource() {
    SimulatedFiles disk = new SimulatedFiles(3);
    files = disk;
    Outbox b = open(options(true));
    put(b, 1, 0);
    disk.setFree(50);
    put(b, 2, 0);
    disk.setFree(Long.MAX_VALUE);
    put(b, 3, 0);
    clock.run();
    assertThat(told).hasSize(3);
    assertThat(told.get(1)).isInstanceOf(Outcome.Unavailable.class);
    assertThat(far.numbers()).containsExactly(1, 3);
  }

  @Test
  void neitherAcknowledgesNorSendsUnsyncedData() {
    SimulatedFiles disk = new SimulatedFiles(3);
    files = disk;
    Outbox b = open(options(true));
    put(b, 1, 0);
    disk.failForce(true);
    put(b, 2, 0);
    disk.failForce(false);
    put(b, 3, 0);
    clock.run();
    assertThat(told.get(1)).isInstanceOf(Outcome.Unavailable.class);
    assertThat(told.get(2)).isEqualTo(Outcome.ACCEPTED);
    assertThat(far.numbers()).containsExactly(1, 3);
  }

  @Test
  void closeSendsPendingDataAndReturnsTheRest() throws InterruptedException {
    Outbox b = open(options(false).withConcurrency(1, false));
    for (int i = 0; i < 5; i++) {
      put(b, i, 0);
    }
    Thread t = Thread.ofPlatform().start(() -> b.close(Duration.ofSeconds(10)));
    while (t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    clock.run();
    t.join();
    assertThat(far.taken).hasSize(5);
    put(b, 9, 0);
    assertThat(told.getLast()).isInstanceOf(Outcome.Unavailable.class);
  }

  @Test
  void nextProcessSendsTheRestOnDisk() {
    SimulatedFiles disk = new SimulatedFiles(3);
    files = disk;
    Outbox b = open(options(true));
    far.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "down");
    for (int i = 0; i < 5; i++) {
      put(b, i, 4);
    }
    clock.run();
    b.close();
    assertThat(account.balance().kept()).isEqualTo(50);
    far.answer = p -> SendResult.DELIVERED;
    open(options(true));
    assertThat(account.balance().restored()).isEqualTo(50);
    clock.run();
    assertThat(far.numbers()).containsExactly(0, 1, 2, 3, 4);
  }

  @Test
  void replaysDeadLettersOfAStoppedProcess() throws IOException {
    Outbox b = open(options(true));
    far.answer = p -> new SendResult.Permanent("no");
    put(b, 1, 0);
    put(b, 2, 0);
    clock.run();
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> DeadLetterFolder.open(files, Path.of("/q")))
        .hasMessageContaining("locked")
        .hasMessageContaining("/api/v1/pipelines/dead-letters");
    b.close();
    // The parent folder of all queues is not a queue, and does not become one.
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> DeadLetterFolder.open(files, Path.of("/")))
        .hasMessageContaining("name one of those in it: /q");
    assertThat(DeadLetterFolder.find(files, Path.of("/"))).containsExactly(Path.of("/q"));
    try (DeadLetterFolder f = DeadLetterFolder.open(files, Path.of("/q"))) {
      List<DeadLetter> letters = f.list(10);
      assertThat(letters).hasSize(2);
      assertThat(f.read(letters.getLast().id()).orElseThrow().body()[0]).isEqualTo((byte) 2);
      assertThat(f.replay(List.of(letters.getLast().id(), "9-9"), 5)).isEqualTo(1);
    }
    far.answer = p -> SendResult.DELIVERED;
    Outbox next = open(options(true));
    clock.run();
    assertThat(far.numbers()).containsExactly(2);
    assertThat(next.deadLetters(10)).hasSize(1);
  }
}
