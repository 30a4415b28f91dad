package dev.tethys.collect.observe.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.collect.observe.protocol.WireCase.Payload;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("slow")
class ProtocolConnectionTest {
  private static final int TRIES = Integer.getInteger("tethys.tries", 300);

  private final ProtocolCounters counters = new ProtocolCounters();

  static Stream<WireCase> cases() throws IOException {
    return cases("http1.txt", "http2.txt", "redis.txt", "kafka.txt", "dns.txt");
  }

  /** Cases whose first payload precedes random bytes. */
  Stream<WireCase> all() throws IOException {
    return cases();
  }

  static Stream<WireCase> cases(String... files) throws IOException {
    List<WireCase> all = new ArrayList<>();
    for (String f : files) {
      for (WireCase c : WireCase.read(f)) {
        all.add(new WireCase(f + ": " + c.name(), c.payloads(), c.requests()));
      }
    }
    return all.stream();
  }

  static Stream<WireCase> completeCases() throws IOException {
    return complete(cases());
  }

  static Stream<WireCase> complete(Stream<WireCase> cases) {
    return cases
        .filter(WireCase::isComplete)
        .filter(c -> !c.name().contains("out of sight") && !c.name().contains("datagram"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void findsClientRequests(WireCase c) {
    assertThat(requests(c.payloads(), true)).isEqualTo(c.requests());
    assertThat(counters.faults()).isZero();
    assertThat(counters.open).as("requests open after the end").isZero();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void findsServerRequests(WireCase c) {
    assertThat(requests(c.payloads(), false)).isEqualTo(c.requests());
  }

  /** However the system calls split and join the bytes, the requests are the same. */
  @ParameterizedTest
  @MethodSource("completeCases")
  void requestsDoNotDependOnTheSizesOfPayloads(WireCase c) {
    Random random = new Random(c.name().hashCode());
    for (int i = 0; i < Math.max(1, TRIES / 10); i++) {
      List<Payload> split = resplit(c.payloads(), random);
      assertThat(requests(split, true)).as(() -> show(split)).isEqualTo(c.requests());
    }
    assertThat(counters.faults()).isZero();
  }

  /** Bytes of a case changed, omitted and cut: no fault, and memory within its bound. */
  @ParameterizedTest
  @MethodSource("cases")
  void toleratesDamagedPayloads(WireCase c) {
    Random random = new Random(c.name().hashCode());
    for (int i = 0; i < TRIES; i++) {
      ProtocolConnection connection = new ProtocolConnection(r -> {}, counters, null);
      for (int round = 0; round < 4; round++) {
        for (Payload p : c.payloads()) {
          byte[] bytes = damaged(p.bytes(), random);
          feed(
              connection,
              p.fromClient(),
              bytes,
              bytes.length + (random.nextInt(4) == 0 ? random.nextInt(5000) : 0));
          assertThat(connection.retained()).isLessThanOrEqualTo(2 * StreamBuffer.LIMIT);
        }
      }
      connection.flushIdle(Long.MAX_VALUE);
      connection.close();
      assertThat(counters.retention.bytes()).isZero();
    }
    assertThat(counters.faults()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void toleratesRandomBytes(Protocol protocol) throws IOException {
    Random random = new Random(protocol.ordinal());
    List<WireCase> begins =
        all()
            .filter(c -> c.requests().stream().anyMatch(r -> r.startsWith(protocol.name() + "|")))
            .toList();
    for (int i = 0; i < TRIES; i++) {
      ProtocolConnection connection = new ProtocolConnection(r -> {}, counters, null);
      if (!begins.isEmpty()) {
        Payload p = begins.get(random.nextInt(begins.size())).payloads().getFirst();
        feed(connection, p.fromClient(), p.bytes(), p.bytes().length + p.uncaptured());
      }
      for (int k = 0; k < 100; k++) {
        byte[] bytes = new byte[random.nextInt(random.nextInt(8) == 0 ? 2000 : 40)];
        random.nextBytes(bytes);
        feed(connection, random.nextBoolean(), bytes, bytes.length + random.nextInt(3) * 1000L);
        assertThat(connection.retained()).isLessThanOrEqualTo(2 * StreamBuffer.LIMIT);
      }
      connection.close();
    }
    assertThat(counters.faults()).isZero();
  }

  @Test
  void ignoresConnectionOfUnknownProtocol() {
    ProtocolConnection connection = new ProtocolConnection(r -> {}, counters, null);
    byte[] bytes = new byte[64];
    Arrays.fill(bytes, (byte) 0xfe);
    for (int i = 0; i < 300; i++) {
      feed(connection, true, bytes, bytes.length);
    }
    assertThat(connection.wantsPayloads()).isFalse();
    assertThat(counters.unrecognised()).isEqualTo(1);
    assertThat(connection.retained()).isZero();
  }

  @Test
  void ignoresTls() {
    ProtocolConnection connection = new ProtocolConnection(r -> {}, counters, null);
    feed(connection, true, new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xfc, 3, 3}, 517);
    assertThat(connection.wantsPayloads()).isFalse();
  }

  @Test
  void usesTimesOfTheFirstAndLastByte() {
    List<ObservedRequest> found = new ArrayList<>();
    ProtocolConnection connection = new ProtocolConnection(found::add, counters, Direction.SENT);
    feedAt(connection, 100, true, "POST /a HTTP/1.1\r\ncontent-le");
    feedAt(connection, 130, true, "ngth: 5\r\n\r\n12345");
    feedAt(connection, 200, false, "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345");
    feedAt(connection, 260, false, "67890");
    assertThat(found).hasSize(1);
    assertThat(found.getFirst().startNanos()).isEqualTo(100);
    assertThat(found.getFirst().durationNanos()).isEqualTo(160);
    assertThat(found.getFirst().requestBytes()).isEqualTo(44);
    assertThat(found.getFirst().responseBytes()).isEqualTo(49);
    assertThat(found.getFirst().client()).isTrue();
  }

  @Test
  void countsRequestsBeyondTheLimitAndKeepsOthersInStep() {
    List<ObservedRequest> found = new ArrayList<>();
    ProtocolConnection connection = new ProtocolConnection(found::add, counters, null);
    int n = Requests.BOUND + 50;
    for (int i = 0; i < n; i++) {
      feedAt(connection, i, true, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    }
    for (int i = 0; i < n; i++) {
      feedAt(connection, 10_000 + i, false, "$1\r\nv\r\n");
    }
    assertThat(found).hasSize(Requests.BOUND);
    assertThat(found).allMatch(r -> r.durationNanos() == 10_000);
    assertThat(counters.shed()).isEqualTo(50);
    feedAt(connection, 20_000, true, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
    feedAt(connection, 20_005, false, "$1\r\nv\r\n");
    assertThat(found.getLast().durationNanos()).isEqualTo(5);
  }

  @Test
  void boundsOpenRequestsOfAllConnections() {
    List<ProtocolConnection> connections = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      ProtocolConnection c = new ProtocolConnection(_ -> {}, counters, null);
      connections.add(c);
      for (int n = 0; n < Requests.BOUND; n++) {
        feedAt(c, n, true, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
      }
    }
    assertThat(counters.open).isEqualTo(ProtocolCounters.MAX_OPEN);
    connections.forEach(ProtocolConnection::close);
    assertThat(counters.open).isZero();
  }

  /** More is captured of pipelines alone, not of long heads and bodies. */
  @Test
  void longHeadsAndBodiesAreNotAPipeline() {
    String head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    String get = "GET / HTTP/1.1\r\n\r\n";
    ProtocolConnection c = new ProtocolConnection(_ -> {}, counters, Direction.SENT);
    feedCut(c, "GET / HTTP/1.1\r\nA: " + "y".repeat(1000), 1 << 20);
    assertThat(c.isPipelined()).as("long head").isFalse();
    c = new ProtocolConnection(_ -> {}, counters, Direction.SENT);
    feedAt(c, 1, true, head);
    feedCut(c, "100\r\n" + "y".repeat(256) + "\r\n100\r\n", 1 << 16);
    assertThat(c.isPipelined()).as("chunks").isFalse();
    c = new ProtocolConnection(_ -> {}, counters, Direction.SENT);
    feedAt(c, 1, true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
    feedCut(c, "\0\0\100\0\0\0\0\0\1" + "y".repeat(64) + "\0\0\100\0\0\0\0\0\1", 1 << 16);
    assertThat(c.isPipelined()).as("frames of data").isFalse();
    c = new ProtocolConnection(_ -> {}, counters, Direction.SENT);
    feedCut(c, get + get + get, 1 << 12);
    assertThat(c.isPipelined()).as("pipeline").isTrue();
  }

  private static void feedCut(ProtocolConnection c, String text, long total) {
    byte[] b = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    c.feed(Direction.SENT, 1, b, 0, b.length, total);
  }

  /** Half messages, prepared statements and tables of headers of any number of connections. */
  @Test
  void boundsMemoryOfConnectionsAndStillMeasuresBusyOnes() {
    List<ObservedRequest> found = new ArrayList<>();
    ProtocolConnection busy = new ProtocolConnection(found::add, counters, Direction.SENT);
    feedAt(busy, 0, true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0");
    List<ProtocolConnection> hostile = new ArrayList<>();
    String head = "GET /" + "x".repeat(900) + " HTTP/1.1\r\n";
    String more = "A: " + "y".repeat(990) + "\r\n";
    int stream = 1;
    for (int i = 0; i < 9000; i++) {
      ProtocolConnection c = new ProtocolConnection(_ -> {}, counters, Direction.SENT);
      hostile.add(c);
      feedAt(c, i, true, head);
      for (int k = 0; k < 7; k++) {
        feedAt(c, i, true, more);
      }
      if (i % 100 == 0) {
        // :path /abc is put into the table with the first request and taken from it later.
        String path = stream == 1 ? "\u0044\4/abc" : "\u00be";
        int size = 2 + path.length();
        String h = "\0\0" + (char) size + "\1\5\0\0" + (char) (stream >> 8) + (char) (stream & 255);
        feedLatin(busy, i, true, h + "\u0082\u0086" + path);
        feedLatin(
            busy,
            i,
            false,
            "\0\0\1\1\5\0\0" + (char) (stream >> 8) + (char) (stream & 255) + "\u0088");
        stream += 2;
      }
      assertThat(counters.retention.bytes()).isLessThanOrEqualTo(Retention.MOST);
    }
    assertThat(hostile.stream().mapToLong(ProtocolConnection::retained).sum())
        .as("bytes really kept")
        .isLessThanOrEqualTo(Retention.MOST);
    assertThat(counters.shed()).isGreaterThan(4000);
    assertThat(found).hasSize(90).allMatch(r -> r.target().equals("/abc"));
    hostile.forEach(ProtocolConnection::close);
    busy.close();
    assertThat(counters.retention.bytes()).isZero();
    assertThat(counters.open).isZero();
  }

  @Test
  void chargesOpenRequestsForTheirTexts() {
    List<ProtocolConnection> all = new ArrayList<>();
    String request = "GET /" + "x".repeat(900) + " HTTP/1.1\r\n\r\n";
    for (int i = 0; i < 100; i++) {
      ProtocolConnection c = new ProtocolConnection(_ -> {}, counters, Direction.SENT);
      all.add(c);
      for (int k = 0; k < 1000; k++) {
        feedAt(c, k, true, request);
      }
    }
    assertThat(counters.retention.bytes()).isBetween(Retention.MOST / 2, Retention.MOST);
    assertThat(counters.open).isLessThan(40_000);
    all.forEach(ProtocolConnection::close);
    assertThat(counters.retention.bytes()).isZero();
    assertThat(counters.open).isZero();
  }

  private static void feedLatin(ProtocolConnection c, long time, boolean client, String text) {
    byte[] b = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    c.feed(client ? Direction.SENT : Direction.RECEIVED, time, b, 0, b.length, b.length);
  }

  private static void feedAt(ProtocolConnection c, long time, boolean client, String text) {
    byte[] b = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    c.feed(client ? Direction.SENT : Direction.RECEIVED, time, b, 0, b.length, b.length);
  }

  private static void feed(ProtocolConnection c, boolean client, byte[] bytes, long total) {
    c.feed(client ? Direction.SENT : Direction.RECEIVED, 5, bytes, 0, bytes.length, total);
  }

  private List<String> requests(List<Payload> payloads, boolean asClient) {
    List<String> found = new ArrayList<>();
    ProtocolConnection connection =
        new ProtocolConnection(
            r -> {
              assertThat(r.client()).isEqualTo(asClient);
              found.add(show(r));
            },
            counters,
            null);
    long time = 1;
    for (Payload p : payloads) {
      // The array is used again by the reader of the kernel's ring.
      byte[] shared = Arrays.copyOf(p.bytes(), p.bytes().length + 3);
      connection.feed(
          p.fromClient() == asClient ? Direction.SENT : Direction.RECEIVED,
          time++,
          shared,
          0,
          p.bytes().length,
          p.bytes().length + p.uncaptured());
      Arrays.fill(shared, (byte) 0xee);
    }
    connection.close();
    return found;
  }

  private static String show(ObservedRequest r) {
    return String.join(
        "|",
        r.protocol().name(),
        r.operation(),
        r.target(),
        r.statement(),
        r.status().name(),
        r.code());
  }

  private static String show(List<Payload> payloads) {
    StringBuilder s = new StringBuilder();
    for (Payload p : payloads) {
      s.append(p.fromClient() ? "> " : "< ")
          .append(new String(p.bytes(), java.nio.charset.StandardCharsets.ISO_8859_1))
          .append('\n');
    }
    return s.toString();
  }

  private static List<Payload> resplit(List<Payload> payloads, Random random) {
    List<Payload> out = new ArrayList<>();
    int i = 0;
    while (i < payloads.size()) {
      boolean client = payloads.get(i).fromClient();
      ByteArrayOutputStream run = new ByteArrayOutputStream();
      while (i < payloads.size() && payloads.get(i).fromClient() == client) {
        run.writeBytes(payloads.get(i++).bytes());
      }
      byte[] all = run.toByteArray();
      int largest = 1 + random.nextInt(all.length + 1);
      for (int from = 0; from < all.length; ) {
        int to = Math.min(all.length, from + 1 + random.nextInt(largest));
        out.add(new Payload(client, Arrays.copyOfRange(all, from, to), 0));
        from = to;
      }
    }
    return out;
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    byte[] out = bytes.clone();
    for (int k = random.nextInt(4); k > 0 && out.length > 0; k--) {
      out[random.nextInt(out.length)] = (byte) (random.nextBoolean() ? random.nextInt() : 0xff);
    }
    if (random.nextInt(3) == 0) {
      int from = random.nextInt(out.length + 1);
      out = Arrays.copyOfRange(out, from, from + random.nextInt(out.length - from + 1));
    }
    return out;
  }
}
