package dev.tethys.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.KubernetesDouble;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State and events of Kubernetes in a server, over a restart. */
@Tag("slow")
@Tag("contrib")
class ClusterStateServerTest {
  private static final Duration SOON = Duration.ofSeconds(90);
  private static final String POD =
      "/api/v1/query?query=kube_pod_info%7Bjob%3D%22kube-state-metrics%22%7D";
  private static final String EVENTS =
      "/loki/api/v1/query?query=sum(count_over_time(%7Bservice_name%3D%22KubernetesEvents%22%7D%5B1h%5D))";

  @TempDir Path dir;

  private static void event(KubernetesDouble api, String name) {
    api.put(
        "/api/v1/events",
        "shop/" + name,
        """
        {"metadata":{"name":"%s","namespace":"shop","uid":"uid-%s"},
         "involvedObject":{"kind":"Pod","name":"web","namespace":"shop"},
         "reason":"BackOff","message":"Back-off","type":"Warning","count":1,
         "lastTimestamp":"%s","source":{"component":"kubelet"}}
        """
            .formatted(name, name, Instant.now()));
  }

  @Test
  void storesStateAndEachEventOnce() throws Exception {
    try (KubernetesDouble api = new KubernetesDouble()) {
      Path kubeconfig = dir.resolve("kubeconfig");
      Files.writeString(
          kubeconfig,
          """
          apiVersion: v1
          kind: Config
          clusters: [{name: c, cluster: {server: "%s"}}]
          users: [{name: u, user: {token: t}}]
          contexts: [{name: x, context: {cluster: c, user: u}}]
          current-context: x
          """
              .formatted(api.url()));
      Path file = dir.resolve("agent.yml");
      Files.writeString(file, "kubernetes: {kubeconfig: '" + kubeconfig + "', min_age: 0s}");
      api.put(
          "/api/v1/pods",
          "shop/web",
          """
          {"metadata":{"name":"web","namespace":"shop","uid":"u"},"spec":{"nodeName":"n1"}}
          """);
      event(api, "first");
      String flag = "--cluster-agent.config-file=" + file;
      try (TethysProcess p = TethysProcess.server(dir, "global: {}", flag)) {
        p.await("state", SOON, () -> p.get(POD).body().contains("\"node\":\"n1\""));
        p.await("event", SOON, () -> p.get(EVENTS).body().contains("\"1\"]"));
      }
      event(api, "second");
      try (TethysProcess p = TethysProcess.server(dir, "global: {}", flag)) {
        p.await("later event", SOON, () -> p.get(EVENTS).body().contains("\"2\"]"));
        p.await("state", SOON, () -> p.get(POD).body().contains("\"node\":\"n1\""));
        assertThat(p.get(EVENTS).body()).contains("\"2\"]");
      }
    }
  }
}
