package dev.tethys.app.server;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.collect.host.linux.HostCollectors;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.MetricsPage;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/** Metrics of this host, as exposed by node_exporter. */
final class HostPage {
  /** Path of the host metrics page. */
  static final String PATH = "/metrics/host";

  @GuardedBy("this")
  private @Nullable HostCollectors host;

  private HostPage() {}

  /** Serves the page. The first request creates the collectors: most servers never get one. */
  static void addTo(Routes routes) {
    HostPage page = new HostPage();
    routes.get(PATH, page::answer);
  }

  private synchronized HostCollectors host() {
    HostCollectors h = host;
    if (h == null) {
      try {
        h = new HostCollectors(NodeExporterOptions.DEFAULT, InstantSource.system());
      } catch (IllegalArgumentException e) {
        throw new HttpException(404, "no metrics of this machine: " + e.getMessage());
      }
      host = h;
    }
    return h;
  }

  private void answer(HttpRequest q, HttpResponse r) throws IOException {
    HostCollectors host = host();
    Registry one = new Registry();
    try {
      one.register(host.filtered(q.query().all("collect[]"), q.query().all("exclude[]")));
    } catch (IllegalArgumentException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
    MetricsPage.answer(q, r, one.gather());
  }
}
