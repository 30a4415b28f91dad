package dev.tethys.collect.discovery.consul;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.Discovery;
import dev.tethys.collect.discovery.Setting;
import dev.tethys.collect.discovery.Vendor;
import dev.tethys.config.ConfigException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConsulDiscoveryTest {
  private static final String BASE = "http://consul.test:8500/v1/";
  private static final String WEB =
      """
      [{"Node":{"Node":"node1","Address":"1.1.1.1","Meta":{"rack name":"123"},"TaggedAddresses":{"wan":"198.18.0.1"}},
        "Service":{"ID":"web-1","Tags":["t1","t2"],"Meta":{"version":"1"},"Port":3341,"Address":"10.0.0.1","Namespace":"ns","Partition":"pt"},
        "Checks":[{"CheckID":"a","Status":"passing"},{"CheckID":"b","Status":"warning"}]},
       {"Node":{"Node":"node2","Address":"::2"},"Service":{"ID":"web-2","Port":1},
        "Checks":[{"CheckID":"_node_maintenance","Status":"critical"}]}]
      """;

  private final Vendor vendor = new Vendor();
  private final Setting setting = new Setting(vendor);
  private final Setting.Seen seen = new Setting.Seen();
  private final List<Thread> threads = new ArrayList<>();

  @AfterEach
  void stop() throws InterruptedException {
    threads.forEach(Thread::interrupt);
    for (Thread t : threads) {
      t.join();
    }
    vendor.close();
  }

  private void start(String keys) {
    Discovery d =
        Setting.read("consul_sd_configs: [{server: 'consul.test:8500'" + keys + "}]")
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

  private static Vendor.Response indexed(long index, String body) {
    return Vendor.Response.json(body).with("X-Consul-Index", Long.toString(index));
  }

  @Test
  void watchesCatalogueServices() throws InterruptedException {
    setting.environment.put("CONSUL_HTTP_TOKEN", "from-environment");
    vendor.json("GET " + BASE + "agent/self", "{\"Config\":{\"Datacenter\":\"dc1\"}}");
    vendor.on(
        "GET " + BASE + "catalog/services",
        r -> indexed(1, "{\"web\":[\"t1\",\"t2\"],\"other\":[\"x\"]}"));
    vendor.on("GET " + BASE + "health/service/web", r -> indexed(7, WEB));
    start(", tags: [t1], node_meta: {rack: '123'}, filter: 'a == b', health_filter: c");
    seen.await(s -> s.groups.size() == 1);
    assertThat(Setting.show(List.copyOf(seen.groups.values())))
        .isEqualTo(
            """
            web
              __meta_consul_dc: dc1
              __meta_consul_service: web
              - __address__: 10.0.0.1:3341
                __meta_consul_address: 1.1.1.1
                __meta_consul_health: warning
                __meta_consul_metadata_rack_name: 123
                __meta_consul_namespace: ns
                __meta_consul_node: node1
                __meta_consul_partition: pt
                __meta_consul_service_address: 10.0.0.1
                __meta_consul_service_id: web-1
                __meta_consul_service_metadata_version: 1
                __meta_consul_service_port: 3341
                __meta_consul_tagged_address_wan: 198.18.0.1
                __meta_consul_tags: ,t1,t2,
              - __address__: [::2]:1
                __meta_consul_address: ::2
                __meta_consul_health: maintenance
                __meta_consul_node: node2
                __meta_consul_service_id: web-2
                __meta_consul_service_port: 1
                __meta_consul_tags: ,,
            """);
    assertThat(vendor.requests)
        .anySatisfy(
            r -> {
              assertThat(r.uri().toString())
                  .isEqualTo(
                      BASE
                          + "catalog/services?index=0&wait=120000ms&stale=&node-meta=rack%3A123"
                          + "&filter=a+%3D%3D+b");
              assertThat(r.header("X-Consul-Token")).isEqualTo("from-environment");
            })
        .anySatisfy(
            r ->
                assertThat(r.uri().toString())
                    .isEqualTo(
                        BASE
                            + "health/service/web?index=0&wait=120000ms&stale="
                            + "&node-meta=rack%3A123&filter=c&tag=t1"));
    // The service goes.
    vendor.on("GET " + BASE + "catalog/services", r -> indexed(2, "{}"));
    setting.goOn.release(1000);
    seen.await(s -> s.groups.isEmpty());
  }

  @Test
  void failuresAndOldIndexesKeepTargets() throws InterruptedException {
    vendor.status("GET " + BASE + "health/service/web", 500, "no leader");
    start(", datacenter: dc2, services: [web], token: t, allow_stale: false");
    seen.await(s -> setting.metric("prometheus_sd_consul_rpc_failures_total") == 1);
    vendor.on("GET " + BASE + "health/service/web", r -> indexed(7, WEB));
    setting.goOn.release();
    seen.await(s -> s.groups.size() == 1);
    assertThat(vendor.requests.getLast().uri().toString())
        .isEqualTo(BASE + "health/service/web?index=0&wait=120000ms&dc=dc2");
    assertThat(vendor.requests.getLast().header("X-Consul-Token")).isEqualTo("t");
    // The same index: nothing new, regardless of the body.
    vendor.on("GET " + BASE + "health/service/web", r -> indexed(7, "[]"));
    setting.goOn.release();
    seen.await(s -> vendor.requests.getLast().uri().toString().contains("index=7"));
    vendor.status("GET " + BASE + "health/service/web", 429, "slow down");
    setting.goOn.release();
    seen.await(s -> setting.metric("prometheus_sd_consul_rpc_failures_total") == 2);
    assertThat(seen.groups).hasSize(1);
    // The index went back: everything is asked anew.
    vendor.on(
        "GET " + BASE + "health/service/web",
        r -> r.uri().toString().contains("index=0&") ? indexed(2, "[]") : indexed(2, WEB));
    setting.goOn.release(2);
    seen.await(s -> s.groups.isEmpty());
    assertThat(vendor.requests).noneMatch(r -> r.uri().toString().contains("agent/self"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{server: ''}                              | requires a server address",
        "{username: a, basic_auth: {username: b}}  | username and password and basic auth",
        "{token: a, authorization: {credentials: b}} | at most one of consul SD token",
      })
  void describesErrors(String entry, String error) {
    assertThatThrownBy(() -> Setting.read("consul_sd_configs: [" + entry + "]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(error);
  }
}
