package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.FullQueueBehavior;
import dev.tethys.pipeline.ManualClockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.OutboxOptions.Capacity;
import dev.tethys.pipeline.delivery.OutboxOptions.Disk;
import dev.tethys.pipeline.delivery.OutboxOptions.Overflow;
import dev.tethys.pipeline.delivery.OutboxOptions.Retry;
import dev.tethys.pipeline.delivery.OutboxOptions.WhenFull;
import dev.tethys.pipeline.ledger.Balance;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.testkit.SimulatedFiles;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A queue in memory that continues on disk while its destination fails. */
class OverflowTest {
  private static final Path FOLDER = Path.of("/overflow");
  private static final Retry FOR_FIVE_MINUTES =
      new Retry(true, Duration.ofSeconds(1), 2, Duration.ofSeconds(8), 0, Duration.ofMinutes(5), 0)
          .foreverForWaiting();

  private ManualClockwork clock = new ManualClockwork();
  private final TestExporterServer far = new TestExporterServer();
  private final ItemAccounting account = new ItemAccounting("exporter", "far", Signal.LOGS);
  private SimulatedFiles files = new SimulatedFiles(1);
  private final List<Outcome> told = new ArrayList<>();
  private final List<Outbox> open = new ArrayList<>();
  private Neighbours neighbours = Neighbours.SAME_ITEMS;

  @AfterEach
  void accountsBalance() {
    open.forEach(Outbox::close);
    Balance b = account.balance();
    assertThat(b.isBalanced()).as("%s", b).isTrue();
    assertThat(b.held()).isZero();
  }

  private static OutboxOptions options(long bytes) {
    return OutboxOptions.DEFAULT
        .withRetry(FOR_FIVE_MINUTES)
        .withConcurrency(4, false)
        .withWhenFull(WhenFull.AUTO)
        .withCapacity(new Capacity(1 << 20, 0, 10))
        .withOverflow(new Overflow(Disk.in(FOLDER), bytes, false));
  }

  private Outbox open(OutboxOptions o) {
    try {
      Outbox b =
          new Outboxes(files, clock, new Random(1))
              .open("far", o, far, account, headers -> {}, () -> neighbours);
      open.add(b);
      return b;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private void put(Outbox b, int number, long lane, AckCallback ack) {
    byte[] body = new byte[100];
    body[0] = (byte) number;
    b.put(new EncodedRequest(Signal.LOGS, body, 10, lane, Map.of("n", "" + number)), ack);
  }

  private void put(Outbox b, int number) {
    put(b, number, 1, told::add);
  }

  /** Like a receiver of files or Kafka. */
  private void putWaiting(Outbox b, int number) {
    new DrainScope.Exit(FullQueueBehavior.WAIT).pass(() -> put(b, number));
  }

  private void down() {
    far.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "connection refused");
  }

  private void up() {
    far.answer = p -> SendResult.DELIVERED;
  }

  private static List<Integer> upTo(int n) {
    return IntStream.range(0, n).boxed().toList();
  }

  @Test
  void leavesTheDiskAloneWhileTheDestinationWorks() {
    Outbox b = open(options(1 << 20));
    for (int i = 0; i < 100; i++) {
      put(b, i);
      clock.run();
      clock.advance(Duration.ofMillis(100));
    }
    assertThat(told).hasSize(100);
    clock.advance(Duration.ofSeconds(10));
    assertThat(files.exists(FOLDER)).isFalse();
    assertThat(clock.alarms()).isZero();
  }

  @Test
  void acknowledgesFromDiskWhileTheDestinationFails() {
    down();
    Outbox b = open(options(1 << 20));
    for (int i = 0; i < 5; i++) {
      put(b, i);
    }
    clock.run();
    assertThat(told).isEmpty();
    clock.advance(Duration.ofSeconds(3));
    assertThat(told).hasSize(5).allMatch(Outcome.ACCEPTED::equals);
    for (int i = 5; i < 100; i++) {
      put(b, i);
      clock.run();
      assertThat(told).hasSize(i + 1);
    }
    OutboxStatus.OnDisk d = Objects.requireNonNull(b.status().onDisk());
    assertThat(d.items()).isEqualTo(1000);
    assertThat(d.requests()).isEqualTo(100);
    clock.advance(Duration.ofHours(1));
    assertThat(account.balance().dropped()).isEmpty();
    up();
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.numbers()).isEqualTo(upTo(100));
    assertThat(b.status().onDisk()).isNull();
    assertThat(b.status().requests()).isZero();
    put(b, 100);
    clock.run();
    assertThat(far.numbers()).hasSize(101);
    clock.advance(Duration.ofSeconds(5));
    assertThat(clock.alarms()).isZero();
  }

  @Test
  void acceptsDataWhileThereIsDiskSpace() {
    down();
    Outbox b = open(options(1 << 20));
    Thread t =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < 100; i++) {
                    put(b, i);
                  }
                });
    while (t.isAlive()) {
      clock.run();
      Waiting.pause();
    }
    clock.run();
    assertThat(told).hasSizeGreaterThanOrEqualTo(90).allMatch(Outcome.ACCEPTED::equals);
    up();
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.numbers()).isEqualTo(upTo(100));
  }

  @Test
  void survivesTheProcess() {
    down();
    Outbox b = open(options(1 << 20));
    for (int i = 0; i < 8; i++) {
      put(b, i, 1 + i % 2, told::add);
    }
    clock.run();
    clock.advance(Duration.ofSeconds(3));
    put(b, 8, 1, told::add);
    put(b, 9, 2, told::add);
    clock.run();
    assertThat(told).hasSize(10);
    files = files.afterPowerCut();
    clock = new ManualClockwork();
    account.keep(account.balance().held()); // as at a stop
    open.clear();
    up();
    Outbox again = open(options(1 << 20));
    put(again, 10, 1, told::add);
    put(again, 11, 2, told::add);
    clock.run();
    clock.advance(Duration.ofSeconds(1));
    assertThat(far.numbers().stream().filter(n -> n % 2 == 0).toList())
        .containsExactly(0, 2, 4, 6, 8, 10);
    assertThat(far.numbers().stream().filter(n -> n % 2 == 1).toList())
        .containsExactly(1, 3, 5, 7, 9, 11);
    assertThat(again.status().onDisk()).isNull();
  }

  @Test
  void keepsDataOnDiskAtStop() {
    down();
    Outbox b = open(options(1 << 20));
    for (int i = 0; i < 5; i++) {
      put(b, i);
    }
    clock.run();
    clock.advance(Duration.ofSeconds(3));
    b.close();
    assertThat(account.balance().kept()).isEqualTo(50);
    assertThat(account.balance().returned()).isZero();
    up();
    open(options(0)); // overflow was disabled meanwhile
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.numbers()).isEqualTo(upTo(5));
  }

  @Test
  void rejectsSendersOnceTheDiskIsFull() {
    down();
    Outbox b = open(options(5000));
    put(b, 0);
    clock.run();
    clock.advance(Duration.ofSeconds(3));
    int accepted = 0;
    for (int i = 1; i < 100; i++) {
      put(b, i);
      clock.run();
    }
    assertThat(told.stream().filter(Outcome.Unavailable.class::isInstance)).isNotEmpty();
    accepted = (int) told.stream().filter(Outcome.ACCEPTED::equals).count();
    assertThat(accepted).isBetween(20, 60);
    OutboxStatus.OnDisk d = Objects.requireNonNull(b.status().onDisk());
    assertThat(d.bytes()).isLessThanOrEqualTo(5000);
    int refused = (int) told.stream().filter(Outcome.Unavailable.class::isInstance).count();
    up();
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.numbers()).isEqualTo(upTo(100 - refused));
    assertThat(account.balance().returned()).isEqualTo(10L * refused);
  }

  @Test
  void staysInMemoryWithoutADisk() {
    down();
    Outbox b = open(options(1 << 20));
    files.setFree(0);
    for (int i = 0; i < 5; i++) {
      put(b, i);
    }
    clock.run();
    clock.advance(Duration.ofSeconds(30));
    assertThat(told).isEmpty();
    files.setFree(Long.MAX_VALUE);
    clock.advance(Duration.ofSeconds(30));
    assertThat(told).hasSize(5).allMatch(Outcome.ACCEPTED::equals);
    up();
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.numbers()).isEqualTo(upTo(5));
  }

  @Test
  void waitingSourcesWithoutOtherDestinationWait() {
    neighbours = Neighbours.NONE;
    down();
    Outbox b = open(options(1 << 20));
    for (int i = 0; i < 5; i++) {
      putWaiting(b, i);
    }
    clock.run();
    clock.advance(Duration.ofMinutes(10));
    assertThat(told).isEmpty();
    assertThat(files.exists(FOLDER)).isFalse();
    neighbours = Neighbours.SAME_ITEMS;
    clock.advance(Duration.ofSeconds(10));
    assertThat(told).hasSize(5);
  }

  @Test
  void leavesRequestsToAlternatives() {
    neighbours = Neighbours.ALTERNATIVES;
    down();
    Outbox b = open(options(1 << 20));
    put(b, 1);
    clock.run();
    clock.advance(Duration.ofSeconds(10));
    assertThat(told).isEmpty();
    assertThat(files.exists(FOLDER)).isFalse();
  }

  @Test
  void acknowledgesSendersOfASlowDestinationThatOthersShare() throws InterruptedException {
    CountDownLatch answered = new CountDownLatch(1);
    far.answer =
        p -> {
          try {
            answered.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          return SendResult.DELIVERED;
        };
    Outbox b = open(options(1 << 20).withConcurrency(1, false));
    for (int i = 0; i < 3; i++) {
      put(b, i);
    }
    Thread t = Thread.ofPlatform().start(() -> clock.run());
    Waiting.await(() -> t.getState() == Thread.State.WAITING);
    clock.advance(Duration.ofSeconds(3));
    assertThat(told).hasSize(3);
    answered.countDown();
    t.join();
    clock.run();
    assertThat(far.numbers()).isEqualTo(upTo(3));
    assertThat(b.status().onDisk()).isNull();
  }

  @Test
  void permanentRejectionsOnDiskBecomeDeadLetters() {
    down();
    Outbox b = open(options(1 << 20));
    put(b, 1);
    clock.run();
    clock.advance(Duration.ofSeconds(3));
    assertThat(told).containsExactly(Outcome.ACCEPTED);
    far.answer = p -> new SendResult.Permanent("no such field");
    clock.advance(Duration.ofSeconds(30));
    assertThat(account.balance().deadLettered()).isEqualTo(10);
    put(b, 2);
    clock.run();
    assertThat(told.getLast()).isInstanceOf(Outcome.Rejected.class);
    assertThat(account.balance().deadLettered()).isEqualTo(10);
  }

  @Test
  void waitingSourcesDoNotRunFarAhead() throws InterruptedException {
    neighbours = Neighbours.SAME_ITEMS;
    Outbox b =
        open(options(1 << 20).withCapacity(new Capacity(1 << 20, 0, 1000)).withMaxBehind(50));
    Thread t =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 0; i < 20; i++) {
                    putWaiting(b, i);
                  }
                });
    Waiting.await(() -> t.getState() == Thread.State.WAITING);
    assertThat(b.status().items()).isEqualTo(50);
    while (t.isAlive()) {
      clock.run();
      Waiting.pause();
    }
    clock.run();
    assertThat(far.numbers()).isEqualTo(upTo(20));
    for (int i = 0; i < 7; i++) {
      put(b, 20 + i); // other senders do not wait
    }
    assertThat(b.status().items()).isEqualTo(70);
    clock.run();
  }

  /** Like a fan-out to several destinations. */
  private boolean isTaken(Outbox b, int number) {
    boolean taken = !b.isRefusing();
    if (taken) {
      put(b, number);
      clock.run();
    }
    return taken;
  }

  @Test
  void leavesNoSenderWaitingOnceTheDiskIsFull() {
    down();
    Outbox b = open(options(5000).withCapacity(new Capacity(1 << 20, 0, 1000)));
    assertThat(isTaken(b, 0)).isTrue();
    clock.advance(Duration.ofSeconds(3));
    int taken = 1;
    while (isTaken(b, taken)) {
      taken++;
    }
    assertThat(taken).isBetween(20, 60);
    assertThat(told).hasSize(taken).allMatch(Outcome.ACCEPTED::equals);
    clock.advance(Duration.ofMinutes(10));
    assertThat(b.isRefusing()).isTrue();
    up();
    clock.advance(Duration.ofMinutes(1));
    assertThat(isTaken(b, taken)).isTrue();
    assertThat(far.numbers()).isEqualTo(upTo(taken + 1));
  }

  @Test
  void leavesFewSendersWaitingWithoutADisk() {
    down();
    Outbox b = open(options(0).withCapacity(new Capacity(1 << 20, 0, 1000)));
    assertThat(isTaken(b, 0)).isTrue();
    clock.advance(Duration.ofSeconds(3));
    assertThat(isTaken(b, 1)).isFalse();
    up();
    clock.advance(Duration.ofMinutes(1));
    assertThat(isTaken(b, 1)).isTrue();
    assertThat(far.numbers()).isEqualTo(upTo(2));
  }

  @Test
  void leavesFewSendersWaitingWhileTheDiskFails() {
    down();
    Outbox b = open(options(1 << 20).withCapacity(new Capacity(1 << 20, 0, 1000)));
    files.setFree(0);
    assertThat(isTaken(b, 0)).isTrue();
    clock.advance(Duration.ofSeconds(3));
    assertThat(isTaken(b, 1)).isFalse();
    clock.advance(Duration.ofMinutes(1));
    assertThat(isTaken(b, 1)).isFalse();
    files.setFree(Long.MAX_VALUE);
    clock.advance(Duration.ofSeconds(30));
    assertThat(told).containsExactly(Outcome.ACCEPTED);
    assertThat(isTaken(b, 1)).isTrue();
    assertThat(told).hasSize(2);
    up();
    clock.advance(Duration.ofMinutes(1));
    assertThat(far.numbers()).isEqualTo(upTo(2));
  }

  @Test
  void acknowledgesSendersAfterASourceThatWaitsForASlowDestination() throws InterruptedException {
    CountDownLatch answered = new CountDownLatch(1);
    far.answer =
        p -> {
          try {
            answered.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          return SendResult.DELIVERED;
        };
    Outbox b = open(options(1 << 20).withConcurrency(1, false));
    putWaiting(b, 0);
    put(b, 1);
    Thread t = Thread.ofPlatform().start(() -> clock.run());
    Waiting.await(() -> t.getState() == Thread.State.WAITING);
    clock.advance(Duration.ofSeconds(3));
    assertThat(told).hasSize(2);
    answered.countDown();
    t.join();
    clock.run();
    assertThat(far.numbers()).isEqualTo(upTo(2));
  }
}
