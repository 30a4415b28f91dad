package dev.tethys.pipeline.kafka;

import dev.tethys.testkit.Ports;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;

/** A real broker on loopback, in a process of its own. */
final class KafkaBroker implements AutoCloseable {
  private final Path dir;
  private final int port = Ports.free();
  private final int controller = Ports.free();
  private Process process;

  KafkaBroker(Path dir) throws IOException, InterruptedException {
    this.dir = dir;
    Files.writeString(
        dir.resolve("server.properties"),
        """
        process.roles=broker,controller
        node.id=1
        controller.quorum.voters=1@127.0.0.1:%2$d
        listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
        advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
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
        """
            .formatted(port, controller, dir.resolve("kafka")));
    java(
            "kafka.tools.StorageTool",
            "format",
            "-t",
            Uuid.randomUuid().toString(),
            "-c",
            dir.resolve("server.properties").toString())
        .waitFor();
    process = run();
    await();
  }

  private Process java(String main, String... args) throws IOException {
    // Only the broker's jars: ours bring a logging bridge that it does not want.
    String jars =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(p -> p.endsWith(".jar") && !p.contains("slf4j-jdk14"))
            .collect(Collectors.joining(File.pathSeparator));
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                jars,
                main));
    command.addAll(List.of(args));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(dir.resolve("log").toFile()))
        .start();
  }

  private Process run() throws IOException {
    return java("kafka.Kafka", dir.resolve("server.properties").toString());
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", address()));
  }

  private void await() throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    while (true) {
      try (Admin a = admin()) {
        a.describeCluster().nodes().get(10, TimeUnit.SECONDS);
        return;
      } catch (Exception e) {
        if (System.nanoTime() > end || !process.isAlive()) {
          throw new IOException(
              "the broker does not answer: " + Files.readString(dir.resolve("log")), e);
        }
        LockSupport.parkNanos(100_000_000);
      }
    }
  }

  void topic(String name, int partitions) throws Exception {
    try (Admin a = admin()) {
      a.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
          .all()
          .get(30, TimeUnit.SECONDS);
    }
  }

  /** Ends it as a power failure would, and starts it again. */
  void killAndRestart() throws Exception {
    process.destroyForcibly().waitFor();
    process = run();
    await();
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
