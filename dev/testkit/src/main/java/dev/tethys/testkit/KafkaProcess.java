package dev.tethys.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Real Kafka broker on loopback, in a separate process, from the jars of the class path. It may not
 * respond yet when the constructor returns: clients wait.
 */
public final class KafkaProcess implements AutoCloseable {
  private final List<String> flags;
  private final Path dir;
  private final int advertised;
  private final int controller = Ports.free();
  private Process process;

  public KafkaProcess(Path dir) throws IOException, InterruptedException {
    this(dir, Ports.free());
  }

  private KafkaProcess(Path dir, int port) throws IOException, InterruptedException {
    this(dir, port, port);
  }

  /**
   * Starts a broker that clients reach through a proxy.
   *
   * @param port port the broker listens on
   * @param advertised port that it advertises
   */
  public KafkaProcess(Path dir, int port, int advertised) throws IOException, InterruptedException {
    this(dir, port, advertised, "");
  }

  /**
   * Starts a broker with additional lines in its {@code server.properties}, which override the
   * defaults.
   *
   * @param port port the broker listens on
   * @param advertised port that it advertises
   * @param flags JVM flags
   */
  public KafkaProcess(Path dir, int port, int advertised, String more, String... flags)
      throws IOException, InterruptedException {
    this.flags = List.of(flags);
    this.dir = dir;
    this.advertised = advertised;
    Files.writeString(
        dir.resolve("server.properties"),
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%2$d
        listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%4$d
        controller.listener.names=CONTROLLER
        inter.broker.listener.name=PLAINTEXT
        log.dirs=%3$s
        offsets.topic.replication.factor=1
        offsets.topic.num.partitions=1
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        share.coordinator.state.topic.replication.factor=1
        share.coordinator.state.topic.min.isr=1
        group.initial.rebalance.delay.ms=0
        # A broker that was killed is let in again when its last session is over, 9 s by default.
        broker.session.timeout.ms=3000
        broker.heartbeat.interval.ms=500
        """
                .formatted(port, controller, dir.resolve("kafka"), advertised)
            + more);
    java(
            "kafka.tools.StorageTool",
            "format",
            "-t",
            id(),
            "-c",
            dir.resolve("server.properties").toString())
        .waitFor();
    process = run();
  }

  /** Returns a random cluster ID in Kafka's format. */
  private static String id() {
    UUID u = UUID.randomUUID();
    byte[] b =
        java.nio.ByteBuffer.allocate(16)
            .putLong(u.getMostSignificantBits())
            .putLong(u.getLeastSignificantBits())
            .array();
    b[0] = 1; // no dash at the start, which would look like a flag
    return Base64.getUrlEncoder().withoutPadding().encodeToString(b);
  }

  private Process java(String main, String... args) throws IOException {
    // Only the broker's jars: ours bring a logging bridge that it does not support.
    String jars =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(p -> p.endsWith(".jar") && !p.contains("slf4j-jdk14"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    command.addAll(flags);
    command.addAll(List.of("-cp", jars, main));
    command.addAll(List.of(args));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile()))
        .start();
  }

  private Process run() throws IOException {
    return java("kafka.Kafka", dir.resolve("server.properties").toString());
  }

  /** Returns the bootstrap address for clients. */
  public String address() {
    return "127.0.0.1:" + advertised;
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Returns the log of the process. */
  public String log() throws IOException {
    return Files.readString(dir.resolve("log"));
  }

  /** Stops the process, so that requests wait in its sockets, or lets it continue. */
  public void freeze(boolean still) throws IOException, InterruptedException {
    String signal = still ? "-STOP" : "-CONT";
    new ProcessBuilder("kill", signal, Long.toString(process.pid())).start().waitFor();
  }

  /** Ends it as a power failure would, and starts it again. */
  public void killAndRestart() throws IOException, InterruptedException {
    close();
    start();
  }

  /** Restarts the broker with its data. */
  public void start() throws IOException {
    process = run();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
