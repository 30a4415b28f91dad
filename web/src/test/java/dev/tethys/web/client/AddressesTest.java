package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.channels.SocketChannel;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AddressesTest {
  private static final InetAddress ONE = InetAddress.ofLiteral("127.0.0.2");
  private static final InetAddress OTHER = InetAddress.ofLiteral("127.0.0.3");

  private static InetAddress connected(int port, Addresses addresses) throws IOException {
    try (SocketChannel c =
        ConnectionStreams.connected("receivers", port, addresses, opened -> {})) {
      return c.socket().getInetAddress();
    }
  }

  private static ServerSocket listening(InetAddress address, int port) throws IOException {
    ServerSocket s = new ServerSocket();
    s.bind(new InetSocketAddress(address, port), 500); // no one accepts
    return s;
  }

  @Test
  void spreadsConnectionsOverAllAddressesAndSkipsRefusingOnes() throws IOException {
    Addresses both = host -> List.of(ONE, OTHER);
    try (ServerSocket one = listening(ONE, 0)) {
      int port = one.getLocalPort();
      try (ServerSocket other = listening(OTHER, port)) {
        assertThat(other.isBound()).isTrue();
        Set<InetAddress> seen = new HashSet<>();
        for (int i = 0; i < 100; i++) {
          assertThat(connected(port, both)).isEqualTo(ONE);
          seen.add(connected(port, Addresses.shuffled(both)));
        }
        assertThat(seen).containsExactlyInAnyOrder(ONE, OTHER);
      }
      for (int i = 0; i < 20; i++) {
        assertThat(connected(port, Addresses.shuffled(both))).isEqualTo(ONE);
      }
    }
  }

  @Test
  void reportsAHostWithoutAddressesAsUnreachable() {
    Addresses none =
        Addresses.shuffled(
            host -> {
              throw new UnknownHostException(host);
            });
    assertThatThrownBy(() -> connected(1, none)).isInstanceOf(ConnectException.class);
  }
}
