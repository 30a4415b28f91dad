package dev.tethys.web.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loops of listeners outlive the end of memory. */
@Timeout(60)
class EssentialListenersTest {
  /** Runs out of memory when it has accepted its second connection. */
  private static final class Exhausted extends ServerSocket {
    private final AtomicInteger calls = new AtomicInteger();

    Exhausted() throws IOException {
      super(0, 50, InetAddress.getLoopbackAddress());
    }

    @Override
    public Socket accept() throws IOException {
      Socket s = super.accept();
      if (calls.incrementAndGet() == 2) {
        s.close();
        throw new OutOfMemoryError("Java heap space");
      }
      return s;
    }
  }

  @Test
  void acceptsConnectionsAfterOutOfMemory() throws Exception {
    CountDownLatch served = new CountDownLatch(4);
    StreamListener.Options few = StreamListener.Options.waiting("127.0.0.1:0", 2);
    try (StreamListener l = StreamListener.start(new Exhausted(), few, s -> served.countDown())) {
      InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), l.port());
      for (int i = 0; i < 5; i++) { // two places, none of which is lost
        try (Socket s = new Socket()) {
          s.connect(to);
          s.getInputStream().read();
        }
      }
      assertThat(served.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void readsDatagramsAfterOutOfMemory() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch second = new CountDownLatch(1);
    try (DatagramListener l =
            DatagramListener.start(
                new DatagramListener.Options("127.0.0.1:0"),
                (b, n, from) -> {
                  if (calls.incrementAndGet() == 1) {
                    throw new OutOfMemoryError("Java heap space");
                  }
                  second.countDown();
                });
        DatagramSocket s = new DatagramSocket()) {
      byte[] b = {1};
      do {
        s.send(new DatagramPacket(b, 1, InetAddress.getLoopbackAddress(), l.port()));
      } while (!second.await(50, TimeUnit.MILLISECONDS));
    }
  }
}
