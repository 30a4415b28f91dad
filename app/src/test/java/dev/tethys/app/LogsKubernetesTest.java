package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.LokiDouble;
import dev.tethys.testkit.Ports;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pods by the job that Promtail's Helm chart has, with files as a kubelet and a container runtime
 * leave them, from a cluster to Loki.
 */
@Tag("slow")
class LogsKubernetesTest {
  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** The chart's job; the address of the cluster and the folder are this test's. */
  private static final String CONFIG =
      """
      server: {http_listen_port: {port}}
      clients:
        - url: {loki}
          batchwait: 50ms
      positions:
        filename: {folder}/positions.yaml
        sync_period: 100ms
      target_config:
        sync_period: 200ms
      scrape_configs:
        - job_name: kubernetes-pods
          pipeline_stages:
            - {stage}: {}
          kubernetes_sd_configs:
            - role: pod
              api_server: {cluster}
          relabel_configs:
            - source_labels:
                - __meta_kubernetes_pod_controller_name
              regex: ([0-9a-z-.]+?)(-[0-9a-f]{8,10})?
              action: replace
              target_label: __tmp_controller_name
            - source_labels:
                - __meta_kubernetes_pod_label_app_kubernetes_io_name
                - __meta_kubernetes_pod_label_app
                - __tmp_controller_name
                - __meta_kubernetes_pod_name
              regex: ^;*([^;]+)(;.*)?$
              action: replace
              target_label: app
            - source_labels:
                - __meta_kubernetes_pod_label_app_kubernetes_io_instance
                - __meta_kubernetes_pod_label_instance
              regex: ^;*([^;]+)(;.*)?$
              action: replace
              target_label: instance
            - source_labels:
                - __meta_kubernetes_pod_label_app_kubernetes_io_component
                - __meta_kubernetes_pod_label_component
              regex: ^;*([^;]+)(;.*)?$
              action: replace
              target_label: component
            - action: replace
              source_labels:
              - __meta_kubernetes_pod_node_name
              target_label: node_name
            - action: replace
              source_labels:
              - __meta_kubernetes_namespace
              target_label: namespace
            - action: replace
              replacement: $1
              separator: /
              source_labels:
              - namespace
              - app
              target_label: job
            - action: replace
              source_labels:
              - __meta_kubernetes_pod_name
              target_label: pod
            - action: replace
              source_labels:
              - __meta_kubernetes_pod_container_name
              target_label: container
            - action: replace
              replacement: {folder}/pods/*$1/*.log
              separator: /
              source_labels:
              - __meta_kubernetes_pod_uid
              - __meta_kubernetes_pod_container_name
              target_label: __path__
            - action: replace
              regex: true/(.*)
              replacement: {folder}/pods/*$1/*.log
              separator: /
              source_labels:
              - __meta_kubernetes_pod_annotationpresent_kubernetes_io_config_hash
              - __meta_kubernetes_pod_annotation_kubernetes_io_config_hash
              - __meta_kubernetes_pod_container_name
              target_label: __path__
        - job_name: elsewhere
          static_configs:
            - labels:
                __host__: another-node
                __path__: {folder}/pods/**/*.log
      """;

  @TempDir Path folder;
  private int number;

  private static String node() throws IOException {
    String named = System.getenv("HOSTNAME");
    return named == null || named.isEmpty() ? InetAddress.getLocalHost().getHostName() : named;
  }

  private String config(int port, String stage, LokiDouble loki, PodsDouble cluster) {
    return CONFIG
        .replace("{port}", "" + port)
        .replace("{loki}", loki.url())
        .replace("{cluster}", cluster.url())
        .replace("{stage}", stage)
        .replace("{folder}", folder.toString());
  }

  /** The folder of a pod's container, where the kubelet makes it. */
  private Path logs(String pod, String uid) throws IOException {
    return Files.createDirectories(folder.resolve("pods/shop_" + pod + "_" + uid + "/main"));
  }

  private static void append(Path file, String line) {
    try {
      Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String cri(String stream, String flag, String text) {
    number++;
    return "2026-01-01T00:00:%02d.000000001Z %s %s %s\n".formatted(number % 60, stream, flag, text);
  }

  @Test
  void handlesPodChurnAndFileRotation() throws Exception {
    int port = Ports.free();
    List<String> expected = new ArrayList<>();
    try (LokiDouble loki = new LokiDouble();
        PodsDouble cluster = new PodsDouble()) {
      cluster.put("web-5d4f8c7b9d-x", "uid-1", node(), "{\"app\":\"web\"}");
      cluster.put("far", "uid-far", "another-node", "{}");
      Path web = logs("web-5d4f8c7b9d-x", "uid-1").resolve("0.log");
      append(logs("far", "uid-far").resolve("0.log"), cri("stdout", "F", "not of this node"));
      append(web, cri("stdout", "F", "one"));
      append(web, cri("stderr", "P", "two, ") + cri("stderr", "F", "whole"));
      Path file = folder.resolve("promtail.yml");
      Files.writeString(file, config(port, "cri", loki, cluster));
      List<String> args = List.of("logs", "-config.file=" + file);
      try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
        p.await("the first lines", LIMIT, () -> loki.lines.contains("two, whole"));
        assertThat(loki.lines).containsExactly("one", "two, whole");
        assertThat(loki.streams.getFirst())
            .contains("shop/web", "web-5d4f8c7b9d-x", node(), "main", "stdout");
        assertThat(loki.streams.getLast()).contains("stderr");
        assertThat(p.get("/service-discovery").body())
            .contains("ignoring target, wrong host (another-node")
            .doesNotContain("uid-far");
        expected.addAll(List.of("one", "two, whole"));

        // The kubelet renames, begins anew, then compresses what it renamed before.
        for (int i = 0; i < 3; i++) {
          append(web, cri("stdout", "F", "x".repeat(2000)) + cri("stdout", "F", "last of " + i));
          Path rotated = web.resolveSibling("0.log.20260101-00000" + i);
          Files.move(web, rotated);
          append(web, cri("stdout", "F", "first after " + i));
          expected.addAll(List.of("x".repeat(2000), "last of " + i, "first after " + i));
          int round = i;
          p.await("the new file", LIMIT, () -> loki.lines.contains("first after " + round));
          Path zipped = rotated.resolveSibling(rotated.getFileName() + ".gz");
          try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
            Files.copy(rotated, out);
          }
          Files.delete(rotated);
        }
        assertThat(loki.lines).containsExactlyElementsOf(expected);

        // A pod that comes; its runtime's file is elsewhere, behind a link.
        Path data = Files.createDirectories(folder.resolve("data")).resolve("id-json.log");
        append(data, cri("stdout", "F", "behind a link"));
        Files.createSymbolicLink(logs("late", "uid-2").resolve("0.log"), data);
        Path containers = Files.createDirectories(folder.resolve("containers"));
        Files.createSymbolicLink(
            containers.resolve("late_shop_main-id.log"),
            folder.resolve("pods/shop_late_uid-2/main/0.log"));
        cluster.put("late", "uid-2", node(), "{}");
        p.await("the pod that came", LIMIT, () -> loki.lines.contains("behind a link"));

        // Pods that go: the one's last lines are written as it goes, the other's file stays.
        StringBuilder last = new StringBuilder();
        for (int i = 0; i < 500; i++) {
          last.append(cri("stdout", "F", "farewell " + i));
        }
        append(web, last.toString());
        append(data, cri("stdout", "F", "gone too"));
        cluster.delete("web-5d4f8c7b9d-x");
        cluster.delete("late");
        p.await("the last line of one", LIMIT, () -> loki.lines.contains("farewell 499"));
        p.await("the last line of the other", LIMIT, () -> loki.lines.contains("gone too"));
        p.await("no target of a pod", LIMIT, () -> !p.get("/targets").body().contains("uid-1"));
      }
      assertThat(loki.lines).doesNotContain("not of this node");
      assertThat(loki.lines).hasSize(expected.size() + 502);
      assertThat(loki.lines.stream().filter(l -> l.startsWith("farewell"))).hasSize(500);
      assertThat(cluster.selectors).isNotEmpty().containsOnly("spec.nodeName=" + node());
    }
  }

  @Test
  void readsDockerLogFiles() throws Exception {
    int port = Ports.free();
    try (LokiDouble loki = new LokiDouble();
        PodsDouble cluster = new PodsDouble()) {
      cluster.put("web", "uid-1", node(), "{\"app.kubernetes.io/name\":\"site\"}");
      Path data = Files.createDirectories(folder.resolve("docker")).resolve("id-json.log");
      append(
          data,
          "{\"log\":\"a \\\"line\\\"\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T00:00:00.5Z\"}\n");
      Files.createSymbolicLink(logs("web", "uid-1").resolve("0.log"), data);
      Path file = folder.resolve("promtail.yml");
      Files.writeString(file, config(port, "docker", loki, cluster));
      List<String> args = List.of("logs", "-config.file=" + file);
      try (TethysProcess p = TethysProcess.launch(folder, port, args)) {
        p.await("the line", LIMIT, () -> !loki.lines.isEmpty());
        assertThat(loki.lines.getFirst().strip()).isEqualTo("a \"line\"");
        assertThat(loki.streams.getFirst()).contains("stderr", "shop/site");
      }
    }
  }
}
