package dev.tethys.pipeline.ottl;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.pipeline.ottl.internal.Conversions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Compiled arguments of one call, by parameter index. */
public final class Arguments {
  /**
   * One argument: an expression converted and checked for the parameter's kind, a list of them, or
   * a lambda.
   */
  record BoundArgument(
      int at, @Nullable OttlExpr expr, @Nullable List<OttlExpr> list, @Nullable Lambda lambda) {}

  /** Inline function (lambda). */
  public static final class Lambda {
    private final int firstSlot;
    private final boolean[] bound;
    private final OttlExpr body;

    Lambda(int firstSlot, boolean[] bound, OttlExpr body) {
      this.firstSlot = firstSlot;
      this.bound = bound;
      this.body = body;
    }

    public @Nullable Object call(Cursor at, @Nullable Object... values) {
      for (int i = 0; i < bound.length; i++) {
        if (bound[i]) {
          at.setLocal(firstSlot + i, values[i]);
        }
      }
      return body.get(at);
    }

    /**
     * Calls it as a predicate.
     *
     * @throws EvaluationException if the result is not a boolean
     */
    public boolean test(Cursor at, @Nullable Object... values) {
      if (call(at, values) instanceof Boolean b) {
        return b;
      }
      throw new EvaluationException("the lambda does not give a bool");
    }
  }

  private final String text;
  private final OttlFunction function;
  private final OttlContext context;
  private final int at;
  private final @Nullable BoundArgument[] given;

  Arguments(
      String text,
      OttlFunction function,
      OttlContext context,
      int at,
      @Nullable BoundArgument[] given) {
    this.text = text;
    this.function = function;
    this.context = context;
    this.at = at;
    this.given = given;
  }

  /** Returns the context of the call. */
  public OttlContext context() {
    return context;
  }

  public boolean has(int i) {
    return given[i] != null;
  }

  public OttlExpr expr(int i) {
    return Objects.requireNonNull(Objects.requireNonNull(given[i]).expr());
  }

  public @Nullable OttlExpr optional(int i) {
    BoundArgument g = given[i];
    return g == null ? null : g.expr();
  }

  /** Returns the argument, or a constant if it is absent. */
  public OttlExpr expr(int i, Object otherwise) {
    return given[i] == null ? OttlExpr.constant(otherwise) : expr(i);
  }

  public List<OttlExpr> list(int i) {
    BoundArgument g = given[i];
    return g == null || g.list() == null ? List.of() : g.list();
  }

  /** Values of a list, computed per element or as a whole. */
  public interface Values {
    /**
     * Values converted for the parameter.
     *
     * @throws EvaluationException if there is no list or an item has the wrong type
     */
    List<@Nullable Object> get(Cursor at);

    /** Whether the values are the same for every item. */
    boolean areConstant();
  }

  /** Returns a list declared with {@link OttlFunction.Builder#takesListOf}. */
  public Values values(int i) {
    OttlExpr whole = optional(i);
    if (whole == null) {
      List<OttlExpr> items = list(i);
      return new Values() {
        @Override
        public List<@Nullable Object> get(Cursor at) {
          List<@Nullable Object> values = new ArrayList<>(items.size());
          for (OttlExpr e : items) {
            values.add(e.get(at));
          }
          return values;
        }

        @Override
        public boolean areConstant() {
          return items.stream().allMatch(OttlExpr::isConstant);
        }
      };
    }
    OttlFunction.Parameter p = function.parameters().get(i);
    return new Values() {
      @Override
      public List<@Nullable Object> get(Cursor at) {
        ArrayValue list =
            (ArrayValue)
                Objects.requireNonNull(
                    Conversions.one(ParameterKind.LIST, p.name(), whole.get(at)));
        List<@Nullable Object> values = new ArrayList<>(list.size());
        for (int n = 0; n < list.size(); n++) {
          values.add(Conversions.one(p.kind(), "an item of " + p.name(), list.get(n)));
        }
        return values;
      }

      @Override
      public boolean areConstant() {
        return false;
      }
    };
  }

  public OttlTarget target(int i) {
    return (OttlTarget) expr(i);
  }

  public Lambda lambda(int i) {
    return Objects.requireNonNull(Objects.requireNonNull(given[i]).lambda());
  }

  public @Nullable Lambda optionalLambda(int i) {
    BoundArgument g = given[i];
    return g == null ? null : g.lambda();
  }

  /** Returns a string literal of the statement. */
  public String string(int i) {
    return (String) constant(i);
  }

  public String string(int i, String otherwise) {
    return given[i] == null ? otherwise : string(i);
  }

  /** Strings that are written in the statement. */
  public List<String> strings(int i) {
    return list(i).stream().map(e -> (String) Objects.requireNonNull(e.get(NOWHERE))).toList();
  }

  public long integer(int i, long otherwise) {
    return given[i] == null ? otherwise : (Long) constant(i);
  }

  public double number(int i, double otherwise) {
    return given[i] == null ? otherwise : ((Number) constant(i)).doubleValue();
  }

  public boolean truth(int i, boolean otherwise) {
    return given[i] == null ? otherwise : (Boolean) constant(i);
  }

  private Object constant(int i) {
    return Objects.requireNonNull(expr(i).get(NOWHERE));
  }

  static final Cursor NOWHERE = new Cursor();

  /** Refuses an argument. */
  public OttlException error(int i, String reason) {
    BoundArgument g = i < given.length ? given[i] : null;
    return new OttlException(text, g == null ? at : g.at(), function.name() + ": " + reason);
  }
}
