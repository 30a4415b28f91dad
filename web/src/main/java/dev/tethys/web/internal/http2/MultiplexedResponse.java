package dev.tethys.web.internal.http2;

import dev.tethys.web.internal.WireResponse;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http.ServerResponse;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A response over HTTP/2, through the engine. */
final class MultiplexedResponse implements WireResponse {
  private final ServerResponse response;
  private @Nullable OutputStream stream;

  MultiplexedResponse(ServerResponse response) {
    this.response = response;
  }

  private void head(int status, Map<String, List<String>> headers) {
    response.status(Status.create(status));
    headers.forEach((n, v) -> response.header(HeaderNames.create(n), v.toArray(String[]::new)));
  }

  @Override
  public void send(int status, Map<String, List<String>> headers, byte[] body, int length) {
    head(status, headers);
    response.send(body.length == length ? body : Arrays.copyOf(body, length));
  }

  @Override
  public void sendHead(int status, Map<String, List<String>> headers) {
    head(status, headers);
    response.send();
  }

  @Override
  public OutputStream begin(int status, Map<String, List<String>> headers) {
    head(status, headers);
    OutputStream out = response.outputStream();
    stream = out;
    return new FilterOutputStream(out) {
      @Override
      public void write(byte[] b, int off, int len) throws IOException {
        out.write(b, off, len);
      }

      /** Does nothing: {@link #end} closes the stream after the trailers. */
      @Override
      public void close() {}
    };
  }

  @Override
  public void end(Map<String, String> trailers) throws IOException {
    OutputStream out = stream;
    if (out == null) {
      throw new IllegalStateException("a response that has not begun cannot end");
    }
    if (!trailers.isEmpty()) {
      // Else the engine sends short bodies with their length, and no trailers; and a body that
      // nothing was ever written to, not even nothing, without an end.
      out.write(new byte[0], 0, 0);
      out.flush();
      trailers.forEach((n, v) -> response.trailers().add(HeaderNames.create(n), v));
    }
    out.close();
    // The engine writes the end of the body only when the handler has returned.
    if (response instanceof RoutingResponse whole) {
      whole.commit();
    }
  }
}
