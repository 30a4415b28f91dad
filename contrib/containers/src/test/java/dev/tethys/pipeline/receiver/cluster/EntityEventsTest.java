package dev.tethys.pipeline.receiver.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Entities of a cluster that are reported in logs. */
@Timeout(60)
@Tag("slow")
class EntityEventsTest {
  private static final String PODS = "/api/v1/pods";
  private static final String POD =
      """
      {"metadata":{"name":"web-0","namespace":"shop","uid":"u-web-0","creationTimestamp":"2026-01-02T03:04:05Z",
        "labels":{"app":"web"},"ownerReferences":[{"kind":"ReplicaSet","name":"web","uid":"u-rs"}]},
       "spec":{"nodeName":"n1","containers":[{"name":"web","image":"reg.io:5000/web:2"}]},
       "status":{"phase":"%s","containerStatuses":[{"name":"web","image":"reg.io:5000/web:2","containerID":"containerd://%s",
         "state":{"running":{"startedAt":"2026-01-02T03:04:06Z"}}},{"name":"late","state":{"waiting":{"reason":"ContainerCreating"}}}]}}
      """;

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final TestPipeline pipeline = new TestPipeline();
  private KubernetesDouble api;
  private @Nullable ClusterReceiver receiver;
  private volatile boolean fault;
  @TempDir Path folder;

  @BeforeEach
  void begin() throws IOException {
    api = new KubernetesDouble();
  }

  @AfterEach
  void end() {
    if (receiver != null) {
      receiver.stop(Duration.ofSeconds(10));
    }
    api.close();
    clients.close();
  }

  private void start(String yaml) throws IOException {
    start(
        yaml,
        null,
        (b, ack) -> {
          if (fault) {
            fault = false;
            throw new IllegalStateException("a fault of what comes after");
          }
          pipeline.consume(b, ack);
        });
  }

  private void start(String yaml, @Nullable Consumer metrics, Consumer logs) throws IOException {
    Path kubeconfig = folder.resolve("config");
    Files.writeString(
        kubeconfig,
        "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k, cluster: {server: \"%s\"}}]}"
            .formatted(api.url()));
    ClusterReceiver r =
        new ClusterReceiver(
            TestPipeline.read(
                ClusterConfig.TYPE,
                "auth_type: kubeConfig\nkube_config_path: " + kubeconfig + "\n" + yaml),
            new KubernetesEnvironment(
                (c, call) -> clients.client(c).send(call), _ -> null, folder, "1.2.3"),
            metrics,
            logs,
            "receiver k8s_cluster",
            new ScrapedPoints(new Registry(), "k8s_cluster"));
    receiver = r;
    r.start();
  }

  /** Attributes of all events that came, as texts. */
  private List<String> events() {
    List<String> out = new ArrayList<>();
    pipeline.batches.forEach(
        b -> {
          LogsData d = (LogsData) b.takeTree();
          d.resources()
              .forEach(
                  r ->
                      r.scopes()
                          .forEach(
                              s -> {
                                assertThat(s.scope().attributes().toString())
                                    .isEqualTo("{otel.entity.event_as_log=true}");
                                s.items().forEach(i -> out.add(i.attributes().toString()));
                              }));
          b.keepTree(d);
        });
    return out;
  }

  private List<String> await(int events) throws InterruptedException {
    long deadline = System.nanoTime() + 50_000_000_000L;
    while (true) {
      List<String> now = events();
      if (now.size() >= events) {
        return now;
      }
      assertThat(System.nanoTime()).as(String.join("\n", now)).isLessThan(deadline);
      Waiting.pause();
    }
  }

  private void put(String path, String key, String kind, String rest) {
    String name = key.substring(key.indexOf('/') + 1);
    String namespace = key.indexOf('/') < 0 ? "" : "\"namespace\":\"shop\",";
    api.put(
        path,
        key,
        "{\"metadata\":{\"name\":\"%s\",%s\"uid\":\"u-%s\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\",\"labels\":{\"tier\":\"front\"}%s"
            .formatted(name, namespace, kind, rest));
  }

  private void fill() {
    put(
        "/api/v1/nodes",
        "n1",
        "node",
        "},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\"},{\"type\":\"PIDPressure\",\"status\":\"False\"},{\"type\":\"FrequentRestart\",\"status\":\"False\"}]}}");
    put("/api/v1/namespaces", "shop", "ns", "},\"status\":{\"phase\":\"Active\"}}");
    put("/apis/apps/v1/deployments", "shop/web", "d", "}}");
    put(
        "/apis/apps/v1/replicasets",
        "shop/web",
        "rs",
        ",\"ownerReferences\":[{\"kind\":\"Deployment\",\"name\":\"web\",\"uid\":\"u-d\"}]}}");
    put(
        "/apis/apps/v1/statefulsets",
        "shop/db",
        "s",
        "},\"status\":{\"currentRevision\":\"db-1\",\"updateRevision\":\"db-2\"}}");
    put(
        "/apis/batch/v1/cronjobs",
        "shop/tidy",
        "c",
        "},\"spec\":{\"schedule\":\"* * * * *\",\"concurrencyPolicy\":\"Forbid\"}}");
    put("/apis/autoscaling/v2/horizontalpodautoscalers", "shop/scale", "h", "}}");
    put(
        "/api/v1/services",
        "shop/front",
        "svc",
        ",\"annotations\":{\"a\":\"b\",\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\"}},\"spec\":{\"selector\":{\"app\":\"web\"}}}");
    put("/api/v1/services", "shop/none", "none", "},\"spec\":{}}");
    put("/api/v1/persistentvolumeclaims", "shop/data", "pvc", "},\"spec\":{\"volumeName\":\"v\"}}");
    api.put(PODS, "shop/web-0", POD.formatted("Running", "c0ffee"));
  }

  @Test
  void reportsEveryEntityWithItsAttributes() throws Exception {
    fill();
    start("metadata_collection_interval: 2h");
    String every = "otel.entity.interval=7200000, otel.entity.attributes=";
    String state = "{otel.entity.event.type=entity_state, otel.entity.id=";
    String at = "creation_timestamp=2026-01-01T00:00:00Z";
    assertThat(new LinkedHashSet<>(await(12)))
        .isEqualTo(
            Set.of(
                state
                    + "{k8s.node.uid=u-node}, otel.entity.type=k8s.node, "
                    + every
                    + "{k8s.node.condition_pid_pressure=false, k8s.node.condition_ready=true,"
                    + " k8s.node.name=n1, node."
                    + at
                    + ", tier=front}}",
                state
                    + "{k8s.namespace.uid=u-ns}, otel.entity.type=k8s.namespace, "
                    + every
                    + "{k8s.namespace."
                    + at
                    + ", k8s.namespace.name=shop, k8s.namespace.phase=active}}",
                state
                    + "{k8s.deployment.uid=u-d}, otel.entity.type=k8s.deployment, "
                    + every
                    + "{deployment."
                    + at
                    + ", k8s.deployment.label.tier=front, k8s.deployment.name=web,"
                    + " k8s.namespace.name=shop, k8s.workload.kind=Deployment,"
                    + " k8s.workload.name=web}}",
                state
                    + "{k8s.replicaset.uid=u-rs}, otel.entity.type=k8s.replicaset, "
                    + every
                    + "{k8s.deployment.name=web, k8s.deployment.uid=u-d, k8s.namespace.name=shop,"
                    + " k8s.replicaset.label.tier=front, k8s.workload.kind=ReplicaSet,"
                    + " k8s.workload.name=web, replicaset."
                    + at
                    + "}}",
                state
                    + "{k8s.statefulset.uid=u-s}, otel.entity.type=k8s.statefulset, "
                    + every
                    + "{current_revision=db-1, k8s.namespace.name=shop,"
                    + " k8s.statefulset.label.tier=front, k8s.workload.kind=StatefulSet,"
                    + " k8s.workload.name=db, statefulset."
                    + at
                    + ", update_revision=db-2}}",
                state
                    + "{k8s.cronjob.uid=u-c}, otel.entity.type=k8s.cronjob, "
                    + every
                    + "{concurrency_policy=Forbid, cronjob."
                    + at
                    + ", k8s.cronjob.label.tier=front, k8s.namespace.name=shop,"
                    + " k8s.workload.kind=CronJob, k8s.workload.name=tidy, schedule=* * * * *}}",
                state
                    + "{k8s.hpa.uid=u-h}, otel.entity.type=k8s.hpa, "
                    + every
                    + "{hpa."
                    + at
                    + ", k8s.hpa.label.tier=front, k8s.namespace.name=shop, k8s.workload.kind=HPA,"
                    + " k8s.workload.name=scale}}",
                state
                    + "{k8s.service.uid=u-svc}, otel.entity.type=k8s.service, "
                    + every
                    + "{k8s.namespace.name=shop, k8s.service.annotation.a=b, k8s.service."
                    + at
                    + ", k8s.service.label.tier=front, k8s.service.name=front,"
                    + " k8s.service.selector.app=web}}",
                state
                    + "{k8s.service.uid=u-none}, otel.entity.type=k8s.service, "
                    + every
                    + "{k8s.namespace.name=shop, k8s.service."
                    + at
                    + ", k8s.service.label.tier=front, k8s.service.name=none}}",
                state
                    + "{k8s.persistentvolumeclaim.uid=u-pvc},"
                    + " otel.entity.type=k8s.persistentvolumeclaim, "
                    + every
                    + "{k8s.namespace.name=shop, k8s.persistentvolume.name=v,"
                    + " k8s.persistentvolumeclaim."
                    + at
                    + ", k8s.persistentvolumeclaim.label.tier=front,"
                    + " k8s.persistentvolumeclaim.name=data}}",
                state
                    + "{k8s.pod.uid=u-web-0}, otel.entity.type=k8s.pod, "
                    + every
                    + "{app=web, k8s.deployment.name=web, k8s.deployment.uid=u-d,"
                    + " k8s.namespace.name=shop, k8s.node.name=n1, k8s.pod.name=web-0,"
                    + " k8s.pod.phase=Running, k8s.replicaset.name=web, k8s.replicaset.uid=u-rs,"
                    + " k8s.service.front=, k8s.workload.kind=Deployment, k8s.workload.name=web,"
                    + " pod.creation_timestamp=2026-01-02T03:04:05Z}}",
                state
                    + "{container.id=c0ffee}, otel.entity.type=container, "
                    + every
                    + "{container.creation_timestamp=2026-01-02T03:04:06Z,"
                    + " container.image.name=reg.io:5000/web, container.image.tag=2,"
                    + " container.status=running, k8s.container.name=web, k8s.namespace.name=shop,"
                    + " k8s.node.name=n1, k8s.pod.name=web-0, k8s.pod.uid=u-web-0}}"));
    assertThat(api.requests).noneMatch(q -> q.contains("quota") || q.contains("endpointslices"));
  }

  private static List<String> brief(List<String> events) {
    return events.stream()
        .map(
            e -> e.replaceFirst(".*type=entity_(\\w+), otel.entity.id=\\{[^=]*=([^}]*).*", "$1 $2"))
        .toList();
  }

  @Test
  void reportsChangesAndDeletionsOnce() throws Exception {
    api.put(PODS, "shop/web-0", POD.formatted("Pending", "one"));
    start("metadata_collection_interval: 0s");
    assertThat(brief(await(2))).containsExactly("state u-web-0", "state one");
    assertThat(events()).noneMatch(e -> e.contains("interval"));
    api.put(PODS, "shop/web-0", POD.formatted("Pending", "one")); // the same once more
    api.put(PODS, "shop/web-0", POD.formatted("Running", "two"));
    assertThat(brief(await(5)).subList(2, 5))
        .containsExactly("delete one", "state u-web-0", "state two");
    api.delete(PODS, "shop/web-0");
    assertThat(brief(await(7)).subList(5, 7)).containsExactly("delete u-web-0", "delete two");
    assertThat(events().getLast())
        .isEqualTo(
            "{otel.entity.event.type=entity_delete, otel.entity.id={container.id=two},"
                + " otel.entity.type=container}");
  }

  @Test
  void repeatsAllEntitiesOncePerInterval() throws Exception {
    put("/api/v1/namespaces", "shop", "ns", "},\"status\":{}}");
    start("metadata_collection_interval: 20ms");
    List<String> events = await(4);
    assertThat(new LinkedHashSet<>(brief(events))).containsExactly("state u-ns");
    assertThat(events.getLast()).contains("otel.entity.interval=20", "phase=unknown");
  }

  /** A deletion that happened while nothing was accepted is reported later. */
  @Test
  void offersRejectedEventsAgainInTheirCurrentState() throws Exception {
    api.put(PODS, "shop/web-0", POD.formatted("Pending", "one"));
    start("metadata_collection_interval: 0s");
    await(2);
    pipeline.outcome = new Outcome.Unavailable("later", Duration.ZERO);
    api.put(PODS, "shop/web-0", POD.formatted("Running", "one"));
    await(3);
    api.delete(PODS, "shop/web-0");
    api.put(PODS, "shop/web-1", POD.formatted("Running", "x")); // appears and disappears unseen
    api.delete(PODS, "shop/web-1");
    pipeline.outcome = Outcome.ACCEPTED;
    int before = pipeline.batches.size();
    long deadline = System.nanoTime() + 50_000_000_000L;
    while (!String.join("", brief(events())).contains("delete u-web-0")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Waiting.pause();
    }
    assertThat(pipeline.batches.size()).isGreaterThan(before);
    assertThat(brief(events())).endsWith("delete u-web-0", "delete one");
  }

  @Test
  void offersRejectedEventsAgainAfterAnError() throws Exception {
    api.put(PODS, "shop/web-0", POD.formatted("Running", "one"));
    start("metadata_collection_interval: 0s");
    await(2);
    fault = true;
    api.delete(PODS, "shop/web-0");
    assertThat(brief(await(4)).subList(2, 4)).containsExactly("delete u-web-0", "delete one");
    assertThat(fault).isFalse();
  }

  /** A slow stop costs its time limit once, not once per thread. */
  @Test
  void stopsEntitiesAndMetricsConcurrently() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CountDownLatch metricsEnd = new CountDownLatch(1);
    CountDownLatch logsEnd = new CountDownLatch(1);
    fill();
    start(
        "initial_delay: 1ms",
        (_, _) -> untilInterrupted(both, metricsEnd, logsEnd),
        (_, _) -> untilInterrupted(both, logsEnd, metricsEnd));
    both.await();
    Objects.requireNonNull(receiver).stop(Duration.ofHours(1));
    assertThat(metricsEnd.getCount() + logsEnd.getCount()).isZero();
  }

  /** Works until interrupted, then waits until another thread was interrupted. */
  private static void untilInterrupted(
      CountDownLatch begun, CountDownLatch told, CountDownLatch other) {
    begun.countDown();
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      told.countDown();
      try {
        other.await();
      } catch (InterruptedException again) {
        throw new IllegalStateException(again);
      }
      Thread.currentThread().interrupt();
    }
  }
}
