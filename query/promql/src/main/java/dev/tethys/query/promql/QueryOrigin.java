package dev.tethys.query.promql;

import dev.tethys.model.access.Scope;
import org.jspecify.annotations.Nullable;

/**
 * Origin of a query.
 *
 * @param user shares the queue fairly with other users: an authenticated name, else another client
 *     identification; empty if unknown
 * @param client address of the client; empty for internal queries
 * @param method HTTP method of the request; empty if none
 * @param path path of the HTTP request; empty if none
 * @param ruleGroup group of the rule that issued the query, or null if none
 * @param priority share of the engine that the query uses
 * @param scope data that the query reads; other named tenants see neither its text nor its cost
 */
public record QueryOrigin(
    String user,
    String client,
    String method,
    String path,
    @Nullable RuleGroup ruleGroup,
    QueryPriority priority,
    Scope scope) {
  /**
   * Rule location.
   *
   * @param file file that contains the group
   */
  public record RuleGroup(String file, String name) {}

  /** Unknown origin. */
  public static final QueryOrigin UNKNOWN =
      new QueryOrigin("", "", "", "", QueryPriority.INTERACTIVE, Scope.DEFAULT);

  /** Creates the origin of a client query. */
  public QueryOrigin(
      String user, String client, String method, String path, QueryPriority priority, Scope scope) {
    this(user, client, method, path, null, priority, scope);
  }

  /** Returns the same origin in another scope. */
  public QueryOrigin in(Scope other) {
    return new QueryOrigin(user, client, method, path, ruleGroup, priority, other);
  }

  /** Creates the origin of a rule query. */
  public static QueryOrigin rule(RuleGroup group) {
    return new QueryOrigin("rules", "", "", "", group, QueryPriority.RULE, Scope.DEFAULT);
  }
}
