package dev.tethys.app.server;

import dev.tethys.model.log.JulLogger;
import dev.tethys.model.storage.StorageException;
import dev.tethys.query.promql.QueryException;
import dev.tethys.web.PrivateConnection;
import dev.tethys.web.Routes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Warm-up queries for a signal other than metrics, through its API.
 *
 * @param <C> content of the store that queries can select
 */
abstract class SignalWarmUp<C> {
  /** More rounds gain little: after 16 the geometric mean of queries of traces was a tenth more. */
  static final int MAX_ROUNDS = 32;

  private static final System.Logger LOG = JulLogger.of("dev.tethys.query");

  private final String signal;

  SignalWarmUp(String signal) {
    this.signal = signal;
  }

  /** Returns the content of the store; null if it is too small for a warm-up to be necessary. */
  abstract @Nullable C content();

  /** Adds the API to routes that clients do not reach. */
  abstract void addApi(Routes routes);

  /** Returns the request paths for one warm-up round. */
  abstract List<String> paths(C content, int round);

  /**
   * Returns a round's query as a request parameter.
   *
   * @param form query with keys of the map in place of texts
   * @param texts each is used in turn
   * @return null if there is no text for a key of the form
   */
  static @Nullable String query(String form, Map<String, List<String>> texts, int round) {
    String q = form;
    for (Map.Entry<String, List<String>> t : texts.entrySet()) {
      List<String> all = t.getValue();
      if (q.contains(t.getKey())) {
        if (all.isEmpty()) {
          return null;
        }
        q = q.replace(t.getKey(), all.get(round % all.size()));
      }
    }
    return encoded(q);
  }

  static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /** Runs the warm-up as long as turns remain; returns the number of processed requests. */
  final int run(WarmUpTurns turns) throws InterruptedException {
    int answered = 0;
    try {
      C content = turns.isActive() ? turns.timed(this::content) : null;
      if (content == null) {
        return 0;
      }
      Routes routes = new Routes();
      addApi(routes);
      try (PrivateConnection connection = PrivateConnection.to(routes)) {
        for (int round = 0; round < MAX_ROUNDS && turns.isActive(); round++) {
          boolean compressed = round % 2 == 1;
          answered += turns.each(paths(content, round), p -> connection.get(p, compressed) == 200);
        }
      }
    } catch (StorageException | QueryException | IOException e) {
      LOG.log(
          Level.DEBUG,
          "queries of " + signal + " were not rehearsed",
          e); // closed meanwhile, or no memory
    }
    LOG.log(
        Level.DEBUG,
        "{0} warm-up queries of {1} run in {2} ms",
        answered,
        signal,
        turns.spent() / 1_000_000);
    return answered;
  }
}
