package dev.tethys.app.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.collector.ConfigSources;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A whole collector with the block that the Collector's chart writes, with the double of a
 * cluster's API: the client is a pod.
 */
@Tag("slow")
@Timeout(120)
@Tag("contrib")
class KubernetesAttributesRoleTest {
  private static final String SPAN =
      """
      {"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{"spans":[{
        "traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"%s",
        "startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}
      """;

  @TempDir private Path dir;
  private final HttpClient http = HttpClient.newHttpClient();

  private void write(int otlp, String more) throws IOException {
    Files.writeString(
        dir.resolve("collector.yaml"),
        """
        receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:%d"}}}}
        processors:
          k8sattributes:
            auth_type: kubeConfig
            wait_for_metadata: true
            wait_for_metadata_timeout: 60s
            filter:
              node: ${env:K8S_NODE_NAME}
            passthrough: false
            pod_association:
            - sources:
              - from: resource_attribute
                name: k8s.pod.ip
            - sources:
              - from: resource_attribute
                name: k8s.pod.uid
            - sources:
              - from: connection
            extract:
              metadata: [k8s.namespace.name, k8s.deployment.name, k8s.statefulset.name,
                k8s.daemonset.name, k8s.cronjob.name, k8s.job.name, k8s.node.name, k8s.pod.name,
                k8s.pod.uid, k8s.pod.start_time]
              labels:
              - tag_name: $$1
                key_regex: (.*)
                from: pod
            kube_config_path: "%s"
          attributes: {actions: [{key: turn, value: %s, action: upsert}]}
        exporters: {file: {path: "%s"}}
        service:
          telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}}
          pipelines:
            traces: {receivers: [otlp], processors: [k8sattributes, attributes], exporters: [file]}
        """
            .formatted(otlp, dir.resolve("kubeconfig"), more, dir.resolve("out.json")));
  }

  private String after(int otlp, String name) throws Exception {
    HttpRequest r =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + otlp + "/v1/traces"))
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(SPAN.formatted(name)))
            .build();
    assertThat(http.send(r, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(200);
    Path out = dir.resolve("out.json");
    while (true) {
      for (String line : Files.exists(out) ? Files.readAllLines(out) : List.<String>of()) {
        if (line.contains("\"" + name + "\"")) {
          return line;
        }
      }
      Waiting.pause();
    }
  }

  @Test
  void associatesConnectionsWithPodsAfterReload() throws Exception {
    int otlp = Ports.free();
    try (KubernetesDouble cluster = new KubernetesDouble()) {
      cluster.put(
          "/api/v1/pods",
          "shop/till-0",
          """
          {"metadata":{"name":"till-0","namespace":"shop","uid":"u-till",
             "labels":{"app":"till"},"ownerReferences":[
               {"kind":"StatefulSet","name":"till","uid":"s1","controller":true}]},
           "spec":{"nodeName":"node7"},"status":{"podIP":"127.0.0.1"}}
          """);
      Files.writeString(
          dir.resolve("kubeconfig"),
          """
          current-context: c
          contexts: [{name: c, context: {cluster: k, user: u}}]
          clusters: [{name: k, cluster: {server: '%s'}}]
          users: [{name: u, user: {token: t}}]
          """
              .formatted(cluster.url()));
      write(otlp, "first");
      try (CollectorRole role =
          new CollectorRole(
              new ConfigSources(
                  List.of(dir.resolve("collector.yaml").toString()),
                  List.of(),
                  Map.of("K8S_NODE_NAME", "node7")::get),
              BuiltIn.components(),
              false,
              false)) {
        role.start();
        assertThat(after(otlp, "one"))
            .contains("till-0", "\"shop\"", "u-till", "node7", "k8s.statefulset.name", "\"app\"")
            .contains("first");
        write(otlp, "second");
        HttpRequest reload =
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + role.port() + "/-/reload"))
                .POST(BodyPublishers.noBody())
                .build();
        assertThat(http.send(reload, HttpResponse.BodyHandlers.ofString()).statusCode())
            .isEqualTo(200);
        assertThat(after(otlp, "two")).contains("till-0", "second");
        assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(1);
      }
    }
  }
}
