package dev.tethys.collect.logs.push;

import static dev.tethys.testkit.Waiting.await;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.collect.logs.SourceContext;
import dev.tethys.collect.logs.SourceRig;
import dev.tethys.config.ConfigException;
import dev.tethys.model.logs.LogEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * With a double of a subscription, written from the reference of Pub/Sub's REST API: a message is
 * given to the client that pulls, leased until its deadline, given again with another ackId after
 * that.
 */
@Tag("slow")
class GcpPullSourceTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String YAML =
      "{project_id: proj, subscription: logs, use_incoming_timestamp: true, labels: {job: gcp}}";
  private static final String PATH = "/v1/projects/proj/subscriptions/logs:";

  private static final class Kept {
    final String id;
    final String data;
    String ackId = "";
    long until;
    int given;

    Kept(String id, String data) {
      this.id = id;
      this.data = data;
    }
  }

  @TempDir Path folder;

  @GuardedBy("itself")
  private final Map<String, Kept> messages = new LinkedHashMap<>();

  private final List<Integer> extensions = new CopyOnWriteArrayList<>();
  private final List<String> unexpected = new CopyOnWriteArrayList<>();
  private final AtomicInteger failing = new AtomicInteger();
  private final AtomicInteger refusing = new AtomicInteger();
  private HttpServer api;
  private SourceRig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new SourceRig(folder);
    api = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    api.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    api.createContext("/", this::answer);
    api.start();
  }

  @AfterEach
  void end() {
    api.stop(0);
    rig.close();
    assertThat(unexpected).isEmpty();
  }

  private void answer(HttpExchange x) throws IOException {
    String path = x.getRequestURI().getPath();
    JsonNode q = JSON.readTree(x.getRequestBody().readAllBytes());
    if (refusing.get() > 0) {
      refusing.decrementAndGet();
      send(
          x, 404, "{\"error\":{\"code\":404,\"message\":\"Resource not found (resource=logs).\"}}");
      return;
    }
    if (failing.get() > 0) {
      failing.decrementAndGet();
      send(x, 503, "{\"error\":{\"code\":503,\"status\":\"UNAVAILABLE\"}}");
      return;
    }
    switch (path.startsWith(PATH) ? path.substring(PATH.length()) : path) {
      case "pull" -> send(x, 200, pulled(q.path("maxMessages").asInt(0)));
      case "acknowledge" -> {
        q.path("ackIds")
            .forEach(
                id -> {
                  synchronized (messages) {
                    messages.values().removeIf(m -> m.ackId.equals(id.asString()));
                  }
                });
        send(x, 200, "{}");
      }
      case "modifyAckDeadline" -> {
        int seconds = q.path("ackDeadlineSeconds").asInt(-1);
        extensions.add(seconds);
        q.path("ackIds")
            .forEach(
                id -> {
                  synchronized (messages) {
                    messages.values().stream()
                        .filter(m -> m.ackId.equals(id.asString()))
                        .forEach(m -> m.until = System.nanoTime() + seconds * 1_000_000_000L);
                  }
                });
        send(x, 200, "{}");
      }
      default -> {
        unexpected.add(path);
        send(x, 400, "{}");
      }
    }
  }

  private String pulled(int most) {
    if (most < 1 || most > 1000) {
      unexpected.add("maxMessages " + most);
    }
    List<String> out = new ArrayList<>();
    long deadline = System.nanoTime() + 300_000_000L; // how long a pull waits for messages
    do {
      synchronized (messages) {
        for (Kept m : messages.values()) {
          if (out.size() < most && System.nanoTime() - m.until >= 0) {
            m.given++;
            m.ackId = m.id + "/" + m.given;
            m.until = System.nanoTime() + 10_000_000_000L;
            out.add(
                "{\"ackId\":\"%s\",\"message\":{\"messageId\":\"%s\",\"data\":\"%s\"}}"
                    .formatted(
                        m.ackId,
                        m.id,
                        Base64.getEncoder()
                            .encodeToString(m.data.getBytes(StandardCharsets.UTF_8))));
          }
        }
        if (out.isEmpty()) {
          try {
            messages.wait(20);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
      }
    } while (out.isEmpty() && System.nanoTime() < deadline);
    return out.isEmpty() ? "{}" : "{\"receivedMessages\":" + out + "}";
  }

  private static void send(HttpExchange x, int status, String text) throws IOException {
    byte[] b = text.getBytes(StandardCharsets.UTF_8);
    x.sendResponseHeaders(status, b.length);
    x.getResponseBody().write(b);
    x.close();
  }

  private void publish(String id, String data) {
    synchronized (messages) {
      Kept m = new Kept(id, data);
      m.until = System.nanoTime();
      messages.put(id, m);
      messages.notifyAll();
    }
  }

  private static String entry(String text) {
    return "{\"logName\":\"projects/p/logs/l\",\"severity\":\"INFO\",\"textPayload\":\""
        + text
        + "\",\"timestamp\":\"2026-01-01T00:00:00.5Z\",\"labels\":{\"k\":\"v\"}}";
  }

  private int left() {
    synchronized (messages) {
      return messages.size();
    }
  }

  @GuardedBy("messages")
  private Kept kept(String id) {
    return requireNonNull(messages.get(id));
  }

  private int given(String id) {
    synchronized (messages) {
      return kept(id).given;
    }
  }

  private GcpPullSource source(Duration renewal) {
    GcpConfig config = SourceRig.read(GcpConfig.TYPE, YAML);
    SourceContext context = rig.context();
    Map<String, String> emulator =
        Map.of("PUBSUB_EMULATOR_HOST", "127.0.0.1:" + api.getAddress().getPort());
    PubSub pubSub = PubSub.of(config, context.http(), emulator);
    GcpPullSource s = new GcpPullSource(config, pubSub, context, renewal);
    s.start();
    return s;
  }

  @Test
  void acknowledgesDeliveredEntries() throws Exception {
    rig.settles(false);
    publish("1", entry("hello"));
    publish("2", "no json at all");
    try (GcpPullSource s = source(Duration.ofSeconds(20))) {
      LogEntry e = rig.next();
      assertThat(e.line()).isEqualTo("hello");
      assertThat(e.timestamp()).isEqualTo(1_767_225_600_500_000_000L);
      assertThat(e.labels().toMap())
          .containsEntry("job", "gcp")
          .containsEntry("was_gcp_logname", "projects/p/logs/l")
          .containsEntry("was_gcp_severity", "INFO")
          .containsEntry("was_gcp_labels_k", "v")
          .doesNotContainKey("was_gcp_message_id");
      LogEntry other = rig.next();
      assertThat(other.line()).isEqualTo("no json at all");
      assertThat(left()).isEqualTo(2);
      assertThat(s.isDelivered()).isFalse();
      assertThat(s.details()).containsEntry("held", "2");
      other.settle();
      await("the second to be acknowledged", () -> left() == 1);
      e.settle();
      await("the first to be acknowledged", () -> left() == 0);
      await("nothing to be owed", s::isDelivered);
    }
    assertThat(rig.isEmpty()).isTrue();
  }

  @Test
  void extendsTheLeaseWhileAMessageIsHeld() throws Exception {
    rig.settles(false);
    publish("1", entry("slow"));
    try (GcpPullSource s = source(Duration.ofMillis(50))) {
      LogEntry e = rig.next();
      await("leases to be renewed", () -> extensions.size() > 5);
      assertThat(extensions).containsOnly(60);
      assertThat(given("1")).isEqualTo(1);
      e.settle();
      await("it to be acknowledged", () -> left() == 0);
      assertThat(s.labels().get("job")).isEqualTo("gcp");
    }
  }

  @Test
  void doesNotForwardRedeliveredMessageAgain() throws Exception {
    rig.settles(false);
    publish("1", entry("twice"));
    try (GcpPullSource s = source(Duration.ofSeconds(20))) {
      LogEntry e = rig.next();
      await("a lease", () -> !extensions.isEmpty());
      synchronized (messages) {
        kept("1").until = System.nanoTime(); // the service forgets that it is held
      }
      await("it to come again", () -> given("1") == 2);
      e.settle();
      await("it to be acknowledged by its newest id", () -> left() == 0);
      publish("1", entry("twice")); // the service forgets that it was acknowledged
      await("it to be acknowledged again", () -> left() == 0);
      await("nothing to be owed", s::isDelivered);
    }
    assertThat(rig.isEmpty()).isTrue();
  }

  @Test
  void returnsUndeliveredMessagesAtStop() throws Exception {
    rig.settles(false);
    publish("1", entry("one"));
    publish("2", entry("two"));
    GcpPullSource s = source(Duration.ofSeconds(20));
    LogEntry one = rig.next();
    rig.next();
    s.stop();
    one.settle(); // late, but before the end
    s.close();
    assertThat(left()).isEqualTo(1);
    assertThat(extensions).last().isEqualTo(0);
    rig.settles(true);
    try (GcpPullSource again = source(Duration.ofSeconds(20))) {
      assertThat(rig.next().line()).isEqualTo("two");
      await("it to be acknowledged", () -> left() == 0);
      await("nothing to be owed", again::isDelivered);
    }
  }

  @Test
  void serviceFailuresLoseNothing() throws Exception {
    failing.set(2);
    for (int i = 0; i < 1500; i++) {
      publish("m" + i, entry("line " + i));
    }
    try (GcpPullSource s = source(Duration.ofSeconds(20))) {
      await("the failure to be shown", () -> !s.details().getOrDefault("error", "").isEmpty());
      assertThat(rig.lines(1500)).doesNotHaveDuplicates();
      failing.set(1);
      await("all to be acknowledged", () -> left() == 0);
      refusing.set(1);
      await(
          "a refusal to be shown",
          () -> s.details().getOrDefault("error", "").contains("Resource not found"));
    }
    assertThat(rig.isEmpty()).isTrue();
  }

  @Test
  void waitsWhenFull() throws Exception {
    rig.settles(false);
    for (int i = 0; i < GcpPullSource.MAX_HELD + 10; i++) {
      publish("m" + i, entry("line " + i));
    }
    try (GcpPullSource s = source(Duration.ofSeconds(20))) {
      List<LogEntry> taken = new ArrayList<>();
      for (int i = 0; i < GcpPullSource.MAX_HELD; i++) {
        taken.add(rig.next());
      }
      assertThat(rig.isEmpty()).isTrue();
      assertThat(s.details()).containsEntry("held", "" + GcpPullSource.MAX_HELD);
      taken.forEach(LogEntry::settle);
      for (int i = 0; i < 10; i++) {
        rig.next().settle();
      }
      await("all to be acknowledged", () -> left() == 0);
    }
  }

  @Test
  void requiresProjectAndSubscription() {
    for (String yaml : new String[] {"{}", "{project_id: proj}", "{subscription: logs}"}) {
      assertThatThrownBy(() -> SourceRig.read(GcpConfig.TYPE, yaml))
          .isInstanceOf(ConfigException.class)
          .hasMessageContaining("is required with subscription_type pull");
    }
  }
}
