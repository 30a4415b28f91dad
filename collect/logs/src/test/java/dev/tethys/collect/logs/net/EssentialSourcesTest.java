package dev.tethys.collect.logs.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Listeners of log sources outlive the end of memory. */
@Timeout(60)
class EssentialSourcesTest {
  @Test
  void readsPacketsAfterOutOfMemory() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch later = new CountDownLatch(1);
    try (PacketListener l =
            PacketListener.start(
                "127.0.0.1:0",
                "test",
                (b, n, from) -> {
                  if (calls.incrementAndGet() == 1) {
                    throw new OutOfMemoryError("Java heap space");
                  }
                  later.countDown();
                });
        DatagramSocket s = new DatagramSocket()) {
      do {
        s.send(new DatagramPacket(new byte[] {1}, 1, l.address()));
      } while (!later.await(50, TimeUnit.MILLISECONDS));
    }
  }

  @Test
  void readsConnectionsAfterOutOfMemory() throws Exception {
    CountDownLatch read = new CountDownLatch(3);
    try (LogStreamListener l =
        LogStreamListener.start(
            "127.0.0.1:0",
            "test",
            null,
            Duration.ZERO,
            (in, from) -> {
              read.countDown();
              throw new OutOfMemoryError("Java heap space");
            })) {
      for (int i = 0; i < 3; i++) {
        try (Socket s = new Socket(l.address().getAddress(), l.address().getPort())) {
          assertThat(s.getInputStream().read()).as("its connection ends").isNegative();
        }
      }
      assertThat(read.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }
}
