package dev.tethys.web.internal;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.UUID;

/**
 * HTTP/1.0, which health checks of load balancers still speak and the engine refuses. The first
 * line of such a connection is handed to the engine as HTTP/1.1, together with a wish to close and
 * a mark that no client can guess; by the mark the answer is known to have to come whole, with its
 * length and never in chunks. One request a connection.
 */
record OldHttp(ServerConnectionSelector selector, SlowClients clients)
    implements ServerConnectionSelector {
  /** The header that marks such a request. */
  static final String MARK = "tethys-http-1-0";

  /** Its value, new in every process. */
  static final String SECRET = UUID.randomUUID().toString();

  private static final String VERSION = " HTTP/1.0";
  private static final int LINE = 8192; // longer first lines are not looked at

  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  @Override
  public Support supports(BufferData data) {
    int n = Math.min(data.available(), LINE);
    byte[] peeked = new byte[n];
    for (int i = 0; i < n; i++) {
      peeked[i] = (byte) data.get(i);
    }
    return endOfLine(peeked) < 0 ? Support.UNSUPPORTED : Support.SUPPORTED;
  }

  /** Where the first line ends, if it is one of HTTP/1.0; else -1. */
  private static int endOfLine(byte[] bytes) {
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\r' || bytes[i] == '\n') {
        int from = i - VERSION.length();
        boolean old =
            from > 0
                && new String(bytes, from, VERSION.length(), StandardCharsets.ISO_8859_1)
                    .equals(VERSION);
        return old ? i : -1;
      }
    }
    return -1;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return Set.of();
  }

  @Override
  public ServerConnection connection(ConnectionContext ctx) {
    clients.connected(ctx);
    DataReader original = ctx.dataReader();
    byte[] first = original.readBytes(original.available());
    int end = endOfLine(first);
    ByteArrayOutputStream out = new ByteArrayOutputStream(first.length + 100);
    out.write(first, 0, end - 1);
    out.writeBytes(
        ("1\r\nConnection: close\r\n" + MARK + ": " + SECRET)
            .getBytes(StandardCharsets.ISO_8859_1));
    if (first[end] == '\n') {
      out.write('\r');
    }
    out.write(first, end, first.length - end);
    return selector.connection(ConnectionView.of(ctx, out.toByteArray()));
  }
}
