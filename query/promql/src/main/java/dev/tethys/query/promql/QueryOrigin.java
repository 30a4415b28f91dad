package dev.tethys.query.promql;

/**
 * Who asks a query, and how.
 *
 * @param user who shares the queue fairly with other users: an authenticated name, else what tells
 *     clients apart; empty when nothing is known
 * @param client the address that it came from; empty when it came from inside
 * @param method of the HTTP request; empty when there was none
 * @param path of the HTTP request; empty when there was none
 * @param priority which share of the engine it draws on
 */
public record QueryOrigin(
    String user, String client, String method, String path, QueryPriority priority) {
  /** Nothing is known. */
  public static final QueryOrigin UNKNOWN =
      new QueryOrigin("", "", "", "", QueryPriority.INTERACTIVE);
}
