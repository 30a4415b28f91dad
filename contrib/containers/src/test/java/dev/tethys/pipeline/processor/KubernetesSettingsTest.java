package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Valid and invalid configurations. */
@Timeout(60)
class KubernetesSettingsTest extends KubernetesCase {
  /** Configurations valid in the Collector's tests. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{auth_type: kubeConfig, passthrough: false}",
        "{auth_type: none, kube_api_qps: 20.5, kube_api_burst: 40, context: c}",
        "{extract: {deployment_name_from_replicaset: false}}",
        "{extract: {metadata: [container.image.tag, container.image.tags]}}",
        "{extract: {labels: [{tag_name: l, key: app, from: replicaset}]}}",
        "{watch_sync_period: 0s, pod_delete_grace_period: 30s}",
        "{pod_association: [{sources: [{from: resource_attribute, name: ip}]},"
            + " {sources: [{from: connection, name: ip}]}]}",
        "{filter: {labels: [{key: app, op: exists}], namespace: ns2}}"
      })
  void acceptsValidConfigurations(String yaml) {
    assertThat(make(yaml)).isNotNull();
  }

  /** Configurations invalid in the Collector's tests, and some more. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {extract: {metadata: [k8s.cluster.name]}} | k8s.cluster.name
          {extract: {labels: [{tag_name: l1, key: label1, key_regex: 'label\\d'}]}} | key_regex
          {extract: {annotations: [{tag_name: a1, from: pod}]}} | key_regex
          {extract: {labels: [{key: label1, from: unknown}]}} | unknown
          {extract: {labels: [{key_regex: '['}]}} | regular expression
          {extract: {labels: [{key: a, regex: b}]}} | regex
          {filter: {labels: [{key: label, value: v1, op: unknown}]}} | unknown
          {filter: {labels: [{key: label, value: 'a b'}]}} | a b
          {filter: {fields: [{key: field, value: v1, op: exists}]}} | exists
          {exclude: {pods: [{name: '['}]}} | regular expression
          {watch_sync_period: -20s} | -20s
          {pod_delete_grace_period: -30s} | -30s
          {auth_type: tls} | tls
          {pod_association: [{sources: []}]} | sources
          {pod_association: [{sources: [{from: resource_attribute}]}]} | name
          {pod_association: [{sources: [{from: other}]}]} | other
          """)
  void rejectsInvalidConfigurations(String yaml, String problem) {
    assertThatThrownBy(() -> make(yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(problem)
        .hasMessageContaining("c.yaml:1:");
  }

  @Test
  void boundsAssociationsAndRejectsDuplicates() {
    String a = "{from: resource_attribute, name: a%d}";
    String five = "";
    for (int i = 0; i < 5; i++) {
      five += (i == 0 ? "" : ", ") + a.formatted(i);
    }
    String many = "{pod_association: [{sources: [" + five + "]}]}";
    assertThatThrownBy(() -> make(many)).hasMessageContaining("4");
    String same =
        "{pod_association: [{sources: [%s, %s]}, {sources: [%s, %s]}]}"
            .formatted(a.formatted(1), a.formatted(2), a.formatted(2), a.formatted(1));
    assertThatThrownBy(() -> make(same)).hasMessageContaining("same sources");
  }
}
