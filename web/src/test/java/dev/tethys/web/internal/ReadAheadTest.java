package dev.tethys.web.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.web.ConnectionTimes;
import io.helidon.common.socket.HelidonSocket;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** When a connection is read ahead to see whether its client is still there. */
class ReadAheadTest {
  private static final SocketAddress REMOTE = new InetSocketAddress("127.0.0.1", 1);
  private static final SocketAddress LOCAL = new InetSocketAddress("127.0.0.1", 2);

  private final AtomicInteger ahead = new AtomicInteger();
  private final AtomicLong now = new AtomicLong();
  private final ConnectionTimeouts clients =
      new ConnectionTimeouts(
          16, Duration.ofSeconds(1), ConnectionTimes.USUAL, now::get, (millis, work) -> {});
  private Runnable whileLooking = () -> {};

  private ConnectionTimeouts.Exchange watched() {
    Socket socket =
        new Socket() {
          @Override
          public boolean isClosed() {
            whileLooking.run();
            return false;
          }

          @Override
          public void setSoTimeout(int millis) {}
        };
    clients.accepted(socket, socket, REMOTE, LOCAL, true);
    HelidonSocket engine =
        of(
            HelidonSocket.class,
            name ->
                switch (name) {
                  case "idle" -> ahead.incrementAndGet();
                  default -> true;
                });
    clients.connected(new AcceptedConnection(engine, REMOTE, LOCAL));
    ConnectionTimeouts.Exchange e =
        Objects.requireNonNull(clients.begin(REMOTE, LOCAL, ConnectionTimeouts.NO_STREAM));
    e.bodyRead();
    e.onDisconnect(() -> {});
    now.addAndGet(50_000_000);
    return e;
  }

  private interface Answer {
    Object to(String method);
  }

  private static <T> T of(Class<T> type, Answer answer) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, _) -> {
              Object a = answer.to(method.getName());
              return method.getReturnType() == void.class ? null : a;
            }));
  }

  @Test
  void detectsDisconnectDuringARequest() {
    ConnectionTimeouts.Exchange e = watched();
    clients.checkClients();
    clients.checkClients();
    assertThat(ahead).hasValue(1);
    e.close();
  }

  @Test
  void skipsReadAheadIfTheRequestEndsDuringTheCheck() {
    ConnectionTimeouts.Exchange e = watched();
    whileLooking = e::close;
    clients.checkClients();
    assertThat(ahead).hasValue(0);
  }
}
