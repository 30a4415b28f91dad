package dev.tethys.web.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A name with several addresses, of which the first takes no connections and does not say so. */
@Timeout(60)
@Tag("slow")
class GrpcConnectionsTest {
  private static final InetAddress SILENT = InetAddress.ofLiteral("127.0.0.2");
  private static final InetAddress ANSWERS = InetAddress.ofLiteral("127.0.0.1");

  private final List<AutoCloseable> open = new ArrayList<>();
  private final ServerSocket answering = new ServerSocket(0, 50, ANSWERS);

  GrpcConnectionsTest() throws IOException {
    open.add(answering);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable c : open.reversed()) {
      c.close();
    }
  }

  private GrpcConnections connections(boolean roundRobin) throws IOException {
    fill(new ServerSocket(answering.getLocalPort(), 1, SILENT));
    NameLookup names = new NameLookup(host -> List.of(SILENT, ANSWERS), 4);
    GrpcConnections c =
        new GrpcConnections(
            new GrpcChannel.Options(
                "two.example",
                answering.getLocalPort(),
                null,
                null,
                "",
                roundRobin,
                Duration.ZERO,
                Duration.ofSeconds(20),
                false,
                "test"),
            names);
    open.add(c::close);
    return c;
  }

  /** Connects to a server that accepts no connection, until its queue is full. */
  private void fill(ServerSocket server) throws IOException {
    open.add(server);
    InetAddress address = server.getInetAddress();
    for (int i = 0; i < 16; i++) {
      Socket s = new Socket();
      open.add(s);
      try {
        s.connect(new InetSocketAddress(address, server.getLocalPort()), 300);
      } catch (SocketTimeoutException e) {
        return;
      }
    }
    throw new IOException("its queue does not fill");
  }

  private static long in(Duration time) {
    return System.nanoTime() + time.toNanos();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSilentAddressLeavesTimeForTheNext(boolean roundRobin) throws Exception {
    GrpcConnections c = connections(roundRobin);

    assertThat(c.next(in(Duration.ofSeconds(4))).isOpen()).isTrue();
  }

  @Test
  void keepsUsingReachableAddressWithoutRoundRobin() throws Exception {
    GrpcConnections c = connections(false);
    Http2Connection first = c.next(in(Duration.ofSeconds(4)));
    answering.accept(); // the first
    answering.setSoTimeout(1);

    for (int i = 0; i < 100; i++) {
      assertThat(c.next(System.nanoTime())).as("at once").isSameAs(first);
    }
    assertThatThrownBy(answering::accept).isInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void attemptsShareTheTimeLimit() throws Exception {
    GrpcConnections c = connections(false);
    answering.close();
    fill(new ServerSocket(answering.getLocalPort(), 1, ANSWERS));
    long begin = System.nanoTime();

    assertThatThrownBy(() -> c.next(in(Duration.ofMillis(400))))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("timed out");
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(20));
  }
}
