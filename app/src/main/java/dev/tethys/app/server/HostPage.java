package dev.tethys.app.server;

import dev.tethys.api.MetricsPage;
import dev.tethys.collect.host.HostCollectors;
import dev.tethys.collect.host.NodeExporterOptions;
import dev.tethys.model.exposition.Registry;
import dev.tethys.web.HttpException;
import dev.tethys.web.HttpRequest;
import dev.tethys.web.HttpResponse;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.InstantSource;

/** The metrics of this machine, as node_exporter serves them. */
final class HostPage {
  /** Where they are served. */
  static final String PATH = "/metrics/host";

  private static final System.Logger LOG = System.getLogger(HostPage.class.getName());

  private HostPage() {}

  /** Serves them, where there are any. */
  static void addTo(Routes routes) {
    HostCollectors host;
    try {
      host = new HostCollectors(NodeExporterOptions.DEFAULT, InstantSource.system());
    } catch (IllegalArgumentException e) {
      LOG.log(Level.WARNING, "no metrics of this machine: {0}", e.getMessage());
      return;
    }
    routes.get(PATH, (q, r) -> answer(host, q, r));
  }

  private static void answer(HostCollectors host, HttpRequest q, HttpResponse r)
      throws IOException {
    Registry one = new Registry();
    try {
      one.register(host.filtered(q.query().all("collect[]"), q.query().all("exclude[]")));
    } catch (IllegalArgumentException e) {
      throw new HttpException(400, String.valueOf(e.getMessage()));
    }
    MetricsPage.answer(q, r, one.gather());
  }
}
