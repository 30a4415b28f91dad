package dev.tethys.collect.logs.cloudflare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.logs.LogSource;
import dev.tethys.collect.logs.SourceRig;
import dev.tethys.model.logs.LogEntry;
import dev.tethys.testkit.Waiting;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Before a double of the Logpull API, written from Cloudflare's documentation ("Requesting logs"):
 * start inclusive, end exclusive and a minute ago at least, an hour at once at most, seven days
 * back at most, gzip, lines in no order.
 */
@Tag("slow")
class CloudflareSourceTest {
  private static final Instant NOW = SourceRig.NOW;
  private static final String ZONE = "023e105f4ecef8ad9ca31a8372d0c353";

  @TempDir Path folder;
  private final Map<Long, String> logs = new ConcurrentSkipListMap<>(); // by time of reception
  private final List<String> errors = new CopyOnWriteArrayList<>();
  private final List<Map<String, String>> queries = new CopyOnWriteArrayList<>();
  private final AtomicInteger throttled = new AtomicInteger();
  private final AtomicInteger broken = new AtomicInteger();
  private final AtomicInteger within = new AtomicInteger();
  private volatile Instant now = NOW;
  private volatile Instant serversNow = NOW;
  private HttpServer api;
  private SourceRig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new SourceRig(folder);
    api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    api.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    api.createContext("/client/v4/zones/" + ZONE + "/logs/received", this::received);
    api.start();
  }

  @AfterEach
  void end() {
    api.stop(0);
    rig.close();
    assertThat(errors).isEmpty();
  }

  private void received(HttpExchange x) throws IOException {
    Map<String, String> q =
        Arrays.stream(x.getRequestURI().getQuery().split("&"))
            .map(s -> s.split("=", 2))
            .collect(Collectors.toMap(s -> s[0], s -> s[1]));
    if (!"Bearer secret-token".equals(x.getRequestHeaders().getFirst("Authorization"))) {
      answer(x, 403, "{\"success\":false,\"errors\":[{\"message\":\"Authentication error\"}]}");
      return;
    }
    if (throttled.getAndDecrement() > 0) {
      x.getResponseHeaders().add("Retry-After", "0");
      answer(x, 429, "{\"success\":false,\"errors\":[{\"code\":10000}]}");
      return;
    }
    long start = Long.parseLong(q.get("start"));
    long end = Long.parseLong(q.get("end"));
    if (end - start > Duration.ofHours(1).toNanos() || start >= end) {
      errors.add("range " + q);
    }
    if (end > nanos(serversNow.minusSeconds(60))) {
      errors.add("too late " + q);
    }
    if (start < nanos(serversNow.minus(Duration.ofDays(7)))) {
      answer(
          x,
          400,
          "bad query: error parsing time: too early: logs older than 168h0m0s are not available");
      return;
    }
    queries.add(q);
    List<String> lines = new ArrayList<>();
    logs.forEach(
        (t, line) -> {
          if (t >= start && t < end) {
            lines.add(line);
          }
        });
    java.util.Collections.reverse(lines);
    byte[] body =
        lines.stream()
            .map(l -> l + "\n")
            .collect(Collectors.joining())
            .getBytes(StandardCharsets.UTF_8);
    if (!lines.isEmpty() && within.getAndDecrement() > 0) {
      x.sendResponseHeaders(200, body.length - 5);
      try (OutputStream out = x.getResponseBody()) {
        out.write(body, 0, body.length - 5);
      }
      return;
    }
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream gz = new GZIPOutputStream(zipped)) {
      gz.write(body);
    }
    x.getResponseHeaders().add("Content-Encoding", "gzip");
    boolean cut = !lines.isEmpty() && broken.getAndDecrement() > 0;
    byte[] sent =
        cut ? Arrays.copyOf(zipped.toByteArray(), zipped.size() / 2) : zipped.toByteArray();
    x.sendResponseHeaders(200, sent.length);
    try (OutputStream out = x.getResponseBody()) {
      out.write(sent);
    }
  }

  private static void answer(HttpExchange x, int status, String text) throws IOException {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    x.sendResponseHeaders(status, b.length);
    x.getResponseBody().write(b);
    x.close();
  }

  private static long nanos(Instant t) {
    return t.getEpochSecond() * 1_000_000_000L + t.getNano();
  }

  private void log(Instant received, String ray) {
    log(received, received.minusMillis(300), ray);
  }

  private void log(Instant received, Instant begun, String ray) {
    logs.put(
        nanos(received),
        "{\"ClientIP\":\"192.0.2.1\",\"Deep\":{\"EdgeStartTimestamp\":1},\"EdgeStartTimestamp\":"
            + nanos(begun)
            + ",\"RayID\":\""
            + ray
            + "\"}");
  }

  private LogSource source(String yaml) throws IOException {
    CloudflareConfig c =
        SourceRig.read(
            CloudflareConfig.TYPE, "api_token: secret-token\nzone_id: " + ZONE + "\n" + yaml);
    URI base = URI.create("http://127.0.0.1:" + api.getAddress().getPort() + "/client/v4");
    LogSource s =
        new CloudflareConfig(
                base, c.token(), c.zone(), c.labels(), c.workers(), c.pullRange(), c.fields())
            .source(rig.context(() -> now));
    s.start();
    return s;
  }

  private List<String> rays(int count) throws InterruptedException {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      out.add(rig.next().line().replaceAll(".*RayID\":\"|\".*", ""));
    }
    return out;
  }

  private void awaitDelivered(Instant until) throws InterruptedException {
    String want = Long.toString(nanos(until));
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!rig.positions().cursor("tethys-cloudflare-" + ZONE).startsWith(want + "/")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      Waiting.pause();
    }
  }

  @Test
  void readsLastRangeAndContinues() throws Exception {
    log(NOW.minusSeconds(121), "too-old");
    log(NOW.minusSeconds(120), "first");
    log(NOW.minusSeconds(61), "second");
    log(NOW.minusSeconds(60), "next range");
    try (LogSource s = source("labels: {job: edge}")) {
      LogEntry e = rig.next();
      assertThat(e.line()).contains("\"first\"").startsWith("{\"ClientIP\"");
      assertThat(e.timestamp()).isEqualTo(nanos(NOW.minusSeconds(120).minusMillis(300)));
      assertThat(e.labels().get("job")).isEqualTo("edge");
      assertThat(rays(1)).containsExactly("second");
      awaitDelivered(NOW.minusSeconds(60));
      assertThat(rig.positions().cursor(ZONE)).isEqualTo(Long.toString(nanos(NOW)));
      assertThat(rig.isEmpty()).isTrue();
      serversNow = NOW.plusSeconds(61);
      now = NOW.plusSeconds(60);
      assertThat(rays(1)).containsExactly("next range");
      awaitDelivered(NOW);
      assertThat(s.details()).containsEntry("zone_id", ZONE).containsEntry("error", "");
    }
    assertThat(queries).hasSize(6);
    Map<String, String> q = queries.getFirst();
    assertThat(q.get("fields"))
        .isEqualTo(
            "ClientIP,ClientRequestHost,ClientRequestMethod,ClientRequestURI,EdgeEndTimestamp,"
                + "EdgeRequestHost,EdgeResponseBytes,EdgeResponseStatus,EdgeStartTimestamp,RayID");
    assertThat(rig.metric("promtail_cloudflare_target_entries_total")).isEqualTo(3);
    assertThat(rig.metric("promtail_cloudflare_target_last_requested_end_timestamp"))
        .isEqualTo((double) NOW.getEpochSecond());
  }

  @Test
  void throttlingAndTruncatedResponsesLoseAndRepeatNothing() throws Exception {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      log(NOW.minusSeconds(360).plusSeconds(i), "ray" + i);
      all.add("ray" + i);
    }
    rig.positions().putCursor(ZONE, Long.toString(nanos(NOW.minusSeconds(360).plusSeconds(100))));
    throttled.set(2);
    broken.set(2);
    within.set(1);
    try (LogSource s = source("pull_range: 100s\nworkers: 2")) {
      assertThat(rays(300)).containsExactlyInAnyOrderElementsOf(all);
      awaitDelivered(NOW.minusSeconds(60));
      assertThat(rig.isEmpty()).isTrue();
      assertThat(s.isDelivered()).isTrue();
    }
  }

  @Test
  void restartContinuesAfterTheDeliveredEntries() throws Exception {
    for (int i = 0; i < 30; i++) {
      log(NOW.minusSeconds(120).plusSeconds(2L * i), "ray" + i);
    }
    rig.settles(false);
    LogSource s = source("workers: 3");
    assertThat(rays(30)).doesNotHaveDuplicates();
    assertThat(s.isDelivered()).isFalse();
    s.close();
    assertThat(rig.positions().cursor(ZONE)).isEmpty();
    rig.settles(true);
    try (LogSource again = source("workers: 3")) {
      assertThat(rays(30)).doesNotHaveDuplicates();
      awaitDelivered(NOW.minusSeconds(60));
      assertThat(again.isDelivered()).isTrue();
    }
    log(NOW.minusSeconds(30), "later");
    serversNow = NOW.plusSeconds(100);
    now = NOW.plusSeconds(75);
    try (LogSource third = source("workers: 3")) {
      assertThat(rays(1)).containsExactly("later");
      awaitDelivered(NOW);
      assertThat(third.labels()).isNotNull();
      assertThat(rig.isEmpty()).isTrue();
    }
  }

  @Test
  void skipsAndReportsExpiredRanges() throws Exception {
    Instant kept = NOW.minus(Duration.ofDays(7)).plusSeconds(60);
    log(kept.plusSeconds(1), "oldest");
    rig.positions().putCursor(ZONE, Long.toString(nanos(kept.plusSeconds(300))));
    try (LogSource s = source("pull_range: 10m\nworkers: 1")) {
      assertThat(rays(1)).containsExactly("oldest");
      assertThat(s.details()).containsKey("position");
    }
    assertThat(rig.metric("tethys_logs_cloudflare_lost_seconds_total")).isEqualTo(300);
  }

  @Test
  void reportsRejectedToken() throws Exception {
    String yaml = "api_token: other\nzone_id: " + ZONE;
    CloudflareConfig c = SourceRig.read(CloudflareConfig.TYPE, yaml);
    URI base = URI.create("http://127.0.0.1:" + api.getAddress().getPort() + "/client/v4");
    try (LogSource s =
        new CloudflareConfig(
                base, c.token(), c.zone(), c.labels(), c.workers(), c.pullRange(), c.fields())
            .source(rig.context(() -> now))) {
      s.start();
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (s.details().getOrDefault("error", "").isEmpty()) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Waiting.pause();
      }
      assertThat(s.details().get("error")).contains("Cloudflare answers 403", "Authentication");
    }
  }

  @Test
  void requestsLongRangesByHour() throws Exception {
    log(NOW.minusSeconds(3 * 3600), "a");
    log(NOW.minusSeconds(2 * 3600), "b");
    log(NOW.minusSeconds(3600), "c");
    try (LogSource s = source("pull_range: 6h\nworkers: 1")) {
      assertThat(rays(3)).containsExactly("a", "b", "c");
      awaitDelivered(NOW.minusSeconds(60));
      assertThat(s.isDelivered()).isTrue();
    }
    assertThat(queries).hasSize(6);
  }

  @Test
  void extendsFieldsOfTheSet() {
    assertThat(CloudflareFields.of("default", List.of())).hasSize(10);
    assertThat(CloudflareFields.of("minimal", List.of("Cookies", "RayID"))).hasSize(29);
    assertThat(CloudflareFields.of("extended", List.of())).hasSize(45);
    assertThat(CloudflareFields.of("all", List.of())).hasSize(66);
    assertThat(CloudflareFields.of("custom", List.of("RayID", "A"))).containsExactly("A", "RayID");
  }

  @Test
  void reportsInvalidSettings() {
    Map<String, String> wrong = new TreeMap<>();
    wrong.put("zone_id: z", "api_token");
    wrong.put("api_token: ''\nzone_id: z", "cloudflare api token is required");
    wrong.put("api_token: t", "zone_id");
    wrong.put("api_token: t\nzone_id: ''", "cloudflare zone id is required");
    wrong.put("api_token: t\nzone_id: a/b", "not the id of a zone");
    wrong.put("api_token: t\nzone_id: z\nfields_type: most", "unknown fields type: most");
    wrong.put("api_token: t\nzone_id: z\nfields_type: custom", "requires additional_fields");
    wrong.put("api_token: t\nzone_id: z\nworkers: 1000", "workers must be 1 to 64");
    wrong.put("api_token: t\nzone_id: z\npull_range: 8d", "at most 24h");
    wrong.forEach(
        (yaml, said) ->
            assertThatThrownBy(() -> SourceRig.read(CloudflareConfig.TYPE, yaml))
                .hasMessageContaining(said));
  }
}
