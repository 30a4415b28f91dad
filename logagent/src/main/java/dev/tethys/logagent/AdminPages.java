package dev.tethys.logagent;

import dev.tethys.web.HttpListener;
import dev.tethys.web.HttpListenerOptions;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** Health and metrics on a separate port, as in Clymene's programs. */
final class AdminPages implements AutoCloseable {
  private final Agent agent;
  private final Instant since = Instant.now();
  private @Nullable HttpListener listener;

  AdminPages(Agent agent) {
    this.agent = agent;
  }

  /**
   * Starts to listen.
   *
   * @param address "" to disable the pages
   */
  void listen(String address) throws IOException {
    if (!address.isEmpty()) {
      Routes routes = new Routes();
      routes.get("/", (q, r) -> health(r));
      routes.get("/metrics", (q, r) -> MetricsPage.answer(q, r, agent.metrics().gather()));
      listener = HttpListener.start(HttpListenerOptions.on(address), routes, null);
    }
  }

  private void health(HttpResponse r) throws IOException {
    r.header("Content-Type", "application/json");
    if (agent.jobs().isEmpty()) {
      r.status(503).send("{\"status\":\"Server not available\"}");
    } else {
      r.send(
          "{\"status\":\"Server available\",\"upSince\":\""
              + since
              + "\",\"uptime\":\""
              + Duration.between(since, Instant.now()).toSeconds()
              + "s\"}");
    }
  }

  @Override
  public void close() {
    if (listener != null) {
      listener.close();
    }
  }
}
