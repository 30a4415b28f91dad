package dev.tethys.pipeline.receiver.log;

import dev.tethys.codec.syslog.SyslogFrames;
import dev.tethys.collect.logs.file.RecordEnds;
import dev.tethys.collect.logs.net.HostNames;
import dev.tethys.collect.logs.net.LogStreamListener;
import dev.tethys.collect.logs.net.PacketListener;
import dev.tethys.model.guard.ByteBudget;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.server.ServerTlsSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes records over TCP and UDP. Senders hear no answer: nothing more is read while what came is
 * not taken; UDP packets then wait in the kernel, which drops what does not fit.
 */
final class SocketLogReceiver implements Receiver {
  private final List<SocketLogSettings> sockets;
  private final Framing framing;
  private final LogOutput output;
  private final Context context;
  private final HostNames names = new HostNames();
  private @Nullable LogStreamListener stream;
  private @Nullable PacketListener packets;

  /**
   * Framing of records in a stream.
   *
   * @param end terminator of a record
   * @param counted maximum size of records with a length prefix; 0 for terminated records
   */
  record Framing(int end, int counted) {
    static final Framing LINES = new Framing('\n', 0);
  }

  /**
   * A receiver.
   *
   * @param sockets of TCP, of UDP, or of both
   */
  SocketLogReceiver(
      List<SocketLogSettings> sockets, Framing framing, LogOutput output, Context context) {
    this.sockets = sockets;
    this.framing = framing;
    this.output = output;
    this.context = context;
  }

  @Override
  public boolean isExclusive() {
    return true; // its port
  }

  @Override
  public void start() throws IOException {
    output.start();
    try {
      for (SocketLogSettings s : sockets) {
        if (s.tcp()) {
          ServerTlsSettings tls = s.tls();
          stream =
              LogStreamListener.start(
                  s.address(),
                  context.name(),
                  tls == null ? null : tls.sockets(context.clock()::nanos),
                  Duration.ZERO,
                  (in, from) -> connection(s, in, from));
        } else {
          packets =
              PacketListener.start(
                  s.address(), context.name(), (b, n, from) -> packet(s, b, n, from));
        }
      }
    } catch (IOException e) {
      stop(Duration.ZERO);
      throw e;
    }
  }

  /** The port of TCP, once started. */
  int tcpPort() {
    return stream == null ? -1 : stream.address().getPort();
  }

  /** The port of UDP, once started. */
  int udpPort() {
    return packets == null ? -1 : packets.address().getPort();
  }

  private void connection(SocketLogSettings s, InputStream in, InetSocketAddress from)
      throws IOException, InterruptedException {
    LogStreamListener l = stream;
    Attributes a = attributes(s, from, l == null ? null : l.address());
    try (ByteBudget.Reservation held = ByteBudget.process().open()) {
      Frames f = frames(s, held.watched(in, in), held);
      for (byte[] b = f.next(); b != null; b = f.next()) {
        record(s, b, 0, b.length, a);
        held.close();
      }
    } catch (ByteBudget.OverBudgetException e) {
      throw new IOException("a record is not read: " + e.getMessage(), e);
    }
  }

  /** Takes records out of a stream. */
  private interface Frames {
    byte @Nullable [] next() throws IOException;
  }

  private Frames frames(SocketLogSettings s, InputStream in, ByteBudget.Reservation held) {
    LongConsumer memory = held.awaiting();
    if (framing.counted > 0) {
      return new SyslogFrames(in, framing.counted, memory)::next;
    }
    RecordEnds ends = s.records();
    return ends == null
        ? new LineFrames(in, s.whole() ? -1 : framing.end, s.max(), memory)::next
        : new RecordFrames(in, ends, s.max(), memory)::next;
  }

  private void packet(SocketLogSettings s, byte[] b, int length, InetSocketAddress from)
      throws InterruptedException {
    PacketListener l = packets;
    Attributes a = attributes(s, from, l == null ? null : l.address());
    if (s.whole()) {
      record(s, b, 0, length, a);
      return;
    }
    if (s.records() != null) {
      try {
        InputStream in = new ByteArrayInputStream(b, 0, length); // of 64 KiB at most
        RecordFrames f = new RecordFrames(in, s.records(), s.max(), n -> {});
        for (byte[] r = f.next(); r != null; r = f.next()) {
          record(s, r, 0, r.length, a);
        }
      } catch (IOException e) {
        throw new IllegalStateException("bytes are read without errors", e);
      }
      return;
    }
    int at = 0;
    for (int i = 0; i <= length; i++) {
      if (i == length || b[i] == '\n') {
        record(s, b, at, i, a);
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

  private void record(SocketLogSettings s, byte[] b, int from, int to, Attributes a)
      throws InterruptedException {
    String text = new String(b, from, to - from, s.encoding());
    int i = 0;
    int n = text.length();
    while (!s.trailing() && n > 0 && isSpace(text.charAt(n - 1))) {
      n--;
    }
    while (!s.leading() && i < n && isSpace(text.charAt(i))) {
      i++;
    }
    if (i == n) {
      return;
    }
    LogRecord r = new LogRecord();
    r.setBody(text.substring(i, n));
    r.setObservedTimeUnixNano(context.clock().millis() * 1_000_000);
    for (int k = 0; k < a.size(); k++) {
      r.attributes().add(a.key(k), a.value(k));
    }
    output.take(r, new Attributes(), null);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0;
  }

  @Override
  public void stop(Duration timeLimit) {
    if (stream != null) {
      stream.close();
    }
    if (packets != null) {
      packets.close();
    }
    output.stop(timeLimit);
  }
}
