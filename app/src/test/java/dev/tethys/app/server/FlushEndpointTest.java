package dev.tethys.app.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class FlushEndpointTest {
  private static HttpResponse<String> post(FlushEndpoint endpoint) throws Exception {
    Routes routes = new Routes();
    endpoint.addTo(routes);
    try (HttpListener l = HttpListener.start(HttpListenerOptions.on("127.0.0.1:0"), routes, null);
        HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + l.port() + "/flush"))
              .POST(BodyPublishers.noBody())
              .build(),
          BodyHandlers.ofString());
    }
  }

  @Test
  void flushesEveryStore() throws Exception {
    List<String> flushed = new ArrayList<>();
    FlushEndpoint endpoint = new FlushEndpoint();
    endpoint.add("log store", () -> flushed.add("logs"));
    endpoint.add("profile store", () -> flushed.add("profiles"));
    HttpResponse<String> r = post(endpoint);
    assertThat(r.statusCode()).isEqualTo(204);
    assertThat(flushed).containsExactly("logs", "profiles");
  }

  @Test
  void unopenedStoreIsUnavailable() throws Exception {
    AtomicBoolean open = new AtomicBoolean();
    FlushEndpoint endpoint = new FlushEndpoint();
    endpoint.add("profile store", open::get);
    HttpResponse<String> r = post(endpoint);
    assertThat(r.statusCode()).isEqualTo(503);
    assertThat(r.headers().firstValue("Retry-After")).hasValue("1");
    assertThat(r.body()).contains("profile store is not open yet");
    open.set(true);
    assertThat(post(endpoint).statusCode()).isEqualTo(204);
  }

  @Test
  void diskFailureIsAnError() throws Exception {
    FlushEndpoint endpoint = new FlushEndpoint();
    endpoint.add(
        "profile store",
        () -> {
          throw new IOException("no space left on device");
        });
    HttpResponse<String> r = post(endpoint);
    assertThat(r.statusCode()).isEqualTo(500);
    assertThat(r.body()).contains("profile store was not written: no space left on device");
  }

  @Test
  void hasNoEndpointWithoutStores() throws Exception {
    assertThat(post(new FlushEndpoint()).statusCode()).isEqualTo(404);
  }
}
