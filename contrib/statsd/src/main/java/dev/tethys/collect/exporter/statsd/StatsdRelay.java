package dev.tethys.collect.exporter.statsd;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.exposition.Registry.Counter;
import dev.tethys.model.guard.SupervisedLoop;
import dev.tethys.model.log.JulLogger;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Forwards StatsD's lines unchanged over UDP, several per packet, which is sent when it is full and
 * at the latest after a second. The receiver of lines never waits for the relay: lines that arrive
 * while a hundred packets are queued are lost, and counted.
 */
public final class StatsdRelay implements AutoCloseable {
  private static final System.Logger LOG = JulLogger.of(StatsdRelay.class.getName());
  private static final int MAX_WAITING = 100;
  private static final long PACKET_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final InetSocketAddress target;
  private final int packetLength;
  private final DatagramSocket socket;
  private final ArrayBlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(MAX_WAITING);

  @GuardedBy("this")
  private final ByteArrayOutputStream packet = new ByteArrayOutputStream();

  private final Counter packets;
  private final Counter lines;
  private final Counter tooLong;
  private final Counter lost;
  private final Thread thread;

  @GuardedBy("this")
  private long since;

  private volatile boolean closed;

  /**
   * Creates and starts the relay.
   *
   * @param packetLength maximum number of bytes of a packet
   * @throws IOException if there is no such host, or no socket
   */
  public StatsdRelay(InetSocketAddress target, int packetLength, Registry registry)
      throws IOException {
    if (target.isUnresolved()) {
      throw new IOException("unable to resolve target " + target.getHostString());
    }
    this.target = target;
    this.packetLength = packetLength;
    this.socket = new DatagramSocket();
    String to = target.getHostString() + ":" + target.getPort();
    packets = counter(registry, "packets", "The number of StatsD packets relayed.", to);
    lines =
        counter(
            registry, "lines_relayed", "The number of lines that were buffered to be relayed.", to);
    tooLong = counter(registry, "long_lines", "The number lines that were too long to relay.", to);
    lost = counter(registry, "lost_packets", "The number of packets that could not be sent.", to);
    thread =
        Thread.ofVirtual()
            .name("relay to " + to)
            .start(SupervisedLoop.of("statsd_relay", this::run));
  }

  private static Counter counter(Registry r, String name, String help, String target) {
    return r.counters("statsd_exporter_relay_" + name + "_total", help, "target").with(target);
  }

  /** Adds the lines of a packet or a single line. */
  void relay(byte[] b, int offset, int length) {
    int end = offset + length;
    for (int i = offset; i < end; ) {
      int next = i;
      while (next < end && b[next] != '\n') {
        next++;
      }
      if (next > i) {
        line(b, i, next - i);
      }
      i = next + 1;
    }
  }

  private synchronized void line(byte[] b, int offset, int length) {
    if (length > packetLength - 1) {
      tooLong.inc();
      return;
    }
    if (packet.size() + length + 1 > packetLength) {
      flush();
    }
    if (packet.size() == 0) {
      since = System.nanoTime();
    }
    packet.write(b, offset, length);
    packet.write('\n');
    lines.inc();
  }

  private synchronized void flush() {
    if (packet.size() > 0) {
      if (!waiting.offer(packet.toByteArray())) {
        lost.inc();
      }
      packet.reset();
    }
  }

  private synchronized void flushOld() {
    if (packet.size() > 0 && System.nanoTime() - since >= PACKET_NANOS) {
      flush();
    }
  }

  private void run() {
    try {
      while (!closed || !waiting.isEmpty()) {
        byte @Nullable [] p = waiting.poll(PACKET_NANOS / 4, TimeUnit.NANOSECONDS);
        if (p != null) {
          send(p);
        } else {
          flushOld();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(byte[] p) {
    try {
      socket.send(new DatagramPacket(p, p.length, target));
      packets.inc();
    } catch (IOException e) {
      lost.inc();
      LOG.log(Level.DEBUG, "a packet to {0} was lost: {1}", target, e.getMessage());
    }
  }

  /** Sends queued packets and ends. */
  @Override
  public void close() {
    flush();
    closed = true;
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    socket.close();
  }
}
