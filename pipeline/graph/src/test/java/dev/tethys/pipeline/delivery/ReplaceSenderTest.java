package dev.tethys.pipeline.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.file.FileAccess;
import dev.tethys.pipeline.ManualClockwork;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.OutboxOptions.Capacity;
import dev.tethys.pipeline.delivery.OutboxOptions.Disk;
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
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An outbox that continues with another sender. */
class ReplaceSenderTest {
  private static final Retry QUICK =
      new Retry(true, Duration.ofSeconds(1), 2, Duration.ofSeconds(8), 0, Duration.ofMinutes(5), 0);

  private final ManualClockwork clock = new ManualClockwork();
  private final TestExporterServer before = new TestExporterServer();
  private final TestExporterServer after = new TestExporterServer();
  private final ItemAccounting account = new ItemAccounting("exporter", "far", Signal.METRICS);
  private final List<Outcome> told = new ArrayList<>();
  private final FileAccess files = new SimulatedFiles(1);
  private final List<Outbox> open = new ArrayList<>();

  @AfterEach
  void everythingIsAccountedFor() {
    open.forEach(Outbox::close);
    Balance b = account.balance();
    assertThat(b.isBalanced()).as("%s", b).isTrue();
    assertThat(b.held()).isZero();
  }

  private static OutboxOptions options(boolean disk) {
    OutboxOptions o = OutboxOptions.DEFAULT.withRetry(QUICK).withConcurrency(1, false);
    return disk ? o.withDisk(Disk.in(Path.of("/q"))) : o;
  }

  private Outbox open(OutboxOptions o) throws IOException {
    Outbox b = new Outboxes(files, clock, new Random(1)).open("far", o, before, account);
    open.add(b);
    return b;
  }

  private void put(Outbox b, int number, long lane) {
    byte[] body = new byte[100];
    body[0] = (byte) number;
    b.put(new EncodedRequest(Signal.METRICS, body, 10, lane, Map.of()), told::add);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void doesNotResendRequestsInFlightAndKeepsTheirOrder(boolean disk) throws IOException {
    Outbox b = open(options(disk));
    put(b, 1, 7);
    put(b, 2, 7);
    put(b, 3, 0);
    before.answer =
        p -> {
          b.replaceSender(options(disk).withConcurrency(5, false), after);
          b.retire(before, Duration.ofSeconds(30));
          clock.run(); // everything that may be sent concurrently
          assertThat(after.numbers()).containsExactly(3);
          assertThat(before.closed).isFalse();
          return SendResult.DELIVERED;
        };
    clock.run();
    assertThat(before.numbers()).containsExactly(1);
    assertThat(after.numbers()).containsExactly(3, 2);
    assertThat(before.closed).isTrue();
    assertThat(after.closed).isFalse();
    assertThat(told).hasSize(3).containsOnly(Outcome.ACCEPTED);
    assertThat(account.balance().out()).isEqualTo(30);
    assertThat(clock.alarms()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sendsDelayedRequestsImmediately(boolean disk) throws IOException {
    Outbox b = open(options(disk).withConcurrency(3, false));
    before.answer = p -> new SendResult.Retryable(Duration.ofMinutes(2), false, "not here");
    for (int i = 1; i <= 9; i++) {
      put(b, i, i % 2);
    }
    clock.advance(Duration.ofSeconds(30));
    assertThat(b.status().pausedMillis()).isPositive();
    b.replaceSender(options(disk), after);
    b.retire(before, Duration.ZERO);
    clock.run();
    assertThat(after.numbers().stream().filter(n -> n % 2 == 1).toList())
        .containsExactly(1, 3, 5, 7, 9);
    assertThat(after.numbers()).hasSize(9);
    assertThat(before.closed).isTrue();
    assertThat(b.status().pausedMillis()).isZero();
    assertThat(clock.alarms()).isZero();
  }

  @Test
  void sendsFailedRequestsWithTheNewSender() throws IOException {
    Outbox b = open(options(false));
    put(b, 1, 7);
    put(b, 2, 7);
    before.answer =
        p -> {
          b.replaceSender(options(false), after);
          return new SendResult.Retryable(Duration.ofHours(1), false, "gone");
        };
    clock.run();
    assertThat(after.numbers()).containsExactly(1, 2);
  }

  @Test
  void separatesErrorsOfOldAndNewDestinations() throws IOException {
    Outbox b = open(options(false));
    before.answer = p -> new SendResult.Retryable(Duration.ofMinutes(2), false, "not here");
    put(b, 1, 7);
    clock.advance(Duration.ofSeconds(30));
    assertThat(b.status().isFailing(clock.millis())).isTrue();
    List<OutboxStatus> meanwhile = new ArrayList<>();
    after.answer =
        p -> {
          meanwhile.add(b.status());
          return SendResult.DELIVERED;
        };
    b.replaceSender(options(false), after);
    clock.run();
    assertThat(meanwhile).hasSize(1);
    assertThat(meanwhile.getFirst().lastError()).isEmpty();
    assertThat(meanwhile.getFirst().isFailing(clock.millis())).isFalse();
  }

  @Test
  void interruptsAndResendsSlowRequests() throws Exception {
    Outbox b = open(options(true));
    CountDownLatch sending = new CountDownLatch(1);
    Sender stuck =
        new Sender() {
          @Override
          public SendResult send(EncodedRequest request) throws InterruptedException {
            sending.countDown();
            new CountDownLatch(1).await();
            return SendResult.DELIVERED;
          }

          @Override
          public void close() {
            before.closed = true;
          }
        };
    b.replaceSender(options(true), stuck);
    put(b, 1, 3);
    Thread t = Thread.ofPlatform().start(clock::run);
    sending.await();
    b.replaceSender(options(true), after);
    b.retire(stuck, Duration.ofSeconds(5));
    b.retire(before, Duration.ofSeconds(5));
    assertThat(after.asked).isEmpty();
    clock.advance(Duration.ofSeconds(5));
    t.join();
    clock.run();
    assertThat(after.numbers()).containsExactly(1);
    assertThat(before.closed).isTrue();
  }

  @Test
  void canReturnToAPreviousSender() throws IOException {
    Outbox b = open(options(false));
    b.replaceSender(options(false), after);
    b.replaceSender(options(false), before);
    b.retire(after, Duration.ZERO);
    put(b, 1, 0);
    clock.run();
    assertThat(before.numbers()).containsExactly(1);
    assertThat(before.closed).isFalse();
    assertThat(after.closed).isTrue();
  }

  @Test
  void largerCapacityReleasesWaitingProducers() throws Exception {
    OutboxOptions small =
        options(false).withCapacity(Capacity.ofBytes(100)).withWhenFull(WhenFull.BLOCK);
    Outbox b = open(small);
    put(b, 1, 0);
    Thread t = Thread.ofPlatform().start(() -> put(b, 2, 0));
    while (t.getState() != Thread.State.WAITING) {
      Waiting.pause();
    }
    b.replaceSender(small.withCapacity(Capacity.ofBytes(1000)), after);
    t.join();
    clock.run();
    assertThat(after.numbers()).containsExactly(2);
    assertThat(before.numbers()).containsExactly(1);
  }

  /** Outbox whose sender transfers everything to another. */
  private Outbox giver(OutboxOptions o, Outbox to) throws IOException {
    Outbox b = open(o);
    before.answer =
        p -> {
          CompletableFuture<Outcome> fate = new CompletableFuture<>();
          Outcome refusal = to.transferIn(p, fate::complete);
          if (refusal == null) {
            return new SendResult.Reassigned(fate);
          }
          assertThat(fate).isNotDone();
          account.take(p.items());
          return refusal instanceof Outcome.Rejected r
              ? new SendResult.Permanent(r.reason())
              : new SendResult.Retryable(Duration.ZERO, false, "full");
        };
    return b;
  }

  private Outbox taker(OutboxOptions o) throws IOException {
    Outbox b = new Outboxes(files, clock, new Random(1)).open("other", o, after, account);
    open.add(b);
    return b;
  }

  @Test
  void keepsAcknowledgedRequestsInAFullQueue() throws IOException {
    Outbox to =
        taker(
            options(false).withCapacity(Capacity.ofBytes(100)).withWhenFull(WhenFull.DROP_NEWEST));
    after.answer = p -> new SendResult.Retryable(Duration.ofSeconds(20), false, "is down");
    put(to, 1, 0);
    clock.run();
    Outbox b = giver(options(true), to);
    put(b, 2, 0);
    clock.advance(Duration.ofSeconds(10));
    assertThat(before.asked).isNotEmpty();
    assertThat(b.status().items()).isEqualTo(10);
    after.answer = p -> SendResult.DELIVERED;
    clock.advance(Duration.ofMinutes(1));
    assertThat(after.numbers()).containsExactly(1, 2);
    assertThat(account.balance().out()).isEqualTo(20);
    assertThat(b.status().items()).isZero();
  }

  @Test
  void tooLargeRequestForTheOtherQueueBecomesADeadLetter() throws IOException {
    Outbox to = taker(options(false).withCapacity(Capacity.ofBytes(50)));
    Outbox b = giver(options(true), to);
    put(b, 1, 0);
    clock.run();
    assertThat(b.deadLetters(10))
        .singleElement()
        .satisfies(l -> assertThat(l.reason()).contains("larger than the whole queue of other"));
    assertThat(account.balance().out()).isZero();
  }

  @Test
  void notifiesTheSourceOfTheOutcomeInTheOtherQueue() throws IOException {
    OutboxOptions once =
        options(false)
            .withRetry(
                new Retry(
                    false, Duration.ofSeconds(1), 2, Duration.ofSeconds(8), 0, Duration.ZERO, 0));
    Outbox to = taker(once);
    after.answer = p -> new SendResult.Retryable(Duration.ZERO, false, "is down");
    Outbox b = giver(options(false), to);
    put(b, 1, 0);
    clock.run();
    assertThat(before.asked).hasSize(1);
    assertThat(told)
        .singleElement()
        .isInstanceOfSatisfying(
            Outcome.Unavailable.class, u -> assertThat(u.reason()).contains("is down"));
    assertThat(account.balance().in()).isEqualTo(10);
  }

  @Test
  void keepsTheDisk() throws IOException {
    Outbox b = open(options(true));
    assertThatThrownBy(() -> b.replaceSender(options(false), after))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("disk");
  }

  @Test
  void closesPreviousSenders() throws IOException {
    Outbox b = open(options(true));
    b.replaceSender(options(true), after);
    b.close();
    assertThat(before.closed).isTrue();
    assertThat(after.closed).isTrue();
    b.retire(before, Duration.ZERO);
  }
}
