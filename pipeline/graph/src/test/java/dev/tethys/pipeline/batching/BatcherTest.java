package dev.tethys.pipeline.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.ManualClockwork;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.DeliverySettings.Batching;
import dev.tethys.pipeline.delivery.DeliverySettings.Sizer;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class BatcherTest {
  private final ManualClockwork clock = new ManualClockwork();
  private final List<Batch> out = new ArrayList<>();
  private final List<AckCallback> acks = new ArrayList<>();
  private final List<Outcome> told = new ArrayList<>();
  private int rejected;
  private Runnable holdsUp = () -> {};

  private Batcher batcher(long min, long max, Sizer sizer, String... keys) {
    return new Batcher(
        new Batching(Duration.ofMillis(200), min, max, sizer, List.of(keys)),
        2,
        clock,
        "batch",
        (b, r) -> {
          holdsUp.run();
          out.add(b);
          acks.add(r);
        },
        new Batcher.Meter() {
          @Override
          public void sent(int items, int bytes, boolean becauseOfSize) {
            // counted on output
          }

          @Override
          public void rejected(int items) {
            rejected += items;
          }
        });
  }

  /** Request with {@code records} empty log records in one resource and scope. */
  private static byte[] logs(int records) {
    ByteArrayOutputStream scope = new ByteArrayOutputStream();
    for (int i = 0; i < records; i++) {
      scope.writeBytes(
          new byte[] {0x12, 2, 0x18, 9}); // severity_text with an invalid length: field 3
    }
    return wrap(0x0a, wrap(0x12, scope.toByteArray()));
  }

  private static byte[] wrap(int tag, byte[] body) {
    ByteArrayOutputStream b = new ByteArrayOutputStream();
    b.write(tag);
    int n = body.length;
    while (n > 127) {
      b.write(n & 127 | 128);
      n >>= 7;
    }
    b.write(n);
    b.writeBytes(body);
    return b.toByteArray();
  }

  private void add(Batcher b, int records, long lane, Metadata m) {
    b.consume(new Batch(Signal.LOGS, Encoding.OTLP, logs(records), records, lane, m), told::add);
  }

  @Test
  void joinsBySizeAndKeepsCallbacks() {
    Batcher b = batcher(10, 0, Sizer.ITEMS);
    add(b, 4, 0, Metadata.NONE);
    add(b, 5, 0, Metadata.NONE);
    assertThat(out).isEmpty();
    add(b, 3, 0, Metadata.NONE);
    assertThat(out).hasSize(1);
    Batch joined = out.getFirst();
    assertThat(joined.items()).isEqualTo(12);
    assertThat(OtlpScanner.count(OtlpSignal.LOGS, joined.body(), 0, joined.size())).isEqualTo(12);
    assertThat(told).isEmpty();
    acks.getFirst().complete(Outcome.ACCEPTED);
    assertThat(told).hasSize(3);
    assertThat(clock.alarms()).isZero();
  }

  @Test
  void joinsByAge() {
    Batcher b = batcher(100, 0, Sizer.ITEMS);
    add(b, 4, 0, Metadata.NONE);
    clock.advance(Duration.ofMillis(199));
    assertThat(out).isEmpty();
    clock.advance(Duration.ofMillis(1));
    assertThat(out).hasSize(1);
    add(b, 1, 0, Metadata.NONE);
    b.stop(Duration.ofSeconds(1));
    assertThat(out).hasSize(2);
    add(b, 1, 0, Metadata.NONE);
    assertThat(out).hasSize(3);
  }

  /** Taken from the group by another thread, but not yet at the next component. */
  @Test
  void stopWaitsForBatchesInFlight() throws Exception {
    CountDownLatch onItsWay = new CountDownLatch(1);
    CountDownLatch ends = new CountDownLatch(1);
    holdsUp =
        () -> {
          onItsWay.countDown();
          try {
            ends.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        };
    Batcher b = batcher(1, 0, Sizer.ITEMS);
    Thread sends = Thread.ofPlatform().start(() -> add(b, 4, 0, Metadata.NONE));
    onItsWay.await();
    b.stop(Duration.ofMillis(1));
    assertThat(out).isEmpty(); // no longer than configured
    Thread stops = Thread.ofPlatform().start(() -> b.stop(Duration.ofMinutes(1)));
    while (stops.getState() != Thread.State.TIMED_WAITING) {
      Waiting.pause();
    }
    ends.countDown();
    stops.join();
    assertThat(out).hasSize(1);
    sends.join();
  }

  @Test
  void splitsTooLargeBatchesAndSettlesOnce() {
    Batcher b = batcher(5, 5, Sizer.ITEMS);
    add(b, 12, 0, Metadata.NONE);
    assertThat(out).extracting(Batch::items).containsExactly(5, 5, 2);
    acks.get(0).complete(new Outcome.Rejected("bad", 2));
    acks.get(1).complete(Outcome.ACCEPTED);
    assertThat(told).isEmpty();
    acks.get(2).complete(new Outcome.Rejected("bad", 1));
    assertThat(told).containsExactly(new Outcome.Rejected("bad", 3));
  }

  @Test
  void countsBytesIfConfigured() {
    Batcher b = batcher(30, 30, Sizer.BYTES);
    add(b, 20, 0, Metadata.NONE);
    assertThat(out).hasSizeGreaterThan(2).allMatch(x -> x.size() <= 30);
    assertThat(out.stream().mapToInt(Batch::items).sum()).isEqualTo(20);
  }

  @Test
  void separatesBatchesOfDifferentSenders() {
    Batcher b = batcher(4, 0, Sizer.ITEMS, "tenant");
    Metadata one = new Metadata(Map.of("tenant", List.of("1"), "other", List.of("x")));
    Metadata two = new Metadata(Map.of("tenant", List.of("2")));
    Metadata three = new Metadata(Map.of("tenant", List.of("3")));
    add(b, 2, 0, one);
    add(b, 2, 0, two);
    add(b, 2, 0, one);
    assertThat(out).hasSize(1);
    assertThat(out.getFirst().metadata().get("tenant")).containsExactly("1");
    assertThat(out.getFirst().metadata().get("other")).isEmpty();
    add(b, 2, 0, three);
    assertThat(told).hasSize(1).first().isInstanceOf(Outcome.Rejected.class);
    assertThat(rejected).isEqualTo(2);
  }

  @Test
  void lanesKeepTheirOrder() {
    Batcher b = batcher(4, 0, Sizer.ITEMS);
    add(b, 2, 77, Metadata.NONE);
    add(b, 2, 0, Metadata.NONE);
    add(b, 2, 77, Metadata.NONE);
    add(b, 2, 77, Metadata.NONE);
    add(b, 2, 77, Metadata.NONE);
    assertThat(out).hasSize(2);
    assertThat(out.get(0).lane()).isNotZero().isEqualTo(out.get(1).lane());
  }
}
