package dev.tethys.collect.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.model.Labels;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiscoveriesTest {
  @Test
  void rejectsMechanismMissingFromTheCore() {
    assertThatThrownBy(() -> Setting.read("ec2_sd_configs: [{region: r}]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(
            "test.yml:1:17: discovery \"ec2\" belongs to contrib/discovery; this build is the core");
  }

  @Test
  void readsEveryBuiltMechanism() {
    List<DiscoveryConfig> configs =
        Setting.read(
            """
            static_configs:
            - targets: [a:1, b:2]
              labels: {env: prod, empty: }
            file_sd_configs:
            - files: [/etc/targets/*.json]
            dns_sd_configs:
            - names: [_http._tcp.example.org]
            - names: [example.org]
              type: a
              port: 9100
              refresh_interval: 1m
            http_sd_configs:
            - url: http://sd.example.org/targets
            """);
    assertThat(configs)
        .extracting(DiscoveryConfig::mechanism)
        .containsExactlyInAnyOrder("static", "file", "dns", "dns", "http");
    StaticConfig s = (StaticConfig) configs.getLast();
    assertThat(s.groups().getFirst().labels()).isEqualTo(Labels.of("env", "prod"));
    assertThat(configs)
        .contains(
            new DnsConfig(
                List.of("example.org"), DnsConfig.RecordType.A, 9100, Duration.ofMinutes(1)));
  }

  @Test
  void rejectsUnknownMechanismsByName() {
    assertThatThrownBy(() -> Setting.read("oracle_sd_configs: [{tenancy: a}]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("test.yml:1:1")
        .hasMessageContaining("oracle_sd_configs");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "static_configs: [{targets: ['http://a:1/metrics']}] | is not a valid hostname",
        "static_configs: [{target: ['a:1']}]                 | did you mean \"targets\"",
        "file_sd_configs: [{files: []}]                      | at least one path name",
        "file_sd_configs: [{files: ['a.txt']}]               | is not valid for file discovery",
        "file_sd_configs: [{files: ['a*/b.json']}]           | is not valid for file discovery",
        "dns_sd_configs: [{names: []}]                       | at least one SRV record name",
        "dns_sd_configs: [{names: [a], type: A}]             | a port is required",
        "dns_sd_configs: [{names: [a], type: TXT}]           | invalid DNS-SD records type TXT",
        "dns_sd_configs: [{names: [a], type: A, port: 70000}] | between 1 and 65535",
        "http_sd_configs: [{refresh_interval: 1m}]           | URL is missing",
        "http_sd_configs: [{url: 'foo://x'}]                 | scheme must be 'http' or 'https'",
        "http_sd_configs: [{url: 'http://'}]                 | test.yml:1",
      })
  void describesErrors(String yaml, String error) {
    assertThatThrownBy(() -> Setting.read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(error)
        .hasMessageContaining("test.yml:1:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"static_configs: [null]", "file_sd_configs: [null]", "dns_sd_configs: [null]"})
  void refusesEmptyEntries(String yaml) {
    assertThatThrownBy(() -> Setting.read(yaml)).isInstanceOf(ConfigException.class);
  }
}
