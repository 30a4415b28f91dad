package dev.tethys.pipeline.kafka;

import dev.tethys.testkit.KafkaProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;

/** A real broker on loopback, which answers. */
final class KafkaBroker implements AutoCloseable {
  private final KafkaProcess process;

  KafkaBroker(Path dir) throws IOException, InterruptedException {
    this(new KafkaProcess(dir));
  }

  /** One that may not answer yet. */
  KafkaBroker(KafkaProcess process) throws IOException {
    this.process = process;
    await();
  }

  String address() {
    return process.address();
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
          throw new IOException("the broker does not answer: " + process.log(), e);
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

  /** Stops it, or lets it continue. */
  void freeze(boolean still) throws IOException, InterruptedException {
    process.freeze(still);
  }

  /** Ends it as a power failure would, and starts it again. */
  void killAndRestart() throws Exception {
    process.killAndRestart();
    await();
  }

  @Override
  public void close() throws InterruptedException {
    process.close();
  }
}
