package dev.tethys.api.prometheus;

import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.StoreHealth;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.io.OutputStream;

/** Endpoints outside {@code /api/v1}: health, life cycle, self-metrics, federation. */
final class ServerEndpoints {
  private final ServerView server;
  private final ApiSettings settings;
  private final Registry registry;

  ServerEndpoints(ServerView server, ApiSettings settings, Registry registry) {
    this.server = server;
    this.settings = settings;
    this.registry = registry;
    registry.gauge(
        "prometheus_ready",
        "Whether Prometheus startup was fully completed and the server is ready for normal"
            + " operation.",
        () -> server.readiness() == Readiness.READY ? 1 : 0);
  }

  void register(Routes routes) {
    String name = settings.applicationName();
    // Alive with a full disk: a restart would not free it.
    routes.get("/-/healthy", (q, r) -> r.send(name + " is Healthy.\n" + failures()));
    routes.get("/-/ready", ready((q, r) -> readiness(name, r)));
    lifecycle(routes, "/-/reload", (q, r) -> reload(r));
    lifecycle(routes, "/-/quit", (q, r) -> quit(r));
    routes.get("/version", (q, r) -> version(r));
    routes.get("/metrics", this::metrics);
  }

  /** Responds with 503 until the server is ready. */
  HttpHandler ready(HttpHandler handler) {
    return ApiRoutes.ready(server::readiness, handler);
  }

  /** Responds with 503 while a store rejects all data, listing the failures of all stores. */
  private void readiness(String name, HttpResponse response) throws IOException {
    if (server.stores().stream().anyMatch(StoreForecast::isRefusing)) {
      response.status(503).send(name + " is not Ready.\n" + failures());
    } else {
      response.send(name + " is Ready.\n" + failures());
    }
  }

  /** Renders one line for each store with a failure. */
  private String failures() {
    StringBuilder out = new StringBuilder();
    for (StoreForecast s : server.stores()) {
      StoreHealth.Problem p = s.health().problem();
      if (p != null) {
        out.append(s.name()).append(": ").append(p.text()).append('\n');
      }
    }
    return out.toString();
  }

  private void lifecycle(Routes routes, String path, HttpHandler handler) {
    HttpHandler h =
        settings.lifecycle()
            ? handler
            : (q, r) -> r.status(403).send("Lifecycle API is not enabled.");
    routes.post(path, h).put(path, h);
    routes.get(path, (q, r) -> r.status(405).send("Only POST or PUT requests allowed"));
  }

  private void reload(HttpResponse response) throws IOException {
    try {
      server.reload();
    } catch (IOException | RuntimeException e) {
      response.status(500).send("failed to reload config: " + e.getMessage() + "\n");
      return;
    }
    response.send();
  }

  private void quit(HttpResponse response) throws IOException {
    response.send(
        server.quit() ? "Requesting termination... Goodbye!" : "Termination already in progress.");
  }

  private void version(HttpResponse response) throws IOException {
    response.header("Content-Type", "application/json");
    JsonOut out =
        new JsonOut(
            new JsonOut.Sink() {
              @Override
              public void whole(byte[] body, int length) throws IOException {
                response.send(body, length);
              }

              @Override
              public OutputStream stream() throws IOException {
                return response.stream();
              }
            });
    StatusEndpoints.build(out, server.build());
    out.put('\n').finish();
  }

  private void metrics(HttpRequest request, HttpResponse response) throws IOException {
    MetricsPage.answer(request, response, registry.gather());
  }
}
