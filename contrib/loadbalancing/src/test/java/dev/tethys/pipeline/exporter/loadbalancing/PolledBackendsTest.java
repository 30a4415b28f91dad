package dev.tethys.pipeline.exporter.loadbalancing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.Scheduler;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class PolledBackendsTest {
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
  void keepsPollingAfterListenerFailure() {
    Alarms clock = new Alarms();
    List<String> failures = new ArrayList<>();
    List<String> found = new ArrayList<>();
    PolledBackends b =
        PolledBackends.dns(
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

  @Test
  void findsInstancesOfCloudMap() {
    Alarms clock = new Alarms();
    List<String> found = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    List<Map<String, Object>> asked = new ArrayList<>();
    PolledBackends b =
        PolledBackends.cloudMap(
            new LoadBalancingSettings.CloudMap(
                "cloudmap-1",
                "service-1",
                "HEALTHY",
                "123456789012",
                0,
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                "",
                ""),
            (request, timeout) -> {
              asked.add(request);
              if (asked.size() > 1) {
                throw new IOException("down");
              }
              return JsonMapper.shared()
                  .readTree(
                      """
                      {"Instances": [
                        {"Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.1", "AWS_INSTANCE_PORT": "55"}},
                        {"Attributes": {"AWS_INSTANCE_IPV4": "10.0.0.2"}},
                        {"Attributes": {"AWS_INSTANCE_CNAME": "elsewhere"}}]}""");
            },
            clock);
    b.start(
        new BackendSource.Listener() {
          @Override
          public void found(List<String> names) {
            found.addAll(names);
          }

          @Override
          public void failed(String reason) {
            failures.add(reason);
          }
        });
    clock.set.remove().run();
    b.stop();
    assertThat(found).containsExactly("10.0.0.1:55", "10.0.0.2");
    assertThat(failures).containsExactly("down");
    assertThat(asked.getFirst())
        .containsEntry("NamespaceName", "cloudmap-1")
        .containsEntry("ServiceName", "service-1")
        .containsEntry("HealthStatus", "HEALTHY")
        .containsEntry("OwnerAccount", "123456789012");
  }
}
