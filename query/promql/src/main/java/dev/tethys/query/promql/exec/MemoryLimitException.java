package dev.tethys.query.promql.exec;

import dev.tethys.query.promql.QueryException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Thrown if a query would exceed its memory limit. Names the step with the most memory, once known.
 */
public final class MemoryLimitException extends QueryException {
  private static final long serialVersionUID = 1L;

  /** Longer parts of a query are cut. */
  private static final int MAX_TEXT = 160;

  private final String problem;
  private transient @Nullable PlanStep largest;
  private long bytes;

  /**
   * @param kind cause: {@code LIMIT} for the query itself, {@code OVERLOAD} for other queries
   */
  MemoryLimitException(Kind kind, String problem) {
    super(kind, message(kind, problem, ""));
    this.problem = problem;
  }

  private static String message(Kind kind, String problem, String largest) {
    return problem
        + largest
        + (kind == Kind.OVERLOAD ? ": retry later, or" : ": ask")
        + " for fewer series or steps, or raise the limit";
  }

  /** Whether the step with the most memory is known. */
  boolean isBlamed() {
    return largest != null;
  }

  void blame(PlanStep holder, long held) {
    largest = holder;
    bytes = held;
  }

  /** Returns a copy with the complete message for the client of a query. */
  public QueryException withQuery(String query) {
    PlanStep o = largest;
    if (o == null) {
      return this;
    }
    StringBuilder s = new StringBuilder(" (most of it, ").append(bytes).append(" bytes, for ");
    s.append(o.describe(Grid.instant(0), 1).operator());
    PlanStep.Origin from = o.origin();
    byte[] text = query.getBytes(StandardCharsets.UTF_8);
    if (from != null && from.span().end() <= text.length) {
      String part =
          new String(
              Arrays.copyOfRange(text, from.span().start(), from.span().end()),
              StandardCharsets.UTF_8);
      s.append(' ');
      s.append(part.length() <= MAX_TEXT ? part : part.substring(0, MAX_TEXT) + " …");
    }
    return new QueryException(kind(), message(kind(), problem, s.append(')').toString()), this);
  }
}
