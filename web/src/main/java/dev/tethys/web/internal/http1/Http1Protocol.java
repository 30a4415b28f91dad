package dev.tethys.web.internal.http1;

import dev.tethys.web.internal.Accepted;
import dev.tethys.web.internal.Answers;
import dev.tethys.web.internal.ConnectionTimeouts;
import dev.tethys.web.internal.Protocol;
import java.util.Set;

/**
 * HTTP/1.1 and HTTP/1.0, spoken by ourselves: whoever does not begin with HTTP/2 speaks it, or is
 * told that what he sends is no request. The engine's own took a fifth of the CPU of a server that
 * is written to.
 *
 * @param maxLine the longest first line of a request, in bytes
 * @param maxHeaders the most that its headers may take, in bytes
 * @param proxied whether a header of the PROXY protocol may come before the first request
 */
public record Http1Protocol(
    int maxLine, int maxHeaders, boolean proxied, ConnectionTimeouts clients, Answers answers)
    implements Protocol {
  @Override
  public Set<String> names() {
    return Set.of("http/1.1");
  }

  @Override
  public Answer isSpoken(byte[] begin, int length) {
    return Answer.YES;
  }

  @Override
  public void serve(Accepted connection, byte[] begin) throws InterruptedException {
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
