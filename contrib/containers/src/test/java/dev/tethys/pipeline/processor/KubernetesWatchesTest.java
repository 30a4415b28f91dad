package dev.tethys.pipeline.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Watched objects of a changing cluster. */
@Timeout(60)
@Tag("slow")
class KubernetesWatchesTest extends KubernetesCase {
  @Test
  void keepsDeletedPodsForAGracePeriod() throws IOException {
    pod("a", "uid-a", "1.1.1.1", "2023-01-01T00:00:00Z");
    Processor p = start("pod_delete_grace_period: 60s");
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("a");
    cluster.delete(PODS, "ns/a");
    pod("witness", "uid-w", "1.1.1.9", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.9");
    rig.clock.pass(Duration.ofSeconds(59));
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("a");
    rig.clock.pass(Duration.ofSeconds(60));
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isNull();
    assertThat(sent(p, "1.1.1.9").get("k8s.pod.name")).isEqualTo("witness");
  }

  @Test
  void prefersTheLastScheduledPodOfAnAddress() throws IOException {
    pod("old", "uid-1", "1.1.1.1", "2023-01-01T00:00:00Z");
    Processor p = start("extract: {metadata: [k8s.pod.name, k8s.pod.uid]}");
    pod("new", "uid-2", "1.1.1.1", "2023-01-02T00:00:00Z");
    until(a -> "new".equals(a.get("k8s.pod.name")), p, "1.1.1.1");
    pod("old", "uid-1", "1.1.1.1", "2023-01-01T00:00:00Z");
    pod("witness", "uid-w", "1.1.1.9", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.9");
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).as("news of the old one").isEqualTo("new");
    cluster.delete(PODS, "ns/old");
    pod("witness2", "uid-v", "1.1.1.8", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.8");
    rig.clock.pass(Duration.ofSeconds(300));
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("new");
  }

  @Test
  void fallsBackToALivingPodWhenOneIsDeleted() throws IOException {
    String app =
        "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"ns\",\"uid\":\"%s\"},"
            + "\"spec\":{\"nodeName\":\"n1\"},\"status\":{\"startTime\":\"%s\"}}";
    cluster.put(PODS, "ns/a", app.formatted("a", "uid-a", "2023-01-01T00:00:00Z"));
    cluster.put(PODS, "ns/b", app.formatted("b", "uid-b", "2023-01-02T00:00:00Z"));
    cluster.put(PODS, "ns/c", app.formatted("c", "uid-c", "2023-01-03T00:00:00Z"));
    Processor p =
        start(
            """
            pod_delete_grace_period: 0s,
            pod_association: [{sources: [{from: resource_attribute, name: k8s.node.name}]}],
            extract: {metadata: [k8s.pod.name, k8s.node.name]}
            """);
    assertThat(sent(p, "", "k8s.node.name", "n1").get("k8s.pod.name")).isEqualTo("c");
    cluster.delete(PODS, "ns/c");
    until(a -> "b".equals(a.get("k8s.pod.name")), p, "", "k8s.node.name", "n1");
    cluster.delete(PODS, "ns/b");
    until(a -> "a".equals(a.get("k8s.pod.name")), p, "", "k8s.node.name", "n1");
    cluster.delete(PODS, "ns/a");
    until(a -> !a.contains("k8s.pod.name"), p, "", "k8s.node.name", "n1");
  }

  @Test
  void prefersRunningPodsToCompletedOnes() throws IOException {
    String job = PLAIN.formatted("job", "ns", "uid-j", "", "1.1.1.1", "2023-01-02T00:00:00Z");
    cluster.put(PODS, "ns/job", job);
    pod("runs", "uid-r", "1.1.1.1", "2023-01-01T00:00:00Z");
    Processor p = start("");
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("job");
    cluster.put(PODS, "ns/job", job.replace("\"podIP\"", "\"phase\":\"Succeeded\",\"podIP\""));
    until(a -> "runs".equals(a.get("k8s.pod.name")), p, "1.1.1.1");
    cluster.delete(PODS, "ns/job");
    pod("witness", "uid-w", "1.1.1.9", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.9");
    rig.clock.pass(Duration.ofSeconds(300));
    assertThat(sent(p, "1.1.1.1").get("k8s.pod.name")).isEqualTo("runs");
  }

  @Test
  void resumesWatchesAndRelistsWhenRequired() throws IOException {
    for (int i = 0; i < 2 * ResourceWatch.PAGE + 1; i++) {
      pod("p" + i, "uid-" + i, "1.2." + i / 256 + "." + i % 256, "2023-01-01T00:00:00Z");
    }
    Processor p = start("pod_delete_grace_period: 0s, kube_api_qps: -1");
    assertThat(sent(p, "1.2.3.232").get("k8s.pod.name")).isEqualTo("p1000");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(3);
    cluster.endWatches();
    pod("late", "uid-late", "1.1.1.1", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.1");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(3);
    cluster.delete(PODS, "ns/p7");
    until(a -> !a.contains("k8s.pod.name"), p, "1.2.0.7");
    cluster.failNext(2);
    cluster.delete(PODS, "ns/p8");
    cluster.forget();
    cluster.endWatches();
    until(a -> !a.contains("k8s.pod.name"), p, "1.2.0.8");
    pod("latest", "uid-latest", "1.1.1.2", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.2");
  }

  @Test
  void reconnectsSilentWatches() throws IOException {
    silence = Duration.ofMillis(100);
    auth();
    Processor p = start("");
    while (cluster.requests.stream().filter(r -> r.contains("watch=true")).count() < 3) {
      Waiting.pause();
    }
    pod("late", "uid-late", "1.1.1.2", "2023-01-01T00:00:00Z");
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.2");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(1);
    assertThat(metric("tethys_k8s_attributes_watch_failures_total")).isZero();
    synchronized (asked) {
      assertThat(asked).noneMatch(HttpClientConfig::enableHttp2);
    }
  }

  @Test
  void survivesUnexpectedFailures() throws IOException {
    auth();
    breaks.set(3);
    Processor p = start("");
    assertThat(sent(p, "1.1.1.1").get("k8s.namespace.name")).isEqualTo("ns1");
    assertThat(metric("tethys_k8s_attributes_watch_failures_total")).isEqualTo(3);
  }

  @Test
  void retriesUntilTheApiIsAvailable() throws IOException {
    pauses.drainPermits();
    auth();
    cluster.forbid(PODS, true);
    Processor p = make("{}");
    p.start();
    started.add(p);
    while (metric("tethys_k8s_attributes_watch_failures_total") == 0) {
      Waiting.pause();
    }
    assertThat(sent(p, "1.1.1.1", "a", "b")).isEqualTo(attributes("a", "b"));
    cluster.forbid(PODS, false);
    pauses.release(1000);
    until(a -> a.contains("k8s.pod.name"), p, "1.1.1.1");
    assertThat(metric("otelcol_otelsvc_k8s_pod_added_total")).isEqualTo(1);
    assertThat(metric("otelcol_processor_k8sattributes_pod_association_success_total"))
        .isPositive();
    assertThat(metric("otelcol_otelsvc_k8s_pod_table_size")).isEqualTo(2);
  }

  @Test
  void failsStartAfterTheWaitTimeout() {
    cluster.forbid(PODS, true);
    pauses.drainPermits();
    Processor p = make("{wait_for_metadata: true, wait_for_metadata_timeout: 200ms}");
    assertThatThrownBy(p::start)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("wait_for_metadata_timeout");
    environment.remove("KUBERNETES_SERVICE_HOST");
    assertThatThrownBy(() -> make("{}").start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("KUBERNETES_SERVICE_HOST")
        .hasMessageContaining("auth_type: kubeConfig");
    environment.put("KUBECONFIG", folder.resolve("nothing").toString());
    environment.put("HOME", folder.toString());
    assertThatThrownBy(() -> make("{auth_type: kubeConfig}").start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(folder.resolve(".kube/config").toString());
  }

  @Test
  void sharesClustersBetweenEqualProcessors() throws IOException {
    auth();
    Processor a = start("");
    Processor b = start("");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(1);
    assertThat(sent(b, "1.1.1.1").get("k8s.namespace.name")).isEqualTo("ns1");
    assertThat(metric("otelcol_otelsvc_k8s_pod_added_total")).as("told once").isEqualTo(1);
    a.stop(Duration.ZERO);
    assertThat(sent(b, "1.1.1.1").get("k8s.namespace.name")).isEqualTo("ns1");
    assertThat(metric("otelcol_otelsvc_k8s_pod_added_total")).isEqualTo(1);
    start("pod_delete_grace_period: 1s");
    assertThat(cluster.requests.stream().filter(r -> r.contains("limit="))).hasSize(2);
    b.stop(Duration.ZERO);
    assertThat(sent(b, "1.1.1.1", "a", "b")).isEqualTo(attributes("a", "b"));
  }

  @Test
  void watchesOnlySelectedPods() throws IOException {
    environment.put("K8S_NODE", "node1");
    start(
        """
        filter: {node: other, node_from_env_var: K8S_NODE, namespace: [ns1, ns2],
           labels: [{key: k1, value: v1}, {key: k2, value: v2, op: not-equals},
             {key: k3, op: exists}, {key: a.b/k4, op: does-not-exist}],
           fields: [{key: status.phase, value: Running}, {key: x, value: 'a,b', op: not-equals}]},
        extract: {metadata: [k8s.node.uid, k8s.cluster.uid, k8s.deployment.uid]}
        """);
    String pods =
        "fieldSelector=status.phase=Running,x!=a\\,b,spec.nodeName=node1,"
            + " labelSelector=k1=v1,k2!=v2,k3,!a.b/k4, limit=500, resourceVersion=0}";
    assertThat(cluster.requests)
        .contains(
            "/api/v1/namespaces/ns1/pods {" + pods,
            "/api/v1/namespaces/ns2/pods {" + pods,
            "/api/v1/nodes {fieldSelector=metadata.name=node1, limit=500, resourceVersion=0}",
            "/api/v1/namespaces {fieldSelector=metadata.name=kube-system, limit=500, resourceVersion=0}",
            "/apis/apps/v1/namespaces/ns1/replicasets {limit=500, resourceVersion=0}",
            "/apis/apps/v1/namespaces/ns2/replicasets {limit=500, resourceVersion=0}");
    assertThatThrownBy(() -> make("{filter: {node_from_env_var: NOT_SET}}"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("NOT_SET is not set");
    environment.put("EMPTY", "");
    assertThatThrownBy(() -> make("{filter: {node_from_env_var: EMPTY}}"))
        .as("that would be all pods of the cluster")
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("EMPTY is not set or empty");
  }

  @Test
  void findsPodsByOwnersLearnedLater() throws IOException {
    auth();
    Processor p =
        start(
            """
            watch_sync_period: 1m,
            pod_association: [{sources: [{from: resource_attribute, name: k8s.deployment.uid}]}],
            extract: {metadata: [k8s.pod.name, k8s.deployment.uid]}
            """);
    cluster.put(
        "/apis/apps/v1/replicasets",
        "ns1/auth-service-66f5996c7c",
        "{\"metadata\":{\"name\":\"auth-service-66f5996c7c\",\"namespace\":\"ns1\","
            + "\"uid\":\"207ea729-c779-401d-8347-008ecbc137e3\",\"ownerReferences\":["
            + "{\"kind\":\"Deployment\",\"name\":\"x\",\"uid\":\"d1\",\"controller\":true}]}}");
    while (metric("otelcol_otelsvc_k8s_replicaset_added_total") == 0) {
      Waiting.pause();
    }
    rig.clock.pass(Duration.ofSeconds(61));
    until(a -> a.contains("k8s.pod.name"), p, "", "k8s.deployment.uid", "d1");
  }
}
