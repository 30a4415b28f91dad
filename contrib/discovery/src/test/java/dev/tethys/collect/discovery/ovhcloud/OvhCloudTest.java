package dev.tethys.collect.discovery.ovhcloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.collect.discovery.Setting;
import dev.tethys.collect.discovery.Vendor;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class OvhCloudTest {
  private static final String API = "https://eu.api.ovh.com/1.0";

  private static String config(String service) {
    return "ovhcloud_sd_configs: [{application_key: ak, application_secret: as, consumer_key: ck,"
        + " service: "
        + service
        + "}]";
  }

  private static String fixture(String path) throws IOException {
    return Files.readString(Shared.conformance("prometheus/discovery/ovhcloud/" + path));
  }

  @Test
  void dedicatedServers() throws Exception {
    try (Vendor vendor = new Vendor()) {
      Setting setting = new Setting(vendor);
      long theirs = setting.now.getEpochSecond() + 100;
      vendor.json("GET " + API + "/auth/time", Long.toString(theirs));
      vendor.json(
          "GET " + API + "/dedicated/server", fixture("dedicated_server/dedicated_servers.json"));
      vendor.json(
          "GET " + API + "/dedicated/server/abcde",
          fixture("dedicated_server/dedicated_servers_details.json"));
      vendor.json(
          "GET " + API + "/dedicated/server/abcde/ips",
          fixture("dedicated_server/dedicated_servers_abcde_ips.json"));
      var source = setting.source(config("dedicated_server"));
      assertThat(Setting.show(source.refresh()))
          .isEqualTo(
              """
              ovhcloud_dedicated_server
                - __address__: 1.2.3.4
                  __meta_ovhcloud_dedicated_server_commercial_range: Advance-1 Gen 2
                  __meta_ovhcloud_dedicated_server_datacenter: gra3
                  __meta_ovhcloud_dedicated_server_ipv4: 1.2.3.4
                  __meta_ovhcloud_dedicated_server_link_speed: 123
                  __meta_ovhcloud_dedicated_server_name: abcde
                  __meta_ovhcloud_dedicated_server_no_intervention: false
                  __meta_ovhcloud_dedicated_server_os: debian11_64
                  __meta_ovhcloud_dedicated_server_rack: TESTRACK
                  __meta_ovhcloud_dedicated_server_reverse: abcde-rev
                  __meta_ovhcloud_dedicated_server_server_id: 1234
                  __meta_ovhcloud_dedicated_server_state: test
                  __meta_ovhcloud_dedicated_server_support_level: pro
                  instance: abcde
              """);
      Vendor.Request r = vendor.requests.get(1);
      assertThat(r.header("X-Ovh-Application")).isEqualTo("ak");
      assertThat(r.header("X-Ovh-Consumer")).isEqualTo("ck");
      assertThat(r.header("X-Ovh-Timestamp")).isEqualTo(Long.toString(theirs));
      String signed = "as+ck+GET+" + API + "/dedicated/server++" + theirs;
      assertThat(r.header("X-Ovh-Signature"))
          .isEqualTo(
              "$1$"
                  + HexFormat.of()
                      .formatHex(
                          MessageDigest.getInstance("SHA-1")
                              .digest(signed.getBytes(StandardCharsets.UTF_8))));
      // One server that cannot be asked about does not cost the others.
      vendor.status("GET " + API + "/dedicated/server/abcde/ips", 404, "gone");
      assertThat(source.refresh().getFirst().targets()).isEmpty();
      vendor.status("GET " + API + "/dedicated/server", 403, "bad signature");
      assertThatThrownBy(source::refresh)
          .hasMessageContaining(API + "/dedicated/server")
          .hasMessageContaining("bad signature");
    }
  }

  @Test
  void virtualServers() throws Exception {
    try (Vendor vendor = new Vendor()) {
      vendor.json("GET " + API + "/auth/time", "1");
      vendor.json("GET " + API + "/vps", fixture("vps/vps.json"));
      vendor.json("GET " + API + "/vps/abc", fixture("vps/vps_details.json"));
      vendor.json("GET " + API + "/vps/abc/ips", fixture("vps/vps_abc_ips.json"));
      assertThat(Setting.show(new Setting(vendor).refresh(config("vps"))))
          .isEqualTo(
              """
              ovhcloud_vps
                - __address__: 192.0.2.1
                  __meta_ovhcloud_vps_cluster: cluster_test
                  __meta_ovhcloud_vps_datacenter: []
                  __meta_ovhcloud_vps_disk: 40
                  __meta_ovhcloud_vps_display_name: abc
                  __meta_ovhcloud_vps_ipv4: 192.0.2.1
                  __meta_ovhcloud_vps_maximum_additional_ip: 16
                  __meta_ovhcloud_vps_memory: 2048
                  __meta_ovhcloud_vps_memory_limit: 2048
                  __meta_ovhcloud_vps_model_name: vps-value-1-2-40
                  __meta_ovhcloud_vps_model_vcore: 1
                  __meta_ovhcloud_vps_name: abc
                  __meta_ovhcloud_vps_netboot_mode: local
                  __meta_ovhcloud_vps_offer: VPS abc
                  __meta_ovhcloud_vps_offer_type: ssd
                  __meta_ovhcloud_vps_state: running
                  __meta_ovhcloud_vps_vcore: 1
                  __meta_ovhcloud_vps_version: 2019v1
                  __meta_ovhcloud_vps_zone: zone
                  instance: abc
              """);
    }
  }
}
