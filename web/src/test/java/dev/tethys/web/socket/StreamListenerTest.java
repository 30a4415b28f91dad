package dev.tethys.web.socket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StreamListenerTest {
  private static final StreamListener.Options ANY =
      new StreamListener.Options("127.0.0.1:0", Duration.ZERO);

  private final CountDownLatch read = new CountDownLatch(1);

  @Test
  void whatWasReadIsHandedOverWhenItStops() throws Exception {
    CountDownLatch stopping = new CountDownLatch(1);
    AtomicBoolean delivered = new AtomicBoolean();
    StreamListener l =
        StreamListener.start(
            ANY,
            s -> {
              s.getInputStream().read();
              read.countDown();
              stopping.await(); // as a batch that is not settled yet
              delivered.set(true);
            });
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), l.port())) {
      s.getOutputStream().write(1);
      assertThat(read.await(20, TimeUnit.SECONDS)).isTrue();
      Thread closing = Thread.ofVirtual().start(l::close);
      assertThat(s.getInputStream().read()).as("the connection is ended").isEqualTo(-1);
      stopping.countDown();
      assertThat(closing.join(Duration.ofSeconds(20))).isTrue();
    }
    assertThat(delivered).isTrue();
  }

  @Test
  void whoCannotHandOverIsInterrupted() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    StreamListener l =
        StreamListener.start(
            ANY,
            s -> {
              s.getInputStream().read();
              read.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
              }
            });
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), l.port())) {
      s.getOutputStream().write(1);
      assertThat(read.await(20, TimeUnit.SECONDS)).isTrue();
      l.close();
    }
    assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whoWaitsForMoreSeesTheEnd() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    StreamListener l =
        StreamListener.start(
            ANY,
            s -> {
              s.getInputStream().read();
              read.countDown();
              try {
                s.getInputStream().read();
              } catch (IOException e) {
                ended.countDown();
              }
            });
    try (Socket s = new Socket(InetAddress.getLoopbackAddress(), l.port())) {
      s.getOutputStream().write(1);
      assertThat(read.await(20, TimeUnit.SECONDS)).isTrue();
      l.close();
    }
    assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
  }
}
