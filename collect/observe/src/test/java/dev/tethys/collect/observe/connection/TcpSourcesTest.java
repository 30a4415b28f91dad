package dev.tethys.collect.observe.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tethys.collect.observe.kernel.KernelAssumptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Both sources of connections, with real sockets of this process. */
class TcpSourcesTest {
  private static final Path PROC = Path.of("/proc");
  private static final int OWN = (int) ProcessHandle.current().pid();

  private final LocalAddresses addresses = new LocalAddresses(PROC);
  private final ConnectionTracker tracker =
      new ConnectionTracker(
          (_, p) -> p == OWN ? new Owner("/test", "") : null,
          new ConnectionFilter(List.of(IpPrefix.parse("0.0.0.0/0")), PortRanges.NONE),
          addresses);
  private final InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");

  private double value(String name, int port) {
    TreeMap<String, Double> all = ConnectionTrackerTest.metrics(tracker);
    return all.entrySet().stream()
        .filter(e -> e.getKey().startsWith(name + "{"))
        .filter(e -> e.getKey().contains("destination=\"127.0.0.1:" + port + "\""))
        .mapToDouble(Map.Entry::getValue)
        .findFirst()
        .orElse(Double.NaN);
  }

  private void assumeHostNetwork() {
    assumeTrue(
        addresses.isHost(addresses.namespaceOf(OWN)),
        "loopback connections are counted in the network namespace of the host alone");
  }

  private static void exchange(Socket client, Socket accepted, int out, int in) throws IOException {
    client.getOutputStream().write(new byte[out]);
    assertThat(accepted.getInputStream().readNBytes(out)).hasSize(out);
    accepted.getOutputStream().write(new byte[in]);
    assertThat(client.getInputStream().readNBytes(in)).hasSize(in);
  }

  @Test
  void programsSeeConnectionsFromTheirStartToTheirEnd() throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    KernelAssumptions.assumeLoads("sockets");
    assumeHostNetwork();
    try (ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket old = new Socket(loopback, server.getLocalPort());
        Socket oldAccepted = server.accept();
        KernelConnections source = KernelConnections.open(tracker)) {
      int port = server.getLocalPort();
      source.readSockets(() -> {});
      assertThat(value("tcp_active_connections", port)).isEqualTo(1);
      exchange(old, oldAccepted, 10, 20);
      try (Socket client = new Socket(loopback, port);
          Socket accepted = server.accept()) {
        exchange(client, accepted, 1000, 50_000);
        source.readEvents(Long.MAX_VALUE);
        assertThat(value("tcp_active_connections", port)).isEqualTo(2);
        assertThat(value("tcp_successful_connects_total", port)).isEqualTo(1);
        assertThat(value("tcp_connection_time_seconds_total", port)).isBetween(1e-7, 10.0);
        source.readSockets(() -> {});
        assertThat(value("tcp_bytes_sent_total", port)).isEqualTo(1010);
        assertThat(value("tcp_bytes_received_total", port)).isEqualTo(50_020);
        exchange(client, accepted, 1, 1);
      }
      source.readEvents(Long.MAX_VALUE);
      assertThat(value("tcp_active_connections", port)).isEqualTo(1);
      assertThat(value("tcp_bytes_sent_total", port)).isEqualTo(1011);
      assertThat(ConnectionTrackerTest.metrics(tracker))
          .containsEntry(
              "tcp_listen_info{container_id=\"/test\", listen_addr=\"127.0.0.1:" + port + "\"}",
              1.0);
      assertThat(source.lostEvents()).isZero();
    }
  }

  @Test
  void programsSeeRefusedConnections() throws Exception {
    KernelAssumptions.assumeLoads("tcp");
    assumeHostNetwork();
    int port;
    try (ServerSocket server = new ServerSocket(0, 1, loopback)) {
      port = server.getLocalPort();
    }
    try (KernelConnections source = KernelConnections.open(tracker);
        Socket client = new Socket()) {
      org.assertj.core.api.Assertions.assertThatThrownBy(
              () -> client.connect(new InetSocketAddress(loopback, port)))
          .isInstanceOf(IOException.class);
      source.readEvents(Long.MAX_VALUE);
      assertThat(value("tcp_failed_connects_total", port)).isEqualTo(1);
    }
  }

  @Test
  void pollingSeesConnectionsWithoutPrograms() throws Exception {
    assumeTrue(Files.isReadable(PROC.resolve("self/net/tcp")), "no /proc of Linux");
    assumeHostNetwork();
    try (ServerSocket server = new ServerSocket(0, 10, loopback);
        Socket old = new Socket(loopback, server.getLocalPort());
        Socket oldAccepted = server.accept();
        PolledConnections source = new PolledConnections(tracker, PROC, addresses)) {
      int port = server.getLocalPort();
      source.readSockets(() -> {});
      assertThat(value("tcp_active_connections", port)).isEqualTo(1);
      assertThat(value("tcp_successful_connects_total", port)).isZero();
      exchange(old, oldAccepted, 10, 20);
      try (Socket client = new Socket(loopback, port);
          Socket accepted = server.accept()) {
        exchange(client, accepted, 1000, 2000);
        source.readSockets(() -> {});
        assertThat(value("tcp_active_connections", port)).isEqualTo(2);
        assertThat(value("tcp_successful_connects_total", port)).isEqualTo(1);
        assertThat(value("tcp_bytes_sent_total", port)).isEqualTo(1010);
        assertThat(value("tcp_bytes_received_total", port)).isEqualTo(2020);
      }
      source.readSockets(() -> {});
      assertThat(value("tcp_active_connections", port)).isEqualTo(1);
    }
  }
}
