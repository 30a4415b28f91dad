package dev.tethys.query.promql;

import org.jspecify.annotations.Nullable;

/**
 * Who asks a query, and how.
 *
 * @param user who shares the queue fairly with other users: an authenticated name, else what tells
 *     clients apart; empty when nothing is known
 * @param client the address that it came from; empty when it came from inside
 * @param method of the HTTP request; empty when there was none
 * @param path of the HTTP request; empty when there was none
 * @param ruleGroup of the rule that asks; null when none does
 * @param priority which share of the engine it draws on
 */
public record QueryOrigin(
    String user,
    String client,
    String method,
    String path,
    @Nullable RuleGroup ruleGroup,
    QueryPriority priority) {
  /**
   * Where a rule stands.
   *
   * @param file that names the group
   */
  public record RuleGroup(String file, String name) {}

  /** Nothing is known. */
  public static final QueryOrigin UNKNOWN =
      new QueryOrigin("", "", "", "", QueryPriority.INTERACTIVE);

  /** Asked from outside. */
  public QueryOrigin(
      String user, String client, String method, String path, QueryPriority priority) {
    this(user, client, method, path, null, priority);
  }

  /** Asked by a rule. */
  public static QueryOrigin rule(RuleGroup group) {
    return new QueryOrigin("rules", "", "", "", group, QueryPriority.RULE);
  }
}
