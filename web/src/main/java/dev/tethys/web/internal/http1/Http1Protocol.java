package dev.tethys.web.internal.http1;

import dev.tethys.web.internal.AcceptedConnection;
import dev.tethys.web.internal.ConnectionTimeouts;
import dev.tethys.web.internal.Protocol;
import dev.tethys.web.internal.RequestGate;
import java.util.Set;

/**
 * Own implementation of HTTP/1.1 and HTTP/1.0. It serves each connection that does not start with
 * HTTP/2, and responds to invalid requests with an error. The HTTP/1 code of the engine took a
 * fifth of a server's CPU during writes.
 *
 * @param maxLine the longest first line of a request, in bytes
 * @param maxHeaders largest size of its headers, in bytes
 * @param proxied whether a header of the PROXY protocol may precede the first request
 */
public record Http1Protocol(
    int maxLine, int maxHeaders, boolean proxied, ConnectionTimeouts clients, RequestGate answers)
    implements Protocol {
  @Override
  public Set<String> names() {
    return Set.of("http/1.1");
  }

  @Override
  public Answer detect(byte[] begin, int length) {
    return Answer.YES;
  }

  @Override
  public void serve(AcceptedConnection connection, byte[] begin) throws InterruptedException {
    new Http1Connection(
            connection,
            begin,
            proxied,
            new RequestHead(maxLine, maxHeaders),
            clients.connected(connection),
            answers)
        .serve();
  }
}
