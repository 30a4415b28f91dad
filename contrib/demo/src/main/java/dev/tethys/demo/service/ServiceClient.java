package dev.tethys.demo.service;

import dev.tethys.demo.service.ShopService.ShopException;
import dev.tethys.model.tracing.ActiveSpan;
import dev.tethys.model.tracing.TraceContext;
import dev.tethys.web.client.ClientRequest;
import dev.tethys.web.client.ClientResponse;
import dev.tethys.web.client.WebClient;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

/** Client of another service: a client span, and the trace context in the headers. */
final class ServiceClient {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_ANSWER = 1 << 20;

  private final WebClient http;
  private final String peer;
  private final int port;

  /**
   * @param peer name of the service, for spans
   * @param port loopback port of the service
   */
  ServiceClient(WebClient http, String peer, int port) {
    this.http = http;
    this.peer = peer;
    this.port = port;
  }

  /** Delay on the path to the peer. */
  @FunctionalInterface
  interface Network {
    void delay() throws InterruptedException;
  }

  /** Calls a route; see {@link #call(String, String, Network)}. */
  String call(String method, String path) throws IOException, InterruptedException {
    return call(method, path, () -> {});
  }

  /**
   * Calls a route.
   *
   * @param path request path including its query parameters
   * @return body of the response
   * @throws ShopException 502 if the peer fails with a 5xx status, else the peer's status
   */
  String call(String method, String path, Network network)
      throws IOException, InterruptedException {
    try (ActiveSpan span = ActiveSpan.current().child(method, ActiveSpan.Kind.CLIENT)) {
      span.set("http.request.method", method);
      span.set("server.address", peer);
      span.set("server.port", port);
      span.set("url.full", "http://" + peer + path);
      span.set("peer.service", peer);
      network.delay();
      TraceContext context = span.context();
      Map<String, String> headers =
          context == null ? Map.of() : Map.of(TraceContext.PARENT_HEADER, context.parent());
      URI uri = URI.create("http://127.0.0.1:" + port + path);
      byte[] body = method.equals("POST") ? new byte[0] : null;
      try (ClientResponse a = sent(new ClientRequest(method, uri, headers, body, TIMEOUT, null))) {
        String text = new String(a.body().readNBytes(MAX_ANSWER), StandardCharsets.UTF_8);
        span.set("http.response.status_code", a.status());
        if (a.status() >= 400) {
          span.set("error.type", Integer.toString(a.status()));
          span.failed(text);
          throw new ShopException(
              a.status() >= 500 ? 502 : a.status(), peer + " answered " + a.status() + ": " + text);
        }
        return text;
      } catch (ShopException e) {
        throw e;
      } catch (IOException e) {
        span.set("error.type", e.getClass().getName());
        span.failed(String.valueOf(e.getMessage()));
        throw e;
      }
    }
  }

  /** Sends a call without the span that the client would add. */
  private ClientResponse sent(ClientRequest call) throws IOException {
    return ActiveSpan.<ClientResponse, IOException>outside(
        () -> {
          try {
            return http.send(call);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("stopping", e);
          }
        });
  }
}
