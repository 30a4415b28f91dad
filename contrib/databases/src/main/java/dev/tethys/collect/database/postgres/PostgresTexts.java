package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.text;

import dev.tethys.collect.database.postgres.PostgresStatements.Key;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Reads texts of pg_stat_statements. The server loads its whole file of texts for each such query,
 * which takes a second when it has hundreds of megabytes. So the next query follows after {@link
 * #IDLE_FACTOR} times the duration of the last one, and after {@link #AFTER_FAILURE} when that was
 * ended by the time limit. Not thread-safe.
 */
final class PostgresTexts {
  /** Share of time without a query of texts, as a multiple of its duration. */
  static final int IDLE_FACTOR = 200;

  static final Duration AFTER_FAILURE = Duration.ofMinutes(10);

  private static final String PART = "texts of statements";
  private static final String REMEDY =
      "SELECT pg_stat_statements_reset(); or a smaller pg_stat_statements.max";

  private final int longest;
  private boolean known;
  private long next;
  private String problem = "";

  /**
   * @param longest most characters of a text
   */
  PostgresTexts(int longest) {
    this.longest = longest;
  }

  /**
   * Texts of some statements; empty while the pause lasts.
   *
   * @param schema of the extension
   */
  Map<Key, String> read(PostgresSession s, String schema, Collection<Key> keys, long nanos)
      throws SQLException {
    Map<Key, String> out = new HashMap<>();
    if (keys.isEmpty() || known && nanos - next < 0) {
      if (!problem.isEmpty()) {
        s.parts().failed(PART, problem, REMEDY);
      }
      return out;
    }
    String ids =
        keys.stream()
            .map(k -> Long.toString(k.query()))
            .distinct()
            .collect(Collectors.joining(", "));
    long begin = System.nanoTime();
    problem = "";
    try {
      s.rows(
          "select dbid, userid, queryid, left(query, "
              + longest
              + ") from "
              + schema
              + ".pg_stat_statements(true) where queryid in ("
              + ids
              + ")",
          r -> out.put(new Key(r.getLong(1), r.getLong(2), r.getLong(3)), text(r, 4)));
      s.parts().succeeded(PART);
    } catch (SQLException e) {
      if (PostgresSession.isLost(e)) {
        throw e;
      }
      problem = PostgresSession.message(e);
      s.parts().failed(PART, problem, REMEDY);
    }
    long pause =
        problem.isEmpty() ? IDLE_FACTOR * (System.nanoTime() - begin) : AFTER_FAILURE.toNanos();
    known = true;
    next = nanos + Math.min(pause, AFTER_FAILURE.toNanos());
    return out;
  }
}
