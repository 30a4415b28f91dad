package dev.tethys.collect.logs.net;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.testkit.Waiting;
import dev.tethys.web.socket.ConnectionThreads;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that are read without a pause leave the carriers to other threads. */
@Timeout(60)
@Tag("slow")
class LogStreamThreadsTest {
  private static final int CONNECTIONS = ConnectionThreads.MAX_PLATFORM_THREADS + 1;

  @Test
  void readsConnectionsOnBoundedPlatformThreads() throws Exception {
    for (int round = 0; round < 2; round++) { // places are given back
      Queue<Thread> readers = new ConcurrentLinkedQueue<>();
      List<Socket> clients = new ArrayList<>();
      try (LogStreamListener l =
          LogStreamListener.start(
              "127.0.0.1:0",
              "test",
              null,
              Duration.ZERO,
              (in, _) -> {
                readers.add(Thread.currentThread());
                in.read();
              })) {
        for (int i = 0; i < CONNECTIONS; i++) {
          clients.add(new Socket(l.address().getAddress(), l.address().getPort()));
        }
        Waiting.await(() -> readers.size() == CONNECTIONS);
        assertThat(readers.stream().filter(Thread::isVirtual)).hasSizeBetween(1, CONNECTIONS - 1);
      } finally {
        for (Socket s : clients) {
          s.close();
        }
      }
    }
  }
}
