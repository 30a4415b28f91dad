package dev.tethys.web.internal.http1;

import dev.tethys.web.internal.Answers;
import dev.tethys.web.internal.SlowClients;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * HTTP/1.1 and HTTP/1.0, spoken by ourselves: whoever does not begin with HTTP/2 speaks it, or is
 * told that what he sends is no request. The engine's own took a fifth of the CPU of a server that
 * is written to.
 *
 * @param besideHttp2 whether the port speaks HTTP/2 too
 * @param maxLine the longest first line of a request, in bytes
 * @param maxHeaders the most that its headers may take, in bytes
 * @param proxied whether a header of the PROXY protocol may come before the first request
 */
public record Http1Selector(
    boolean besideHttp2,
    int maxLine,
    int maxHeaders,
    boolean proxied,
    SlowClients clients,
    Answers answers)
    implements ServerConnectionSelector {
  /** What a client of HTTP/2 begins with: RFC 9113, 3.4. */
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  @Override
  public int bytesToIdentifyConnection() {
    return 0;
  }

  @Override
  public Support supports(BufferData data) {
    if (!besideHttp2) {
      return Support.SUPPORTED;
    }
    int n = Math.min(PREFACE.length, data.available());
    for (int i = 0; i < n; i++) {
      if (data.get(i) != PREFACE[i]) {
        return Support.SUPPORTED;
      }
    }
    return Support.UNKNOWN;
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return Set.of("http/1.1");
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    DataReader first = context.dataReader();
    byte[] begin = first.available() > 0 ? first.readBytes(first.available()) : new byte[0];
    return new Http1Connection(
        context,
        begin,
        proxied,
        new RequestHead(maxLine, maxHeaders),
        clients.connected(context),
        answers);
  }
}
