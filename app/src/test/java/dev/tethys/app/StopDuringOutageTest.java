package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.testkit.KafkaProcess;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Stops of all roles that deliver, by SIGTERM, while a destination takes connections and never
 * responds: queues drain for at most 15 s and what is lost then is logged.
 */
@Tag("slow")
class StopDuringOutageTest {
  @TempDir Path dir;

  private final ConcurrentLinkedQueue<AutoCloseable> open = new ConcurrentLinkedQueue<>();
  private final Map<String, AtomicInteger> connections = new ConcurrentHashMap<>(); // by role
  private final Map<String, Process> processes = new LinkedHashMap<>();

  @AfterEach
  void close() throws Exception {
    processes.values().forEach(Process::destroyForcibly);
    for (AutoCloseable c : open) {
      c.close();
    }
  }

  @Test
  void drainsQueuesForAtMostFifteenSeconds() throws Exception {
    String scrape =
        """
        global: {scrape_interval: 1s, scrape_timeout: 500ms}
        scrape_configs: [{job_name: none, static_configs: [{targets: ['127.0.0.1:1']}]}]
        """;
    Path prometheus =
        file(
            "agent.yml",
            scrape + "remote_write: [{url: '" + silent("agent of Prometheus") + "/write'}]\n");
    Path clymene = file("clymene.yml", scrape);
    Path collector =
        file(
            "collector.yaml",
            """
            receivers: {prometheus: {config: {%s}}}
            exporters: {prometheus_remote_write: {endpoint: '%s'}}
            service:
              telemetry: {metrics: {level: none}}
              pipelines:
                metrics: {receivers: [prometheus], exporters: [prometheus_remote_write]}
            """
                .formatted(scrape.strip().replace("\n", ", "), silent("collector") + "/write"));
    file("app.log", "line one\n");
    Path logs =
        file(
            "logs.yml",
            """
            server: {http_listen_port: %d, http_listen_address: 127.0.0.1}
            positions: {filename: %s/positions.yaml}
            clients: [{url: '%s/loki/api/v1/push'}]
            scrape_configs:
            - {job_name: app, static_configs: [{labels: {__path__: %s/app.log}}]}
            """
                .formatted(Ports.free(), dir, silent("logs"), dir));
    start("collector", "collector", "--config=" + collector);
    start(
        "agent of Prometheus",
        "agent",
        "--config.file=" + prometheus,
        "--web.listen-address=127.0.0.1:" + Ports.free());
    start(
        "agent of Clymene",
        "agent",
        "--config.file=" + clymene,
        "--http.port=" + Ports.free(),
        "--admin.http.host-ports=127.0.0.1:" + Ports.free(),
        "--prometheus.remote.url=" + silent("agent of Clymene") + "/write");
    int gateway = Ports.free();
    start(
        "gateway of Clymene",
        "gateway",
        "--gateway.grpc-server.host-port=127.0.0.1:" + Ports.free(),
        "--gateway.http-server.host-port=127.0.0.1:" + gateway,
        "--metrics.http.host-port=127.0.0.1:" + Ports.free(),
        "--admin.http.host-ports=127.0.0.1:" + Ports.free(),
        "--prometheus.remote.url=" + silent("gateway of Clymene") + "/write");
    Path server =
        file("server.yml", scrape + "remote_write: [{url: '" + silent("server") + "/write'}]\n");
    start(
        "server",
        "server",
        "--config.file=" + server,
        "--storage.tsdb.path=" + dir.resolve("data"),
        "--web.listen-address=127.0.0.1:" + Ports.free());
    start("logs", "logs", "-config.file=" + logs);
    Thread.ofVirtual().start(() -> push(gateway));
    stopAll();
    for (String role : List.of("collector", "agent of Prometheus", "agent of Clymene")) {
      assertThat(log(role)).as(role).contains("lost");
    }
    for (String role : List.of("collector", "agent of Clymene", "gateway of Clymene")) {
      assertThat(log(role)).as(role).contains("draining queues timeout=15s");
    }
  }

  /**
   * The record goes back to the receiver, which has not stored its position: it stays in the topic.
   */
  @Test
  void ingesterStopsWhileItsDatabaseIsDown() throws Exception {
    try (KafkaProcess broker = new KafkaProcess(Files.createDirectories(dir.resolve("broker")));
        KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.address()),
                new ByteArraySerializer(),
                new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>("stopped", request())).get(2, TimeUnit.MINUTES);
      start(
          "ingester of Clymene",
          "ingester",
          "--kafka.consumer.brokers=" + broker.address(),
          "--kafka.consumer.topic=stopped",
          "--metrics.http.host-port=127.0.0.1:" + Ports.free(),
          "--admin.http.host-ports=127.0.0.1:" + Ports.free(),
          "--prometheus.remote.url=" + silent("ingester of Clymene") + "/write");
      stopAll();
    }
    assertThat(log("ingester of Clymene"))
        .contains("draining queues timeout=15s")
        .contains("undelivered items returned to their receivers items=1");
  }

  /** Waits for a request of each role, and stops all of them. */
  private void stopAll() throws Exception {
    TethysProcess.await(
        "requests under way",
        Duration.ofMinutes(3),
        () -> processes.keySet().stream().allMatch(r -> count(r).get() > 0),
        () -> processes.keySet().stream().map(r -> r + ": " + log(r)).toList());
    processes.values().forEach(Process::destroy);
    for (Map.Entry<String, Process> p : processes.entrySet()) {
      // A process that cannot close is halted after 60 s, with the same exit code.
      assertThat(p.getValue().waitFor(50, TimeUnit.SECONDS)).as(p.getKey()).isTrue();
      assertThat(p.getValue().exitValue()).as(log(p.getKey())).isZero();
    }
  }

  private AtomicInteger count(String role) {
    return connections.computeIfAbsent(role, r -> new AtomicInteger());
  }

  /** URL of a destination of a role that accepts connections and never responds. */
  private String silent(String role) throws IOException {
    ServerSocket server = new ServerSocket(0, 500, InetAddress.getLoopbackAddress());
    open.add(server);
    Thread.ofVirtual().start(() -> accept(server, role));
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  private void accept(ServerSocket silent, String role) {
    try {
      while (true) {
        open.add(silent.accept());
        count(role).incrementAndGet();
      }
    } catch (IOException e) {
      // closed: the test ends
    }
  }

  private static byte[] request() {
    byte[] b =
        new WriteRequestWriter()
            .beginSeries(Labels.of("__name__", "up"))
            .sample(1_700_000_000_000L, 1)
            .endSeries()
            .toByteArray();
    return Compression.SNAPPY.compress(b, 0, b.length, -1);
  }

  /** Sends a request to a gateway as soon as it listens. */
  private static void push(int port) {
    HttpRequest r =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/v1/write"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(request()))
            .build();
    while (true) {
      try {
        TethysProcess.CLIENT.send(r, HttpResponse.BodyHandlers.discarding());
        return;
      } catch (ConnectException e) {
        LockSupport.parkNanos(50_000_000); // it does not listen yet
      } catch (IOException e) {
        return; // it stopped
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  private void start(String name, String... args) throws IOException {
    List<String> command = new ArrayList<>(TethysProcess.small(args));
    command.add(1, "-Djava.util.logging.manager=dev.tethys.runtime.log.SteadyLogManager");
    ProcessBuilder b =
        new ProcessBuilder(command)
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve(name + ".log").toFile());
    if (name.endsWith("of Clymene")) {
      b.environment().put("STORAGE_TYPE", "prometheus");
    }
    processes.put(name, b.start());
  }

  private String log(String name) {
    try {
      return Files.readString(dir.resolve(name + ".log"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
