package dev.tethys.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.model.Labels;
import dev.tethys.testkit.KafkaProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * {@code backlog}: an ingester reads a topic that was filled while it was down and writes to two
 * destinations, one of them ten times as slow. Each sample arrives at each destination once. Time
 * runs from the first request to either destination, so that the start of the process is not in it.
 */
final class TopicBacklog {
  private static final String TOPIC = "backlog";
  private static final int PARTITIONS = 4;

  /** Limit of the start, in which the launcher may build and prepare its cache. */
  private static final int START_MINUTES = 10;

  private static final long MILLIS = 1_700_000_000_000L;

  /** A destination that takes some time per request and handles one at a time. */
  private static final class Sink implements AutoCloseable {
    private final AtomicLong samples = new AtomicLong();
    private final AtomicLong requests = new AtomicLong();
    private volatile long lastNanos;
    private final HttpServer server;
    private final long nanosASample;
    private final CompletableFuture<Long> first;

    /**
     * @param first completed with the time of the first request
     */
    Sink(long samplesASecond, CompletableFuture<Long> first) throws IOException {
      this.first = first;
      nanosASample = 1_000_000_000L / samplesASecond;
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/", this::take);
      server.start();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort() + "/api/v1/write";
    }

    private void take(HttpExchange e) throws IOException {
      first.complete(System.nanoTime());
      try (e) {
        byte[] body = e.getRequestBody().readAllBytes();
        byte[] request = Compression.SNAPPY.decompress(body, 0, body.length, 64 << 20);
        RequestSlices slices = new RequestSlices().reset(request, 0, request.length);
        long n = 0;
        while (slices.next()) {
          n += slices.samples();
        }
        synchronized (this) {
          Thread.sleep(Duration.ofNanos(n * nanosASample));
        }
        lastNanos = System.nanoTime();
        samples.addAndGet(n);
        requests.incrementAndGet();
        e.sendResponseHeaders(204, -1);
      } catch (InterruptedException x) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException x) {
        x.printStackTrace(); // the server would close the connection without a word
        throw x;
      }
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  private TopicBacklog() {}

  static int run(String[] args) throws Exception {
    Options o =
        new Options()
            .with("samples", 10_000_000)
            .with("record", 100)
            .with("rate", 1_000_000)
            .with("slowdown", 10)
            .with("minutes", 15)
            .read(args);
    long samples = o.number("samples");
    int record = o.count("record");
    Path dir = Files.createTempDirectory("tethys-backlog");
    CompletableFuture<Long> first = new CompletableFuture<>();
    try (KafkaProcess broker = new KafkaProcess(Files.createDirectories(dir.resolve("broker")));
        Sink fast = new Sink(o.number("rate"), first);
        Sink slow = new Sink(o.number("rate") / o.number("slowdown"), first)) {
      fill(broker, samples, record);
      Path config = dir.resolve("ingester.yaml");
      Files.writeString(config, configuration(broker, fast, slow));
      KilledParts.Role ingester =
          new KilledParts.Role(dir, "ingester", List.of("ingester", "--config=" + config));
      ingester.start();
      try {
        long began = first.get(START_MINUTES, TimeUnit.MINUTES);
        long end = began + Duration.ofMinutes(o.number("minutes")).toNanos();
        while (System.nanoTime() < end
            && (fast.samples.get() < samples || slow.samples.get() < samples)) {
          Thread.sleep(50);
        }
        System.out.printf("| destination | samples | written twice | requests | s | samples/s |%n");
        System.out.printf("| --- | --- | --- | --- | --- | --- |%n");
        row("fast", fast, samples, began);
        row("slow", slow, samples, began);
      } finally {
        ingester.kill();
      }
      return fast.samples.get() == samples && slow.samples.get() == samples ? 0 : 1;
    }
  }

  private static void row(String name, Sink s, long samples, long began) {
    long n = s.samples.get();
    double seconds = Math.max(0, s.lastNanos - began) / 1e9;
    System.out.printf(
        "| %s | %d | %d | %d | %.1f | %.0f |%n",
        name, n, Math.max(0, n - samples), s.requests.get(), seconds, n / seconds);
  }

  private static void fill(KafkaProcess broker, long samples, int record) throws Exception {
    Map<String, Object> patient =
        Map.of("bootstrap.servers", broker.address(), "default.api.timeout.ms", 300_000);
    try (Admin a = Admin.create(patient)) {
      a.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
    }
    Map<String, Object> properties =
        Map.of("bootstrap.servers", broker.address(), "linger.ms", 20, "batch.size", 1 << 18);
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer())) {
      long n = 0;
      for (int i = 0; n < samples; i++) {
        WriteRequestWriter w = new WriteRequestWriter();
        for (int s = 0; s < record && n < samples; s++, n++) {
          w.beginSeries(
                  Labels.of("__name__", "backlog", "partition", "" + i % PARTITIONS, "s", "" + s))
              .sample(MILLIS + i * 1000L, i)
              .endSeries();
        }
        byte[] body = w.toByteArray();
        producer.send(
            new ProducerRecord<>(
                TOPIC, i % PARTITIONS, null, SnappyBlock.encode(body, 0, body.length)));
      }
    }
  }

  /**
   * Returns the pipeline configuration of {@code tethys ingester} with two databases, whose queues
   * merge records.
   */
  private static String configuration(KafkaProcess broker, Sink fast, Sink slow) {
    return """
    receivers:
      kafka:
        brokers: ['%s']
        group_id: backlog
        initial_offset: earliest
        metrics: {topics: [%s], encoding: remote_write}
    exporters:
      prometheus_remote_write/fast:
        endpoint: '%s'
        timeout: 60s
        sending_queue: {batch: {flush_timeout: 200ms, min_size: 8192}}
      prometheus_remote_write/slow:
        endpoint: '%s'
        timeout: 60s
        sending_queue: {batch: {flush_timeout: 200ms, min_size: 8192}}
    service:
      telemetry: {metrics: {level: none}}
      pipelines:
        metrics:
          receivers: [kafka]
          exporters: [prometheus_remote_write/fast, prometheus_remote_write/slow]
    """
        .formatted(broker.address(), TOPIC, fast.url(), slow.url());
  }
}
