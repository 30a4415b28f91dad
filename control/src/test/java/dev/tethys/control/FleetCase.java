package dev.tethys.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.control.access.Tokens;
import dev.tethys.control.api.ControlApi;
import dev.tethys.control.automation.AutomationRule;
import dev.tethys.control.mdai.Manifests;
import dev.tethys.control.source.Repository;
import dev.tethys.control.source.SourceFiles;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListenerOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Control plane with real graphs as agents, over real sockets. */
public abstract class FleetCase {
  public static final String OWN = graph("", "");

  public @TempDir Path folder;
  public final HttpClient http = HttpClient.newHttpClient();

  /** Clock of the control plane and its agents. */
  public final FastClock clock = new FastClock(speed());

  public final List<TestCollector> agents = new ArrayList<>();
  public @Nullable ControlServer server;
  public int port;

  /** A configuration with a processor. */
  public static String graph(String processors, String names) {
    return "receivers: {hand: {}, nop: {}}\n"
        + "exporters: {nop: {}}\n"
        + (processors.isEmpty() ? "" : "processors: " + processors + "\n")
        + "service:\n  pipelines:\n    logs: {receivers: [hand, nop], processors: ["
        + names
        + "], exporters: [nop]}\n";
  }

  /** Speed of the clock; 1 where a test must act within short times of it. */
  public int speed() {
    return 5;
  }

  /** Rules of automation. */
  public List<AutomationRule> rules() {
    return List.of();
  }

  /** Resources of MDAI. */
  public Manifests manifests() {
    return Manifests.NONE;
  }

  /** Prometheus for guards. */
  public @Nullable URI prometheus() {
    return null;
  }

  /** Log store for triggers. */
  public @Nullable URI loki() {
    return null;
  }

  /** Alertmanagers that rules notify. */
  public List<URI> alertmanagers() {
    return List.of();
  }

  /** Repository of configurations. */
  public Repository.@Nullable Settings repository() {
    return null;
  }

  /** Variables of the process. */
  public Map<String, String> environment() {
    return Map.of();
  }

  /** Objects of a cluster. */
  public @Nullable SourceFiles cluster() {
    return null;
  }

  private ControlServer.Rules files() {
    return new ControlServer.Rules() {
      @Override
      public List<AutomationRule> automation() {
        return rules();
      }

      @Override
      public Manifests manifests() {
        return FleetCase.this.manifests();
      }

      @Override
      public @Nullable String variable(String name) {
        return environment().get(name);
      }

      @Override
      public @Nullable URI prometheus() {
        return FleetCase.this.prometheus();
      }

      @Override
      public @Nullable URI loki() {
        return FleetCase.this.loki();
      }

      @Override
      public List<URI> alertmanagers() {
        return FleetCase.this.alertmanagers();
      }

      @Override
      public Repository.@Nullable Settings repository() {
        return FleetCase.this.repository();
      }

      @Override
      public @Nullable SourceFiles cluster() {
        return FleetCase.this.cluster();
      }
    };
  }

  @BeforeEach
  public void start() throws IOException {
    start(0, Tokens.NONE);
  }

  public void start(int at, Tokens tokens) throws IOException {
    ControlServer s =
        new ControlServer(
            HttpListenerOptions.on("127.0.0.1:" + at).withStopGrace(Duration.ofSeconds(1)),
            folder.resolve("control"),
            tokens,
            BuiltIn.components(new HandReceiver()),
            1000,
            clock,
            files());
    server = s;
    port = s.port();
  }

  @AfterEach
  public void stop() throws IOException {
    agents.forEach(TestCollector::close);
    if (server != null) {
      server.close();
    }
  }

  public TestCollector agent(String name, String env) throws IOException {
    TestCollector c =
        new TestCollector(clock, port, folder.resolve(name), OWN, Map.of("env", env, "name", name));
    agents.add(c);
    return c;
  }

  public void fleet(int n) throws Exception {
    for (int i = 0; i < n; i++) {
      agent("a" + i, "prod");
    }
    until(() -> get("/agents").size() == n);
    until(() -> all(get("/agents"), a -> a.path("connected").asBoolean()));
  }

  public interface Condition {
    boolean holds(JsonNode n);
  }

  public static boolean all(JsonNode list, Condition c) {
    for (JsonNode n : list) {
      if (!c.holds(n)) {
        return false;
      }
    }
    return true;
  }

  public void until(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      agents.forEach(TestCollector::send);
      Waiting.pause();
    }
  }

  public JsonNode get(String path) throws Exception {
    HttpResponse<String> r =
        http.send(HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(r.body()).path("data");
  }

  public URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + ControlApi.ROOT + path);
  }

  private static final Pattern CHANGE =
      Pattern.compile("/(configurations|controls|rollouts(/\\d+/(pause|resume|cancel|undo))?)");

  /** Sends a change, which has a reason. */
  public HttpResponse<String> post(String path, ObjectNode body) throws Exception {
    if (CHANGE.matcher(path).matches() && !body.has("reason")) {
      body.put("reason", "test");
    }
    return posted(path, body);
  }

  /** Sends a body as it is. */
  public HttpResponse<String> posted(String path, ObjectNode body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  public static ObjectNode body() {
    return JsonMapper.shared().createObjectNode();
  }

  public JsonNode done(HttpResponse<String> r) {
    assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(r.body()).path("data");
  }
}
