package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.config.HttpClientConfig;
import dev.tethys.config.HttpClientConfig.Authorization;
import dev.tethys.config.ProxyConfig;
import dev.tethys.config.Secret;
import dev.tethys.config.TlsConfig;
import dev.tethys.config.YamlDocument;
import dev.tethys.control.access.Selector;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.kubernetes.ClusterFiles;
import dev.tethys.control.kubernetes.ClusterKind;
import dev.tethys.control.kubernetes.ClusterStatus;
import dev.tethys.control.kubernetes.ResourceDefinitions;
import dev.tethys.control.source.SourceFiles;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.testkit.KubernetesProcess;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.LeaseElection;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Objects of a real API server, with the rights of deploy/kubernetes and no more. */
@Timeout(180)
class KubernetesTest extends FleetCase {
  private static final String DEFINITIONS =
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String BATCH = graph("{batch: {}}", "batch");

  @TempDir static Path clusterFolder;
  private static @Nullable KubernetesProcess cluster;

  private final HttpClientFactory clients = new HttpClientFactory("Tethys/test");
  private final List<String> made = new ArrayList<>();
  private volatile boolean leads = true;

  @BeforeAll
  static void begin() throws Exception {
    KubernetesProcess c = new KubernetesProcess(clusterFolder);
    cluster = c;
    c.kill();
    c.users("control", "");
    c.start();
    for (String text : List.of(ResourceDefinitions.yaml(), manifest("rbac.yaml"))) {
      for (JsonNode n : documents(text)) {
        c.create(place(n), n.toString());
      }
    }
    // The user of the test has what the service account has.
    bind("", "ClusterRole");
    bind("/namespaces/tethys", "Role");
  }

  private static void bind(String namespace, String kind) throws Exception {
    api()
        .create(
            "/apis/rbac.authorization.k8s.io/v1"
                + namespace
                + (namespace.isEmpty() ? "/clusterrolebindings" : "/rolebindings"),
            """
            {"metadata":{"name":"test"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io",
             "kind":"%s","name":"tethys-control"},
             "subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"control"}]}
            """
                .formatted(kind));
  }

  private static String manifest(String name) throws IOException {
    return Files.readString(Shared.root().resolve("deploy/kubernetes").resolve(name));
  }

  @AfterAll
  static void end() {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static List<JsonNode> documents(String yaml) {
    List<JsonNode> out = new ArrayList<>();
    for (YamlDocument d : YamlDocument.parseAll("test", yaml)) {
      if (d.root().isMap()) {
        out.add(JsonMapper.shared().valueToTree(d.root().asTree()));
      }
    }
    return out;
  }

  private static String place(JsonNode n) {
    String namespace = n.path("metadata").path("namespace").asString("");
    String in = namespace.isEmpty() ? "" : "/namespaces/" + namespace;
    return switch (n.path("kind").asString("")) {
      case "CustomResourceDefinition" -> DEFINITIONS;
      case "Namespace" -> "/api/v1/namespaces";
      case "ServiceAccount" -> "/api/v1" + in + "/serviceaccounts";
      default ->
          "/apis/rbac.authorization.k8s.io/v1"
              + in
              + "/"
              + n.path("kind").asString("").toLowerCase(java.util.Locale.ROOT)
              + "s";
    };
  }

  private static KubernetesProcess api() {
    return requireNonNull(cluster);
  }

  @Override
  public SourceFiles cluster() {
    List<ClusterKind> kinds = new ArrayList<>(ClusterKind.OWN);
    kinds.addAll(ClusterKind.MDAI);
    ResourceWatch.Connection connection = connection();
    return new ClusterFiles("", kinds, connection, new ClusterStatus(connection, () -> leads));
  }

  private ResourceWatch.Connection connection() {
    return new ResourceWatch.Connection(
        access(), (c, call) -> clients.client(c).send(call), clock::sleep);
  }

  private ClusterAccess access() {
    Path token = folder.resolve("token");
    try {
      Files.writeString(token, "token-of-control");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    HttpClientConfig config =
        ClusterAccess.client(
            new Authorization("Bearer", Secret.NONE, token.toString()),
            null,
            new TlsConfig(
                "", api().ca().toString(), "", "", Secret.NONE, "", "", false, null, null),
            ProxyConfig.NONE);
    return ClusterAccess.of(api().url(), config);
  }

  @Override
  public @BeforeEach void start() throws IOException {
    super.start();
  }

  @AfterEach
  void clean() throws Exception {
    for (String path : made) {
      if (api().status(path) == 200) {
        api().delete(path);
      }
    }
    // The look that follows writes to the folder.
    until(() -> get("/repository").path("resources").isEmpty());
    clients.close();
  }

  private String create(String plural, String namespace, ObjectNode object) throws Exception {
    String list = "/apis/tethys.dev/v1/namespaces/" + namespace + "/" + plural;
    String path = list + "/" + object.path("metadata").path("name").asString();
    api().create(list, object.toString());
    made.add(path);
    return path;
  }

  private static ObjectNode object(String kind, String name) {
    ObjectNode o = body().put("apiVersion", "tethys.dev/v1").put("kind", kind);
    o.putObject("metadata").put("name", name);
    o.putObject("spec");
    return o;
  }

  private static ObjectNode pipeline(String name, String text) {
    ObjectNode o = object("TethysPipeline", name);
    o.putObject("spec")
        .put("config", text)
        .put("selector", "env=prod")
        .put("soak", "0s")
        .put("minItems", 0);
    return o;
  }

  private static String patch(String key, String value) {
    ObjectNode o = body();
    o.putObject("spec").put(key, value);
    return o.toString();
  }

  /** Reason of a condition, where it is of the present generation; else "". */
  private JsonNode condition(String path, String type) throws Exception {
    JsonNode o = api().get(path);
    for (JsonNode c : o.path("status").path("conditions")) {
      if (c.path("type").asString().equals(type)
          && c.path("observedGeneration").asLong()
              == o.path("metadata").path("generation").asLong()) {
        return c;
      }
    }
    return body();
  }

  private void awaitCondition(String path, String type, String status, String reason)
      throws Exception {
    until(
        () -> {
          JsonNode c = condition(path, type);
          return c.path("status").asString("").equals(status)
              && c.path("reason").asString("").equals(reason);
        });
  }

  private void awaitRunning(String text) throws Exception {
    until(
        () ->
            all(
                get("/agents"),
                a -> {
                  try {
                    return get("/agents/" + a.path("uid").asString())
                        .path("effectiveConfiguration")
                        .asString("")
                        .equals(text);
                  } catch (Exception e) {
                    throw new IllegalStateException(e);
                  }
                }));
  }

  @Test
  void deletedPipelineReturnsItsAgents() throws Exception {
    fleet(2);
    String path = create("tethyspipelines", "default", pipeline("edge", BATCH));
    awaitCondition(path, "Ready", "True", "Complete");
    awaitCondition(path, "Accepted", "True", "Valid");
    awaitCondition(path, "Progressing", "False", "Complete");
    JsonNode status = api().get(path).path("status");
    assertThat(status.path("state").asString()).isEqualTo("current");
    assertThat(status.path("version").asInt()).isEqualTo(1);
    assertThat(status.path("observedGeneration").asInt()).isEqualTo(1);
    awaitRunning(BATCH);

    // An error has its line, and the former version stays.
    api().patch(path, patch("config", BATCH.replace("batch: {}", "batch: {a: 1}")));
    awaitCondition(path, "Accepted", "False", "Invalid");
    assertThat(condition(path, "Accepted").path("message").asString())
        .startsWith("spec.config, line 3, column ");
    assertThat(get("/configurations/edge").size()).isEqualTo(1);
    awaitRunning(BATCH);

    // A change is a further version; its author is the program that wrote it.
    api().patch(path, patch("config", OWN));
    awaitCondition(path, "Ready", "True", "Complete");
    awaitRunning(OWN);
    assertThat(get("/configurations/edge").size()).isEqualTo(2);

    api().patch(path, patch("config", BATCH));
    awaitCondition(path, "Ready", "True", "Complete");
    api().delete(path);
    until(() -> get("/audit").toString().contains("configuration.withdraw"));
    awaitRunning(OWN);
    assertThat(get("/repository").path("resources")).isEmpty();
  }

  @Test
  void pipelineWaitsForAgentsAndBadObjectDoesNotBlockOthers() throws Exception {
    String path = create("tethyspipelines", "default", pipeline("waits", BATCH));
    awaitCondition(path, "Progressing", "True", "Waiting");
    assertThat(condition(path, "Progressing").path("message").asString())
        .contains("no connected agent");

    ObjectNode bad = object("TethysControl", "bad");
    bad.putObject("spec").put("action", "mute").put("pipeline", "logs").put("duration", "50d");
    String badPath = create("tethyscontrols", "default", bad);
    ObjectNode mute = object("TethysControl", "mute-shop");
    ObjectNode spec = mute.putObject("spec").put("action", "mute").put("owner", "shop");
    spec.putObject("attributes").put("service.name", "shop");
    String good = create("tethyscontrols", "default", mute);
    ObjectNode rule = object("TethysRule", "noisy");
    rule.putObject("spec").putObject("trigger").put("alert", "Noisy");
    ((ObjectNode) rule.path("spec"))
        .putArray("start_controls")
        .addObject()
        .put("action", "mute")
        .put("pipeline", "logs")
        .put("duration", "10m");
    String rulePath = create("tethysrules", "default", rule);

    awaitCondition(badPath, "Accepted", "False", "Invalid");
    assertThat(condition(badPath, "Accepted").path("message").asString())
        .isEqualTo("spec.duration: must be more than 0s and at most 30d");
    awaitCondition(good, "Ready", "True", "Complete");
    awaitCondition(rulePath, "Ready", "True", "Complete");
    assertThat(get("/controls?state=active").get(0).path("id").asString()).isEqualTo("mute-shop");
    assertThat(get("/automation").path("rules").toString()).contains("noisy");

    // Of two with one name the older one has effect.
    api().create("/api/v1/namespaces", "{\"metadata\":{\"name\":\"other\"}}");
    String second = create("tethyspipelines", "other", pipeline("waits", OWN));
    awaitCondition(second, "Accepted", "False", "Invalid");
    assertThat(condition(second, "Accepted").path("message").asString())
        .contains("already defined at TethysPipeline/default/waits");

    api().delete(good);
    until(() -> get("/controls?state=active").isEmpty());
    assertThat(get("/audit").toString()).contains("\"kubernetes:");
  }

  @Test
  void unavailableServerChangesNothingAndIsWatchedAgain() throws Exception {
    fleet(1);
    String path = create("tethyspipelines", "default", pipeline("edge2", BATCH));
    awaitCondition(path, "Ready", "True", "Complete");
    api().kill();
    assertThat(get("/controls")).isEmpty();
    awaitRunning(BATCH);
    api().start();
    api().patch(path, patch("reason", "written meanwhile"));
    api().compact();
    api().patch(path, patch("config", OWN));
    awaitCondition(path, "Ready", "True", "Complete");
    awaitRunning(OWN);
  }

  @Test
  void formerLeaderRejectsRequestsAndOffersNothing() throws Exception {
    fleet(1);
    String path = create("tethyspipelines", "default", pipeline("edge3", BATCH));
    awaitCondition(path, "Ready", "True", "Complete");
    leads = false;
    api().patch(path, patch("config", OWN));
    until(
        () ->
            requireNonNull(server).fleet().agents(Selector.parse("")).stream()
                .noneMatch(AgentState::connected));
    HttpRequest list = HttpRequest.newBuilder(uri("/agents")).build();
    HttpResponse<String> refused = http.send(list, HttpResponse.BodyHandlers.ofString());
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("does not lead");
    assertThat(condition(path, "Ready").isEmpty()).isTrue();
    leads = true;
    awaitCondition(path, "Ready", "True", "Complete");
    awaitRunning(OWN);
  }

  @Test
  void oneOfTwoProcessesLeadsUntilItReleasesTheLease() throws Exception {
    int[] ports = {Ports.free(), Ports.free()};
    List<KubernetesMode> modes = new ArrayList<>();
    try {
      for (int i = 0; i < 2; i++) {
        modes.add(mode("replica" + i, ports[i]));
        modes.getLast().start();
        if (i == 0) {
          until(() -> answer(ports[0], "/-/ready") == 200);
        }
      }
      assertThat(answer(ports[1], "/-/healthy")).isEqualTo(200);
      assertThat(answer(ports[1], "/-/ready")).isEqualTo(503);
      assertThat(answer(ports[1], "/v1/opamp")).isEqualTo(503);
      modes.removeFirst().close();
      until(() -> answer(ports[1], "/-/ready") == 200);
      JsonNode lease =
          api()
              .get("/apis/coordination.k8s.io/v1/namespaces/tethys/leases/tethys-control")
              .path("spec");
      assertThat(lease.path("holderIdentity").asString()).isEqualTo("replica1");
    } finally {
      for (KubernetesMode m : modes) {
        m.close();
      }
    }
  }

  private KubernetesMode mode(String identity, int at) {
    LeaseElection.Terms terms =
        new LeaseElection.Terms(
            "tethys",
            "tethys-control",
            identity,
            Duration.ofSeconds(60),
            Duration.ofSeconds(40),
            Duration.ofMillis(200));
    HttpListenerOptions listen = HttpListenerOptions.on("127.0.0.1:" + at);
    return new KubernetesMode(
        new KubernetesMode.Settings(access(), "", false, terms),
        listen,
        files ->
            ControlServer.start(
                listen,
                folder.resolve(identity),
                null,
                BuiltIn.components(),
                10,
                ControlServer.Rules.of(null, List.of(), null, null, files, null)));
  }

  private int answer(int at, String path) throws Exception {
    HttpRequest q = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + at + path)).build();
    try {
      return http.send(q, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (ConnectException e) {
      return 0; // it starts
    }
  }

  @Test
  void statusUpdatesDoNotChangeTheFiles() throws Exception {
    String path = create("tethyspipelines", "default", pipeline("edge4", BATCH));
    AtomicInteger changes = new AtomicInteger();
    ResourceWatch.Connection connection = connection();
    ClusterFiles files =
        new ClusterFiles(
            "", ClusterKind.OWN, connection, new ClusterStatus(connection, () -> false));
    files.start(changes::incrementAndGet);
    try {
      String[] known = {""};
      until(() -> hasNews(files, known));
      awaitCondition(path, "Progressing", "True", "Waiting");
      int before = changes.get();
      api().patch(path + "/status", "{\"status\":{\"state\":\"other\"}}");
      api().patch(path, patch("reason", "for a change"));
      until(() -> hasNews(files, known));
      assertThat(changes.get()).isEqualTo(before + 1);
    } finally {
      files.close();
    }
  }

  private static boolean hasNews(ClusterFiles files, String[] known) throws IOException {
    try {
      SourceFiles.Snapshot s = files.read(known[0]);
      known[0] = s == null ? known[0] : s.commit();
      return s != null;
    } catch (SourceFiles.NotReadyException e) {
      return false;
    }
  }

  @Test
  void mdaiSamplesReceiveConditions() throws Exception {
    for (Path p : Shared.conformanceFiles("mdai/operator/crd/bases", ".yaml")) {
      // A server of 1.20 takes an empty text for null if it is a default.
      for (JsonNode n : documents(Files.readString(p).replaceAll("(?m)^ *default: \"\"$", ""))) {
        api().create(DEFINITIONS, n.toString());
      }
    }
    Map<String, String> plurals =
        ClusterKind.MDAI.stream()
            .collect(java.util.stream.Collectors.toMap(ClusterKind::kind, ClusterKind::plural));
    int hubs = 0;
    for (Path p : Shared.conformanceFiles("mdai/operator/samples", ".yaml")) {
      for (JsonNode n : documents(Files.readString(p))) {
        String plural = plurals.get(n.path("kind").asString(""));
        if (plural == null) {
          continue;
        }
        String namespace = n.path("metadata").path("namespace").asString("default");
        if (api().status("/api/v1/namespaces/" + namespace) == 404) {
          api().create("/api/v1/namespaces", "{\"metadata\":{\"name\":\"" + namespace + "\"}}");
        }
        String list = "/apis/hub.mydecisive.ai/v1/namespaces/" + namespace + "/" + plural;
        String path = list + "/" + n.path("metadata").path("name").asString();
        if (api().status(path) == 200) {
          continue;
        }
        try {
          api().create(list, n.toString());
        } catch (AssertionError e) { // a sample with keys that MDAI's own definition refuses
          assertThat(e).hasMessageContaining("is invalid");
          continue;
        }
        made.add(path);
        if (plural.equals("mdaihubs")) {
          hubs++;
        }
      }
    }
    assertThat(hubs).isGreaterThan(1);
    for (String path : List.copyOf(made)) {
      if (path.contains("/mdaiingresses/")) {
        continue; // its status has no fields
      }
      until(() -> condition(path, "Available").has("reason"));
      JsonNode c = condition(path, "Available");
      assertThat(c.path("reason").asString())
          .as(path + ": " + c)
          .isEqualTo(
              path.contains("/mdaihubs/") || path.contains("/mdaireplays/")
                  ? "Reconciling"
                  : "NotSupported");
    }
    assertThat(get("/mdai").path("resources").size()).isEqualTo(made.size());
  }
}
