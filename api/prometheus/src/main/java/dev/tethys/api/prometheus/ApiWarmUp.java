package dev.tethys.api.prometheus;

import dev.tethys.model.GoFloat;
import dev.tethys.model.storage.ScopedSource;
import dev.tethys.query.promql.PromqlEngine;
import dev.tethys.web.PrivateConnection;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;

/**
 * Warm-up queries and label lookups, so that the code of responses is compiled before the first
 * client waits for it. They take the same path as client requests, from the first byte of the
 * request to the last of the JSON; the responses are discarded.
 */
public final class ApiWarmUp implements AutoCloseable {
  private final PrivateConnection connection;
  private boolean compressed;

  /**
   * Uses an engine, which should not be the one whose self-metrics are exposed.
   *
   * @throws IOException if the private connection cannot be opened
   */
  public ApiWarmUp(PromqlEngine engine, ScopedSource source) throws IOException {
    Routes routes = new Routes();
    ApiRoutes api = new ApiRoutes(routes, ApiSettings.DEFAULT, () -> Readiness.READY);
    new QueryEndpoints(
            QueryEngine.of(engine, source), source, ApiSettings.DEFAULT, InstantSource.system())
        .register(api);
    new LabelEndpoints(source, new RunningLookups()).register(api);
    connection = PrivateConnection.to(routes);
  }

  /**
   * Runs a range query; times are Unix milliseconds.
   *
   * @return whether the response was successful
   * @throws IOException if the connection has failed and no further query can be sent
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
    return get(path);
  }

  /**
   * Runs an instant query.
   *
   * @param time Unix milliseconds
   * @return whether the response was successful
   * @throws IOException if the connection has failed and no further query can be sent
   */
  public boolean ask(String query, long time) throws IOException {
    return get(
        "/api/v1/query?query="
            + URLEncoder.encode(query, StandardCharsets.UTF_8)
            + "&time="
            + seconds(time));
  }

  /**
   * Sends any request to the API of queries and labels; every other request accepts gzip, as
   * browsers and Go clients do.
   *
   * @return whether the response was successful
   * @throws IOException if the connection has failed and no further request can be sent
   */
  public boolean get(String path) throws IOException {
    compressed = !compressed;
    return connection.get(path, compressed) == 200;
  }

  private static String seconds(long millis) {
    return GoFloat.f(millis / 1e3);
  }

  @Override
  public void close() {
    connection.close();
  }
}
