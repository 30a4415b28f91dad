package dev.tethys.pipeline.receiver.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.NotBuiltException;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubelet.KubeletConfig.Group;
import dev.tethys.pipeline.receiver.kubernetes.ClusterSettings.Auth;
import dev.tethys.web.kubernetes.Quantity;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reading of the Collector's configurations. */
class KubeletConfigTest {
  private static KubeletConfig read(String yaml) {
    return TestPipeline.read(KubeletConfig.TYPE, yaml);
  }

  @Test
  void readsAllKeysOfTheCollector() {
    KubeletConfig c =
        read(
            """
            collection_interval: 20s
            initial_delay: 3s
            timeout: 7s
            auth_type: serviceAccount
            endpoint: https://node-1:10250
            ca_file: /ca.crt
            insecure_skip_verify: true
            metric_groups: [pod, volume]
            extra_metadata_labels: [container.id, k8s.volume.type]
            k8s_api_config: {auth_type: kubeConfig, context: far}
            node: node-1
            collect_all_network_interfaces: {pod: true, node: true}
            metrics:
              k8s.pod.cpu.node.utilization: {enabled: true}
              k8s.pod.network.io: {enabled: true, attributes: [direction], aggregation_strategy: sum}
            resource_attributes:
              k8s.pod.name: {enabled: true, metrics_include: [{strict: a}, {regexp: b.*}]}
            """);
    assertThat(c.pace().interval()).isEqualTo(Duration.ofSeconds(20));
    assertThat(c.pace().delay()).isEqualTo(Duration.ofSeconds(3));
    assertThat(c.pace().timeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(c.groups()).containsExactlyInAnyOrder(Group.POD, Group.VOLUME);
    assertThat(Objects.requireNonNull(c.api()).auth()).isEqualTo(Auth.KUBECONFIG);
    assertThat(c.allNodeInterfaces() && c.allPodInterfaces() && c.skipVerify()).isTrue();
    assertThat(c.containerIds() && c.volumeTypes() && c.wantsCapacity()).isTrue();
  }

  @Test
  void appliesDefaults() {
    KubeletConfig c = read("{ca_file: a, cert_file: b, key_file: c}");
    assertThat(c.access().auth()).isEqualTo(Auth.TLS);
    assertThat(c.pace().interval()).isEqualTo(Duration.ofSeconds(10));
    assertThat(c.pace().delay()).isEqualTo(Duration.ofSeconds(1));
    assertThat(c.groups()).containsExactlyInAnyOrder(Group.CONTAINER, Group.POD, Group.NODE);
    assertThat(c.wantsPods()).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | auth_type: tls, which is the default, requires ca_file, cert_file and key_file",
        "auth_type: token | unknown auth_type \"token\"",
        "{auth_type: none, cert_file: x} | cert_file is valid with auth_type: tls only",
        "{auth_type: none, context: x} | context is valid with auth_type: kubeConfig only",
        "auth_type: kubeConfig | the endpoint must be the name of a node",
        "{auth_type: kubeConfig, endpoint: 'https://a:1'} | the endpoint must be the name of a node",
        "{auth_type: none, metric_groups: [pods]} | unknown metric group \"pods\"",
        "{auth_type: none, extra_metadata_labels: [image]} | unknown metadata label \"image\"",
        "{auth_type: none, extra_metadata_labels: [container.id, container.id]} | is listed twice",
        "{auth_type: none, metrics: {k8s.pod.cpu.node.utilization: {enabled: true}}} | k8s.pod.cpu.node.utilization requires node",
        "{auth_type: none, metrics: {k8s.pod.cpu.utilization: {enabled: true}}} | unknown key \"k8s.pod.cpu.utilization\"",
        "{auth_type: none, collection_interval: 0s} | collection_interval must be greater",
        "{auth_type: none, k8s_api_config: {auth_type: tls}} | unknown auth_type \"tls\"",
      })
  void reportsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @Test
  void rejectsUnsupportedSettingsByName() {
    assertThatThrownBy(() -> read("{auth_type: none, min_version: '1.3'}"))
        .isInstanceOf(NotBuiltException.class)
        .hasMessageContaining("min_version");
  }

  @ParameterizedTest
  @CsvSource({
    "4, 4", "250m, 0.25", "1Ki, 1024", "1.5Gi, 1610612736", "2k, 2000", "1e3, 1000", "5E, 5e18",
    "12E2, 1200", "100n, 1e-7", "-1, -1", ".5, 0.5", "4 CPUs, 0", "'', 0", "1e999999, 0"
  })
  void parsesQuantities(String text, double number) {
    assertThat(Quantity.number(text)).isEqualTo(number);
  }
}
