package dev.tethys.api;

import dev.tethys.model.GoFloat;
import dev.tethys.model.storage.MetricSource;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.web.PrivateConnection;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;

/**
 * Range queries that are asked and answered as those of clients are, from the first byte of the
 * request to the last of JSON, but for nobody: so that code that answers is compiled before
 * somebody waits for it.
 */
public final class Rehearsal implements AutoCloseable {
  private final PrivateConnection connection;

  /**
   * Rehearses with an engine, which should not be the one whose numbers people look at.
   *
   * @throws IOException when there is no way to ask oneself
   */
  public Rehearsal(PromqlEngine engine, MetricSource source) throws IOException {
    Routes routes = new Routes();
    ApiRoutes api = new ApiRoutes(routes, ApiSettings.DEFAULT, () -> Readiness.READY);
    new QueryEndpoints(
            QueryEngine.of(engine, source), source, ApiSettings.DEFAULT, InstantSource.system())
        .register(api);
    connection = PrivateConnection.to(routes);
  }

  /**
   * Asks a query; times are Unix milliseconds.
   *
   * @return whether it could be answered
   * @throws IOException when no other can be asked any more
   */
  public boolean ask(String query, long start, long end, long step) throws IOException {
    String path =
        "/api/v1/query_range?nocache=1&query="
            + URLEncoder.encode(query, StandardCharsets.UTF_8)
            + "&start="
            + seconds(start)
            + "&end="
            + seconds(end)
            + "&step="
            + seconds(step);
    return connection.get(path) == 200;
  }

  private static String seconds(long millis) {
    return GoFloat.f(millis / 1e3);
  }

  @Override
  public void close() {
    connection.close();
  }
}
