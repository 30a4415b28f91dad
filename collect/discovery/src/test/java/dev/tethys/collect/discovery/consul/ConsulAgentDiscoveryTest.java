package dev.tethys.collect.discovery.consul;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.Setting;
import dev.tethys.collect.discovery.Vendor;
import dev.tethys.config.ConfigException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ConsulAgentDiscoveryTest {
  private static final String BASE = "http://consul.test:8500/v1/agent/";
  private static final String SELF =
      """
      {"Config":{"Datacenter":"dc1","NodeName":"node1"},"Member":{"Addr":"1.1.1.1"},"Meta":{"rack name":"7"}}
      """;
  private static final String SERVICES =
      """
      {"web-1":{"ID":"web-1","Service":"web","Tags":["t1","t2"]},"web-2":{"ID":"web-2","Service":"web","Tags":["t1"]},
       "db-1":{"ID":"db-1","Service":"the db","Tags":[]}}
      """;
  private static final String WEB =
      """
      [{"AggregatedStatus":"passing","Service":{"ID":"web-1","Service":"web","Tags":["t1","t2"],"Meta":{"version":"1"},"Port":3341,
        "Address":"10.0.0.1","TaggedAddresses":{"lan_ipv4":{"Address":"10.0.0.1","Port":1},"v6":{"Address":"::2","Port":2}}}},
       {"AggregatedStatus":"critical","Service":{"ID":"web-2","Service":"web","Tags":["t1"],"Port":1,"Address":""}}]
      """;

  private final Vendor vendor = new Vendor();
  private final Setting setting = new Setting(vendor);
  private final Setting.Seen seen = new Setting.Seen();
  private final Thread[] thread = new Thread[1];

  @AfterEach
  void stop() throws InterruptedException {
    if (thread[0] != null) {
      thread[0].interrupt();
      thread[0].join();
    }
    vendor.close();
  }

  private void start(String keys) {
    Discovery d =
        Setting.read("consulagent_sd_configs: [{server: 'consul.test:8500'" + keys + "}]")
            .getFirst()
            .discovery(setting.context);
    thread[0] =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    d.run(seen);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
  }

  @Test
  void servicesOfOneAgentAreTargets() throws InterruptedException {
    vendor.json("GET " + BASE + "self", SELF);
    vendor.json("GET " + BASE + "services", SERVICES);
    // One of its instances fails, which is said of all.
    vendor.status("GET " + BASE + "health/service/name/web", 503, WEB);
    vendor.json("GET " + BASE + "health/service/name/the%20db", "[]");
    start(", token: secret");
    seen.await(s -> s.groups.containsKey("web"));
    assertThat(Setting.show(List.of(seen.groups.get("web"))))
        .isEqualTo(
            """
            web
              __meta_consulagent_dc: dc1
              __meta_consulagent_service: web
              - __address__: 10.0.0.1:3341
                __meta_consulagent_address: 1.1.1.1
                __meta_consulagent_health: critical
                __meta_consulagent_metadata_rack_name: 7
                __meta_consulagent_node: node1
                __meta_consulagent_service_address: 10.0.0.1
                __meta_consulagent_service_id: web-1
                __meta_consulagent_service_metadata_version: 1
                __meta_consulagent_service_port: 3341
                __meta_consulagent_tagged_address_lan_ipv4: 10.0.0.1:1
                __meta_consulagent_tagged_address_v6: [::2]:2
                __meta_consulagent_tags: ,t1,t2,
              - __address__: 1.1.1.1:1
                __meta_consulagent_address: 1.1.1.1
                __meta_consulagent_health: critical
                __meta_consulagent_metadata_rack_name: 7
                __meta_consulagent_node: node1
                __meta_consulagent_service_id: web-2
                __meta_consulagent_service_port: 1
                __meta_consulagent_tags: ,t1,
            """);
    assertThat(vendor.requests)
        .allSatisfy(r -> assertThat(r.header("X-Consul-Token")).isEqualTo("secret"))
        .anySatisfy(
            r ->
                assertThat(r.uri().toString())
                    .isEqualTo(BASE + "health/service/name/web?format=json"))
        .anySatisfy(r -> assertThat(r.uri().getPath()).endsWith("/name/the db"));
    // Services that go take their targets along.
    vendor.json("GET " + BASE + "services", "{}");
    setting.goOn.release();
    seen.await(s -> s.groups.isEmpty());
  }

  @Test
  void doesNotDiscoverNamedServices() throws InterruptedException {
    vendor.json("GET " + BASE + "self", SELF);
    vendor.json("GET " + BASE + "health/service/name/web", WEB);
    vendor.status("GET " + BASE + "health/service/name/gone", 404, "no such service");
    start(", services: [web, gone], datacenter: dc2");
    seen.await(s -> s.groups.containsKey("web"));
    assertThat(Setting.show(List.of(seen.groups.get("web"))))
        .contains("__meta_consulagent_dc: dc2")
        .contains("__meta_consulagent_health: passing");
    assertThat(vendor.requests).noneMatch(r -> r.uri().getPath().endsWith("/services"));
    vendor.status("GET " + BASE + "health/service/name/web", 500, "no");
    setting.goOn.release();
    seen.await(s -> setting.metric("prometheus_sd_consulagent_rpc_failures_total") == 1);
    assertThat(seen.groups).containsKey("web");
  }

  @Test
  void tagsChooseServices() throws InterruptedException {
    vendor.json("GET " + BASE + "self", SELF);
    vendor.json("GET " + BASE + "services", SERVICES);
    vendor.json("GET " + BASE + "health/service/name/web", WEB);
    start(", tags: [t2]");
    seen.await(s -> s.groups.size() == 1);
    assertThat(seen.groups).containsOnlyKeys("web");
  }

  @Test
  void describesErrors() {
    assertThatThrownBy(() -> Setting.read("consulagent_sd_configs: [{server: ''}]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("consulagent SD configuration requires a server address");
  }
}
