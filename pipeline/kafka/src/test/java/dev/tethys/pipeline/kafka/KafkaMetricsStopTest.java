package dev.tethys.pipeline.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.YamlDocument;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

/** Stop of a receiver while its client is being created. */
class KafkaMetricsStopTest {
  private final CountDownLatch making = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Looks up a name, say, which no interrupt ends. */
  private Admin slowly() {
    making.countDown();
    boolean over = false;
    while (!over) {
      try {
        over = stopped.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        // while a lookup of the C library continues
      }
    }
    return (Admin)
        Proxy.newProxyInstance(
            Admin.class.getClassLoader(),
            new Class<?>[] {Admin.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("close")) {
                closed.countDown();
                return null;
              }
              throw new IllegalStateException(method.getName());
            });
  }

  @Test
  void leavesNoClientOpen() throws Exception {
    KafkaMetricsReceiver r =
        new KafkaMetricsReceiver(
            KafkaMetricsSettings.TYPE.read(
                YamlDocument.parse(
                        "a.yml",
                        null,
                        "{initial_delay: 1ms, brokers: ['a:1'], scrapers: [brokers]}")
                    .root()),
            (b, ack) -> {},
            new TestContext(),
            "1",
            this::slowly);
    r.start();
    assertThat(making.await(60, TimeUnit.SECONDS)).isTrue();
    r.stop(Duration.ofMillis(1));
    stopped.countDown();
    assertThat(closed.await(60, TimeUnit.SECONDS)).isTrue();
  }
}
