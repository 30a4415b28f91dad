package dev.tethys.collect.kubernetes.state;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.kubernetes.state.ResourceStatus.Status;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/** Watches of a double of the API. */
@Timeout(60)
class KubernetesStateTest {
  private static final String PODS = "/api/v1/pods";
  private static final String FLUX = "/apis/source.toolkit.fluxcd.io/v1/gitrepositories";

  private KubernetesDouble api;
  private HttpClientFactory clients;
  private @Nullable KubernetesState state;

  @BeforeEach
  void start() throws Exception {
    api = new KubernetesDouble();
    clients = new HttpClientFactory("test");
  }

  @AfterEach
  void stop() {
    KubernetesState s = state;
    if (s != null) {
      s.close();
    }
    clients.close();
    api.close();
  }

  private ResourceWatch.Connection connection() {
    return new ResourceWatch.Connection(
        ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT_HTTP1),
        (c, call) -> clients.client(c).send(call),
        d -> Thread.sleep(d.compareTo(Duration.ofMinutes(1)) > 0 ? d : Duration.ofMillis(10)));
  }

  private KubernetesState state(Duration minAge) {
    KubernetesState s =
        new KubernetesState(connection(), () -> Instant.parse("2026-01-01T00:10:00Z"), minAge);
    state = s;
    s.start();
    return s;
  }

  private void pod(String name, String created, String phase) {
    api.put(
        PODS,
        "shop/" + name,
        """
        {"metadata":{"name":"%s","namespace":"shop","uid":"u-%s","creationTimestamp":"%s"},
         "status":{"phase":"%s"}}
        """
            .formatted(name, name, created, phase));
  }

  private static List<String> phases(KubernetesState s) {
    return StateText.lines(s.families()).stream()
        .filter(l -> l.startsWith("kube_pod_status_phase") && l.endsWith(" 1"))
        .map(l -> l.replaceAll(".*phase=\"(\\w+)\",pod=\"(\\w+)\".*", "$2 $1"))
        .toList();
  }

  private static ResourceStatus status(KubernetesState s, String resource) {
    return s.statuses().stream()
        .filter(r -> r.resource().equals(resource))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void followsObjects() {
    pod("a", "2026-01-01T00:00:00Z", "Pending");
    pod("b", "2026-01-01T00:00:00Z", "Running");
    KubernetesState s = state(Duration.ZERO);
    Waiting.await(() -> phases(s).equals(List.of("a Pending", "b Running")));
    pod("a", "2026-01-01T00:00:00Z", "Failed");
    Waiting.await(() -> phases(s).equals(List.of("a Failed", "b Running")));
    api.delete(PODS, "shop/b");
    Waiting.await(() -> phases(s).equals(List.of("a Failed")));
    api.forget();
    pod("c", "2026-01-01T00:00:00Z", "Running");
    api.endWatches();
    Waiting.await(() -> phases(s).equals(List.of("a Failed", "c Running")));
  }

  @Test
  void leavesOutYoungObjects() {
    pod("old", "2026-01-01T00:09:00Z", "Running");
    pod("young", "2026-01-01T00:09:50Z", "Running");
    KubernetesState s = state(Duration.ofSeconds(30));
    Waiting.await(() -> status(s, "pods").objects() == 2);
    assertThat(phases(s)).containsExactly("old Running");
  }

  @Test
  void reportsMissingRightsAndContinues() {
    api.forbid(PODS, true);
    pod("a", "2026-01-01T00:00:00Z", "Running");
    KubernetesState s = state(Duration.ZERO);
    Waiting.await(() -> status(s, "pods").status() == Status.FAILING);
    assertThat(status(s, "pods").problem()).contains("is forbidden");
    Waiting.await(() -> status(s, "nodes").status() == Status.OK);
    assertThat(StateText.lines(s.about()))
        .contains(
            "tethys_cluster_agent_kubernetes_watch_up{resource=\"pods\"} 0",
            "tethys_cluster_agent_kubernetes_watch_up{resource=\"nodes\"} 1");
    api.forbid(PODS, false);
    Waiting.await(() -> phases(s).equals(List.of("a Running")));
  }

  @Test
  void joinsMetricsOfTwoOperators() {
    api.undefine(FLUX);
    api.put(
        "/apis/postgresql.cnpg.io/v1/backups",
        "db/b1",
        """
        {"metadata":{"name":"b1","namespace":"db","uid":"1"},"spec":{"cluster":{"name":"c"}},
         "status":{"phase":"completed","method":"plugin","stoppedAt":"2026-01-01T00:00:10Z"}}
        """);
    api.put(
        "/apis/pgv2.percona.com/v2/perconapgbackups",
        "db/b2",
        """
        {"metadata":{"name":"b2","namespace":"db","uid":"2"},"spec":{"pgCluster":"p"},
         "status":{"state":"Succeeded","backupType":"full"}}
        """);
    KubernetesState s = state(Duration.ZERO);
    Waiting.await(
        () ->
            StateText.lines(s.families()).stream()
                    .filter(l -> l.startsWith("pg_backup_status"))
                    .count()
                == 2);
    assertThat(StateText.lines(s.families()))
        .contains(
            "pg_backup_status{customresource_group=\"postgresql.cnpg.io\",customresource_kind=\"Backup\","
                + "customresource_version=\"v1\",name=\"b1\",namespace=\"db\",operator=\"cnpg\","
                + "status=\"completed\",uid=\"1\"} 1",
            "pg_backup_info{cluster=\"p\",customresource_group=\"pgv2.percona.com\","
                + "customresource_kind=\"PerconaPGBackup\",customresource_version=\"v2\","
                + "kind=\"full\",name=\"b2\",namespace=\"db\",operator=\"percona\",uid=\"2\"} 1");
    Waiting.await(() -> status(s, "gitrepositories").status() == Status.ABSENT);
  }

  @Test
  void namesTheRuleThatGivesAMissingRight() throws Exception {
    api.forbid("/apis/apps/v1/deployments", true);
    api.undefine(FLUX);
    assertThat(ResourceCheck.run(connection(), true, true))
        .contains(
            new ResourceCheck.Result("events", ResourceCheck.Outcome.OK, "", ""),
            new ResourceCheck.Result(
                "gitrepositories.source.toolkit.fluxcd.io", ResourceCheck.Outcome.ABSENT, "", ""),
            new ResourceCheck.Result(
                "deployments.apps",
                ResourceCheck.Outcome.MISSING,
                "the API denied the request (403)",
                "{apiGroups: [\"apps\"], resources: [deployments], verbs: [list, watch]}"));
  }

  @Test
  void dividesObjectsIntoShards() {
    for (int i = 0; i < 100; i++) {
      pod("p" + i, "2026-01-01T00:00:00Z", "Running");
    }
    KubernetesState s = state(Duration.ZERO);
    Waiting.await(() -> status(s, "pods").objects() == 100);
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      List<String> part = StateText.lines(s.families(new Shard(i, 4)));
      assertThat(part).hasSizeBetween(100, 1000);
      all.addAll(part);
    }
    assertThat(all).containsExactlyInAnyOrderElementsOf(StateText.lines(s.families()));
  }

  @Test
  void listsPodsThatAskForScrapes() {
    api.put(
        PODS,
        "shop/web",
        """
        {"metadata":{"name":"web","namespace":"shop","annotations":{
          "coroot.com/scrape-metrics":"true","coroot.com/metrics-port":"9\\"1","other":"x"},
          "ownerReferences":[{"kind":"ReplicaSet","name":"web-1","controller":true}]},
         "spec":{"nodeName":"n1","containers":[{"ports":[{"containerPort":8080}]}]},
         "status":{"podIP":"fd00::2","phase":"Running"}}
        """);
    pod("plain", "2026-01-01T00:00:00Z", "Running");
    try (KubernetesState s = KubernetesState.ofPods(connection(), Instant::now)) {
      s.start();
      Waiting.await(() -> status(s, "pods").objects() == 2);
      assertThat(JsonMapper.shared().readTree(s.podTargets()))
          .isEqualTo(
              JsonMapper.shared()
                  .readTree(
                      """
                      [{"targets":["[fd00::2]:8080"],"labels":{
                        "__meta_kubernetes_namespace":"shop",
                        "__meta_kubernetes_pod_name":"web",
                        "__meta_kubernetes_pod_ip":"fd00::2",
                        "__meta_kubernetes_pod_phase":"Running",
                        "__meta_kubernetes_pod_node_name":"n1",
                        "__meta_kubernetes_pod_controller_kind":"ReplicaSet",
                        "__meta_kubernetes_pod_controller_name":"web-1",
                        "__meta_kubernetes_pod_annotation_coroot_com_scrape_metrics":"true",
                        "__meta_kubernetes_pod_annotation_coroot_com_metrics_port":"9\\"1"}}]
                      """));
    }
  }
}
