package dev.tethys.query.promql;

import dev.tethys.model.access.Scope;
import dev.tethys.model.storage.ReadingTenant;
import org.jspecify.annotations.Nullable;

/**
 * Origin of a query.
 *
 * @param user shares the queue fairly with other users: an authenticated name, else another client
 *     identification; empty when unknown
 * @param client address of the client; empty for internal queries
 * @param method of the HTTP request; empty for none
 * @param path of the HTTP request; empty for none
 * @param ruleGroup of the querying rule; null for none
 * @param priority share of the engine that the query uses
 * @param tenant in whose name the query reads; other named tenants see neither its text nor its
 *     cost
 */
public record QueryOrigin(
    String user,
    String client,
    String method,
    String path,
    @Nullable RuleGroup ruleGroup,
    QueryPriority priority,
    String tenant) {
  /**
   * Location of a rule.
   *
   * @param file that contains the group
   */
  public record RuleGroup(String file, String name) {}

  /** Unknown origin. */
  public static final QueryOrigin UNKNOWN =
      new QueryOrigin("", "", "", "", QueryPriority.INTERACTIVE);

  /** Query of a client, in the name of the tenant of the running thread. */
  public QueryOrigin(
      String user, String client, String method, String path, QueryPriority priority) {
    this(user, client, method, path, null, priority, ReadingTenant.current());
  }

  /** Origin of a rule query. */
  public static QueryOrigin rule(RuleGroup group) {
    return new QueryOrigin("rules", "", "", "", group, QueryPriority.RULE, Scope.DEFAULT_TENANT);
  }
}
