package dev.tethys.collect.observe.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.connection.ConnectionFilter;
import dev.tethys.collect.observe.connection.ConnectionTracker;
import dev.tethys.collect.observe.connection.IpPrefix;
import dev.tethys.collect.observe.connection.KernelConnections;
import dev.tethys.collect.observe.connection.LocalAddresses;
import dev.tethys.collect.observe.connection.Owner;
import dev.tethys.collect.observe.connection.PortRanges;
import dev.tethys.collect.observe.kernel.KernelAssumptions;
import dev.tethys.collect.observe.kernel.ProgramLoadException;
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import dev.tethys.model.exposition.MetricFamily.Native;
import dev.tethys.model.exposition.MetricFamily.Value;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Requests between two sockets of this process, through the kernel. */
@Tag("slow")
class PayloadCaptureTest {
  private static final byte[] QUESTION =
      HexFormat.of().parseHex("123401000001000000000000076578616d706c6503636f6d0000010001");
  private static final int OWN = (int) ProcessHandle.current().pid();

  private final LocalAddresses addresses = new LocalAddresses(Path.of("/proc"));
  private final ConnectionTracker tracker =
      new ConnectionTracker(
          (_, p) -> p == OWN ? new Owner("/test", "") : null,
          new ConnectionFilter(List.of(IpPrefix.parse("0.0.0.0/0")), PortRanges.NONE),
          addresses);
  private final RequestMetrics metrics = new RequestMetrics(tracker.lock());
  private final DnsMetrics dns = new DnsMetrics(tracker.lock(), 50);
  private final ProtocolCounters counters = new ProtocolCounters();
  private final InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");

  @BeforeEach
  void needsTheKernel() {
    KernelAssumptions.assumeLoads("tcp");
    KernelAssumptions.assumeLoads("sockets");
    KernelAssumptions.assumeLoads(group());
    assumeTrue(
        addresses.isHost(addresses.namespaceOf(OWN)),
        "loopback connections are counted in the network namespace of the host alone");
  }

  /** The programs of the test. */
  String group() {
    return "payload";
  }

  private PayloadCapture open(int leftOut) throws ProgramLoadException {
    return PayloadCapture.open(tracker, metrics, dns, counters, leftOut, List.of(group()));
  }

  private double count(String name, String status) {
    double[] sum = new double[1];
    metrics.collect(
        f ->
            f.metrics()
                .forEach(
                    m -> {
                      if (f.name().equals(name)
                          && m.labels().toString().contains("status=\"" + status + "\"")) {
                        sum[0] += ((Value) m.point()).value();
                      }
                    }));
    return sum[0];
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }

  private static void send(Socket from, Socket to, byte[] bytes) throws IOException {
    from.getOutputStream().write(bytes);
    assertThat(to.getInputStream().readNBytes(bytes.length)).hasSize(bytes.length);
  }

  private static void read(KernelConnections connections, PayloadCapture payloads) {
    long now = System.nanoTime();
    payloads.read(payloads.end(), connections::readEvents);
    connections.readEvents(now);
  }

  @Test
  void countsRequestsOnBothSidesEvenPipelinedAndWithLongBodies() throws Exception {
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      send(client, accepted, ascii("GET /a HTTP/1.1\r\nHost: x\r\n\r\n".repeat(3)));
      send(accepted, client, ascii("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".repeat(2)));
      send(accepted, client, ascii("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"));
      byte[] body = new byte[50_000];
      send(
          client,
          accepted,
          ascii("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: " + body.length + "\r\n\r\n"));
      send(client, accepted, body);
      send(accepted, client, ascii("HTTP/1.1 503 No\r\nContent-Length: 50000\r\n\r\n"));
      send(accepted, client, body);
      read(connections, payloads);
      for (String name :
          List.of("container_http_requests_total", "container_http_inbound_requests_total")) {
        assertThat(count(name, "2xx")).as(name).isEqualTo(2);
        assertThat(count(name, "4xx")).as(name).isEqualTo(1);
        assertThat(count(name, "5xx")).as(name).isEqualTo(1);
      }
      metrics.collect(
          f -> {
            if (f.name().contains("duration")) {
              assertThat(((Native) f.metrics().getFirst().point()).histogram().sum())
                  .isBetween(0.0, 60.0);
            }
          });
      assertThat(payloads.lostEvents()).isZero();
    }
  }

  @Test
  void countsAllRequestsOfLongPipelinesAfterTheFirst() throws Exception {
    String set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nvalue\r\n";
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      for (int many : new int[] {100, 1, 80, 400, 1}) {
        send(client, accepted, ascii(set.repeat(many)));
        send(accepted, client, ascii("+OK\r\n".repeat(many)));
        read(connections, payloads);
      }
      double all = count("container_redis_queries_total", "ok");
      assertThat(all).isBetween(482.0, 582.0);
    }
  }

  @Test
  @Timeout(60)
  void manyPayloadsEndTheWait() throws Exception {
    try (PayloadCapture payloads = open(0);
        ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      payloads.await(1_000_000); // returns at once when the ring has been made
      Thread sender =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 400; i++) {
                        send(client, accepted, new byte[1000]);
                      }
                    } catch (IOException e) {
                      throw new UncheckedIOException(e);
                    }
                  });
      payloads.await(Duration.ofMinutes(5).toNanos());
      sender.join();
      assertThat(payloads.lostEvents()).isZero();
    }
  }

  /** Processes that send more than is read lose payloads; others do not. */
  @Test
  @Timeout(60)
  void keepsRoomForOtherProcesses() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash");
    List<Process> senders = new ArrayList<>();
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        ServerSocket unread = new ServerSocket(0, 10, loopback);
        ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      String send = "exec dd if=/dev/zero bs=700 >/dev/tcp/127.0.0.1/" + unread.getLocalPort();
      while (payloads.lostEvents() < 100) {
        senders.add(
            new ProcessBuilder("/bin/bash", "-c", send)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
        for (int i = 0; i < 20 && payloads.lostEvents() < 100; i++) {
          LockSupport.parkNanos(50_000_000);
        }
      }
      for (int i = 0; i < 10; i++) {
        send(client, accepted, ascii("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
        send(accepted, client, ascii("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      }
      payloads.checkLoss(); // of the other processes alone
      read(connections, payloads);
      assertThat(count("container_http_requests_total", "2xx")).isEqualTo(10);
      assertThat(count("container_http_inbound_requests_total", "2xx")).isEqualTo(10);
    } finally {
      for (Process p : senders) {
        p.destroyForcibly().waitFor();
      }
    }
  }

  @Test
  void joinsTheSegmentsOfOneWrite() throws Exception {
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        ServerSocketChannel server =
            ServerSocketChannel.open().bind(new InetSocketAddress(loopback, 0));
        SocketChannel client = SocketChannel.open(server.getLocalAddress());
        SocketChannel accepted = server.accept()) {
      ByteBuffer in = ByteBuffer.allocateDirect(4096);
      client.write(
          new ByteBuffer[] {
            direct("GET /a HT"), direct("TP/1.1\r\nX: " + "y".repeat(300)), direct("\r\n\r\n")
          });
      accepted.read(in);
      accepted.write(
          new ByteBuffer[] {direct("HTTP/1.1 302 F"), direct("ound\r\nContent-Length: 0\r\n\r\n")});
      in.clear();
      client.read(in);
      read(connections, payloads);
      assertThat(count("container_http_requests_total", "3xx")).isEqualTo(1);
      assertThat(count("container_http_inbound_requests_total", "3xx")).isEqualTo(1);
    }
  }

  /** As Node writes events that come together: a line with the size, the event and its end each. */
  @Test
  void readsStreamsWrittenInManyParts() throws Exception {
    String head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    String body = "{\"model\":\"m\",\"stream\":true,\"messages\":[]}";
    String request =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + ("Content-Length: " + body.length() + "\r\n\r\n" + body);
    List<ByteBuffer> parts = new ArrayList<>(List.of(direct(head)));
    for (int i = 0; i <= 100; i++) {
      String event =
          i < 100
              ? "data: {\"choices\":[{\"delta\":{\"content\":\"word " + i + "\"}}]}\n\n"
              : "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":77}}\n\n";
      parts.add(direct(Integer.toHexString(event.length()) + "\r\n"));
      parts.add(direct(event));
      parts.add(direct("\r\n"));
    }
    parts.add(direct("0\r\n\r\n"));
    long length = parts.stream().mapToLong(ByteBuffer::remaining).sum();
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        ServerSocketChannel server =
            ServerSocketChannel.open().bind(new InetSocketAddress(loopback, 0));
        SocketChannel client = SocketChannel.open(server.getLocalAddress());
        SocketChannel accepted = server.accept()) {
      ByteBuffer in = ByteBuffer.allocateDirect(1 << 16);
      for (int i = 0; i < 3; i++) {
        client.write(direct(request));
        accepted.read(in.clear());
        read(connections, payloads); // more of this connection is captured from now on
        parts.forEach(ByteBuffer::rewind);
        assertThat(accepted.write(parts.toArray(ByteBuffer[]::new))).isEqualTo(length);
        for (in.clear(); in.position() < length; ) {
          client.read(in);
        }
      }
      read(connections, payloads);
      assertThat(tokens())
          .containsExactlyInAnyOrder(
              "client input 27.0",
              "client output 231.0",
              "server input 27.0",
              "server output 231.0");
    }
  }

  private List<String> tokens() {
    List<String> shown = new ArrayList<>();
    metrics.collect(
        f ->
            f.metrics().stream()
                .filter(_ -> f.name().contains("genai_tokens"))
                .forEach(
                    m -> {
                      String labels = m.labels().toString();
                      shown.add(
                          (labels.contains("destination") ? "client " : "server ")
                              + (labels.contains("\"input\"") ? "input " : "output ")
                              + ((Value) m.point()).value());
                    }));
    return shown;
  }

  private static ByteBuffer direct(String text) {
    byte[] b = ascii(text);
    return ByteBuffer.allocateDirect(b.length).put(b).flip();
  }

  @Test
  void measuresExistingConnections() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept();
        KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0)) {
      connections.readSockets(() -> {});
      send(client, accepted, ascii("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
      send(accepted, client, ascii("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      read(connections, payloads);
      assertThat(count("container_http_requests_total", "2xx")).isEqualTo(1);
      assertThat(count("container_http_inbound_requests_total", "2xx")).isEqualTo(1);
    }
  }

  @Test
  void countsTheLastRequestOfAClosedConnection() throws Exception {
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        ServerSocket server = new ServerSocket(0, 10, loopback)) {
      Socket client = new Socket(loopback, server.getLocalPort());
      Socket accepted = server.accept();
      send(client, accepted, ascii("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
      read(connections, payloads);
      send(accepted, client, ascii("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      client.close();
      accepted.close();
      read(connections, payloads);
      assertThat(count("container_http_requests_total", "2xx")).isEqualTo(1);
      assertThat(count("container_http_inbound_requests_total", "2xx")).isEqualTo(1);
    }
  }

  @Test
  void omitsItsOwnProcess() throws Exception {
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(OWN);
        ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      send(client, accepted, ascii("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"));
      send(accepted, client, ascii("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
      read(connections, payloads);
      assertThat(metrics.total()).isZero();
    }
  }

  @Test
  void requestsNoFurtherPayloadsOfUnmeasurableConnections() throws Exception {
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket client = new Socket(loopback, server.getLocalPort());
        Socket accepted = server.accept()) {
      byte[] hello = new byte[200];
      hello[0] = 0x16; // a TLS handshake
      hello[1] = 3;
      hello[2] = 1;
      hello[4] = (byte) 195;
      send(client, accepted, hello);
      read(connections, payloads);
      long before = payloads.events();
      for (int i = 0; i < 20; i++) {
        send(client, accepted, hello);
      }
      read(connections, payloads);
      assertThat(payloads.events() - before)
          .as("payloads of other processes may be among them")
          .isLessThan(40);
      assertThat(metrics.total()).isZero();
    }
  }

  @Test
  void countsQuestionsToNameServers() throws Exception {
    try (DatagramChannel server = nameServer();
        KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0);
        DatagramChannel client = DatagramChannel.open()) {
      client.connect(server.getLocalAddress());
      client.write(ByteBuffer.wrap(QUESTION));
      refuse(server);
      client.read(ByteBuffer.allocate(512));
      read(connections, payloads);
      assertThat(questions()).contains(refused("TypeA"));
    }
  }

  /** As the resolver of the C library does: both in one call, and of the same length. */
  @Test
  void distinguishesMessagesOfOneCall() throws Exception {
    try (DatagramChannel server = nameServer();
        KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads = open(0)) {
      byte[] second = QUESTION.clone();
      second[1]++;
      second[QUESTION.length - 3] = 28; // AAAA
      for (int i = 0; i < 2; i++) {
        SentTogether.exchange(
            (InetSocketAddress) server.getLocalAddress(),
            List.of(QUESTION, second),
            () -> {
              refuse(server);
              refuse(server);
            });
        read(connections, payloads);
      }
      assertThat(questions()).contains(refused("TypeA"), refused("TypeAAAA"));
      assertThat(counts()).as("of two exchanges").containsOnly(2.0);
    }
  }

  private static DatagramChannel nameServer() throws IOException {
    DatagramChannel server = DatagramChannel.open();
    try {
      return server.bind(new InetSocketAddress(InetAddress.ofLiteral("127.53.53.53"), 53));
    } catch (IOException e) {
      server.close();
      assumeTrue(false, "port 53 cannot be bound: " + e.getMessage());
      throw e;
    }
  }

  /** Answers that there is no such domain. */
  private static void refuse(DatagramChannel server) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(512);
    SocketAddress from = server.receive(in);
    in.flip().put(2, (byte) 0x81).put(3, (byte) 0x83);
    server.send(in, from);
  }

  private static String refused(String type) {
    return "container_dns_requests_total{container_id=\"/test\", domain=\"example.com\","
        + " request_type=\""
        + type
        + "\", status=\"nxdomain\"}";
  }

  private List<String> questions() {
    List<String> shown = new ArrayList<>();
    dns.collect(f -> f.metrics().forEach(m -> shown.add(f.name() + m.labels())));
    return shown;
  }

  private List<Double> counts() {
    List<Double> shown = new ArrayList<>();
    dns.collect(
        f ->
            f.metrics().stream()
                .filter(_ -> f.name().equals("container_dns_requests_total"))
                .forEach(m -> shown.add(((Value) m.point()).value())));
    return shown;
  }
}
