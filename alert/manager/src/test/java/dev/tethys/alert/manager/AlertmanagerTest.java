package dev.tethys.alert.manager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.TestClock;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.alert.manager.state.SilenceException;
import dev.tethys.alert.manager.state.SilenceLimits;
import dev.tethys.codec.template.TemplateException;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** The whole of it, with a clock of the test's own and a webhook that hears what is sent. */
@Timeout(60)
class AlertmanagerTest {
  private static final Instant START = Instant.parse("2026-03-02T12:00:00Z"); // a Monday
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  private final TestClock clock = new TestClock(START);
  private final List<String> posted = new CopyOnWriteArrayList<>();
  private final HttpClientFactory clients = new HttpClientFactory("test");
  private Registry registry = new Registry();
  private volatile int answer = 200;
  private final HttpServer hook = loopback();
  private @Nullable Alertmanager manager;

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
          JsonNode n = JSON.readTree(body);
          StringBuilder sb = new StringBuilder(x.getRequestURI().getPath().substring(1) + ":");
          for (JsonNode a : n.path("alerts")) {
            sb.append(' ').append(a.path("labels").path("alertname").asString());
            sb.append(a.path("labels").path("n").asString(""));
            sb.append(a.path("status").asString().equals("firing") ? "+" : "-");
          }
          posted.add(sb + " (" + n.path("notification_reason").asString("") + ")");
          x.sendResponseHeaders(answer, -1);
          x.close();
        });
    hook.start();
  }

  @AfterEach
  void stop() {
    if (manager != null) {
      manager.close();
    }
    clients.close();
    hook.stop(0);
  }

  private Alertmanager open(String config) throws IOException {
    registry = new Registry();
    Alertmanager m =
        new Alertmanager(
            new AlertmanagerOptions(
                dir,
                new SilenceLimits(Duration.ofHours(120), 0, 0),
                false,
                Duration.ofMinutes(15),
                Duration.ofMinutes(30),
                0,
                Duration.ZERO,
                MatcherSyntax.FALLBACK,
                URI.create("http://am"),
                false),
            clients,
            registry,
            clock);
    manager = m;
    m.apply(read(config));
    return m;
  }

  private AlertmanagerConfig read(String config) {
    String text = config.replace("{hook}", "http://127.0.0.1:" + hook.getAddress().getPort());
    return AlertmanagerConfig.read(YamlDocument.parse("am.yml", dir, text), MatcherSyntax.FALLBACK);
  }

  private static final String PLAIN =
      """
      route: {receiver: r, group_by: [alertname], group_wait: 10s, group_interval: 1m, repeat_interval: 1h}
      receivers: [{name: r, webhook_configs: [{url: '{hook}/r'}]}]
      """;

  private PostedAlert firing(String name, String... labels) {
    return alert(name, null, labels);
  }

  private PostedAlert resolved(String name, String... labels) {
    return alert(name, clock.instant(), labels);
  }

  private PostedAlert alert(String name, @Nullable Instant end, String... labels) {
    Map<String, String> m = new LinkedHashMap<>();
    m.put("alertname", name);
    for (int i = 0; i < labels.length; i += 2) {
      m.put(labels[i], labels[i + 1]);
    }
    return new PostedAlert(
        m, Map.of(), end == null ? clock.instant() : clock.instant().minusSeconds(1), end, "");
  }

  private void post(PostedAlert... alerts) {
    assertThat(java.util.Objects.requireNonNull(manager).receive(List.of(alerts))).isEmpty();
  }

  /** Tells of alerts each minute, as a server does, and gives what was sent in that time. */
  private List<String> minutes(int n, PostedAlert... alerts) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      post(alerts);
      clock.advance(Duration.ofMinutes(1));
    }
    out.addAll(posted);
    posted.clear();
    return out;
  }

  private List<String> after(Duration d) {
    clock.advance(d);
    List<String> out = new ArrayList<>(posted);
    posted.clear();
    return out;
  }

  @Test
  void groupsWaitGrowRepeatAndEnd() throws IOException {
    open(PLAIN);
    post(firing("A", "n", "1"), firing("B"));
    assertThat(after(Duration.ofSeconds(9))).isEmpty();
    post(firing("A", "n", "2"));
    assertThat(after(Duration.ofSeconds(1)))
        .containsExactly("r: A1+ A2+ (first notification)", "r: B+ (first notification)");
    post(firing("A", "n", "3"));
    assertThat(after(Duration.ofSeconds(59))).isEmpty();
    assertThat(after(Duration.ofSeconds(1))).containsExactly("r: A1+ A2+ A3+ (new alerts added)");
    post(resolved("A", "n", "2"));
    assertThat(after(Duration.ofMinutes(1)))
        .containsExactly("r: A1+ A2- A3+ (some alerts resolved)");
    PostedAlert[] on = {firing("A", "n", "1"), firing("A", "n", "3"), firing("B")};
    List<String> repeated = minutes(62, on);
    assertThat(repeated).contains("r: A1+ A3+ (repeat interval elapsed)").hasSize(2);
    post(resolved("A", "n", "1"), resolved("A", "n", "3"), resolved("B"));
    assertThat(after(Duration.ofMinutes(1)))
        .containsExactlyInAnyOrder(
            "r: A1- A3- (all alerts resolved)", "r: B- (all alerts resolved)");
    assertThat(after(Duration.ofHours(5))).isEmpty();
    assertThat(value("alertmanager_dispatcher_aggregation_groups")).isZero();
  }

  @Test
  void anAlertThatNobodyTellsOfAnyMoreResolves() throws IOException {
    open(PLAIN + "global: {resolve_timeout: 2m}\n");
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(10))).hasSize(1);
    assertThat(after(Duration.ofSeconds(119))).isEmpty();
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: A- (all alerts resolved)");
  }

  private static final String ROUTES =
      """
      route:
        receiver: r
        group_wait: 0s
        group_interval: 1m
        routes:
        - {receiver: night, matchers: [alertname="N"], active_time_intervals: [nights]}
        - {receiver: lunch, matchers: [alertname="L"], mute_time_intervals: [lunch]}
        - {receiver: two, matchers: [kind=~"a|b"], continue: true, group_by: ['...']}
        - {receiver: r, matchers: [kind="b"]}
      inhibit_rules:
      - {source_matchers: [level="high"], target_matchers: [level="low"], equal: [zone]}
      - {source_matchers: [t=~".+"], target_matchers: [t=~".+"], equal: [x]}
      time_intervals:
      - name: nights
        time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}], location: Asia/Tokyo}]
      - name: lunch
        time_intervals: [{times: [{start_time: '12:00', end_time: '13:00'}], weekdays: ['monday:friday']}]
      receivers:
      - {name: r, webhook_configs: [{url: '{hook}/r'}]}
      - {name: two, webhook_configs: [{url: '{hook}/two', send_resolved: false}, {url: '{hook}/two2'}]}
      - {name: night, webhook_configs: [{url: '{hook}/night'}]}
      - {name: lunch, webhook_configs: [{url: '{hook}/lunch'}]}
      """;

  @Test
  void routesTimesAndInhibitionDecideWhoIsTold() throws IOException {
    Alertmanager m = open(ROUTES);
    post(
        firing("N"),
        firing("L"),
        firing("X", "kind", "a"),
        firing("Y", "kind", "b"),
        firing("Low", "level", "low", "zone", "1"),
        firing("High", "level", "high", "zone", "1"),
        firing("Low2", "level", "low"),
        firing("High2", "level", "high"),
        firing("Free", "level", "low", "zone", "2"),
        firing("T", "t", "1"));
    List<String> first = after(Duration.ofSeconds(1));
    // 12:00 UTC is 21:00 in Tokyo.
    assertThat(first)
        .noneMatch(s -> s.contains(" N+") || s.contains(" L+") || s.contains("Low+"))
        .anyMatch(s -> s.contains("High+"))
        .noneMatch(s -> s.contains("Low2+"))
        .anyMatch(s -> s.contains("Free+"))
        .anyMatch(s -> s.contains("T+"))
        .contains("two: X+ (first notification)", "two2: Y+ (first notification)");
    assertThat(
            m.status(
                    m.alerts().all().stream()
                        .filter(a -> a.name().equals("Low"))
                        .findFirst()
                        .orElseThrow()
                        .labels())
                .inhibitedBy())
        .hasSize(1);
    List<String> hour =
        minutes(
            62,
            firing("N"),
            firing("L"),
            firing("Low", "level", "low", "zone", "1"),
            firing("Y", "kind", "b"));
    assertThat(hour).contains("lunch: L+ (first notification)", "night: N+ (first notification)");
    // The one that kept it back is over.
    assertThat(hour).anyMatch(s -> s.contains("Low+"));
    assertThat(value("alertmanager_notifications_suppressed_total{reason=\"mute_time_interval\"}"))
        .isPositive();
    // The integration that does not hear of resolved alerts.
    posted.clear();
    post(resolved("Y", "kind", "b"));
    assertThat(after(Duration.ofMinutes(2)))
        .anyMatch(s -> s.startsWith("two2: Y-"))
        .noneMatch(s -> s.startsWith("two: "));
  }

  private static Silence silence(String id, Instant start, Instant end, String... matchers) {
    List<LabelMatcher> m = new ArrayList<>();
    for (String s : matchers) {
      m.addAll(MatcherSyntax.FALLBACK.parseAll(s, "test"));
    }
    return new Silence(id, new LabelMatchers(m), start, end, start, "me", "why", Map.of());
  }

  @Test
  void silencesHoldAndSurvive() throws IOException, SilenceException {
    Alertmanager m = open(PLAIN);
    String id =
        m.silences()
            .set(silence("", START, START.plusSeconds(600), "alertname=~\"A|B\"", "x=\"\""));
    post(firing("A"), firing("C"));
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: C+ (first notification)");
    // Not closed: what was acknowledged is on the disk.
    Alertmanager again = open(PLAIN);
    assertThat(again.silences().get(id)).isNotNull();
    post(firing("A"), firing("C"));
    // C was sent before the restart.
    assertThat(after(Duration.ofMinutes(2))).isEmpty();
    // Only the end moves: the same silence. Other matchers: another, and the first is over.
    Silence s = java.util.Objects.requireNonNull(again.silences().get(id));
    assertThat(
            again
                .silences()
                .set(
                    silence(
                        id, s.startsAt(), START.plusSeconds(900), "alertname=~\"A|B\"", "x=\"\"")))
        .isEqualTo(id);
    String other =
        again.silences().set(silence(id, s.startsAt(), START.plusSeconds(900), "alertname=\"Z\""));
    assertThat(other).isNotEqualTo(id);
    assertThat(java.util.Objects.requireNonNull(again.silences().get(id)).stateAt(clock.instant()))
        .isEqualTo(Silence.State.EXPIRED);
    post(firing("A"));
    assertThat(after(Duration.ofMinutes(2))).containsExactly("r: A+ (first notification)");
    assertThatThrownBy(() -> again.silences().expire("nothing"))
        .isInstanceOf(SilenceException.class);
    clock.advance(Duration.ofHours(121));
    assertThat(again.silences().all()).isEmpty();
  }

  @Test
  void failuresAreRepeatedUnlessFinal() throws IOException {
    open(PLAIN);
    answer = 500;
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(30)).size()).isBetween(4, 12);
    answer = 200;
    assertThat(minutes(2, firing("A"))).containsExactly("r: A+ (first notification)");
    assertThat(
            value(
                "alertmanager_notifications_failed_total{integration=\"webhook\",reason=\"serverError\"}"))
        .isEqualTo(1);
    answer = 400;
    post(firing("A"), firing("A", "n", "2"));
    assertThat(after(Duration.ofMinutes(1))).hasSize(1);
    answer = 200;
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: A+ A2+ (new alerts added)");
  }

  @Test
  void aReloadKeepsWhatWasSent() throws IOException {
    Alertmanager m = open(PLAIN);
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(10))).hasSize(1);
    m.apply(read(PLAIN.replace("group_interval: 1m", "group_interval: 30s")));
    assertThat(minutes(3, firing("A"))).isEmpty();
    Files.writeString(dir.resolve("bad.tmpl"), "{{ define \"x\" }}{{ .a ");
    assertThatThrownBy(() -> m.apply(read(PLAIN + "templates: ['*.tmpl']\n")))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("bad.tmpl:1");
    post(firing("A", "n", "2"));
    assertThat(after(Duration.ofMinutes(1))).containsExactly("r: A+ A2+ (new alerts added)");
  }

  @Test
  void templatesSeeLabelsOfRoutes() throws IOException {
    open(
        """
        route:
          receiver: r
          group_wait: 0s
          labels: {team: 'ops-{{ .CommonLabels.alertname }}', loop: '{{ routeLabels "loop" }}', both: '{{ routeLabels "team" }}!'}
        receivers: [{name: r, webhook_configs: [{url: '{hook}/{{ routeLabels "both" }}'}]}]
        """);
    post(firing("A"));
    assertThat(after(Duration.ofSeconds(1))).containsExactly("ops-A!: A+ (first notification)");
  }

  @Test
  void whatIsNotValidIsSaid() throws IOException {
    Alertmanager m = open(PLAIN);
    assertThat(
            m.receive(
                List.of(
                    new PostedAlert(Map.of("a", ""), Map.of(), null, null, ""),
                    new PostedAlert(Map.of("a", "b"), Map.of("", "x"), null, null, ""),
                    new PostedAlert(Map.of("a", "b"), Map.of(), START, START.minusSeconds(1), ""),
                    new PostedAlert(Map.of("ü ü", "b"), Map.of(), START, null, ""))))
        .containsExactly(
            "at least one label pair required",
            "invalid annotations: invalid name \"\"",
            "start time must be before end time");
    assertThat(m.alerts().all()).hasSize(1);
  }

  private double value(String series) {
    for (MetricFamily f : registry.gather()) {
      for (MetricFamily.Metric metric : f.metrics()) {
        String labels = metric.labels().toString();
        String name = f.name() + (labels.equals("{}") ? "" : labels);
        if (name.replace(", ", ",").equals(series)
            && metric.point() instanceof MetricFamily.Value v) {
          return v.value();
        }
      }
    }
    throw new AssertionError("no metric " + series);
  }
}
