package dev.tethys.collect.discovery.zookeeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.Setting;
import dev.tethys.config.ConfigException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("slow")
class ZooKeeperDiscoveryTest {
  private static final String MEMBER =
      """
      {"serviceEndpoint":{"host":"h%d","port":8080},"additionalEndpoints":{"ad min":{"host":"a","port":9}},
       "status":"ALIVE","shard":2}
      """;

  private final Setting setting = new Setting();
  private final Setting.Seen seen = new Setting.Seen();
  private final ZooKeeperDouble server = new ZooKeeperDouble();
  private final List<Thread> threads = new ArrayList<>();

  ZooKeeperDiscoveryTest() throws IOException {
    setting.goOn.release(1000);
  }

  @AfterEach
  void stop() throws Exception {
    threads.forEach(Thread::interrupt);
    server.close();
    for (Thread t : threads) {
      t.join();
    }
  }

  private void start(String kind) {
    start(kind, "/services/web");
  }

  private void start(String kind, String paths) {
    Discovery d =
        Setting.read(
                kind
                    + "_sd_configs: [{servers: ['"
                    + server.address()
                    + "'], paths: ["
                    + paths
                    + "]}]")
            .getFirst()
            .discovery(setting.context);
    threads.add(
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    d.run(seen);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                }));
  }

  @Test
  void membersComeChangeAndGo() throws InterruptedException {
    server.put("/services/web/member_1", MEMBER.formatted(1));
    server.put("/services/web/nonsense", "{");
    start("serverset");
    seen.await(s -> s.groups.size() == 1);
    assertThat(Setting.show(List.copyOf(seen.groups.values())))
        .isEqualTo(
            """
            /services/web/member_1
              - __address__: h1:8080
                __meta_serverset_endpoint_host: h1
                __meta_serverset_endpoint_host_ad_min: a
                __meta_serverset_endpoint_port: 8080
                __meta_serverset_endpoint_port_ad_min: 9
                __meta_serverset_path: /services/web/member_1
                __meta_serverset_shard: 2
                __meta_serverset_status: ALIVE
            """);
    server.put("/services/web/member_2", MEMBER.formatted(2));
    seen.await(s -> s.groups.size() == 2);
    server.put("/services/web/member_2", MEMBER.formatted(3));
    seen.await(s -> s.addresses().contains("h3:8080"));
    server.put("/services/web/deep/member_4", MEMBER.formatted(4));
    seen.await(s -> s.addresses().contains("h4:8080"));
    server.delete("/services/web/deep");
    seen.await(s -> s.groups.size() == 2);
    seen.await(s -> server.pings.get() > 0); // a quiet session is kept
    server.put("/services/web/member_1", MEMBER.formatted(5));
    seen.await(s -> s.addresses().contains("h5:8080"));
  }

  @Test
  void restartsALostSessionAndReportsRemovals() throws InterruptedException {
    server.put("/services/web/a", "{\"host\":\"a\",\"port\":1,\"name\":\"na\"}");
    server.put("/services/web/b", "{\"host\":\"::b\",\"port\":2}");
    start("nerve");
    seen.await(s -> s.groups.size() == 2);
    assertThat(Setting.show(List.copyOf(seen.groups.values())))
        .isEqualTo(
            """
            /services/web/a
              - __address__: a:1
                __meta_nerve_endpoint_host: a
                __meta_nerve_endpoint_name: na
                __meta_nerve_endpoint_port: 1
                __meta_nerve_path: /services/web/a
            /services/web/b
              - __address__: [::b]:2
                __meta_nerve_endpoint_host: ::b
                __meta_nerve_endpoint_port: 2
                __meta_nerve_path: /services/web/b
            """);
    synchronized (server) {
      server.drop();
      server.delete("/services/web/a");
      server.put("/services/web/c", "{\"host\":\"c\",\"port\":3}");
    }
    seen.await(s -> s.addresses().equals(List.of("[::b]:2", "c:3")));
    assertThat(setting.metric("prometheus_treecache_zookeeper_failures_total")).isPositive();
    // The whole path goes, and comes again.
    server.delete("/services/web");
    seen.await(s -> s.groups.isEmpty());
    server.put("/services/web/d", "{\"host\":\"d\",\"port\":4}");
    seen.await(s -> s.addresses().equals(List.of("d:4")));
  }

  @Test
  void missingOrUnreadablePathDoesNotAffectOthers() throws InterruptedException {
    server.put("/services/web/a", "{\"host\":\"a\",\"port\":1}");
    server.put("/secret", "");
    server.unreadable.add("/secret");
    start("nerve", "/secret, /services/late, /services/web");
    seen.await(s -> s.addresses().equals(List.of("a:1")));
    server.put("/services/web/b", "{\"host\":\"b\",\"port\":2}");
    seen.await(s -> s.addresses().equals(List.of("a:1", "b:2")));
    server.put("/services/late", "{\"host\":\"c\",\"port\":3}");
    seen.await(s -> s.addresses().contains("c:3"));
    assertThat(seen.addresses()).contains("a:1", "b:2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nerve_sd_configs: [{paths: [/a]}]                 | nerve SD config must contain at least one Zookeeper server",
        "nerve_sd_configs: [{servers: [a]}]                | nerve SD config must contain at least one path",
        "serverset_sd_configs: [{servers: [a], paths: [b]}] | serverset SD config paths must begin with '/': b",
      })
  void describesErrors(String yaml, String error) {
    assertThatThrownBy(() -> Setting.read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(error);
  }
}
