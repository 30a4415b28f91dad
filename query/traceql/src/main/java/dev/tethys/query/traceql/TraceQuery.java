package dev.tethys.query.traceql;

import dev.tethys.query.traceql.ast.FieldExpr;
import dev.tethys.query.traceql.ast.Root;
import dev.tethys.query.traceql.ast.TraceValue;
import dev.tethys.query.traceql.ast.TraceqlPrinter;
import dev.tethys.query.traceql.parser.Completion;
import dev.tethys.query.traceql.parser.QueryParser;
import dev.tethys.query.traceql.parser.TraceqlParseException;
import dev.tethys.query.traceql.parser.Validation;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Parsed and checked query. */
public final class TraceQuery {
  private final Root root;
  private final Map<String, TraceValue> hints;

  private TraceQuery(QueryParser.Parsed parsed) {
    root = parsed.root();
    hints = Collections.unmodifiableMap(parsed.hints());
  }

  /**
   * Parses and checks a query.
   *
   * @throws TraceqlParseException if it is not valid or not supported
   */
  public static TraceQuery parse(String text) {
    QueryParser.Parsed p = QueryParser.parse(text);
    Validation.check(p.root());
    return new TraceQuery(p);
  }

  /**
   * Parses a query that may end in the middle of a comparison, as in the editor of a user.
   *
   * @throws TraceqlParseException if it cannot be completed
   */
  public static TraceQuery parseUnfinished(String text) {
    return parse(Completion.complete(text));
  }

  /**
   * Parses the name of an attribute or intrinsic field, such as {@code resource.service.name}.
   *
   * @throws TraceqlParseException if it is not a field
   */
  public static FieldExpr parseField(String text) {
    return QueryParser.parseField(text);
  }

  /** Returns the tree. */
  public Root root() {
    return root;
  }

  /** True if the result is series. */
  public boolean isMetrics() {
    return root instanceof Root.Metrics;
  }

  /** Hints of {@code with(...)} by their names, in order. */
  public Map<String, TraceValue> hints() {
    return hints;
  }

  /** Returns a boolean hint; the given value if it is absent or of another type. */
  public boolean hint(String name, boolean otherwise) {
    TraceValue v = hints.get(name);
    return v instanceof TraceValue.Bool b ? b.value() : otherwise;
  }

  /** Returns an integer hint, or null if it is absent or of another type. */
  public @Nullable Long integerHint(String name) {
    return hints.get(name) instanceof TraceValue.Int i ? Long.valueOf(i.value()) : null;
  }

  /** Returns the canonical text. */
  @Override
  public String toString() {
    return TraceqlPrinter.root(root) + TraceqlPrinter.hints(hints);
  }
}
