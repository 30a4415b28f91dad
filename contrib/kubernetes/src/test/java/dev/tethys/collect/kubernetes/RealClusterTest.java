package dev.tethys.collect.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.kubernetes.event.EventFeed;
import dev.tethys.collect.kubernetes.state.KubernetesState;
import dev.tethys.collect.kubernetes.state.ResourceCheck;
import dev.tethys.collect.kubernetes.state.ResourceStatus;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.MetricFamily.Metric;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.testkit.KubernetesProcess;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** State and events of a real API server. */
@Tag("slow")
@Timeout(180)
class RealClusterTest {
  private static final String EVENTS = "/api/v1/namespaces/default/events";

  private final List<LogRecord> received = new CopyOnWriteArrayList<>();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private KubernetesProcess cluster;
  @TempDir private Path dir;

  @BeforeEach
  void start() throws Exception {
    cluster = new KubernetesProcess(Files.createDirectory(dir.resolve("cluster")));
  }

  @AfterEach
  void stop() {
    clients.close();
    if (cluster != null) { // null where the peers are missing
      cluster.close();
    }
  }

  private ResourceWatch.Connection connection(String user) {
    TlsConfig tls =
        new TlsConfig("", cluster.ca().toString(), "", "", Secret.NONE, "", "", false, null, null);
    ClusterAccess access =
        ClusterAccess.of(
            cluster.url(),
            ClusterAccess.client(
                new HttpClientConfig.Authorization("Bearer", new Secret("token-of-" + user), ""),
                null,
                tls,
                ProxyConfig.NONE));
    return new ResourceWatch.Connection(
        access,
        (c, call) -> clients.client(c).send(call),
        d -> Thread.sleep(d.compareTo(Duration.ofMinutes(1)) > 0 ? d : Duration.ofMillis(50)));
  }

  private static List<Metric> metrics(KubernetesState s, String name) {
    List<Metric> out = new ArrayList<>();
    for (MetricFamily f : s.families()) {
      if (f.name().equals(name)) {
        f.metrics().iterator().forEachRemaining(out::add);
      }
    }
    return out;
  }

  @Test
  void followsPodsThroughRestartsAndCompaction() throws Exception {
    pod("a");
    try (KubernetesState s =
        new KubernetesState(connection("admin"), InstantSource.system(), Duration.ZERO)) {
      s.start();
      Waiting.await(() -> metrics(s, "kube_pod_info").size() == 1);
      cluster.patch(
          "/api/v1/namespaces/default/pods/a/status", "{\"status\":{\"phase\":\"Running\"}}");
      Waiting.await(
          () ->
              metrics(s, "kube_pod_status_phase").stream()
                  .anyMatch(
                      m ->
                          m.labels().get("phase").equals("Running")
                              && m.point().equals(new MetricFamily.Value(1, null))));
      cluster.kill();
      cluster.start();
      pod("b");
      cluster.compact();
      cluster.delete("/api/v1/namespaces/default/pods/a");
      Waiting.await(
          () ->
              metrics(s, "kube_pod_info").stream()
                  .map(m -> m.labels().get("pod"))
                  .toList()
                  .equals(List.of("b")));
      assertThat(metrics(s, "kube_pod_labels").getFirst().labels().get("label_app")).isEqualTo("x");
      assertThat(s.statuses())
          .filteredOn(r -> r.resource().equals("pods"))
          .extracting(ResourceStatus::status)
          .containsExactly(ResourceStatus.Status.OK);
    }
  }

  private void pod(String name) throws Exception {
    cluster.create(
        "/api/v1/namespaces/default/pods",
        """
        {"metadata":{"name":"%s","labels":{"app":"x"}},
         "spec":{"containers":[{"name":"c","image":"i"}]}}
        """
            .formatted(name));
  }

  private void event(String name, int count) throws Exception {
    cluster.create(
        EVENTS,
        """
        {"metadata":{"name":"%s"},"involvedObject":{"kind":"Pod","name":"a","namespace":"default"},
         "reason":"BackOff","message":"m","type":"Warning","count":%d,
         "firstTimestamp":"2030-01-01T00:00:00Z","lastTimestamp":"2030-01-01T00:00:00Z",
         "source":{"component":"kubelet"}}
        """
            .formatted(name, count));
  }

  private String store(LogsData batch) {
    batch.resources().forEach(r -> r.scopes().forEach(s -> received.addAll(s.items())));
    return "";
  }

  @Test
  void sendsEventsOnceOverTwentyRestarts() throws Exception {
    List<String> expected = new ArrayList<>();
    event("counted", 1);
    expected.add("counted 1");
    for (int i = 0; i < 20; i++) {
      event("before-" + i, 1);
      expected.add("before-" + i + " 1");
      try (EventFeed f = new EventFeed(connection("admin"), this::store, dir.resolve("state"), 0)) {
        f.start();
        event("during-" + i, 1);
        expected.add("during-" + i + " 1");
        if (i == 7) {
          cluster.patch(EVENTS + "/counted", "{\"count\":2}");
          expected.add("counted 2");
        }
        if (i == 11) {
          cluster.compact();
        }
        int all = expected.size();
        Waiting.await(() -> received.size() >= all);
      }
    }
    assertThat(received)
        .extracting(r -> r.attributes().get("event.name") + " " + r.attributes().get("event.count"))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void namesMissingRights() throws Exception {
    cluster.users("guest", "");
    cluster.kill();
    cluster.start();
    assertThat(ResourceCheck.run(connection("guest"), true, true))
        .filteredOn(r -> r.outcome() == ResourceCheck.Outcome.MISSING)
        .extracting(ResourceCheck.Result::remedy)
        .contains(
            "{apiGroups: [\"\"], resources: [pods], verbs: [list, watch]}",
            "{apiGroups: [\"apps\"], resources: [deployments], verbs: [list, watch]}");
    assertThat(ResourceCheck.run(connection("admin"), true, true))
        .filteredOn(r -> r.outcome() == ResourceCheck.Outcome.MISSING)
        .isEmpty();
  }
}
