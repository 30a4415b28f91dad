package dev.tethys.pipeline.exporter.splunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tethys.config.YamlDocument;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/**
 * Nothing counts as delivered before Splunk has indexed it. The collector is a double based on the
 * documentation ("About HTTP Event Collector Indexer Acknowledgment", "Troubleshoot HTTP Event
 * Collector"): it numbers the requests of a channel from 0, reports each as indexed once, and
 * forgets all channels on restart.
 */
class IndexedAcksTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Collector with or without {@code useACK} on its token. */
  private static final class Collector implements AutoCloseable {
    final List<String> posted = new ArrayList<>(); // channel and body; all guarded by this
    final List<String> asked = new ArrayList<>();
    private final Map<String, List<Integer>> channels = new HashMap<>(); // questions before "yes"
    private final HttpServer server;
    boolean hasAcks = true;
    int questions = 1; // before a request is indexed
    boolean restartsAfterNextPost;

    Collector() throws IOException {
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", this::handle);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.start();
    }

    String url() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void handle(HttpExchange x) throws IOException {
      String body = new String(x.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String channel = x.getRequestHeaders().getFirst("X-Splunk-Request-Channel");
      boolean isQuestion = x.getRequestURI().getPath().equals("/services/collector/ack");
      String said;
      synchronized (this) {
        said = isQuestion ? acks(x.getRequestURI().getQuery(), body) : take(channel, body);
      }
      int status = said.contains("\"code\":1") ? 400 : 200;
      byte[] out = said.getBytes(StandardCharsets.UTF_8);
      x.sendResponseHeaders(status, out.length);
      x.getResponseBody().write(out);
      x.close();
    }

    private String take(String channel, String body) {
      posted.add(channel + " " + body.strip());
      if (!hasAcks) {
        return "{\"text\":\"Success\",\"code\":0}";
      }
      if (channel == null) {
        return "{\"text\":\"Data channel is missing\",\"code\":10}";
      }
      List<Integer> all = channels.computeIfAbsent(channel, c -> new ArrayList<>());
      all.add(questions);
      int id = all.size() - 1;
      if (restartsAfterNextPost) {
        restartsAfterNextPost = false;
        channels.clear();
      }
      return "{\"text\":\"Success\",\"code\":0,\"ackId\":" + id + "}";
    }

    private String acks(String query, String body) {
      if (!hasAcks) {
        return "{\"text\":\"ACK is disabled\",\"code\":14}";
      }
      String channel = query.substring("channel=".length());
      asked.add(body);
      List<Integer> all = channels.getOrDefault(channel, List.of());
      StringBuilder out = new StringBuilder("{\"acks\":{");
      for (JsonNode n : JSON.readTree(body).path("acks")) {
        int id = n.asInt();
        boolean yes = id < all.size() && all.get(id) == 1;
        if (id < all.size()) {
          all.set(id, all.get(id) - 1);
        }
        out.append(out.charAt(out.length() - 1) == '{' ? "" : ",");
        out.append('"').append(id).append("\":").append(yes);
      }
      return out.append("}}").toString();
    }

    @Override
    public void close() {
      server.stop(0);
    }
  }

  /** Scheduler whose waits return immediately and advance the clock. */
  private static final class PassingTime implements Scheduler {
    final AtomicLong now = new AtomicLong(-5);

    @Override
    public long millis() {
      return now.get() / 1_000_000;
    }

    @Override
    public long nanos() {
      return now.get();
    }

    @Override
    public void execute(String name, Runnable task) {
      throw new AssertionError("nothing runs beside");
    }

    @Override
    public Timer schedule(Duration after, Runnable task) {
      now.addAndGet(after.toNanos());
      task.run();
      return () -> {};
    }
  }

  private final PassingTime time = new PassingTime();
  private Collector splunk;
  private HttpClientFactory http;

  @BeforeEach
  void start() throws IOException {
    splunk = new Collector();
    http = new HttpClientFactory("tethys/test");
  }

  @AfterEach
  void stop() {
    splunk.close();
    http.close();
  }

  private SplunkSettings settings(String keys) {
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml", null, "{endpoint: '" + splunk.url() + "', token: t, " + keys + "}");
    SplunkSettings s = SplunkSettings.TYPE.read(d.root());
    d.refuseNotBuilt();
    return s;
  }

  private SplunkSender sender(String keys) {
    SplunkSettings s = settings(keys);
    HttpEndpoint endpoint =
        new HttpEndpoint(s.client(), null, Map.of(), s.delivery().timeout(), http, () -> 0);
    return new SplunkSender(
        s.url(),
        endpoint,
        new LineRequestEncoder(s.client().compression(), -1, 1, "application/json", null),
        new IndexedAcks(s.acks(), s.siblingPath("/ack"), endpoint, time),
        0);
  }

  private static EncodedRequest request(String event) {
    byte[] body = ("{\"event\":\"" + event + "\"}\n").getBytes(StandardCharsets.UTF_8);
    return new EncodedRequest(Signal.LOGS, body, 1, 0, Map.of());
  }

  @Test
  void deliversARequestWhenItIsIndexed() throws Exception {
    splunk.questions = 3;
    SplunkSender s = sender("acknowledgement: {poll_interval: 2s}");
    long begun = time.nanos();
    assertThat(s.send(request("a"))).isEqualTo(SendResult.DELIVERED);
    assertThat(Duration.ofNanos(time.nanos() - begun)).isEqualTo(Duration.ofSeconds(6));
    assertThat(s.send(request("b"))).isEqualTo(SendResult.DELIVERED);
    assertThat(splunk.asked)
        .containsExactly(
            "{\"acks\":[]}",
            "{\"acks\":[0]}",
            "{\"acks\":[0]}",
            "{\"acks\":[0]}",
            "{\"acks\":[1]}",
            "{\"acks\":[1]}",
            "{\"acks\":[1]}");
    assertThat(splunk.posted.get(0).split(" ")[0])
        .as("a channel serves again")
        .hasSize(36)
        .isEqualTo(splunk.posted.get(1).split(" ")[0]);
  }

  @Test
  void resendsUnindexedDataInAnotherChannel() throws Exception {
    splunk.restartsAfterNextPost = true;
    SplunkSender s = sender("acknowledgement: {poll_interval: 1s, timeout: 3s}");
    assertThat(s.send(request("a")))
        .isInstanceOfSatisfying(
            SendResult.Retryable.class,
            v -> assertThat(v.reason()).contains("not indexed after 3 s"));
    assertThat(s.send(request("a"))).isEqualTo(SendResult.DELIVERED);
    assertThat(splunk.posted).hasSize(2);
    assertThat(splunk.posted.get(0).split(" ")[0])
        .as("a number of it may mean another request by now")
        .isNotEqualTo(splunk.posted.get(1).split(" ")[0]);
  }

  @Test
  void sendsNothingForATokenWithoutAcknowledgements() throws Exception {
    splunk.hasAcks = false;
    SplunkSender s = sender("acknowledgement: {}");
    assertThat(s.send(request("a")))
        .isInstanceOfSatisfying(
            SendResult.Retryable.class, v -> assertThat(v.reason()).contains("switch useACK on"));
    assertThat(splunk.posted).as("it would be there again with each attempt").isEmpty();
    splunk.hasAcks = true;
    assertThat(s.send(request("a"))).isEqualTo(SendResult.DELIVERED);
  }

  @Test
  void requestsWaitConcurrently() {
    assertThat(settings("acknowledgement: {}").delivery().options().concurrency()).isEqualTo(64);
    assertThat(
            settings("acknowledgement: {}, sending_queue: {num_consumers: 3}")
                .delivery()
                .options()
                .concurrency())
        .isEqualTo(3);
    assertThat(settings("acknowledgement: {enabled: false}").acks().isOn()).isFalse();
    assertThatThrownBy(() -> settings("acknowledgement: {poll_interval: 1s, timeout: 1ms}"))
        .hasMessageContaining("timeout must be at least poll_interval");
  }

  @Test
  void queriesAcknowledgementsBetweenEvents() {
    assertThat(settings("acknowledgement: {}").siblingPath("/ack"))
        .hasToString(splunk.url() + "/services/collector/ack");
    YamlDocument d =
        YamlDocument.parse(
            "c.yaml",
            null,
            "{endpoint: 'https://proxy/hec/services/collector/event/1.0', token: t}");
    assertThat(SplunkSettings.TYPE.read(d.root()).siblingPath("/ack"))
        .hasToString("https://proxy/hec/services/collector/ack");
  }
}
