package dev.tethys.alert.manager.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.alert.manager.dispatch.ManagerClock;
import dev.tethys.model.exposition.Registry;
import dev.tethys.testkit.Waiting;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Loops of gossip outlive the end of memory. */
@Timeout(60)
class EssentialGossipTest {
  /** Runs out of memory when a thread waits for the first time. */
  private static final class Exhausted implements ManagerClock {
    private final ManagerClock real = ManagerClock.system();
    final Map<String, AtomicInteger> pauses = new ConcurrentHashMap<>();

    @Override
    public Instant instant() {
      return real.instant();
    }

    @Override
    public Timer at(Instant when, Runnable task) {
      return real.at(when, task);
    }

    @Override
    public void all(List<Runnable> tasks) throws InterruptedException {
      real.all(tasks);
    }

    @Override
    public void pause(Duration d) throws InterruptedException {
      String thread = Thread.currentThread().getName();
      int before = pauses.computeIfAbsent(thread, _ -> new AtomicInteger()).getAndIncrement();
      if (before == 0 && thread.startsWith("cluster-")) {
        throw new OutOfMemoryError("Java heap space");
      }
      real.pause(d);
    }

    @Override
    public void close() {
      real.close();
    }

    int of(String thread) {
      AtomicInteger n = pauses.get(thread);
      return n == null ? 0 : n.get();
    }
  }

  @Test
  void continuesProbesGossipAndStateExchange() throws Exception {
    Duration soon = Duration.ofMillis(10);
    Duration second = Duration.ofSeconds(1);
    ClusterOptions options =
        new ClusterOptions(
            "127.0.0.1:0",
            "",
            "m",
            List.of(),
            second,
            second,
            soon,
            soon,
            second,
            soon,
            soon,
            second,
            second,
            second,
            null,
            "",
            false);
    Exhausted clock = new Exhausted();
    try (ClusterPeer peer = ClusterPeer.open(options, clock, new Registry())) {
      peer.join();
      for (String loop : List.of("cluster-probe", "cluster-gossip", "cluster-states")) {
        while (clock.of(loop) < 3) {
          Waiting.pause();
        }
      }
    }
  }

  @Test
  void acceptsPacketsAndStreamsAfterOutOfMemory() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    CountDownLatch packet = new CountDownLatch(1);
    CountDownLatch streams = new CountDownLatch(2);
    Transport.Receiver receiver =
        new Transport.Receiver() {
          @Override
          public void packet(byte[] b, InetSocketAddress from) {
            if (calls.incrementAndGet() == 1) {
              throw new OutOfMemoryError("Java heap space");
            }
            packet.countDown();
          }

          @Override
          public void stream(Transport.Stream stream) {
            streams.countDown();
            throw new OutOfMemoryError("Java heap space");
          }
        };
    InetAddress here = InetAddress.getLoopbackAddress();
    try (PlainTransport t = PlainTransport.listen(here, 0, Duration.ofSeconds(5));
        DatagramSocket s = new DatagramSocket()) {
      t.start(receiver);
      do {
        s.send(new DatagramPacket(new byte[] {1}, 1, t.bound()));
      } while (!packet.await(50, TimeUnit.MILLISECONDS));
      for (int i = 0; i < 2; i++) {
        try (Socket c = new Socket(here, t.bound().getPort())) {
          c.getOutputStream().write(1);
        }
      }
      assertThat(streams.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }
}
