package dev.tethys.pipeline.receiver.log;

import dev.tethys.codec.syslog.SyslogFrames;
import dev.tethys.collect.logs.file.RecordEnds;
import dev.tethys.collect.logs.net.HostNames;
import dev.tethys.collect.logs.net.LogStreamListener;
import dev.tethys.collect.logs.net.PacketListener;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.log.JulLogger;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.receiver.log.SocketLogReceiver.Framing;
import dev.tethys.pipeline.server.ServerTlsSettings;
import dev.tethys.web.socket.HandlerSlot;
import dev.tethys.web.socket.PassingListener;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sockets of TCP and UDP that are read record by record. Another receiver takes over between two
 * records of a connection.
 */
final class LogSockets implements PassingListener<LogSockets.Records> {
  private static final System.Logger LOG = JulLogger.of(LogSockets.class.getName());
  private static final Duration LAST = Duration.ofMillis(500);

  /** Accepts a record: a part of a buffer. */
  @FunctionalInterface
  interface Records {
    void take(SocketLogSettings s, byte[] b, int from, int to, Attributes a)
        throws InterruptedException;
  }

  private final Framing framing;
  private final HandlerSlot<Records> slot;
  private final HostNames names = new HostNames();
  private @Nullable LogStreamListener stream;
  private @Nullable PacketListener packets;

  private LogSockets(Framing framing, Records records) {
    this.framing = framing;
    this.slot = new HandlerSlot<>(records);
  }

  /**
   * Starts listening.
   *
   * @throws IOException if an address is in use
   */
  static LogSockets start(
      List<SocketLogSettings> sockets, Framing framing, Context context, Records records)
      throws IOException {
    LogSockets l = new LogSockets(framing, records);
    try {
      for (SocketLogSettings s : sockets) {
        if (s.tcp()) {
          ServerTlsSettings tls = s.tls();
          l.stream =
              LogStreamListener.start(
                  s.address(),
                  context.name(),
                  tls == null ? null : tls.sockets(context.clock()::nanos),
                  Duration.ZERO,
                  (in, from) -> l.connection(s, in, from));
        } else {
          l.packets =
              PacketListener.start(
                  s.address(), context.name(), (b, n, from) -> l.packet(s, b, n, from));
        }
      }
      return l;
    } catch (IOException e) {
      l.close();
      throw e;
    }
  }

  /** Returns the TCP port; -1 for none. */
  int tcpPort() {
    return stream == null ? -1 : stream.address().getPort();
  }

  /** Returns the UDP port; -1 for none. */
  int udpPort() {
    return packets == null ? -1 : packets.address().getPort();
  }

  @Override
  public int port() {
    return Math.max(tcpPort(), udpPort());
  }

  @Override
  public boolean hold() {
    return slot.hold(LAST);
  }

  @Override
  public void serve(Records next) {
    slot.serve(next);
  }

  @Override
  public void close() {
    slot.close();
    if (stream != null) {
      stream.close();
    }
    if (packets != null) {
      packets.close();
    }
  }

  private Records records() throws IOException {
    Records r = slot.handler();
    if (r == null) {
      throw new IOException("the receiver has stopped");
    }
    return r;
  }

  private void connection(SocketLogSettings s, InputStream in, InetSocketAddress from)
      throws IOException, InterruptedException {
    LogStreamListener l = stream;
    Attributes a = attributes(s, from, l == null ? null : l.address());
    try (ByteBudget.Reservation held = ByteBudget.process().open()) {
      Frames f = frames(s, held.watched(in, in), held);
      for (byte[] b = f.next(); b != null; b = f.next()) {
        long use = slot.enter();
        try {
          records().take(s, b, 0, b.length, a);
        } finally {
          slot.exit(use);
        }
        held.close();
      }
    } catch (ByteBudget.OverBudgetException e) {
      throw new IOException("cannot read a record: " + e.getMessage(), e);
    }
  }

  /** Reads records from a stream. */
  private interface Frames {
    byte @Nullable [] next() throws IOException;
  }

  private Frames frames(SocketLogSettings s, InputStream in, ByteBudget.Reservation held) {
    LongConsumer memory = held.awaiting();
    if (framing.counted() > 0) {
      return new SyslogFrames(in, framing.counted(), memory)::next;
    }
    RecordEnds ends = s.records();
    return ends == null
        ? new LineFrames(in, s.whole() ? -1 : framing.end(), s.max(), memory)::next
        : new RecordFrames(in, ends, s.max(), memory)::next;
  }

  private void packet(SocketLogSettings s, byte[] b, int length, InetSocketAddress from)
      throws InterruptedException {
    long use = slot.enter();
    try {
      packet(s, b, length, from, records());
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the last record was a packet", e);
    } finally {
      slot.exit(use);
    }
  }

  private void packet(SocketLogSettings s, byte[] b, int length, InetSocketAddress from, Records to)
      throws InterruptedException {
    PacketListener l = packets;
    Attributes a = attributes(s, from, l == null ? null : l.address());
    if (s.whole()) {
      to.take(s, b, 0, length, a);
      return;
    }
    if (s.records() != null) {
      try {
        InputStream in = new ByteArrayInputStream(b, 0, length); // of 64 KiB at most
        RecordFrames f = new RecordFrames(in, s.records(), s.max(), n -> {});
        for (byte[] r = f.next(); r != null; r = f.next()) {
          to.take(s, r, 0, r.length, a);
        }
      } catch (IOException e) {
        throw new IllegalStateException("bytes are read without errors", e);
      }
      return;
    }
    int at = 0;
    for (int i = 0; i <= length; i++) {
      if (i == length || b[i] == '\n') {
        to.take(s, b, at, i, a);
        at = i + 1;
      }
    }
  }

  private Attributes attributes(
      SocketLogSettings s, InetSocketAddress from, @Nullable InetSocketAddress to) {
    Attributes a = new Attributes();
    if (s.addresses()) {
      a.put("net.transport", s.tcp() ? "IP.TCP" : "IP.UDP");
      side(a, "net.peer", from);
      if (to != null) {
        side(a, "net.host", to);
      }
    }
    return a;
  }

  private void side(Attributes a, String prefix, InetSocketAddress at) {
    a.put(prefix + ".ip", at.getAddress().getHostAddress());
    a.put(prefix + ".port", String.valueOf(at.getPort()));
    String name = names.of(at.getAddress());
    if (!name.isEmpty()) {
      a.put(prefix + ".name", name);
    }
  }
}
