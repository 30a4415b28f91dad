package dev.tethys.collect.discovery.uyuni;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.Setting;
import dev.tethys.collect.discovery.Vendor;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class UyuniTest {
  private static final String CONFIG =
      "uyuni_sd_configs: [{server: 'https://uyuni.test', username: u, password: 'a<b'}]";

  private static String member(String name, String value) {
    return "<member><name>" + name + "</name><value>" + value + "</value></member>";
  }

  private static String answer(String method) {
    String value =
        switch (method) {
          case "auth.login" -> "<string>token</string>";
          case "system.listSystemGroupsForSystemsWithEntitlement" ->
              "<array><data><value><struct>"
                  + member("id", "<i4>10</i4>")
                  + member(
                      "system_groups",
                      "<array><data><value><struct>"
                          + member("name", "<string>one</string>")
                          + "</struct></value><value><struct>"
                          + member("name", "two")
                          + "</struct></value></data></array>")
                  + "</struct></value></data></array>";
          case "system.getNetworkForSystems" ->
              "<array><data><value><struct>"
                  + member("system_id", "<i4>10</i4>")
                  + member("hostname", "<string>h.test</string>")
                  + member("primary_fqdn", "<string>fq.test</string>")
                  + "</struct></value></data></array>";
          default ->
              "<array><data><value><struct>"
                  + member("system_id", "<i4>10</i4>")
                  + member("endpoint_name", "<string>node</string>")
                  + member("port", "<i4>9100</i4>")
                  + member("path", "<string>/metrics</string>")
                  + member("module", "<string>m</string>")
                  + member("exporter_name", "<string>node_exporter</string>")
                  + member("tls_enabled", "<boolean>1</boolean>")
                  + "</struct></value></data></array>";
        };
    return "<?xml version=\"1.0\"?><methodResponse><params><param><value>"
        + value
        + "</value></param></params></methodResponse>";
  }

  private static String method(Vendor.Request r) {
    return r.body().replaceAll("(?s).*<methodName>(.*)</methodName>.*", "$1");
  }

  @Test
  void monitoredEndpointsAreTargets() throws Exception {
    try (Vendor vendor = new Vendor()) {
      vendor.on("POST https://uyuni.test/rpc/api", r -> Vendor.Response.of(200, answer(method(r))));
      Setting setting = new Setting(vendor);
      var source = setting.source(CONFIG);
      assertThat(Setting.show(source.refresh()))
          .isEqualTo(
              """
              https://uyuni.test/rpc/api
                - __address__: h.test:9100
                  __meta_uyuni_endpoint_name: node
                  __meta_uyuni_exporter: node_exporter
                  __meta_uyuni_groups: one,two
                  __meta_uyuni_metrics_path: /metrics
                  __meta_uyuni_minion_hostname: h.test
                  __meta_uyuni_primary_fqdn: fq.test
                  __meta_uyuni_proxy_module: m
                  __meta_uyuni_scheme: https
                  __meta_uyuni_system_id: 10
              """);
      assertThat(vendor.requests.getFirst().body()).contains("a&lt;b").contains("<int>600</int>");
      source.refresh();
      assertThat(logins(vendor)).as("a token is kept").isEqualTo(1);
      setting.now = setting.now.plusSeconds(301);
      source.refresh();
      assertThat(logins(vendor)).as("for half its life").isEqualTo(2);
    }
  }

  private static long logins(Vendor vendor) {
    return vendor.requests.stream().filter(r -> method(r).equals("auth.login")).count();
  }

  @Test
  void faultsAreErrorsAndCauseALogin() throws Exception {
    try (Vendor vendor = new Vendor()) {
      vendor.on(
          "POST https://uyuni.test/rpc/api",
          r ->
              Vendor.Response.of(
                  200,
                  method(r).equals("auth.login")
                      ? answer("auth.login")
                      : "<methodResponse><fault><value><struct>"
                          + member("faultString", "<string>token expired</string>")
                          + "</struct></value></fault></methodResponse>"));
      var source = new Setting(vendor).source(CONFIG);
      for (int i = 1; i <= 2; i++) {
        assertThatThrownBy(source::refresh)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("https://uyuni.test/rpc/api")
            .hasMessageContaining("token expired");
        assertThat(logins(vendor)).isEqualTo(i);
      }
      vendor.on(
          "POST https://uyuni.test/rpc/api",
          r -> Vendor.Response.of(200, "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"));
      assertThatThrownBy(source::refresh).hasMessageContaining("a response that is not XML");
    }
  }
}
