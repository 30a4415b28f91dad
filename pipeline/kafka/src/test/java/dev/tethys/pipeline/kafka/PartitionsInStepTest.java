package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.AckCallback;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Topics filled by a producer without keys, into a database without an out-of-order window. */
@Timeout(300)
@Tag("slow")
class PartitionsInStepTest {
  private static final int TARGETS = 10;
  private static final int SERIES = 5;
  private static final int SCRAPES = 288;

  @TempDir static Path dir;
  private static KafkaBroker broker;

  @BeforeAll
  static void begin() throws Exception {
    broker = new KafkaBroker(dir);
  }

  @AfterAll
  static void end() throws Exception {
    broker.close();
  }

  /** Database that accepts a sample only if it is not older than the last one of its series. */
  private static final class OrderedStore implements Consumer {
    private final Map<String, Long> last = new HashMap<>();
    private final Set<String> stored = new HashSet<>();
    private int refused;

    @Override
    public synchronized void consume(Batch batch, AckCallback ack) {
      byte[] b = batch.series();
      WriteRequestReader in = new WriteRequestReader().reset(b, 0, b.length);
      int before = refused;
      while (in.nextSeries()) {
        String series = in.labels().toString();
        for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
          long t = in.timestamp();
          if (last.getOrDefault(series, Long.MIN_VALUE) > t) {
            refused++;
          } else {
            last.put(series, t);
            stored.add(series + t);
          }
        }
      }
      ack.complete(
          refused == before
              ? Outcome.ACCEPTED
              : new Outcome.Rejected("out of order sample", refused - before));
    }

    synchronized int stored() {
      return stored.size();
    }

    synchronized int refused() {
      return refused;
    }
  }

  private Receiver receiver(String topic, Consumer to, String more) throws IOException {
    KafkaReceiverFactory f = new KafkaReceiverFactory();
    String yaml =
        """
        brokers: ['%1$s']
        group_id: %2$s
        initial_offset: earliest
        metrics: {topics: [%2$s], encoding: remote_write}
        autocommit: {interval: 100ms}
        """
                .formatted(broker.address(), topic)
            + more;
    Receiver r =
        f.create(
            f.settings().read(YamlDocument.parse("a.yml", null, yaml).root()),
            Map.of(Signal.METRICS, to),
            new TestContext());
    r.start();
    return r;
  }

  private static byte[] scrape(int target, long millis) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int s = 0; s < SERIES; s++) {
      w.beginSeries(Labels.of("__name__", "m" + s, "instance", "t" + target))
          .sample(millis, s)
          .endSeries();
    }
    byte[] raw = w.toByteArray();
    return SnappyBlock.encode(raw, 0, raw.length);
  }

  /**
   * A day of scrapes.
   *
   * @param shares relative numbers of records by partition
   */
  private static void fill(String topic, int... shares) throws Exception {
    broker.topic(topic, shares.length);
    int all = Arrays.stream(shares).sum();
    Random random = new Random(1);
    AtomicInteger failures = new AtomicInteger();
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                broker.address(),
                "acks",
                "1",
                "enable.idempotence",
                false,
                "max.in.flight.requests.per.connection",
                1),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < shares.length; i++) {
        p.send(new ProducerRecord<>(topic, i, null, null)).get(); // once it has a leader
      }
      for (int i = 0; i < SCRAPES; i++) {
        for (int t = 0; t < TARGETS; t++) {
          int n = random.nextInt(all);
          int partition = 0;
          while (n >= shares[partition]) {
            n -= shares[partition++];
          }
          p.send(
              new ProducerRecord<>(
                  topic, partition, null, scrape(t, 1_700_000_000_000L + i * 300_000L + t * 13L)),
              (m, e) -> {
                if (e != null) {}
              });
        }
      }
    }
    assertThat(failures).hasValue(0);
  }

  private static final int ALL = TARGETS * SERIES * SCRAPES;

  @ParameterizedTest
  @CsvSource({"three,1-1-1", "six,40-1-7-13-2-5", "one,1"})
  void storesEverySampleOfAFilledTopic(String topic, String shares) throws Exception {
    fill(topic, Arrays.stream(shares.split("-")).mapToInt(Integer::parseInt).toArray());
    OrderedStore to = new OrderedStore();
    Receiver r = receiver(topic, to, "");
    try {
      Waiting.await(
          Duration.ofMinutes(2),
          () -> to.stored() + " of " + ALL,
          () -> to.stored() + to.refused() >= ALL);
    } finally {
      r.stop(Duration.ofSeconds(5));
    }
    assertThat(to.refused()).isZero();
    assertThat(to.stored()).isEqualTo(ALL);
  }

  /** A bound that holds a small part of the topic must neither stop it nor change the order. */
  @Test
  void continuesReadingWithLittleMemory() throws Exception {
    fill("little", 5, 1, 1);
    OrderedStore to = new OrderedStore();
    Receiver r = receiver("little", to, "max_in_flight_bytes: 20000\n");
    try {
      Waiting.await(
          Duration.ofMinutes(2),
          () -> to.stored() + " of " + ALL,
          () -> to.stored() + to.refused() >= ALL);
    } finally {
      r.stop(Duration.ofSeconds(5));
    }
    assertThat(to.refused()).isZero();
  }

  @Test
  void continuesInOrderAfterARestart() throws Exception {
    fill("restarted", 3, 1, 1, 9, 2, 2);
    OrderedStore to = new OrderedStore();
    for (int i = 1; i <= 3; i++) {
      int until = ALL * i / 4;
      Receiver r = receiver("restarted", to, "max_in_flight_bytes: 200000\n");
      try {
        Waiting.await(Duration.ofMinutes(2), () -> "" + to.stored(), () -> to.stored() >= until);
      } finally {
        long begin = System.nanoTime();
        r.stop(Duration.ofSeconds(20));
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
      }
    }
    Receiver r = receiver("restarted", to, "");
    try {
      Waiting.await(
          Duration.ofMinutes(2), () -> to.stored() + " of " + ALL, () -> to.stored() >= ALL);
    } finally {
      r.stop(Duration.ofSeconds(5));
    }
  }
}
