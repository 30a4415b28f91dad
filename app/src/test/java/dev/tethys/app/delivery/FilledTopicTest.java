package dev.tethys.app.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.app.TethysProcess;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A day of scrapes in a topic without keys, into a database without an out-of-order window. */
@Timeout(300)
@Tag("slow")
class FilledTopicTest {
  private static final int[] SHARES = {20, 1, 7, 3, 2, 5};
  private static final int TARGETS = 20;
  private static final int SERIES = 10;
  private static final int SCRAPES = 720;
  private static final int ALL = TARGETS * SERIES * SCRAPES;

  @TempDir Path folder;

  /** Takes or refuses requests as a whole, as Prometheus does. */
  private static final class OrderedDatabase {
    private final Map<String, Long> last = new HashMap<>();
    private int stored;

    synchronized boolean take(byte[] body) {
      int n = SnappyBlock.decodedLength(body, 0, body.length, 1 << 28);
      byte[] raw = new byte[n + SnappyBlock.SLACK];
      SnappyBlock.decode(body, 0, body.length, raw);
      WriteRequestReader in = new WriteRequestReader().reset(raw, 0, n);
      Map<String, Long> now = new HashMap<>();
      int samples = 0;
      while (in.nextSeries()) {
        String series = in.labels().toString();
        for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
          long before = now.getOrDefault(series, last.getOrDefault(series, Long.MIN_VALUE));
          if (in.timestamp() < before) {
            return false;
          }
          samples += in.timestamp() == before ? 0 : 1;
          now.put(series, in.timestamp());
        }
      }
      last.putAll(now);
      stored += samples;
      return true;
    }

    synchronized int stored() {
      return stored;
    }
  }

  private static byte[] scrape(int target, long millis) {
    WriteRequestWriter w = new WriteRequestWriter();
    for (int s = 0; s < SERIES; s++) {
      w.beginSeries(Labels.of("__name__", "m" + s, "instance", "t" + target, "job", "node"))
          .sample(millis, s)
          .endSeries();
    }
    byte[] raw = w.toByteArray();
    return SnappyBlock.encode(raw, 0, raw.length);
  }

  private static void fill(String address) throws Exception {
    try (Admin a = Admin.create(Map.of("bootstrap.servers", address))) {
      Waiting.await(
          Duration.ofMinutes(1),
          () -> "the broker answers",
          () -> {
            try {
              a.createTopics(List.of(new NewTopic("clymene", SHARES.length, (short) 1)))
                  .all()
                  .get(10, TimeUnit.SECONDS);
              return true;
            } catch (Exception e) {
              return String.valueOf(e.getMessage()).contains("already exists");
            }
          });
    }
    Random random = new Random(1);
    int all = java.util.Arrays.stream(SHARES).sum();
    try (KafkaProducer<byte[], byte[]> p =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                address,
                "acks",
                "1",
                "enable.idempotence",
                false,
                "max.in.flight.requests.per.connection",
                1),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      for (int i = 0; i < SHARES.length; i++) {
        p.send(new ProducerRecord<>("clymene", i, null, null)).get(); // once it has a leader
      }
      for (int i = 0; i < SCRAPES; i++) {
        for (int t = 0; t < TARGETS; t++) {
          int n = random.nextInt(all);
          int partition = 0;
          while (n >= SHARES[partition]) {
            n -= SHARES[partition++];
          }
          long millis = 1_700_000_000_000L + i * 120_000L + t * 13L;
          p.send(new ProducerRecord<>("clymene", partition, null, scrape(t, millis)));
        }
      }
    }
  }

  @Test
  void storesDataDespiteAKill() throws Exception {
    OrderedDatabase database = new OrderedDatabase();
    AtomicBoolean killed = new AtomicBoolean(); // until then it takes a third
    int metrics = Ports.free();
    try (KafkaProcess kafka = new KafkaProcess(Files.createDirectories(folder.resolve("kafka")));
        LoopbackHttp http =
            new LoopbackHttp(
                x -> {
                  byte[] body = x.getRequestBody().readAllBytes();
                  boolean busy = !killed.get() && database.stored() > ALL / 3;
                  boolean taken = !busy && database.take(body);
                  byte[] answer = "out of order sample\n".getBytes(StandardCharsets.UTF_8);
                  x.sendResponseHeaders(busy ? 503 : taken ? 204 : 400, taken ? -1 : answer.length);
                  if (!taken) {
                    x.getResponseBody().write(answer);
                  }
                  x.close();
                })) {
      fill(kafka.address());
      Path config = folder.resolve("c.yaml");
      Files.writeString(
          config,
          """
          receivers:
            kafka:
              brokers: ["%1$s"]
              group_id: g
              initial_offset: earliest
              max_in_flight_bytes: 1000000
              metrics: {topics: [clymene], encoding: remote_write}
          exporters:
            prometheus_remote_write:
              endpoint: "http://127.0.0.1:%2$d/api/v1/write"
              sending_queue: {batch: {flush_timeout: 200ms, min_size: 8192}}
          service:
            telemetry: {metrics: {address: "127.0.0.1:%3$d"}}
            pipelines:
              metrics: {receivers: [kafka], exporters: [prometheus_remote_write]}
          """
              .formatted(kafka.address(), http.port(), metrics));
      try (PeerProcess collector =
          new PeerProcess(
              Files.createDirectories(folder.resolve("collector")),
              metrics,
              TethysProcess.small("collector", "--config=" + config))) {
        Waiting.await(
            Duration.ofMinutes(1),
            () -> database.stored() + " of " + ALL,
            () -> database.stored() > ALL / 3);
        assertThat(database.stored()).isLessThan(ALL);
        collector.killAndRestart();
        killed.set(true);
        Waiting.await(
            Duration.ofMinutes(1),
            () -> database.stored() + " of " + ALL,
            () -> database.stored() >= ALL);
      }
    }
    assertThat(database.stored()).isEqualTo(ALL);
  }
}
