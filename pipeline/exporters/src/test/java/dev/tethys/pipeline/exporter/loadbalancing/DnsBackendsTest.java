package dev.tethys.pipeline.exporter.loadbalancing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Scheduler;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DnsBackendsTest {
  /** Runs what is scheduled when the test says so. */
  private static final class Alarms implements Scheduler {
    final ArrayDeque<Runnable> set = new ArrayDeque<>();

    @Override
    public long millis() {
      return 0;
    }

    @Override
    public long nanos() {
      return 0;
    }

    @Override
    public void execute(String name, Runnable task) {
      task.run();
    }

    @Override
    public Timer schedule(Duration after, Runnable task) {
      set.add(task);
      return () -> set.remove(task);
    }
  }

  @Test
  void aFaultOfWhoIsToldDoesNotEndLooking() {
    Alarms clock = new Alarms();
    List<String> failures = new ArrayList<>();
    List<String> found = new ArrayList<>();
    DnsBackends b =
        new DnsBackends(
            new LoadBalancingSettings.Dns(
                "backends.test", "", Duration.ofSeconds(5), Duration.ofSeconds(1)),
            (name, timeout) -> List.of(InetAddress.ofLiteral("127.0.0.2")),
            clock);
    b.start(
        new BackendSource.Listener() {
          @Override
          public void found(List<String> names) {
            if (failures.isEmpty()) {
              throw new IllegalStateException("a fault");
            }
            found.addAll(names);
          }

          @Override
          public void failed(String reason) {
            failures.add(reason);
          }
        });
    assertThat(failures).singleElement().asString().contains("a fault");
    clock.set.remove().run();
    assertThat(found).containsExactly("127.0.0.2");
    b.stop();
    assertThat(clock.set).isEmpty();
  }
}
