package dev.tethys.pipeline.receiver.objects;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.tethys.config.ConfigException;
import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.NotBuiltException;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Outcome;
import dev.tethys.pipeline.receiver.HeldPipeline;
import dev.tethys.pipeline.receiver.HttpDouble;
import dev.tethys.pipeline.receiver.LogCapture;
import dev.tethys.pipeline.receiver.Shown;
import dev.tethys.pipeline.receiver.TestPipeline;
import dev.tethys.pipeline.receiver.kubernetes.JsonDocumentClient;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.testkit.KubernetesDouble;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A receiver before the double of a cluster's API. */
@Timeout(60)
@Tag("slow")
class ObjectsReceiverTest {
  private static final String PODS = "/api/v1/pods";

  private final HttpClientFactory clients = new HttpClientFactory("test");
  private final TestPipeline pipeline = new TestPipeline();
  private final LogCapture said = new LogCapture(ObjectFeed.class);
  private final LogCapture saidAtStart = new LogCapture(ObjectsReceiver.class);
  private KubernetesDouble api;
  private HttpDouble discovery;
  private final List<ObjectsReceiver> receivers = new ArrayList<>();
  @TempDir Path folder;

  @BeforeEach
  void begin() throws IOException {
    api = new KubernetesDouble();
    discovery = new HttpDouble();
    discovery.answer(
        "/api/v1",
        "{\"resources\":[{\"name\":\"pods\"},{\"name\":\"pods/status\"},{\"name\":\"events\"}]}");
    discovery.answer(
        "/apis",
        "{\"groups\":[{\"name\":\"events.k8s.io\",\"preferredVersion\":{\"groupVersion\":\"events.k8s.io/v1\"}},{\"name\":\"broken\",\"preferredVersion\":{\"groupVersion\":\"broken/v1\"}}]}");
    discovery.answer("/apis/events.k8s.io/v1", "{\"resources\":[{\"name\":\"events\"}]}");
    discovery.answer("/apis/broken/v1", 503, "down");
  }

  @AfterEach
  void end() {
    receivers.forEach(r -> r.stop(Duration.ofSeconds(10)));
    said.close();
    saidAtStart.close();
    api.close();
    discovery.close();
    clients.close();
  }

  private ObjectsReceiver make(String yaml) throws IOException {
    return make(yaml, pipeline);
  }

  private ObjectsReceiver make(String yaml, Consumer to) throws IOException {
    Path kubeconfig = folder.resolve("config");
    Files.writeString(
        kubeconfig,
        "{current-context: a, contexts: [{name: a, context: {cluster: k}}], clusters: [{name: k, cluster: {server: \"%s\"}}]}"
            .formatted(api.url()));
    ObjectsReceiver r =
        new ObjectsReceiver(
            TestPipeline.read(
                ObjectsConfig.TYPE,
                "auth_type: kubeConfig\nkube_config_path: " + kubeconfig + "\n" + yaml),
            new KubernetesEnvironment(
                (c, call) -> clients.client(c).send(routed(call)), _ -> null, folder, "1.2.3"),
            to,
            "receiver k8sobjects",
            d -> Thread.sleep(d.compareTo(Duration.ofMinutes(1)) > 0 ? 60_000 : 5));
    receivers.add(r);
    return r;
  }

  /** Discovery requests go to another double. */
  private ClientRequest routed(ClientRequest call) {
    String path = call.uri().getPath();
    return path.equals("/api/v1") || path.matches("/apis(/[^/]+/v1(beta1)?)?")
        ? new ClientRequest(
            "GET", URI.create(discovery.url() + path), call.headers(), null, call.timeout(), null)
        : call;
  }

  private void start(String yaml) throws IOException {
    make(yaml).start();
  }

  private void put(String namespace, String name, String rest) {
    api.put(
        PODS,
        namespace + "/" + name,
        "{\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"}%s}".formatted(name, namespace, rest));
  }

  private void awaitWatch() throws InterruptedException {
    await(() -> api.requests.stream().anyMatch(q -> q.contains("watch")));
  }

  private List<String> records() {
    return Shown.records(pipeline.batches);
  }

  @Test
  void listsObjectsAtIntervals() throws Exception {
    put(
        "shop",
        "a",
        ",\"spec\":{\"n\":3,\"x\":1.5,\"on\":true,\"none\":null,\"list\":[\"p\",\"q\"]}");
    put("bank", "b", "");
    start(
        "objects: [{name: pods, interval: 100ms, label_selector: 'a in (b)', field_selector:"
            + " x=y}]");
    await(() -> pipeline.batches.size() >= 2);
    assertThat(records().subList(0, 2))
        .satisfiesExactly(
            r ->
                assertThat(r)
                    .startsWith("0 {k8s.namespace.name=bank}{k8s.resource.name=pods} {")
                    .contains("name=b"),
            r ->
                assertThat(r)
                    .startsWith("0 {k8s.namespace.name=shop}{k8s.resource.name=pods} {")
                    .contains("spec={n=3, x=1.5, on=true, none=null, list=[p, q]}")
                    .doesNotContain("type="));
    assertThat(api.requests.getFirst()).contains("labelSelector=a in (b)", "fieldSelector=x=y");
  }

  @Test
  void appliesDelaysAndTheDefaultInterval() throws Exception {
    put("shop", "a", "");
    start(
        "interval: 5ms\nobjects: [{name: pods}, {name: pods, initial_delay: 1h, interval: 2h,"
            + " label_selector: late}]");
    await(() -> pipeline.batches.size() >= 3);
    assertThat(api.requests).noneMatch(q -> q.contains("late"));
    assertThat(
            TestPipeline.read(
                    ObjectsConfig.TYPE,
                    "{interval: 5m, objects: [{name: pods}, {name: a, interval:"
                        + " 6m, initial_delay: 5m}]}")
                .objects())
        .extracting(ObjectsConfig.WatchedObject::interval, ObjectsConfig.WatchedObject::delay)
        .containsExactly(
            tuple(Duration.ofMinutes(5), Duration.ZERO),
            tuple(Duration.ofMinutes(6), Duration.ofMinutes(5)));
  }

  @Test
  void watchesChangesFromNowOn() throws Exception {
    put("shop", "old", "");
    start("objects: [{name: pods, mode: watch, exclude_watch_type: [MODIFIED]}]");
    awaitWatch();
    put("shop", "a", "");
    put("shop", "a", ",\"spec\":{}");
    api.bookmark(PODS);
    api.delete(PODS, "shop/a");
    await(() -> records().size() == 2);
    assertThat(records())
        .satisfiesExactly(
            r ->
                assertThat(r)
                    .startsWith(
                        "0 {k8s.namespace.name=shop}{event.domain=k8s, event.name=a,"
                            + " k8s.resource.name=pods} {type=ADDED, object={metadata={"),
            r -> assertThat(r).contains("{type=DELETED, object={"));
  }

  @Test
  void reportsExistingObjectsFirstIfConfigured() throws Exception {
    put("shop", "old", "");
    start("include_initial_state: true\nobjects: [{name: pods, mode: watch, namespaces: [shop]}]");
    awaitWatch();
    put("shop", "new", "");
    await(() -> records().size() == 2);
    assertThat(records().getFirst()).contains("type=ADDED", "event.name=old");
    assertThat(records().getLast()).contains("type=ADDED", "event.name=new");
    assertThat(api.requests).allMatch(q -> q.startsWith("/api/v1/namespaces/shop/pods"));
  }

  @Test
  void relistsWhenTheServerForgotAVersion() throws Exception {
    start("objects: [{name: pods, mode: watch}]");
    awaitWatch();
    put("shop", "a", "");
    await(() -> records().size() == 1);
    api.forget();
    api.endWatches();
    await(() -> api.requests.stream().filter(q -> !q.contains("watch")).count() >= 2);
    await(() -> !said.all.isEmpty());
    assertThat(said.all)
        .singleElement()
        .asString()
        .contains("changes of pods since version 101,", "may be lost", "from version 102");
    await(
        () -> {
          put("shop", "b", "");
          return records().getLast().contains("event.name=b");
        });
  }

  @Test
  void retriesRejectedBatches() throws Exception {
    pipeline.outcome = new Outcome.Unavailable("full", Duration.ZERO);
    start("objects: [{name: pods, mode: watch}]");
    awaitWatch();
    put("shop", "a", "");
    await(() -> pipeline.batches.size() >= 3);
    assertThat(pipeline.batches.get(2)).isSameAs(pipeline.batches.getFirst());
    pipeline.outcome = Outcome.ACCEPTED;
    put("shop", "b", "");
    await(() -> records().getLast().contains("event.name=b"));
  }

  @Test
  void sendsExistingObjectsAsOneBatchAndLaterChangesAsTheNext() throws Exception {
    HeldPipeline slow = new HeldPipeline();
    put("shop", "a", "");
    put("shop", "b", "");
    make("include_initial_state: true\nobjects: [{name: pods, mode: watch}]", slow).start();
    slow.await(1);
    assertThat(slow.batches.getFirst().items()).isEqualTo(2);
    slow.complete(Outcome.ACCEPTED);
    awaitWatch();
    put("shop", "c", "");
    slow.await(2);
    for (int i = 0; i < 20; i++) {
      put("shop", "d", ",\"spec\":{\"n\":" + i + "}");
    }
    long watches = watches();
    api.endWatches(); // which it notices when it has read all
    await(() -> watches() > watches);
    slow.complete(Outcome.ACCEPTED);
    slow.await(3);
    assertThat(slow.batches.get(2).items()).isEqualTo(20);
  }

  private long watches() {
    return api.requests.stream().filter(q -> q.contains("watch")).count();
  }

  @Test
  void selectsGroupsAndRejectsUnknownObjects() throws Exception {
    start("objects: [{name: events, mode: watch, group: events.k8s.io}]");
    awaitWatch();
    assertThat(api.requests).allMatch(q -> q.startsWith("/apis/events.k8s.io/v1/events"));
    assertThatThrownBy(() -> make("objects: [{name: podss}]").start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining(
            "no objects \"podss\"; it has events, pods; not known: /apis/broken/v1");
    assertThatThrownBy(() -> make("error_mode: silent\nobjects: [{name: podss}]").start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("no objects of the configured kinds");
    make("error_mode: ignore\nobjects: [{name: podss}, {name: pods}]").start();
    assertThat(saidAtStart.all).singleElement().asString().contains("podss");
  }

  @Test
  void findsKindsOfOlderVersions() throws Exception {
    discovery.answer(
        "/apis",
        "{\"groups\":[{\"name\":\"batch\",\"versions\":[{\"groupVersion\":\"batch/v1beta1\"},{\"groupVersion\":\"batch/v1\"}],\"preferredVersion\":{\"groupVersion\":\"batch/v1\"}}]}");
    discovery.answer("/apis/batch/v1", "{\"resources\":[{\"name\":\"jobs\"}]}");
    discovery.answer(
        "/apis/batch/v1beta1", "{\"resources\":[{\"name\":\"jobs\"},{\"name\":\"cronjobs\"}]}");
    start("objects: [{name: cronjobs}, {name: jobs}]");
    await(() -> api.requests.size() == 2);
    assertThat(api.requests)
        .anyMatch(q -> q.startsWith("/apis/batch/v1beta1/cronjobs"))
        .anyMatch(q -> q.startsWith("/apis/batch/v1/jobs"));
  }

  @Test
  void limitsDiscoveryToHalfAMinute() throws Exception {
    AtomicLong now = new AtomicLong();
    List<Duration> given = new ArrayList<>();
    JsonDocumentClient asking =
        new JsonDocumentClient(
            ClusterAccess.of(discovery.url(), HttpClientConfig.DEFAULT_HTTP1),
            (c, call) -> {
              given.add(call.timeout());
              now.addAndGet(10_000_000_000L);
              return clients.client(c).send(call);
            });
    ObjectPaths paths = ObjectPaths.of(asking, now::get);
    assertThat(given)
        .containsExactly(Duration.ofSeconds(30), Duration.ofSeconds(20), Duration.ofSeconds(10));
    assertThat(paths.find("pods", "")).isEqualTo("/api/v1");
    assertThat(paths.known()).contains("/apis/broken/v1: skipped, because the others took 30");
  }

  @Test
  void reportsMissingPermissionsOnce() throws Exception {
    api.forbid(PODS, true);
    start("objects: [{name: pods, mode: watch}]");
    await(() -> api.requests.size() > 2);
    assertThat(said.all)
        .singleElement()
        .asString()
        .contains("cannot read pods,", "status 403", "is forbidden");
    api.forbid(PODS, false);
    awaitWatch();
  }

  @Test
  void reportsMissingPermissionsAgainAfterRecovery() throws Exception {
    put("shop", "a", "");
    api.forbid(PODS, true);
    start("objects: [{name: pods, interval: 5ms}]");
    await(() -> said.all.size() == 1);
    api.forbid(PODS, false);
    await(() -> !pipeline.batches.isEmpty());
    api.forbid(PODS, true);
    await(() -> said.all.size() == 2);
    assertThat(said.all.get(1)).isEqualTo(said.all.getFirst());
  }

  @Test
  void readsListsPageByPage() throws Exception {
    for (int i = 0; i < 101; i++) {
      put("shop", "p" + i, "");
    }
    start("objects: [{name: pods}]");
    await(() -> pipeline.batches.size() == 2);
    assertThat(pipeline.batches).extracting(Batch::items).containsExactly(100, 1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "objects: [] | requires at least one entry in objects",
        "objects: [{mode: pull}] | \"name\" is required",
        "objects: [{name: Pods}] | in lower case",
        "objects: [{name: pods, mode: list}] | unknown mode \"list\"",
        "objects: [{name: pods, exclude_watch_type: [ADDED]}] | with mode: watch only",
        "objects: [{name: pods, mode: watch, interval: 5m}] | with mode: pull only",
        "objects: [{name: pods, mode: watch, initial_delay: 5m}] | with mode: pull only",
        "objects: [{name: pods, initial_delay: 1h}] | initial_delay of pods has to be less",
        "objects: [{name: pods, mode: watch, exclude_watch_type: [added]}] | unknown watch type",
        "{objects: [{name: pods}], error_mode: stop} | unknown error_mode",
      })
  void reportsInvalidSettings(String yaml, String message) {
    assertThatThrownBy(() -> TestPipeline.read(ObjectsConfig.TYPE, yaml))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{objects: [{name: pods}], storage: x} | storage",
        "objects: [{name: pods, persist_resource_version: true}] |"
            + " objects[0].persist_resource_version",
        "objects: [{name: pods, exclude_namespaces: [a]}] | objects[0].exclude_namespaces",
      })
  void rejectsUnsupportedSettingsByName(String yaml, String key) {
    assertThatThrownBy(() -> TestPipeline.read(ObjectsConfig.TYPE, yaml))
        .isInstanceOf(NotBuiltException.class)
        .hasMessageContaining(key);
  }
}
