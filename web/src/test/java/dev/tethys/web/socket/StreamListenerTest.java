package dev.tethys.web.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.testkit.LogMessages;
import dev.tethys.testkit.Waiting;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.management.VirtualThreadSchedulerMXBean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("slow")
@Timeout(60)
class StreamListenerTest {
  private static final StreamListener.Options ANY =
      new StreamListener.Options("127.0.0.1:0", Duration.ZERO);

  private final CountDownLatch read = new CountDownLatch(1);

  @Test
  void deliversReadDataWhenItStops() throws Exception {
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
  void addressIsFreeOnceItsListenerIsClosed() throws Exception {
    StreamListener l = StreamListener.start(ANY, s -> {});
    int port = l.port();
    for (int i = 0; i < 100; i++) {
      try (Socket s = new Socket(InetAddress.getLoopbackAddress(), port)) {
        s.setSoLinger(true, 0); // leaves nothing of the connection at the address
      }
      l.close();
      l =
          StreamListener.start(
              new StreamListener.Options("127.0.0.1:" + port, Duration.ZERO), s -> {});
    }
    l.close();
  }

  @Test
  void interruptsAHandlerThatCannotDeliver() throws Exception {
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
  void waitingReaderSeesTheEnd() throws Exception {
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

  @Test
  void connectionAboveTheLimitWaitsForAnotherToEnd() throws Exception {
    ServerSocket bound = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
    StreamListener l =
        StreamListener.start(
            bound,
            StreamListener.Options.waiting("one at a time", 1),
            s -> {
              for (int b = s.getInputStream().read(); b >= 0; b = s.getInputStream().read()) {
                s.getOutputStream().write(b);
              }
            });
    try (LogMessages log = LogMessages.of(StreamListener.class);
        Socket first = new Socket(InetAddress.getLoopbackAddress(), l.port());
        Socket second = new Socket(InetAddress.getLoopbackAddress(), l.port())) {
      first.getOutputStream().write(7);
      assertThat(first.getInputStream().read()).isEqualTo(7);
      second.getOutputStream().write(8);
      second.setSoTimeout(200);
      assertThatThrownBy(() -> second.getInputStream().read())
          .isInstanceOf(SocketTimeoutException.class);
      assertThat(log.messages())
          .containsExactly(
              "one at a time: 1 connections are open, the limit, and further ones wait"
                  + " until one ends; most, 1, are of 127.0.0.1");
      first.close();
      second.setSoTimeout(20_000);
      assertThat(second.getInputStream().read()).isEqualTo(8);
      l.close(); // while it waits for a place
    }
    assertThat(bound.isClosed()).isTrue();
    assertThat(l.refusedConnections()).isZero();
  }

  /** As when large requests are decoded on all carriers. */
  @Test
  void acceptsConnectionsWhileVirtualThreadsCompute() throws Exception {
    int carriers =
        ManagementFactory.getPlatformMXBean(VirtualThreadSchedulerMXBean.class).getParallelism();
    AtomicBoolean stop = new AtomicBoolean();
    CountDownLatch computing = new CountDownLatch(carriers);
    List<Thread> busy = new ArrayList<>();
    try (StreamListener l = StreamListener.start(ANY, s -> s.getInputStream().read())) {
      for (int i = 0; i < carriers; i++) {
        busy.add(
            Thread.ofVirtual()
                .start(
                    () -> {
                      computing.countDown();
                      while (!stop.get()) {
                        Thread.onSpinWait();
                      }
                    }));
      }
      assertThat(computing.await(20, TimeUnit.SECONDS)).isTrue();
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), l.port())) {
        Waiting.await(() -> l.connections() == 1);
      } finally {
        stop.set(true);
      }
    }
    for (Thread t : busy) {
      t.join();
    }
  }

  @Test
  void closesWhileAConnectionIsAccepted() throws Exception {
    for (int i = 0; i < 300; i++) {
      StreamListener l = StreamListener.start(ANY, s -> s.getInputStream().read());
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), l.port())) {
        l.close();
      }
    }
  }

  /** A client that sends without a pause would keep a carrier of virtual threads. */
  @Test
  void handlesConnectionsWhileVirtualThreadsCompute() throws Exception {
    Queue<Thread> handlers = new ConcurrentLinkedQueue<>();
    StreamListener.Handler h =
        s -> {
          handlers.add(Thread.currentThread());
          s.getInputStream().read();
        };
    int connections = ConnectionThreads.MAX_PLATFORM_THREADS + 1;
    for (int round = 0; round < 2; round++) { // places are given back
      handlers.clear();
      List<Socket> clients = new ArrayList<>();
      try (StreamListener l = StreamListener.start(ANY, h)) {
        for (int i = 0; i < connections; i++) {
          clients.add(new Socket(InetAddress.getLoopbackAddress(), l.port()));
        }
        Waiting.await(() -> handlers.size() == connections);
        assertThat(handlers.stream().filter(Thread::isVirtual)).hasSizeBetween(1, connections - 1);
      } finally {
        for (Socket s : clients) {
          s.close();
        }
      }
    }
  }

  @Test
  void handlesDatagramsOnPlatformThreads() throws Exception {
    CountDownLatch handled = new CountDownLatch(1);
    AtomicBoolean virtual = new AtomicBoolean();
    DatagramListener.Handler h =
        (buf, length, from) -> {
          virtual.set(Thread.currentThread().isVirtual());
          handled.countDown();
        };
    try (DatagramListener l =
            DatagramListener.start(new DatagramListener.Options("127.0.0.1:0"), h);
        DatagramSocket s = new DatagramSocket()) {
      s.send(new DatagramPacket(new byte[1], 1, InetAddress.getByName("127.0.0.1"), l.port()));
      assertThat(handled.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(virtual).isFalse();
    }
  }
}
