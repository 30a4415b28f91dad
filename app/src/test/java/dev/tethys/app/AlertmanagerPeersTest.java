package dev.tethys.app;

import static dev.tethys.testkit.Waiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.testkit.Ports;
import dev.tethys.testkit.Shared;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The Alertmanager compared with the real one: the same file, the same alerts, the same
 * notifications.
 */
@Tag("slow")
class AlertmanagerPeersTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String CONFIG =
      """
      route:
        receiver: base
        group_by: [alertname]
        group_wait: 1s
        group_interval: 2s
        repeat_interval: 1h
        routes:
        - receiver: team
          matchers: ['team="blue"', severity=~"page|warn"]
          group_by: ['...']
          continue: true
        - receiver: custom
          match: {team: blue}
          group_by: [team, instance]
        - receiver: quiet
          matchers: [severity="none"]
          mute_time_intervals: [always]
        - receiver: late
          matchers: [severity="late"]
          active_time_intervals: [never]
      inhibit_rules:
      - source_matchers: [severity="page"]
        target_matchers: [severity="warn"]
        equal: [cluster]
      time_intervals:
      - name: always
        time_intervals: [{times: [{start_time: '00:00', end_time: '24:00'}]}]
      - name: never
        time_intervals: [{years: ['1990']}]
      receivers:
      - name: base
        webhook_configs: [{url: 'http://127.0.0.1:{hook}/{name}/base', max_alerts: 2}]
      - name: team
        webhook_configs:
        - {url: 'http://127.0.0.1:{hook}/{name}/team?x={{ .CommonLabels.alertname | urlquery }}', send_resolved: false}
      - name: custom
        webhook_configs:
        - url: 'http://127.0.0.1:{hook}/{name}/custom'
          payload:
            text: '{{ .Status | toUpper }} {{ range .Alerts }}{{ .Labels.SortedPairs.Values | join "," }}|{{ .Annotations.text }}|{{ .StartsAt.Format "15:04:05" }};{{ end }}'
            titles: '{{ title "some Words HERE" }} {{ .GroupLabels.SortedPairs }} {{ .CommonLabels.Remove (stringSlice "team") }} {{ len .Alerts.Firing }}'
            list: ['{{ .Alerts | len }}', 'x', true, 5]
            json: '{{ .CommonLabels | toJson }}'
            replaced: '{{ reReplaceAll "d(b)(\\\\d)" "$1-${2}" .CommonLabels.instance }} {{ match "^db" .CommonLabels.instance }} {{ urlUnescape "a%20b+c" }} {{ trimSpace "  x " }}'
            missing: '[{{ .CommonLabels.nothing }}] {{ .ExternalURL }} {{ .Receiver }}'
            dates: '{{ (index .Alerts 0).StartsAt | tz "UTC" | date "2006-01-02T15:04:05Z07:00 MST" }} {{ humanizeDuration 93784.0 }}'
      - name: quiet
        webhook_configs: [{url: 'http://127.0.0.1:{hook}/{name}/quiet'}]
      - name: late
        webhook_configs: [{url: 'http://127.0.0.1:{hook}/{name}/late'}]
      """;

  @TempDir Path dir;

  private final Map<String, List<String>> posted = new ConcurrentHashMap<>();
  private final HttpServer hook = loopback();

  private static HttpServer loopback() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeEach
  void listen() {
    hook.createContext(
        "/",
        x -> {
          String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          posted
              .computeIfAbsent(x.getRequestURI().toString(), k -> new CopyOnWriteArrayList<>())
              .add(body);
          x.sendResponseHeaders(200, -1);
          x.close();
        });
    hook.start();
  }

  @AfterEach
  void stop() {
    hook.stop(0);
  }

  private String config(String name) {
    return CONFIG
        .replace("{hook}", String.valueOf(hook.getAddress().getPort()))
        .replace("{name}", name);
  }

  private TethysProcess ours(String config, int port) throws IOException {
    Files.writeString(dir.resolve("ours.yml"), config);
    return TethysProcess.launch(
            dir,
            port,
            List.of(
                "alertmanager",
                "--cluster.listen-address=",
                "--config.file=" + dir.resolve("ours.yml"),
                "--storage.path=" + dir.resolve("ours"),
                "--web.external-url=http://am.example.org/x",
                "--web.route-prefix=/",
                "--web.listen-address=127.0.0.1:" + port))
        .awaitReady();
  }

  private static String alert(String labels, String start, String end) {
    return """
    {"labels": {%s}, "annotations": {"text": "it's <bad> & \\"ü\\""}, "startsAt": "%s", "endsAt": "%s",
     "generatorURL": "http://prom/graph?g0.expr=up&x=1"}\
    """
        .formatted(labels, start, end);
  }

  /** What one of them posted, by path; what may differ is removed. */
  private Map<String, List<JsonNode>> posted(String name) {
    Map<String, List<JsonNode>> out = new TreeMap<>();
    posted.forEach(
        (path, bodies) -> {
          if (path.startsWith("/" + name + "/")) {
            out.put(
                path.substring(name.length() + 1),
                bodies.stream()
                    .map(
                        b -> {
                          JsonNode n = JSON.readTree(b);
                          if (n instanceof ObjectNode o) {
                            // newer than the real one here
                            o.remove("notification_reason");
                            o.remove("routeLabels");
                          }
                          return n;
                        })
                    .toList());
          }
        });
    return out;
  }

  @Test
  void sameAlertsCauseTheSameNotifications() throws IOException, InterruptedException {
    int port = Ports.free();
    try (RealAlertmanager peer = RealAlertmanager.start(dir, "real", config("real"));
        TethysProcess ours = ours(config("ours"), port)) {
      assertThat(ours.isAlive()).isTrue();
      int real = peer.port();
      // Not so old that the real one flushes groups before all alerts of them have arrived.
      String start = Instant.now().toString();
      String later = Instant.now().plusSeconds(600).toString();
      String over = Instant.now().plusMillis(1).toString();
      List<String> alerts =
          List.of(
              alert("\"alertname\":\"A\",\"n\":\"1\"", start, later),
              alert("\"alertname\":\"A\",\"n\":\"2\",\"empty\":\"\"", start, later),
              alert("\"alertname\":\"A\",\"n\":\"3\"", start, later),
              alert(
                  "\"alertname\":\"P\",\"team\":\"blue\",\"severity\":\"page\",\"cluster\":\"c\",\"instance\":\"db1\"",
                  start,
                  later),
              alert(
                  "\"alertname\":\"W\",\"team\":\"blue\",\"severity\":\"warn\",\"cluster\":\"c\"",
                  start,
                  later),
              alert(
                  "\"alertname\":\"W2\",\"severity\":\"warn\",\"cluster\":\"d\",\"ü x\":\"y\"",
                  start,
                  later),
              alert("\"alertname\":\"N\",\"severity\":\"none\"", start, later),
              alert("\"alertname\":\"L\",\"severity\":\"late\"", start, later),
              alert("\"alertname\":\"Over\"", start, over));
      for (int p : new int[] {real, port}) {
        HttpResponse<String> r =
            RealAlertmanager.send(
                p, "POST", "/api/v2/alerts", "[" + String.join(",", alerts) + "]");
        assertThat(r.statusCode()).as(r.body()).isEqualTo(200);
      }
      await(
          "first notifications",
          () -> posted("real").size() >= 3 && sizes("real").equals(sizes("ours")));
      // Then one resolves, one is new, one is silenced.
      for (int p : new int[] {real, port}) {
        String silence =
            """
            {"matchers": [{"name": "alertname", "value": "S.*", "isRegex": true}], "startsAt": "%s", "endsAt": "%s",
             "createdBy": "me", "comment": "c"}\
            """
                .formatted(start, later);
        assertThat(RealAlertmanager.send(p, "POST", "/api/v2/silences", silence).statusCode())
            .isEqualTo(200);
        RealAlertmanager.send(
            p,
            "POST",
            "/api/v2/alerts",
            "["
                + alert("\"alertname\":\"A\",\"n\":\"1\"", start, over)
                + ","
                + alert("\"alertname\":\"A\",\"n\":\"4\"", start, later)
                + ","
                + alert("\"alertname\":\"Silent\"", start, later)
                + ","
                + alert(
                    "\"alertname\":\"P\",\"team\":\"blue\",\"severity\":\"page\",\"cluster\":\"c\",\"instance\":\"db1\"",
                    start,
                    over)
                + "]");
      }
      await(
          "second notifications",
          () ->
              posted("real").getOrDefault("/base", List.of()).size() >= 3
                  && posted("real").getOrDefault("/custom", List.of()).size() >= 3
                  && sizes("real").equals(sizes("ours")));
      assertSame(posted("ours"), posted("real"));
      for (String path :
          new String[] {
            "/api/v2/alerts", "/api/v2/alerts?active=false", "/api/v2/alerts?filter=team%3Dblue",
            "/api/v2/alerts?receiver=te.*", "/api/v2/alerts?filter=team%3D%22%22",
                "/api/v2/alerts?silenced=false&inhibited=false",
            "/api/v2/alerts/groups", "/api/v2/alerts/groups?muted=false",
                "/api/v2/alerts/groups?receiver=base",
            "/api/v2/receivers"
          }) {
        assertThat(comparable(RealAlertmanager.send(port, "GET", path, "").body()))
            .as(path)
            .isEqualTo(comparable(RealAlertmanager.send(real, "GET", path, "").body()));
      }
    }
  }

  private Map<String, Integer> sizes(String name) {
    Map<String, Integer> m = new TreeMap<>();
    posted(name).forEach((k, v) -> m.put(k, v.size()));
    return m;
  }

  private static void assertSame(
      Map<String, List<JsonNode>> ours, Map<String, List<JsonNode>> real) {
    assertThat(ours.keySet()).isEqualTo(real.keySet());
    real.forEach(
        (path, bodies) ->
            assertThat(
                    ours.getOrDefault(path, List.of()).stream()
                        .map(AlertmanagerPeersTest::normal)
                        .sorted()
                        .toList())
                .as(path)
                .isEqualTo(bodies.stream().map(AlertmanagerPeersTest::normal).sorted().toList()));
  }

  /** The same text regardless of the order of keys. */
  private static String normal(JsonNode n) {
    return sorted(n).toString();
  }

  private static JsonNode sorted(JsonNode n) {
    if (n.isObject()) {
      ObjectNode o = JSON.createObjectNode();
      TreeMap<String, JsonNode> m = new TreeMap<>();
      n.properties().forEach(e -> m.put(e.getKey(), sorted(e.getValue())));
      m.forEach(o::set);
      return o;
    }
    if (n.isArray()) {
      var a = JSON.createArrayNode();
      n.forEach(i -> a.add(sorted(i)));
      return a;
    }
    return n;
  }

  /** A response without the moment of the request, ids of silences and what is newer there. */
  private static String comparable(String json) {
    return normal(JSON.readTree(json))
        .replace(",\"routeLabels\":{}", "")
        .replaceAll("\"updatedAt\":\"[^\"]*\"", "")
        .replaceAll("[0-9a-f]{8}-[0-9a-f-]{27}", "<id>");
  }

  @Test
  void realToolWorks() throws IOException, InterruptedException {
    Path amtool = Shared.peer("amtool");
    int port = Ports.free();
    try (TethysProcess ours = ours(config("ours"), port)) {
      String url = "--alertmanager.url=http://127.0.0.1:" + port;
      assertThat(run(amtool, url, "alert", "add", "Fire", "x=1", "--annotation=a=b")).isEmpty();
      assertThat(run(amtool, url, "alert", "query", "-o", "extended")).contains("Fire", "active");
      String id = run(amtool, url, "silence", "add", "x=1", "-c", "why", "-a", "me").strip();
      assertThat(id).hasSize(36);
      assertThat(run(amtool, url, "silence", "query")).contains(id, "x=\"1\"", "why");
      assertThat(run(amtool, url, "alert", "query")).doesNotContain("Fire");
      assertThat(run(amtool, url, "alert", "query", "--silenced")).contains("Fire", "suppressed");
      assertThat(run(amtool, url, "silence", "update", "-c", "other", id)).contains("other");
      ours.kill();
      try (TethysProcess again = ours(config("ours"), port)) {
        // What was acknowledged is there after kill -9.
        assertThat(run(amtool, url, "silence", "query")).contains(id, "other");
        run(amtool, url, "silence", "expire", id);
        assertThat(run(amtool, url, "silence", "query")).doesNotContain(id);
        assertThat(run(amtool, url, "silence", "query", "--expired")).contains(id);
        assertThat(run(amtool, url, "config", "show")).contains("receiver: base", "url: <secret>");
        assertThat(run(amtool, url, "config", "routes", "show")).contains("receiver: team");
        assertThat(run(amtool, url, "config", "routes", "test", "team=blue", "severity=page"))
            .isEqualTo("team,custom\n");
        assertThat(run(amtool, url, "cluster", "show")).contains("disabled");
        assertThat(again.stop()).isZero();
      }
    }
  }

  private String run(Path program, String... args) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(List.of(args));
    command.add("--no-version-check");
    Process p = new ProcessBuilder(command).directory(dir.toFile()).start();
    String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(p.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(p.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(p.exitValue()).as(command + ": " + err).isZero();
    return out;
  }
}
