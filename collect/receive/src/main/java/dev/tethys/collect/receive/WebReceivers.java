package dev.tethys.collect.receive;

import dev.tethys.model.access.Scope;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.RequestScope;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** Binds receivers to the web server, under the paths that Prometheus has. */
public final class WebReceivers {
  public static final String WRITE = "/api/v1/write";
  public static final String READ = "/api/v1/read";
  public static final String OTLP = "/api/v1/otlp/v1/metrics";

  private WebReceivers() {}

  /** Adds a receiver at a path. */
  public static Routes add(Routes routes, String path, Receiver receiver) {
    return routes.post(path, handler(receiver));
  }

  /** The receiver as a handler of the web server. */
  public static HttpHandler handler(Receiver receiver) {
    return (request, response) -> receiver.receive(new Request(request), new Response(response));
  }

  /** Limits on the body are enforced by the receiver, in its protocol's own way. */
  private record Request(HttpRequest request) implements ReceivedRequest {
    @Override
    public String method() {
      return request.method();
    }

    @Override
    public @Nullable String header(String name) {
      return request.header(name);
    }

    @Override
    public long contentLength() {
      return request.contentLength();
    }

    @Override
    public Scope scope() {
      return RequestScope.of(request);
    }

    @Override
    public InputStream body() {
      return request.body(Long.MAX_VALUE);
    }
  }

  private record Response(HttpResponse response) implements ReceiverResponse {
    @Override
    public void header(String name, String value) {
      response.header(name, value);
    }

    @Override
    public void send(int status, byte[] body, int offset, int length) throws IOException {
      response.status(status).uncompressed();
      if (length == 0) {
        response.send();
      } else {
        response.send(
            offset == 0 && length == body.length
                ? body
                : java.util.Arrays.copyOfRange(body, offset, offset + length));
      }
    }

    @Override
    public OutputStream stream(int status) throws IOException {
      return response.status(status).uncompressed().stream();
    }

    @Override
    public void trailer(String name, String value) {
      response.trailer(name, value);
    }
  }
}
