package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Waiting;
import dev.tethys.web.ConnectionTimes;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConnectionShareTest {
  private static final InetSocketAddress LOCAL = new InetSocketAddress("10.0.0.1", 9090);

  private final AtomicLong now = new AtomicLong();
  private final ConnectionTimeouts clients =
      new ConnectionTimeouts(
          16, Duration.ofMinutes(5), ConnectionTimes.USUAL, now::get, (millis, work) -> {});
  private int port = 1000;

  private record Client(
      Socket socket, InetSocketAddress from, ConnectionTimeouts.Admission admission) {}

  private Client connect(String address) {
    Socket s = new Socket();
    InetSocketAddress from = new InetSocketAddress(address, port++);
    now.incrementAndGet();
    return new Client(s, from, clients.accepted(s, s, from, LOCAL, true));
  }

  /** Whether a request of a connection is worked on at once. */
  private boolean isServed(Client c) throws InterruptedException {
    ConnectionTimeouts.Exchange e = Objects.requireNonNull(clients.begin(c.from, LOCAL, 1));
    e.bodyRead();
    Thread.currentThread().interrupt(); // it must not wait
    try {
      return e.awaitPlace();
    } catch (InterruptedException x) {
      return false;
    }
  }

  private static void awaitClosed(Client c) {
    while (!c.socket.isClosed()) {
      Waiting.pause();
    }
    c.admission.close();
  }

  @Test
  void limitsTheShareOfBusyConnectionsPerClient() throws Exception {
    for (int i = 0; i < 14; i++) {
      assertThat(isServed(connect("10.0.0.9"))).isTrue();
    }
    assertThat(isServed(connect("10.0.0.9"))).isFalse();
    assertThat(isServed(connect("10.0.0.7"))).as("another client").isTrue();
    assertThat(isServed(connect("127.0.0.1"))).as("this machine").isTrue();
    Thread.interrupted();
  }

  @Test
  void evictsOldestIdleConnectionOfTheBusiestClient() {
    Client other = connect("10.0.0.7");
    List<Client> many = new ArrayList<>();
    for (int i = 0; i < 13; i++) {
      many.add(connect("10.0.0.9"));
    }
    assertThat(clients.evict()).as("all have just come").isFalse();
    now.addAndGet(2_000_000_000L);
    assertThat(clients.evict()).isTrue();
    awaitClosed(many.get(0));
    assertThat(clients.evict()).isTrue();
    awaitClosed(many.get(1));
    assertThat(other.socket.isClosed()).isFalse();
    assertThat(many.get(2).socket.isClosed()).isFalse();
  }

  @Test
  void evictsStalledBodyButNotARequestInProgress() {
    Client c = connect("10.0.0.9");
    ConnectionTimeouts.Exchange e = Objects.requireNonNull(clients.begin(c.from, LOCAL, 1));
    assertThat(clients.evict()).as("it may still come").isFalse();
    now.addAndGet(11_000_000_000L);
    e.bodyRead();
    assertThat(clients.evict()).as("it is worked on").isFalse();
    Client slow = connect("10.0.0.9");
    assertThat(clients.begin(slow.from, LOCAL, 3)).isNotNull();
    now.addAndGet(11_000_000_000L);
    assertThat(clients.evict()).isTrue();
    awaitClosed(slow);
  }

  /** A client that reads its body now, from the server's side. */
  private ConnectionTimeouts.Exchange reading(Client c, int stream) {
    ConnectionTimeouts.Exchange e = Objects.requireNonNull(clients.begin(c.from, LOCAL, stream));
    e.reading();
    return e;
  }

  @Test
  void evictsStalledBodyOfTheBusiestClientSoon() {
    Client other = connect("10.0.0.7");
    reading(other, 1);
    List<Client> many = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      Client c = connect("10.0.0.9");
      many.add(c);
      ConnectionTimeouts.Exchange e = reading(c, 1);
      if (i == 0) {
        e.read(10); // the server works on what has come
      }
    }
    now.addAndGet(ConnectionTimeouts.STALLED_NANOS / 2);
    assertThat(clients.evict()).as("it may still come").isFalse();
    now.addAndGet(ConnectionTimeouts.STALLED_NANOS);
    assertThat(clients.evict()).isTrue();
    awaitClosed(many.get(1));
    assertThat(many.get(0).socket.isClosed()).isFalse();
    assertThat(other.socket.isClosed()).isFalse();
    assertThat(clients.evict()).as("it has no more than half of them now").isFalse();
  }

  @Test
  void evictsSlowBodyButNotAFastOne() {
    List<Client> many = new ArrayList<>();
    List<ConnectionTimeouts.Exchange> bodies = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      many.add(connect("10.0.0.9"));
      bodies.add(reading(many.get(i), 1));
    }
    for (int t = 0; t < 19; t++) {
      now.addAndGet(100_000_000);
      assertThat(clients.evict()).as("time %d", t).isFalse();
      for (int i = 0; i < 9; i++) {
        bodies.get(i).read(i == 4 ? 1 : 10_000);
        bodies.get(i).reading();
      }
    }
    now.addAndGet(200_000_000);
    assertThat(clients.evict()).isTrue();
    awaitClosed(many.get(4));
    assertThat(many.get(3).socket.isClosed()).isFalse();
  }
}
