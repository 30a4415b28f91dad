package dev.tethys.collect.observe.request;

import static java.nio.charset.StandardCharsets.US_ASCII;
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
import dev.tethys.collect.observe.protocol.ProtocolCounters;
import dev.tethys.collect.observe.trace.RequestSpans;
import dev.tethys.model.telemetry.Span;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Spans of requests between threads of this process: a client, a front end and a back end. */
@Tag("slow")
class SpanCaptureTest {
  private static final int OWN = (int) ProcessHandle.current().pid();
  private static final long SECOND = 1_000_000_000L;

  private final LocalAddresses addresses = new LocalAddresses(Path.of("/proc"));
  private final ConnectionTracker tracker =
      new ConnectionTracker(
          (_, p) -> p == OWN ? new Owner("/test", "") : null,
          new ConnectionFilter(List.of(IpPrefix.parse("0.0.0.0/0")), PortRanges.NONE),
          addresses);
  private final RequestMetrics metrics = new RequestMetrics(tracker.lock());
  private final DnsMetrics dns = new DnsMetrics(tracker.lock(), 50);
  private final List<Span> spans = new ArrayList<>();
  private final AtomicLong ids = new AtomicLong();
  private final RequestSpans maker =
      new RequestSpans(
          (batch, _) ->
              batch.resources().forEach(g -> g.scopes().forEach(s -> spans.addAll(s.items()))),
          1,
          _ -> false,
          ids::incrementAndGet);

  private Span span(int kind, String path) {
    return spans.stream()
        .filter(s -> s.kind() == kind && path.equals(s.attributes().get("url.path")))
        .findFirst()
        .orElseThrow();
  }

  private static void in(ExecutorService thread, Callable<?> what) throws Exception {
    thread.submit(what).get();
  }

  private static Callable<?> sends(Socket s, String text) {
    return () -> {
      s.getOutputStream().write(text.getBytes(US_ASCII));
      return null;
    };
  }

  private static Callable<?> reads(Socket s, String text) {
    return () -> s.getInputStream().readNBytes(text.length());
  }

  private void exchange(String header) throws Exception {
    String toFront = "GET /front HTTP/1.1\r\nHost: x\r\n" + header + "\r\n";
    String toBack = "GET /back HTTP/1.1\r\nHost: x\r\n\r\n";
    String ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    String failed = "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n";
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads =
            PayloadCapture.open(tracker, metrics, dns, new ProtocolCounters(), 0, false);
        ExecutorService client = Executors.newSingleThreadExecutor();
        ExecutorService front = Executors.newSingleThreadExecutor();
        ExecutorService back = Executors.newSingleThreadExecutor();
        ServerSocket frontServer = new ServerSocket(0, 10, loopback);
        ServerSocket backServer = new ServerSocket(0, 10, loopback);
        Socket c = new Socket(loopback, frontServer.getLocalPort());
        Socket f = frontServer.accept();
        Socket fc = new Socket(loopback, backServer.getLocalPort());
        Socket b = backServer.accept()) {
      payloads.spans(maker);
      in(client, sends(c, toFront));
      in(front, reads(f, toFront));
      in(front, sends(fc, toBack));
      in(back, reads(b, toBack));
      in(back, sends(b, failed));
      in(front, reads(fc, failed));
      in(front, sends(f, ok));
      in(client, reads(c, ok));
      long now = System.nanoTime();
      payloads.read(payloads.end(), connections::readEvents);
      connections.readEvents(now);
      maker.flush(System.nanoTime());
    }
  }

  private void needsTheKernel() {
    KernelAssumptions.assumeLoads("tcp");
    KernelAssumptions.assumeLoads("sockets");
    KernelAssumptions.assumeLoads("payload");
    assumeTrue(
        addresses.isHost(addresses.namespaceOf(OWN)),
        "loopback connections are counted in the network namespace of the host alone");
  }

  @Test
  void outgoingRequestsAreChildrenOfTheServedRequest() throws Exception {
    needsTheKernel();
    exchange("");
    assertThat(spans).hasSize(4);
    Span served = span(2, "/front");
    Span asked = span(3, "/back");
    assertThat(asked.parentSpanId()).isEqualTo(served.spanId());
    assertThat(asked.traceIdHigh()).isEqualTo(served.traceIdHigh());
    assertThat(asked.traceIdLow()).isEqualTo(served.traceIdLow());
    assertThat(served.parentSpanId()).isZero();
    assertThat(span(3, "/front").traceIdLow()).isNotEqualTo(served.traceIdLow());
    assertThat(asked.statusCode()).isEqualTo(2);
    assertThat(asked.attributes().get("error.type")).isEqualTo("503");
    assertThat(asked.attributes().get("server.address")).isEqualTo("127.0.0.1");
    assertThat(served.statusCode()).isZero();
    assertThat(served.attributes().get("http.response.status_code")).isEqualTo(200L);
    assertThat(served.endTimeUnixNano()).isGreaterThanOrEqualTo(asked.endTimeUnixNano());
  }

  @Test
  void serverContinuesTheTraceOfTheHeader() throws Exception {
    needsTheKernel();
    exchange("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n");
    Span served = span(2, "/front");
    assertThat(served.traceIdHigh()).isEqualTo(0x4bf92f3577b34da6L);
    assertThat(served.traceIdLow()).isEqualTo(0xa3ce929d0e0e4736L);
    assertThat(served.parentSpanId()).isEqualTo(0x00f067aa0ba902b7L);
    assertThat(span(3, "/back").traceIdHigh()).isEqualTo(0x4bf92f3577b34da6L);
    assertThat(spans).as("the sender's is not decided yet").hasSize(3);
    maker.flush(System.nanoTime() + 3 * SECOND);
    assertThat(spans).as("this process received the header that it sent").hasSize(4);
  }

  @Test
  void unsampledTraceHasNoSpans() throws Exception {
    needsTheKernel();
    exchange("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\r\n");
    assertThat(spans).extracting(Span::kind).containsExactly(2); // that of the back end
  }

  @Test
  void commandWaitingForDataHasNoSpans() throws Exception {
    needsTheKernel();
    String pop = "*3\r\n$5\r\nBRPOP\r\n$1\r\nq\r\n$1\r\n0\r\n";
    String popped = "*2\r\n$1\r\nq\r\n$1\r\nv\r\n";
    String get = "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    String got = "$1\r\nv\r\n";
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    try (KernelConnections connections = KernelConnections.open(tracker);
        PayloadCapture payloads =
            PayloadCapture.open(tracker, metrics, dns, new ProtocolCounters(), 0, false);
        ExecutorService client = Executors.newSingleThreadExecutor();
        ExecutorService server = Executors.newSingleThreadExecutor();
        ServerSocket listening = new ServerSocket(0, 10, loopback);
        Socket c = new Socket(loopback, listening.getLocalPort());
        Socket s = listening.accept()) {
      payloads.spans(maker);
      for (String[] call : new String[][] {{pop, popped}, {get, got}}) {
        in(client, sends(c, call[0]));
        in(server, reads(s, call[0]));
        in(server, sends(s, call[1]));
        in(client, reads(c, call[1]));
      }
      long now = System.nanoTime();
      payloads.read(payloads.end(), connections::readEvents);
      connections.readEvents(now);
      maker.flush(System.nanoTime());
    }
    assertThat(spans).extracting(Span::name).containsExactly("GET", "GET");
  }
}
