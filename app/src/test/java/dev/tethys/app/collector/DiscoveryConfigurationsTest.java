package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ways in which receiver_creator and observers are configured out there, and what is wrong. */
@Tag("contrib")
class DiscoveryConfigurationsTest {
  private static final String WHOLE =
      """
      extensions:
        k8s_observer: {observe_nodes: true, observe_services: true, observe_ingresses: true}
        k8s_observer/own: {auth_type: serviceAccount, node: "node-1", namespaces: [default]}
        docker_observer: {api_version: 1.24, excluded_images: ['redis', '/^internal/'], timeout: 15s}
        host_observer:
        file_storage: {create_directory: false}
      receivers:
        receiver_creator/1:
      %s
      exporters: {debug: }
      service:
        extensions: [k8s_observer, k8s_observer/own, docker_observer, host_observer, file_storage]
        pipelines:
          metrics: {receivers: [receiver_creator/1], exporters: [debug]}
          logs: {receivers: [receiver_creator/1], exporters: [debug]}
          traces: {receivers: [receiver_creator/1], exporters: [debug]}
      """;

  @TempDir private Path dir;

  private int validate(String creator) throws IOException {
    Path file = dir.resolve("collector.yaml");
    Files.writeString(file, WHOLE.formatted(creator.stripIndent().indent(4).stripTrailing()));
    return CollectorCommand.run(List.of("validate", "--config", file.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // Pods with the annotations of Prometheus.
        """
        watch_observers: [k8s_observer]
        receivers:
          prometheus_simple:
            rule: type == "pod" && annotations["prometheus.io/scrape"] == "true"
            config:
              metrics_path: '`"prometheus.io/path" in annotations ? annotations["prometheus.io/path"] : "/metrics"`'
              endpoint: '`endpoint`:`"prometheus.io/port" in annotations ? annotations["prometheus.io/port"] : 9090`'
            resource_attributes: {an.attribute: a.value, app.version: '`labels["app_version"]`'}
        resource_attributes:
          pod: {service.name: '`labels["service_name"]`', app: '`labels["app"]`'}
          port: {service.name: '`pod.labels["service_name"]`'}
        """,
        // Kubelets of all nodes.
        """
        watch_observers: [k8s_observer]
        receivers:
          kubeletstats:
            rule: type == "k8s.node"
            config:
              auth_type: serviceAccount
              collection_interval: 10s
              endpoint: '`endpoint`:`kubelet_endpoint_port`'
              extra_metadata_labels: [container.id]
              metric_groups: [container, pod, node]
        """,
        // Logs of some containers, with positions.
        """
        watch_observers: [k8s_observer/own]
        receivers:
          filelog/busybox:
            rule: type == "pod.container" && container_name == "busybox"
            config:
              include:
                - /var/log/pods/`pod.namespace`_`pod.name`_`pod.uid`/`container_name`/*.log
              include_file_name: false
              include_file_path: true
              storage: file_storage
              operators:
                - {id: container-parser, type: container}
                - {type: add, field: attributes.log.template, value: busybox}
          filelog/pods:
            rule: type == "pod" && !(namespace in ["kube-system", "default"]) and labels["app"] != ""
            config:
              include: ['/var/log/pods/`namespace`_`name`_`"kubernetes.io/config.mirror" in annotations ? "*" : uid`/*/*.log']
              exclude: ['/var/log/pods/`namespace`_`name`_*/*/*.gz']
        """,
        // Exporters by port and by name, scraped with their own rules.
        """
        watch_observers: [k8s_observer]
        receivers:
          prometheus/dcgm:
            rule: type == "pod" && (labels["app"] == "nvidia-dcgm-exporter" || labels["app.kubernetes.io/name"] == "nvidia-dcgm-exporter")
            config:
              config:
                scrape_configs:
                  - job_name: gpu-metrics
                    scrape_interval: 10s
                    static_configs: [{targets: ['`endpoint`:9400']}]
                    metric_relabel_configs:
                      - {source_labels: [__name__], regex: 'DCGM_.*', action: keep}
          prometheus/coredns:
            rule: type == "port" && port == 9153 && pod.name matches "(?i)coredns"
            config:
              config: {scrape_configs: [{job_name: coredns, static_configs: [{targets: ['`endpoint`']}]}]}
        """,
        // Containers of Docker, ports of the host, and two observers at once.
        """
        watch_observers: [docker_observer, host_observer]
        receivers:
          prometheus_simple/docker:
            rule: type == "container" and labels["metrics"] == "true" and port == 9100
          prometheus_simple/host:
            rule: type == "hostport" && process_name startsWith "node_exp" && !is_ipv6 && transport == "TCP"
          docker_stats:
            rule: type == "hostport" && command contains "dockerd"
            config: {endpoint: 'unix:///var/run/docker.sock'}
        """,
        // What pods say themselves.
        """
        watch_observers: [k8s_observer]
        discovery:
          enabled: true
          ignore_receivers: [kafka, nginx]
          default_annotations: {io.opentelemetry.discovery.logs/enabled: "true"}
        receivers:
        """,
        // Services and ingresses.
        """
        watch_observers: [k8s_observer]
        receivers:
          prometheus_simple/service:
            rule: type == "k8s.service" && annotations["prometheus.io/probe"] == "true" && service_type != "ExternalName"
            config: {endpoint: '`endpoint`:`annotations["prometheus.io/port"] ?? "80"`'}
          prometheus_simple/ingress:
            rule: type == "k8s.ingress" && scheme == "https"
            config: {endpoint: '`host`:`port`', metrics_path: '`path`', tls: {}}
        """
      })
  void isTaken(String creator) throws IOException {
    assertThat(validate(creator)).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        // It was never true: a port of a pod has no such field.
        "{watch_observers: [host_observer], receivers: {prometheus_simple: {rule: type == \"port\""
            + " && is_ipv6 == true}}}",
        "{watch_observers: [file_storage], receivers: {prometheus_simple: {rule: type =="
            + " \"port\"}}}",
        "{watch_observers: [k8s_observer], receivers: {redis: {rule: type == \"port\"}}}",
        "{watch_observers: [k8s_observer], receivers: {filelog: {rule: type == \"pod\", config:"
            + " {include: [x], storage: nope}}}}",
      })
  void isRefused(String creator) throws IOException {
    assertThat(validate(creator)).isNotZero();
  }
}
