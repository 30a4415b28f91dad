package dev.tethys.bench;

import dev.tethys.testkit.KafkaProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;

/**
 * Processes between agents and receivers: none, a gateway, or a Kafka broker with an ingester; each
 * part is a process that may be killed.
 */
final class KilledParts implements AutoCloseable {
  /** Path of samples from agents to stores. */
  enum Topology {
    STRAIGHT,
    GATEWAY,
    KAFKA;

    /**
     * Returns the number of stores: with parts of several kinds there is a second store, so that
     * the two may differ.
     */
    int stores() {
      return this == STRAIGHT ? 1 : 2;
    }
  }

  /** A part that ends by SIGKILL. */
  interface Part {
    void kill() throws InterruptedException;

    void start() throws IOException;
  }

  private static final Logger CLIENT = Logger.getLogger("org.apache.kafka");
  private static final String TOPIC = "pages";
  private static final int PARTITIONS = 4;
  private static final int LAST_LINES = 40;
  private static final long PATIENCE_SECONDS = 90;

  /** A process of this program, whose configuration is read again at a port. */
  static final class Role implements Part {
    private final List<String> command;
    private final Path log;
    private @Nullable Process process;

    Role(Path dir, String name, List<String> arguments) {
      this.log = dir.resolve(name + ".log");
      this.command = new ArrayList<>(List.of(ServerUnderTest.launcher().toString()));
      command.addAll(arguments);
      command.add("--log.level=warn");
    }

    @Override
    public void start() throws IOException {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
    }

    @Override
    public void kill() throws InterruptedException {
      Process p = process;
      if (p != null) {
        p.destroyForcibly().waitFor();
      }
    }
  }

  private final Path dir;
  private final Topology way;
  private final int source;
  private final List<Part> parts = new ArrayList<>();
  private @Nullable KafkaProcess broker;
  private int gateway;

  /**
   * @param source address at which the stores listen
   */
  KilledParts(Path dir, Topology way, int source) {
    this.dir = dir;
    this.way = way;
    this.source = source;
  }

  /** Parts other than agents that may be killed. */
  List<Part> parts() {
    return parts;
  }

  void start() throws IOException, InterruptedException {
    switch (way) {
      case STRAIGHT -> {}
      case GATEWAY -> {
        gateway = ServerUnderTest.freePort();
        role("gateway", "{gateway: {http: {endpoint: '127.0.0.1:" + gateway + "'}}}");
      }
      case KAFKA -> {
        Path folder = Files.createDirectories(dir.resolve("broker"));
        KafkaProcess k = new KafkaProcess(folder);
        broker = k;
        createTopic(k);
        parts.add(
            new Part() {
              @Override
              public void kill() throws InterruptedException {
                k.close();
              }

              @Override
              public void start() throws IOException {
                k.start();
              }
            });
        role(
            "ingester",
            "{kafka: {brokers: ['"
                + k.address()
                + "'], group_id: ingesters, initial_offset: earliest, session_timeout: 6s,"
                + " heartbeat_interval: 2s, metrics: {topics: ["
                + TOPIC
                + "], encoding: remote_write}}}");
      }
    }
    for (Part p : parts) {
      if (p instanceof Role r) {
        r.start();
      }
    }
  }

  private static void createTopic(KafkaProcess k) throws IOException, InterruptedException {
    CLIENT.setLevel(Level.SEVERE); // it logs each attempt until the broker is available
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try (Admin a = Admin.create(Map.of("bootstrap.servers", k.address()))) {
      while (true) {
        try {
          a.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1)))
              .all()
              .get(10, TimeUnit.SECONDS);
          return;
        } catch (ExecutionException | TimeoutException e) {
          if (e.getCause() instanceof TopicExistsException) {
            return; // by an earlier call, whose response came too late
          }
          if (System.nanoTime() > end || !k.isAlive()) {
            throw new IOException("the broker does not answer: " + k.log(), e);
          }
          Thread.sleep(200);
        }
      }
    }
  }

  /** Adds a role that writes to both stores from queues on disk. */
  private void role(String name, String receivers) throws IOException {
    Path config = dir.resolve(name + ".yaml");
    Files.createDirectories(dir.resolve(name));
    Files.writeString(
        config,
        String.join(
            "\n",
            "extensions: {file_storage: {directory: '" + dir.resolve(name) + "'}}",
            "receivers: " + receivers,
            "exporters:",
            store(0),
            store(1),
            "service:",
            "  extensions: [file_storage]",
            "  telemetry: {metrics: {level: none}}",
            "  pipelines: {metrics: {receivers: ["
                + (way == Topology.GATEWAY ? "gateway" : "kafka")
                + "], exporters: [prometheus_remote_write/0, prometheus_remote_write/1]}}",
            ""));
    parts.add(new Role(dir, name, List.of(name, "--config=" + config)));
  }

  private String store(int n) {
    return "  prometheus_remote_write/"
        + n
        + ": {endpoint: 'http://127.0.0.1:"
        + source
        + "/write/"
        + n
        + "', retry_on_failure: {max_interval: 500ms}, sending_queue: {storage: file_storage}}";
  }

  /**
   * Creates an agent that scrapes.
   *
   * @param port port of its reload endpoint
   */
  Role agent(int agent, int port) {
    String config = config(agent).toString();
    return new Role(
        dir,
        "agent" + agent,
        way == Topology.KAFKA
            ? List.of("agent", "--config=" + config)
            : List.of(
                "agent",
                "--config.file=" + config,
                "--storage.agent.path=" + dir.resolve("data" + agent),
                "--web.enable-lifecycle",
                "--web.listen-address=127.0.0.1:" + port));
  }

  private Path config(int agent) {
    return dir.resolve("agent" + agent + (way == Topology.KAFKA ? ".yaml" : ".yml"));
  }

  /**
   * Writes what an agent reads.
   *
   * @param jobs names and paths of its targets
   * @param version changes how it sends, so that reading it again replaces that
   */
  void configure(int agent, int port, Map<String, String> jobs, int interval, int version)
      throws IOException {
    StringBuilder scrape = new StringBuilder("global: {scrape_interval: ").append(interval);
    scrape.append("ms, scrape_timeout: ").append(interval).append("ms}\n");
    scrape.append("scrape_configs:\n");
    jobs.forEach(
        (name, path) ->
            scrape
                .append("- {job_name: '")
                .append(name)
                .append("', metrics_path: '")
                .append(path)
                .append("', static_configs: [{targets: ['127.0.0.1:")
                .append(source)
                .append("']}]}\n"));
    KafkaProcess k = broker;
    if (k == null) {
      scrape.append("remote_write:\n- {name: r, url: 'http://127.0.0.1:");
      scrape.append(way == Topology.GATEWAY ? gateway + "/api/v1/write" : source + "/write/0");
      scrape.append("', queue_config: {batch_send_deadline: 500ms, max_backoff: 500ms,");
      scrape.append(" max_samples_per_send: ").append(version).append("}}\n");
      Files.writeString(config(agent), scrape);
      return;
    }
    Files.createDirectories(dir.resolve("queue" + agent));
    Files.writeString(
        config(agent),
        String.join(
            "\n",
            "extensions: {file_storage: {directory: '" + dir.resolve("queue" + agent) + "'}}",
            "receivers:",
            "  prometheus:",
            "    config:",
            scrape.toString().strip().indent(6).stripTrailing(),
            "exporters:",
            "  kafka: {brokers: ['" + k.address() + "'],",
            "    metrics: {topic: " + TOPIC + ", encoding: remote_write},",
            "    retry_on_failure: {max_interval: " + (400 + version) + "ms},",
            // A scrape that finds the queue full is lost, which is not checked here.
            "    sending_queue: {storage: file_storage, queue_size: 1000000}}",
            "service:",
            "  extensions: [file_storage]",
            "  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1,"
                + " port: "
                + port
                + "}}}}]}}",
            "  pipelines: {metrics: {receivers: [prometheus], exporters: [kafka]}}",
            ""));
  }

  /** Returns the last output of the parts, to detect losses. */
  String lastOutput() throws IOException {
    StringBuilder sb = new StringBuilder();
    List<Path> logs;
    try (Stream<Path> files = Files.list(dir)) {
      logs = files.filter(f -> f.toString().endsWith(".log")).sorted().toList();
    }
    for (Path f : logs) {
      List<String> lines =
          Files.readAllLines(f).stream().filter(l -> !l.contains("NetworkClient")).toList();
      sb.append(f.getFileName()).append(":\n");
      lines
          .subList(Math.max(0, lines.size() - LAST_LINES), lines.size())
          .forEach(l -> sb.append("  ").append(l).append('\n'));
    }
    return sb.toString();
  }

  @Override
  public void close() throws InterruptedException {
    for (Part p : parts) {
      p.kill();
    }
  }
}
