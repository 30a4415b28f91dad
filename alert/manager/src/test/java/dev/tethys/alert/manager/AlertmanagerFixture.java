package dev.tethys.alert.manager;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.tethys.alert.manager.config.AlertmanagerConfig;
import dev.tethys.alert.manager.dispatch.SteppedClock;
import dev.tethys.alert.manager.match.LabelMatcher;
import dev.tethys.alert.manager.match.LabelMatchers;
import dev.tethys.alert.manager.match.MatcherSyntax;
import dev.tethys.alert.manager.recorder.EventRecorder;
import dev.tethys.alert.manager.state.Silence;
import dev.tethys.config.YamlDocument;
import dev.tethys.model.exposition.MetricFamily;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.tracing.Tracing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** An Alertmanager with the test's own clock and a webhook that receives notifications. */
abstract class AlertmanagerFixture {
  static final Instant START = Instant.parse("2026-03-02T12:00:00Z"); // a Monday
  static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path dir;

  final SteppedClock clock = new SteppedClock(START);
  final List<String> posted = new CopyOnWriteArrayList<>();
  final HttpClientFactory clients = new HttpClientFactory("test");
  Registry registry = new Registry();
  volatile int answer = 200;
  final HttpServer hook = loopback();
  @Nullable Alertmanager manager;

  static HttpServer loopback() {
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

  Alertmanager open(String config) throws IOException {
    registry = new Registry();
    EventRecorder recorder = recorder();
    Alertmanager m =
        new Alertmanager(
            TestOptions.in(dir, Duration.ofHours(120), metricLabels()),
            clients,
            registry,
            clock,
            new Tracing("alertmanager", "1", clients, registry),
            recorder);
    manager = m;
    m.apply(read(config));
    return m;
  }

  /** Labels of metrics; none unless a test requires them. */
  MetricLabels metricLabels() {
    return MetricLabels.NONE;
  }

  /** The record of events; none unless a test requires one. */
  EventRecorder recorder() {
    return EventRecorder.off();
  }

  AlertmanagerConfig read(String config) {
    String text = config.replace("{hook}", "http://127.0.0.1:" + hook.getAddress().getPort());
    return AlertmanagerConfig.read(YamlDocument.parse("am.yml", dir, text), MatcherSyntax.FALLBACK);
  }

  static final String PLAIN =
      """
      route: {receiver: r, group_by: [alertname], group_wait: 10s, group_interval: 1m, repeat_interval: 1h}
      receivers: [{name: r, webhook_configs: [{url: '{hook}/r'}]}]
      """;

  PostedAlert firing(String name, String... labels) {
    return alert(name, null, labels);
  }

  PostedAlert resolved(String name, String... labels) {
    return alert(name, clock.instant(), labels);
  }

  PostedAlert alert(String name, @Nullable Instant end, String... labels) {
    Map<String, String> m = new LinkedHashMap<>();
    m.put("alertname", name);
    for (int i = 0; i < labels.length; i += 2) {
      m.put(labels[i], labels[i + 1]);
    }
    return new PostedAlert(
        m, Map.of(), end == null ? clock.instant() : clock.instant().minusSeconds(1), end, "");
  }

  void post(PostedAlert... alerts) {
    assertThat(java.util.Objects.requireNonNull(manager).receive(List.of(alerts))).isEmpty();
  }

  /** Posts alerts each minute, as a server does, and returns the notifications of that time. */
  List<String> minutes(int n, PostedAlert... alerts) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      post(alerts);
      clock.advance(Duration.ofMinutes(1));
    }
    out.addAll(posted);
    posted.clear();
    return out;
  }

  List<String> after(Duration d) {
    clock.advance(d);
    List<String> out = new ArrayList<>(posted);
    posted.clear();
    return out;
  }

  static Silence silence(String id, Instant start, Instant end, String... matchers) {
    List<LabelMatcher> m = new ArrayList<>();
    for (String s : matchers) {
      m.addAll(MatcherSyntax.FALLBACK.parseAll(s, "test"));
    }
    return new Silence(id, new LabelMatchers(m), start, end, start, "me", "why", Map.of());
  }

  double value(String series) {
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
