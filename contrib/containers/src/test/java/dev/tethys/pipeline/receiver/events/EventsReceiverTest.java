package dev.tethys.pipeline.receiver.events;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.NotBuiltException;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.HeldPipeline;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.Shown;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A receiver before the double of a cluster's API. */
@Timeout(60)
class EventsReceiverTest {
  private static final String EVENTS = "/api/v1/events";

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final TestPipeline pipeline = new TestPipeline();
  private final LogCapture said = new LogCapture(WatchedEvents.class);
  private KubernetesDouble api;
  private @Nullable EventsReceiver receiver;
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
    said.close();
    api.close();
    clients.close();
  }

  private void start(String yaml) throws IOException {
    start(yaml, pipeline);
  }

  private void start(String yaml, Consumer to) throws IOException {
    Path kubeconfig = folder.resolve("config");
    Files.writeString(
        kubeconfig,
        "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k, cluster: {server: \"%s\"}}]}"
            .formatted(api.url()));
    EventsReceiver r =
        new EventsReceiver(
            TestPipeline.read(
                EventsConfig.TYPE,
                "auth_type: kubeConfig\nkube_config_path: " + kubeconfig + "\n" + yaml),
            new KubernetesEnvironment(
                (c, call) -> clients.client(c).send(call), _ -> null, folder, "1.2.3"),
            to,
            "receiver k8s_events",
            _ -> Thread.sleep(5));
    receiver = r;
    r.start();
  }

  /** The current time, later than the start of any receiver created afterwards. */
  private static String soon() {
    return Instant.now().plus(1, ChronoUnit.MINUTES).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private void put(String namespace, String name, String last, int count) {
    api.put(
        EVENTS,
        namespace + "/" + name,
        """
        {"metadata":{"name":"%s","namespace":"%s","uid":"u-%s","creationTimestamp":"2024-05-01T09:00:00Z"},
         "involvedObject":{"kind":"Pod","namespace":"%s","name":"web-0","uid":"p-1","apiVersion":"v1",
           "fieldPath":"spec.containers{web}","resourceVersion":"7"},
         "reason":"BackOff","message":"Back-off restarting","source":{"component":"kubelet","host":"n1"},
         "firstTimestamp":"2024-05-01T09:00:00Z","lastTimestamp":"%s","count":%s,"type":"Warning","action":"Restart"}
        """
            .formatted(name, namespace, name, namespace, last, count));
  }

  private List<String> records() {
    return Shown.records(pipeline.batches);
  }

  private void awaitWatch(String path) throws InterruptedException {
    await(() -> api.requests.stream().anyMatch(q -> q.startsWith(path) && q.contains("watch")));
  }

  @Test
  void reportsEventsSinceTheStart() throws Exception {
    put("shop", "old", "2024-05-01T09:00:00Z", 1);
    start("");
    awaitWatch(EVENTS);
    String last = soon();
    put("shop", "e1", last, 3);
    await(() -> !pipeline.batches.isEmpty());
    long nanos = Instant.parse(last).getEpochSecond() * 1_000_000_000;
    assertThat(records())
        .containsExactly(
            "13 {k8s.node.name=n1, k8s.object.api_version=v1,"
                + " k8s.object.fieldpath=spec.containers{web}, k8s.object.kind=Pod,"
                + " k8s.object.name=web-0, k8s.object.resource_version=7, k8s.object.uid=p-1}"
                + "{k8s.event.action=Restart, k8s.event.count=3, k8s.event.name=e1,"
                + " k8s.event.reason=BackOff,"
                + " k8s.event.start_time=2024-05-01 09:00:00 +0000 UTC, k8s.event.uid=u-e1,"
                + " k8s.namespace.name=shop} Back-off restarting @"
                + nanos);
    put("shop", "e1", last, 4);
    await(() -> records().size() == 2);
    assertThat(records().getLast()).contains("k8s.event.count=4");
  }

  @Test
  void repeatsNothingAfterAnExpiredWatch() throws Exception {
    start("");
    awaitWatch(EVENTS);
    put("shop", "e1", soon(), 1);
    await(() -> records().size() == 1);
    api.forget();
    put("shop", "e2", soon(), 1);
    api.endWatches();
    await(() -> records().size() == 2);
    assertThat(records()).hasSize(2);
    assertThat(records().getLast()).contains("k8s.event.name=e2");
    api.delete(EVENTS, "shop/e1");
    put("shop", "e3", soon(), 1);
    await(() -> records().size() == 3);
  }

  @Test
  void watchesOnlyConfiguredNamespaces() throws Exception {
    start("namespaces: [shop, bank]");
    awaitWatch("/api/v1/namespaces/shop/events");
    awaitWatch("/api/v1/namespaces/bank/events");
    put("other", "e0", soon(), 1);
    put("shop", "e1", soon(), 1);
    put("bank", "e2", soon(), 1);
    await(() -> records().size() == 2);
    assertThat(records()).noneMatch(r -> r.contains("=e0"));
  }

  @Test
  void retriesRejectedBatches() throws Exception {
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    start("");
    awaitWatch(EVENTS);
    put("shop", "e1", soon(), 1);
    await(() -> pipeline.batches.size() >= 3);
    assertThat(pipeline.batches.get(2)).isSameAs(pipeline.batches.getFirst());
    pipeline.outcome = Outcome.ACCEPTED;
    put("shop", "e2", soon(), 1);
    await(() -> records().getLast().contains("=e2"));
  }

  @Test
  void collectsEventsDuringABatchIntoTheNext() throws Exception {
    HeldPipeline slow = new HeldPipeline();
    start("", slow);
    awaitWatch(EVENTS);
    put("shop", "e1", soon(), 1);
    slow.await(1);
    for (int i = 2; i <= 20; i++) {
      put("shop", "e" + i, soon(), 1);
    }
    long watches = watches();
    api.endWatches(); // which it notices when it has read all
    await(() -> watches() > watches);
    slow.complete(Outcome.ACCEPTED);
    slow.await(2);
    assertThat(slow.batches.get(1).items()).isEqualTo(19);
  }

  private long watches() {
    return api.requests.stream().filter(q -> q.contains("watch")).count();
  }

  @Test
  void stopsWithoutWaiting() throws Exception {
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    start("");
    awaitWatch(EVENTS);
    put("shop", "e1", soon(), 1);
    await(() -> !pipeline.batches.isEmpty());
    long begun = System.nanoTime();
    Objects.requireNonNull(receiver).stop(Duration.ofSeconds(30));
    assertThat(System.nanoTime() - begun).isLessThan(20_000_000_000L);
  }

  @Test
  void reportsMissingPermissionsOnce() throws Exception {
    api.forbid(EVENTS, true);
    start("");
    await(() -> api.requests.size() > 2);
    assertThat(said.all).singleElement().asString().contains("cannot list /api/v1/events", "403");
    api.forbid(EVENTS, false);
    put("shop", "e1", soon(), 1);
    await(() -> records().size() == 1);
  }

  @Test
  void reportsAnErrorAgainAfterASuccessfulList() {
    WatchedEvents events =
        new WatchedEvents(
            "receiver k8s_events",
            "",
            0,
            "1.2.3",
            pipeline,
            new ResourceWatch.Connection(
                ClusterAccess.of(api.url(), HttpClientConfig.DEFAULT_HTTP1),
                (c, call) -> clients.client(c).send(call),
                Thread::sleep));
    events.failed("list", "no");
    events.failed("list", "no");
    assertThat(said.all).hasSize(1);
    events.changed(List.of());
    events.failed("list", "no");
    assertThat(said.all).hasSize(2);
  }

  @Test
  void reportsInvalidSettings() {
    assertThatThrownBy(() -> TestPipeline.read(EventsConfig.TYPE, "namespaces: [A]"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("is not a valid namespace name");
    assertThatThrownBy(() -> TestPipeline.read(EventsConfig.TYPE, "auth_type: tls"))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("unknown auth_type");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "storage: file_storage",
        "dedup_interval: 5m",
        "dedup_interval: -1s",
      })
  void rejectsUnsupportedSettingsByName(String yaml) {
    assertThatThrownBy(() -> TestPipeline.read(EventsConfig.TYPE, yaml))
        .isInstanceOf(NotBuiltException.class)
        .hasMessageContaining(yaml.substring(0, yaml.indexOf(':')));
  }

  @Test
  void reportsEachStateLikeTheCollector() {
    assertThat(TestPipeline.read(EventsConfig.TYPE, "dedup_interval: 0s").namespaces()).isEmpty();
  }
}
