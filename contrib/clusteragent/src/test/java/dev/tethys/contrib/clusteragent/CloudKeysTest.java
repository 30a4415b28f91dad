package dev.tethys.contrib.clusteragent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import org.junit.jupiter.api.Test;

class CloudKeysTest {
  private static ClusterAgentConfig parse(String text) {
    return ClusterAgentConfig.parse("databases.yml", text, _ -> null);
  }

  @Test
  void readsRegionsAndFilters() {
    String text = "aws:\n  regions: [eu-west-1, us-east-1]\n  rds_tag_filters: {env: 'prod*'}\n";

    assertThat(parse(text).clouds().isEmpty()).isFalse();
    assertThat(parse(text).clouds()).isEqualTo(parse(text).clouds());
    assertThat(parse(text).clouds()).isNotEqualTo(parse("aws: {}").clouds());
    assertThat(parse("interval: 15s\n").clouds().isEmpty()).isTrue();
  }

  @Test
  void refusesWrongSettingsWithTheirPlace() {
    refuses("aws:\n  regions: [Ireland]\n", "databases.yml:2:", "\"Ireland\" is not a region");
    refuses("aws:\n  regions: [eu-west-1, eu-west-1]\n", "configured twice");
    refuses("aws:\n  access_key: AKIAEXAMPLE\n", "access_key and secret_key must be set together");
    refuses("aws:\n  external_id: x\n", "external_id needs role_arn");
    refuses("aws:\n  role_arn: tethys\n", "is not a role");
    refuses("aws:\n  rds_tag_filters: {env: '[a'}\n", "databases.yml:2:", "bracket");
    refuses("aws:\n  endpoints: {rds: 'ftp://x'}\n", "is not a URL of http or https");
    refuses("aws:\n  region: eu-west-1\n", "did you mean \"regions\"");
    refuses("aws: {}\ncloud_interval: 1s\n", "cloud_interval must be from 10s to 5m");
  }

  private static void refuses(String text, String... parts) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(ConfigException.class)
        .hasMessageContainingAll(parts);
  }

  @Test
  void showsNoSecretKey() {
    String text = "aws:\n  access_key: AKIAEXAMPLE\n  secret_key: wJalrXUtnFEMI\n";

    assertThat(parse(text).toString()).doesNotContain("wJalrXUtnFEMI");
  }
}
