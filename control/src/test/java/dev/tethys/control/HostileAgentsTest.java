package dev.tethys.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.codec.opamp.AgentToServer;
import dev.tethys.codec.opamp.AgentToServer.Description;
import dev.tethys.codec.opamp.CustomMessage;
import dev.tethys.codec.opamp.ServerToAgent;
import dev.tethys.control.access.Selector;
import dev.tethys.control.access.Tokens;
import dev.tethys.control.api.ControlApi;
import dev.tethys.control.fleet.AgentState;
import dev.tethys.control.fleet.Fleet;
import dev.tethys.control.opamp.OpampEndpoint;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.collector.BuiltIn;
import dev.tethys.pipeline.opamp.AgentContract;
import dev.tethys.testkit.Waiting;
import dev.tethys.web.HttpListenerOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Messages that no honest agent sends, and tables that are full. */
@Timeout(120)
@Tag("slow")
class HostileAgentsTest {
  private static final int MAX_AGENTS = 10;

  private @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private ControlServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        new ControlServer(
            HttpListenerOptions.on("127.0.0.1:0").withStopGrace(Duration.ofSeconds(1)),
            folder,
            Tokens.NONE,
            BuiltIn.components(),
            MAX_AGENTS,
            Scheduler.system(),
            ControlServer.Rules.NONE);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }

  /** A client that collects what the server sends. */
  private static final class Peer implements WebSocket.Listener {
    final LinkedBlockingQueue<ServerToAgent> heard = new LinkedBlockingQueue<>();
    final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final ByteArrayOutputStream part = new ByteArrayOutputStream();

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket w, ByteBuffer data, boolean last) {
      byte[] b = new byte[data.remaining()];
      data.get(b);
      part.writeBytes(b);
      if (last) {
        heard.add(ServerToAgent.unframed(part.toByteArray()));
        part.reset();
      }
      w.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket w, int code, String reason) {
      closed.complete(code);
      return null;
    }

    @Override
    public void onError(WebSocket w, Throwable error) {
      closed.complete(-1);
    }

    ServerToAgent next() throws InterruptedException {
      ServerToAgent m = heard.poll(60, TimeUnit.SECONDS);
      if (m == null) {
        throw new AssertionError("the server sends nothing");
      }
      return m;
    }
  }

  private WebSocket open(Peer p) {
    return http.newWebSocketBuilder()
        .buildAsync(URI.create("ws://127.0.0.1:" + server.port() + "/v1/opamp"), p)
        .join();
  }

  private static byte[] uid(int n) {
    byte[] u = new byte[16];
    u[0] = (byte) (n >> 8);
    u[15] = (byte) n;
    return u;
  }

  private static AgentToServer message(int n, long sequence, boolean described) {
    Description d =
        new Description(new LinkedHashMap<>(Map.of("service.name", "x")), new LinkedHashMap<>());
    return new AgentToServer(
        uid(n), sequence, 3, described ? d : null, null, null, null, false, null, false, null);
  }

  private int post(byte[] body, String... headers) throws Exception {
    HttpRequest.Builder q =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/v1/opamp"))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      q.headers(headers);
    }
    return http.send(q.build(), HttpResponse.BodyHandlers.ofByteArray()).statusCode();
  }

  private String agents() throws Exception {
    return http.send(
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + server.port() + ControlApi.ROOT + "/agents"))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  @Test
  void requestsFullStateOfUnknownAgent() throws Exception {
    Peer p = new Peer();
    WebSocket w = open(p);
    w.sendBinary(ByteBuffer.wrap(message(1, 5, false).framed()), true).join();
    assertThat(p.next().reportAll()).isTrue();
    w.sendBinary(ByteBuffer.wrap(message(1, 6, true).framed()), true).join();
    w.sendBinary(ByteBuffer.wrap(message(1, 9, false).framed()), true).join();
    assertThat(p.next().reportAll()).isTrue(); // 7 and 8 are missing
    w.abort();
  }

  @Test
  void garbageClosesOnlyItsConnection() throws Exception {
    Random random = new Random(3);
    for (int i = 0; i < 50; i++) {
      byte[] b = new byte[1 + random.nextInt(200)];
      random.nextBytes(b);
      b[0] = 0;
      Peer p = new Peer();
      WebSocket w = open(p);
      w.sendBinary(ByteBuffer.wrap(b), true).join();
      w.sendClose(WebSocket.NORMAL_CLOSURE, "").handle((x, e) -> x).join();
      assertThat(p.closed.get(60, TimeUnit.SECONDS)).isIn(1000, 1007, -1);
      assertThat(post(b)).isIn(200, 400);
    }
    assertThat(agents()).contains("\"status\":\"success\"");
  }

  @Test
  void messagesAreBounded() throws Exception {
    assertThat(post(new byte[OpampEndpoint.MAX_MESSAGE + 1])).isEqualTo(413);
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream z = new GZIPOutputStream(bomb)) {
      z.write(new byte[OpampEndpoint.MAX_MESSAGE * 4]);
    }
    assertThat(post(bomb.toByteArray(), "Content-Encoding", "gzip")).isIn(400, 413);
    assertThat(post(new byte[0], "Content-Encoding", "br")).isEqualTo(415);
    Peer p = new Peer();
    WebSocket w = open(p);
    w.sendBinary(ByteBuffer.wrap(new byte[OpampEndpoint.MAX_MESSAGE + 1]), true)
        .handle((x, e) -> x)
        .join();
    assertThat(p.closed.get(60, TimeUnit.SECONDS)).isIn(1009, 1006, -1);
  }

  @Test
  void floodingConnectionIsClosed() throws Exception {
    Peer p = new Peer();
    WebSocket w = open(p);
    for (int i = 0; i < 50 * OpampEndpoint.MAX_PER_SECOND && !p.closed.isDone(); i++) {
      w.sendBinary(ByteBuffer.wrap(message(1, i, true).framed()), true).handle((x, e) -> x).join();
    }
    assertThat(p.closed.get(60, TimeUnit.SECONDS)).isIn(1008, 1006, -1);
  }

  @Test
  void boundsTheAgentTable() throws Exception {
    for (int i = 0; i < MAX_AGENTS; i++) {
      WebSocket w = open(new Peer());
      w.sendBinary(ByteBuffer.wrap(message(i, 1, true).framed()), true).join();
    }
    while (agents().split("\"uid\"", -1).length - 1 < MAX_AGENTS) {
      Waiting.pause();
    }
    Peer p = new Peer();
    WebSocket w = open(p);
    w.sendBinary(ByteBuffer.wrap(message(99, 1, true).framed()), true).join();
    ServerToAgent.Failure f = requireNonNull(p.next().error());
    assertThat(f.unavailable()).isTrue();
    assertThat(f.message()).contains("the fleet has 10 connected agents");
    assertThat(agents().split("\"uid\"", -1)).hasSize(MAX_AGENTS + 1);
  }

  @Test
  void newAgentReplacesAbsentOne() {
    Fleet fleet = new Fleet(Scheduler.system(), 2);
    Fleet.Session first = () -> {};
    fleet.receive(message(1, 1, true), "websocket", first);
    fleet.receive(message(2, 1, true), "websocket", () -> {});
    assertThat(fleet.receive(message(3, 1, true), "websocket", () -> {}).refusal()).isNotEmpty();
    fleet.disconnect(fleet.agents(Selector.ALL).getFirst().uid(), first);
    assertThat(fleet.receive(message(3, 1, true), "websocket", () -> {}).refusal()).isEmpty();
    assertThat(fleet.size()).isEqualTo(2);
  }

  @Test
  void boundsKeptTexts() {
    Fleet fleet = new Fleet(Scheduler.system(), 2);
    LinkedHashMap<String, String> many = new LinkedHashMap<>();
    for (int i = 0; i < 10_000; i++) {
      many.put("label" + i, "v".repeat(5000));
    }
    AgentToServer m =
        new AgentToServer(
            uid(1),
            1,
            3,
            new Description(many, many),
            null,
            "x".repeat(Fleet.MAX_CONFIG + 1),
            null,
            false,
            null,
            false,
            new CustomMessage(
                AgentContract.ACCOUNTS, "totals", "{".getBytes(StandardCharsets.UTF_8)));
    AgentState a = requireNonNull(fleet.receive(m, "http", null).agent());
    assertThat(a.labels()).hasSize(128);
    assertThat(a.labels().values()).allMatch(v -> v.length() <= 1024);
    assertThat(a.config()).isEmpty();
    assertThat(a.configOmitted()).contains("at most");
    assertThat(a.totals()).isNull();
  }
}
