package dev.tethys.collect.observe.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.protocol.WireCase.Payload;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Protocols above HTTP: those that are recognised, and ordinary requests, which stay what they are.
 */
class HttpApiTest {
  private static final int TRIES = Integer.getInteger("tethys.tries", 300);

  private final ProtocolCounters counters = new ProtocolCounters();
  private final List<ObservedRequest> found = new ArrayList<>();

  static Stream<WireCase> cases() throws IOException {
    return WireCase.read("apis.txt").stream();
  }

  private static String show(ObservedRequest r) {
    ApiCall c = r.api();
    if (c == null) {
      return r.protocol() + "|" + r.operation();
    }
    return String.join(
        "|",
        c.api().name(),
        c.system(),
        c.operation(),
        c.target(),
        c.status().name(),
        c.code(),
        Long.toString(c.inputTokens()),
        Long.toString(c.outputTokens()));
  }

  private ProtocolConnection connection() {
    return new ProtocolConnection(found::add, counters, Direction.SENT);
  }

  private static void feed(ProtocolConnection c, boolean client, byte[] bytes, long total) {
    byte[] shared = Arrays.copyOf(bytes, bytes.length + 3);
    c.feed(client ? Direction.SENT : Direction.RECEIVED, 1, shared, 0, bytes.length, total);
    Arrays.fill(shared, (byte) 0xee);
  }

  private static void feed(ProtocolConnection c, boolean client, String text) {
    byte[] b = text.getBytes(UTF_8);
    feed(c, client, b, b.length);
  }

  private void exchange(String request, String answer) {
    ProtocolConnection c = connection();
    feed(c, true, request);
    feed(c, false, answer);
    c.close();
  }

  private static String post(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
        + body.getBytes(UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  private static String ok(String body) {
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + body.getBytes(UTF_8).length
        + "\r\n\r\n"
        + body;
  }

  private List<String> read(List<Payload> payloads) {
    found.clear();
    ProtocolConnection c = connection();
    for (Payload p : payloads) {
      feed(c, p.fromClient(), p.bytes(), p.bytes().length + p.uncaptured());
    }
    c.close();
    return found.stream().map(HttpApiTest::show).toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void recognizesCalls(WireCase c) {
    assertThat(read(c.payloads())).isEqualTo(c.requests());
    assertThat(counters.faults()).isZero();
    assertThat(counters.malformed()).isZero();
  }

  /** However the system calls split the bytes, the calls are the same. */
  @ParameterizedTest
  @MethodSource("cases")
  void callsDoNotDependOnTheSizesOfPayloads(WireCase c) {
    if (!c.isComplete()) {
      return;
    }
    Random random = new Random(c.name().hashCode());
    for (int i = 0; i < TRIES / 10; i++) {
      List<Payload> split = new ArrayList<>();
      for (Payload p : c.payloads()) {
        int largest = 1 + random.nextInt(p.bytes().length);
        for (int from = 0; from < p.bytes().length; ) {
          int to = Math.min(p.bytes().length, from + 1 + random.nextInt(largest));
          split.add(new Payload(p.fromClient(), Arrays.copyOfRange(p.bytes(), from, to), 0));
          from = to;
        }
      }
      assertThat(read(split)).isEqualTo(c.requests());
    }
  }

  /** Nothing of a document, a prompt or an object's name is in what is reported. */
  @ParameterizedTest
  @MethodSource("cases")
  void doesNotKeepValues(WireCase c) {
    for (String request : read(c.payloads())) {
      assertThat(request).doesNotContain("secret", "private", "kimchy", "JEDI");
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void toleratesDamagedBytes(WireCase c) {
    Random random = new Random(c.name().hashCode());
    for (int i = 0; i < TRIES; i++) {
      ProtocolConnection connection = connection();
      for (Payload p : c.payloads()) {
        byte[] bytes = p.bytes().clone();
        for (int k = random.nextInt(5); k > 0; k--) {
          bytes[random.nextInt(bytes.length)] =
              (byte)
                  (random.nextBoolean()
                      ? random.nextInt()
                      : "\"{}[]:,\\\n".charAt(random.nextInt(9)));
        }
        feed(
            connection,
            p.fromClient(),
            bytes,
            bytes.length + (random.nextInt(4) == 0 ? random.nextInt(3000) : 0));
      }
      connection.close();
    }
    assertThat(counters.faults()).isZero();
    assertThat(counters.retention.bytes()).isZero();
  }

  /** Ordinary requests with words of those protocols in their paths, headers and bodies. */
  @Test
  void ordinaryRequestsAreUnchanged() {
    Random random = new Random(5);
    String[] methods = {"GET", "POST", "PUT", "DELETE", "PATCH"};
    String[] parts = {
      "api",
      "v1",
      "users",
      "models",
      "search",
      "chat",
      "query",
      "_next",
      "items",
      "graph",
      "rpc",
      "messages",
      "data",
      "completions-log",
      "bulk",
      "_status",
      "42"
    };
    String[] keys = {
      "id",
      "method",
      "params",
      "model",
      "query",
      "data",
      "messages",
      "prompt",
      "input",
      "name",
      "result",
      "error",
      "took",
      "hits",
      "usage",
      "choices",
      "errors",
      "variables",
      "size",
      "QueueUrl",
      "Action",
      "stream",
      "version"
    };
    String[] values = {
      "1",
      "\"a\"",
      "null",
      "true",
      "{}",
      "[]",
      "[{\"query\":\"{a}\"}]",
      "{\"code\":3}",
      "\"select * from t\"",
      "\"query\"",
      "\"query string of a search\"",
      "\"{job=\\\"x\\\"}\"",
      "\"2.0\"",
      "\"gpt-4o\"",
      "1.5e3"
    };
    String[] types = {
      "application/json",
      "application/vnd.api+json",
      "text/plain",
      "application/x-www-form-urlencoded"
    };
    int n = 100 * TRIES;
    for (int i = 0; i < n; i++) {
      StringBuilder path = new StringBuilder();
      for (int k = random.nextInt(4); k >= 0; k--) {
        path.append('/').append(parts[random.nextInt(parts.length)]);
      }
      if (random.nextInt(3) == 0) {
        path.append("?query=%7Ba%7D&id=").append(i);
      }
      String body = json(random, keys, values);
      String type = types[random.nextInt(types.length)];
      exchange(
          methods[random.nextInt(methods.length)]
              + " "
              + path
              + " HTTP/1.1\r\nHost: a\r\nX-Request-Id: 1\r\nContent-Type: "
              + type
              + "\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n"
              + body,
          ok(json(random, keys, values)));
    }
    assertThat(found).hasSize(n);
    for (ObservedRequest r : found) {
      assertThat(r.api()).as(() -> r.operation() + " " + r.target() + " " + show(r)).isNull();
      assertThat(r.protocol()).isEqualTo(Protocol.HTTP);
    }
  }

  private static String json(Random random, String[] keys, String[] values) {
    StringBuilder s = new StringBuilder("{");
    for (int k = random.nextInt(6); k > 0; k--) {
      s.append(s.length() > 1 ? "," : "")
          .append('"')
          .append(keys[random.nextInt(keys.length)])
          .append("\":")
          .append(values[random.nextInt(values.length)]);
    }
    return s.append('}').toString();
  }

  @Test
  void doesNotKeepBodiesOfAGigabyte() {
    long gigabyte = 1L << 30;
    ProtocolConnection c = connection();
    String start = "{\"jsonrpc\":\"2.0\",\"method\":\"store\",\"params\":[\"";
    byte[] piece = "x".repeat(1024).getBytes(UTF_8);
    feed(
        c,
        true,
        "POST /rpc HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: "
            + (start.length() + gigabyte)
            + "\r\n\r\n"
            + start);
    for (long sent = 0; sent < gigabyte; sent += 1 << 16) {
      feed(c, true, piece, 1 << 16);
      assertThat(c.retained()).isZero();
    }
    feed(c, false, ok("{\"jsonrpc\":\"2.0\",\"result\":1,\"id\":1}"));
    c.close();
    assertThat(found.stream().map(HttpApiTest::show))
        .containsExactly("JSONRPC|jsonrpc|store||OK||-1|-1");
    assertThat(counters.retention.bytes()).isZero();
  }

  @Test
  void toleratesDeepDocumentsAndInvalidText() {
    String deep = "{\"a\":".repeat(100_000);
    exchange(post("/graphql", deep), ok(deep));
    exchange(post("/graphql", "[".repeat(100_000)), ok("[".repeat(100_000)));
    exchange(post("/v1/chat/completions", "{\"model\":" + deep), ok("{\"usage\":" + deep));
    ProtocolConnection c = connection();
    byte[] head =
        "POST /rpc HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"
            .getBytes(UTF_8);
    byte[] body =
        "{\"jsonrpc\":\"2.0\",\"method\":\"\u00ff\u00fe\u0001\u00c3(\",\"\u0080\":1}"
            .getBytes(ISO_8859_1);
    feed(c, true, head, head.length);
    feed(c, true, Arrays.copyOf(body, 60), 60);
    feed(c, false, ok("{\"jsonrpc\":\"2.0\",\"result\":1}"));
    c.close();
    assertThat(found).hasSize(4).allMatch(r -> r.api() == null);
    assertThat(counters.faults()).isZero();
  }

  @Test
  void namesAreBounded() {
    exchange(
        post("/graphql", "{\"query\":\"query " + "N".repeat(500) + " { a }\"}"),
        ok("{\"data\":{}}"));
    exchange(
        post("/v1/chat/completions", "{\"model\":\"" + "m".repeat(500) + "\",\"messages\":[]}"),
        ok("{\"model\":\"real\",\"choices\":[]}"));
    assertThat(found.stream().map(HttpApiTest::show))
        .containsExactly("GRAPHQL|graphql|query||OK||-1|-1", "GENAI|openai|chat|real|OK||-1|-1");
  }

  /** A stream of events has its numbers at the end, however long it is. */
  @Test
  void countsTokensOfLongStreams() {
    ProtocolConnection c = connection();
    feed(
        c, true, post("/v1/chat/completions", "{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
    assertThat(c.wantsLongPayloads()).isTrue();
    feed(
        c,
        false,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 5000; i++) {
      chunk(
          c,
          "data: {\"choices\":[{\"delta\":{\"content\":\"word " + i + "\"}}],\"usage\":null}\n\n");
    }
    chunk(
        c, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5000}}\n\n");
    chunk(c, "data: [DONE]\n\n");
    feed(c, false, "0\r\n\r\n");
    c.close();
    assertThat(found.stream().map(HttpApiTest::show))
        .containsExactly("GENAI|openai|chat|m|OK||9|5000");
  }

  /** What follows a write that was not captured whole is read by lines: chunks are lost. */
  @Test
  void countsTokensOfStreamsAfterAGap() {
    ProtocolConnection c = connection();
    feed(
        c, true, post("/v1/chat/completions", "{\"model\":\"m\",\"stream\":true,\"messages\":[]}"));
    feed(
        c,
        false,
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
    String event = "data: {\"choices\":[{\"delta\":{\"content\":\"a word\"}}],\"usage\":null}\n\n";
    byte[] chunks =
        (Integer.toHexString(event.length()) + "\r\n" + event + "\r\n").repeat(300).getBytes(UTF_8);
    feed(c, false, Arrays.copyOf(chunks, 16_384), chunks.length);
    chunk(c, event);
    chunk(c, "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":77}}\n\n");
    chunk(c, "data: [DONE]\n\n");
    feed(c, false, "0\r\n\r\n");
    c.close();
    assertThat(found.stream().map(HttpApiTest::show))
        .containsExactly("GENAI|openai|chat|m|OK||9|77");
  }

  private static void chunk(ProtocolConnection c, String text) {
    feed(c, false, Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
  }

  @Test
  void pipelinedRequestsHaveTheirOwnCalls() {
    ProtocolConnection c = connection();
    feed(
        c,
        true,
        post("/r", "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":1}")
            + "GET /plain HTTP/1.1\r\n\r\n"
            + post("/r", "{\"jsonrpc\":\"2.0\",\"method\":\"b\",\"id\":2}"));
    feed(
        c,
        false,
        ok("{\"jsonrpc\":\"2.0\",\"result\":1}")
            + ok("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000}}")
            + ok("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32001}}"));
    c.close();
    assertThat(found.stream().map(HttpApiTest::show))
        .containsExactly(
            "JSONRPC|jsonrpc|a||OK||-1|-1", "HTTP|GET", "JSONRPC|jsonrpc|b||FAILED|-32001|-1|-1");
  }

  @Test
  void multiplexedRequestsHaveTheirOwnCalls() {
    ProtocolConnection c = connection();
    byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(UTF_8);
    feed(c, true, preface, preface.length);
    String[] json = {"content-type", "application/json"};
    send(
        c,
        true,
        headers(
            1,
            ":method",
            "POST",
            ":path",
            "/v1/chat/completions",
            ":authority",
            "api.mistral.ai:443",
            json[0],
            json[1]));
    send(c, true, headers(3, ":method", "GET", ":path", "/i/_search?q=secret"));
    send(c, true, data(1, "{\"model\":\"mistral-small\",", false));
    send(
        c,
        false,
        headers(3, ":status", "200", "x-elastic-product", "Elasticsearch", json[0], json[1]));
    send(c, true, data(1, "\"messages\":[]}", true));
    send(c, false, headers(1, ":status", "200", json[0], json[1]));
    send(c, false, data(1, "{\"choices\":[],\"usage\":{\"prompt_tok", false));
    send(c, false, data(3, "{\"took\":1}", true));
    send(c, false, data(1, "ens\":3,\"completion_tokens\":4}}", true));
    c.close();
    assertThat(found.stream().map(HttpApiTest::show))
        .containsExactly(
            "ELASTICSEARCH|elasticsearch|search|i|OK|200|-1|-1",
            "GENAI|mistral_ai|chat|mistral-small|OK||3|4");
  }

  private static void send(ProtocolConnection c, boolean client, byte[] frame) {
    feed(c, client, frame, frame.length);
  }

  private static byte[] headers(int stream, String... fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      block.write(0); // a name and a value that are not put into the table
      block.write(fields[i].length());
      block.writeBytes(fields[i].getBytes(UTF_8));
      block.write(fields[i + 1].length());
      block.writeBytes(fields[i + 1].getBytes(UTF_8));
    }
    return frame(1, 4, stream, block.toByteArray());
  }

  private static byte[] data(int stream, String text, boolean ends) {
    return frame(0, ends ? 1 : 0, stream, text.getBytes(UTF_8));
  }

  private static byte[] frame(int type, int flags, int stream, byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int n = content.length;
    out.writeBytes(
        new byte[] {
          (byte) (n >> 16),
          (byte) (n >> 8),
          (byte) n,
          (byte) type,
          (byte) flags,
          0,
          0,
          0,
          (byte) stream
        });
    out.writeBytes(content);
    return out.toByteArray();
  }

  @Test
  void readsGraphqlDocuments() {
    assertThat(GraphqlDocument.read("{ a }", "")).isEqualTo(new GraphqlDocument("query", ""));
    assertThat(GraphqlDocument.read("# c\n query Q($a: Int = 3) @d { a }", ""))
        .isEqualTo(new GraphqlDocument("query", "Q"));
    assertThat(GraphqlDocument.read("mutation M { a(b: \"\"\"}{\"\"\") } query N { c }", "N"))
        .isEqualTo(new GraphqlDocument("query", "N"));
    assertThat(GraphqlDocument.read("query Q { cut off in the mid", ""))
        .isEqualTo(new GraphqlDocument("query", "Q"));
    for (String other :
        List.of(
            "",
            "query",
            "query the logs",
            "{",
            "{}",
            "{a=1}",
            "{\"a\":1}",
            "select 1",
            "fragment",
            "{ 3 }")) {
      assertThat(GraphqlDocument.read(other, "")).as(other).isNull();
    }
  }
}
