package dev.tethys.app.server;

import dev.tethys.api.Readiness;
import dev.tethys.collect.receive.Inbound;
import dev.tethys.collect.receive.Outbound;
import dev.tethys.collect.receive.Receiver;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Binds receivers to the listener. */
final class ReceiverRoutes {
  private ReceiverRoutes() {}

  /** A receiver behind a path, once the store is open. Limits on bodies are the receiver's own. */
  static HttpHandler handler(Receiver receiver, Supplier<Readiness> readiness) {
    return (request, response) -> {
      if (readiness.get() != Readiness.READY) {
        response.status(503).send("Service Unavailable");
        return;
      }
      receiver.receive(new In(request), new Out(response));
    };
  }

  /** What is answered where a receiver is switched off. */
  static HttpHandler disabled(String what, String flag) {
    return (request, response) ->
        response
            .status(404)
            .send(what + " is disabled: start the server with --" + flag + " to enable it\n");
  }

  private record In(HttpRequest request) implements Inbound {
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
    public InputStream body() {
      return request.body(Long.MAX_VALUE);
    }
  }

  private record Out(HttpResponse response) implements Outbound {
    @Override
    public void header(String name, String value) {
      response.header(name, value);
    }

    @Override
    public void send(int status, byte[] body, int offset, int length) throws IOException {
      response.status(status);
      if (length == 0) {
        response.send();
      } else {
        response.send(
            offset == 0 && length == body.length
                ? body
                : Arrays.copyOfRange(body, offset, offset + length));
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
