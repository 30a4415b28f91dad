package dev.tethys.query.promql.exec;

import dev.tethys.model.guard.MemoryShare;
import dev.tethys.query.promql.QueryException.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Memory budget of an engine's queries: one share for queries of users and programs, and one for
 * rule queries. Thread-safe.
 */
public final class QueryMemoryBudget {
  private final MemoryShare queries;
  private final MemoryShare rules;
  private final long keptForRules;

  /**
   * @param keptForRules memory reserved for rules by a setting, for errors; 0 if none
   */
  public QueryMemoryBudget(MemoryShare queries, MemoryShare rules, long keptForRules) {
    this.queries = queries;
    this.rules = rules;
    this.keptForRules = keptForRules;
  }

  /** Bytes that queries hold now. */
  public long used() {
    return queries.used() + rules.used();
  }

  private MemoryShare share(boolean ofRule) {
    return ofRule ? rules : queries;
  }

  /**
   * Charges bytes.
   *
   * @param held bytes already charged to the query
   * @param ofRule whether a rule runs the query
   */
  void reserve(long bytes, long held, boolean ofRule) {
    MemoryShare share = share(ofRule);
    MemoryShare.@Nullable Refusal refusal = share.reserve(bytes);
    if (refusal == null) {
      return;
    }
    Kind kind = held + bytes > share.max() / 2 ? Kind.LIMIT : Kind.OVERLOAD;
    switch (refusal) {
      case HEAP_FULL ->
          throw new MemoryLimitException(
              Kind.OVERLOAD,
              "the query would hold more memory, and the heap (-Xmx) is nearly full");
      case NOTHING_TO_BORROW ->
          throw new MemoryLimitException(
              kind,
              "the query would hold "
                  + (held + bytes)
                  + " bytes, and queries of other languages and received data hold the memory that"
                  + " it would borrow");
      case SHARE_FULL ->
          throw new MemoryLimitException(
              kind,
              "all running queries together would hold "
                  + (share.used() + bytes)
                  + " bytes, more than the "
                  + share.max()
                  + (ofRule ? " of query.max-memory-bytes for rules" : " of query.max-memory-bytes")
                  + (ofRule || keptForRules == 0
                      ? ""
                      : " without the " + keptForRules + " of query.max-memory-bytes-rules"));
    }
  }

  /**
   * Releases charged bytes.
   *
   * @param ofRule same value as when charging
   */
  void release(long bytes, boolean ofRule) {
    share(ofRule).release(bytes);
  }
}
