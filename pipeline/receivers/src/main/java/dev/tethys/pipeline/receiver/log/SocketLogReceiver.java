package dev.tethys.pipeline.receiver.log;

import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.server.PortExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Receives records over TCP and UDP. The protocol has no acknowledgements: reading stops while
 * received data is not accepted; UDP packets then wait in the kernel, which drops excess ones.
 */
final class SocketLogReceiver implements Receiver {
  private final List<SocketLogSettings> sockets;
  private final Framing framing;
  private final LogOutput output;
  private final Context context;
  private @Nullable LogSockets open;

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
   * Creates a receiver.
   *
   * @param sockets TCP sockets, UDP sockets, or both
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
      open =
          PortExchange.open(
              settings(),
              addresses(),
              this::record,
              LogSockets.class,
              () -> LogSockets.start(sockets, framing, context, this::record));
    } catch (IOException e) {
      stop(Duration.ZERO);
      throw e;
    }
  }

  /** Settings that cannot change while connections stay open. */
  private Object settings() {
    return List.of(sockets, framing);
  }

  private List<String> addresses() {
    return sockets.stream().map(s -> s.tcp() ? s.address() : s.address() + "/udp").toList();
  }

  @Override
  public List<Object> sockets() {
    return List.of(settings());
  }

  @Override
  public boolean passesPorts() {
    return true;
  }

  /** Returns the TCP port, once started. */
  int tcpPort() {
    return open == null ? -1 : open.tcpPort();
  }

  /** Returns the UDP port, once started. */
  int udpPort() {
    return open == null ? -1 : open.udpPort();
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
    if (open != null) {
      PortExchange.close(settings(), addresses(), open);
      open = null;
    }
    output.stop(timeLimit);
  }
}
