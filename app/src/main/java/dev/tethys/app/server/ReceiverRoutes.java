package dev.tethys.app.server;

import dev.tethys.api.prometheus.Readiness;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.collect.receive.Receiver;
import dev.tethys.collect.receive.WebReceivers;
import dev.tethys.web.HttpHandler;
import java.util.List;
import java.util.function.Supplier;

/** When receivers respond: once the store is open, and only if they are enabled. */
final class ReceiverRoutes {
  private ReceiverRoutes() {}

  static HttpHandler onceReady(Receiver receiver, Supplier<Readiness> readiness) {
    HttpHandler handler = WebReceivers.handler(receiver);
    return (request, response) -> {
      if (readiness.get() == Readiness.READY) {
        handler.handle(request, response);
      } else {
        response.errorStatus(503).send("Service Unavailable");
      }
    };
  }

  /** Returns a handler that responds with 404 and names the flag to set. */
  static HttpHandler disabled(String what, String flag) {
    return (request, response) ->
        response
            .status(404)
            .send(what + " is disabled: start the server with --" + flag + " to enable it\n");
  }

  /**
   * Returns the paths of a signal in OTLP over HTTP: the usual one, and those below the prefixes of
   * other servers.
   */
  static List<String> otlp(OtlpSignal signal) {
    String path = signal.httpPath();
    return List.of(path, "/otlp" + path, "/api/v1/otlp" + path);
  }
}
