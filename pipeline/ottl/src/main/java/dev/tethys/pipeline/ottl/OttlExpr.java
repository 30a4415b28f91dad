package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.Nullable;

/**
 * Compiled expression: a closure evaluated at a cursor. Stateless except for thread-safe caches; a
 * {@link Cursor} belongs to one thread.
 */
public abstract class OttlExpr {
  private final Type type;

  protected OttlExpr(Type type) {
    this.type = type;
  }

  /** Type of all values that are not nil. */
  public final Type type() {
    return type;
  }

  /**
   * Evaluates the expression.
   *
   * @throws EvaluationException if it has no value
   */
  public abstract @Nullable Object get(Cursor at);

  /** Whether every value is an int; then {@link #getLong} may be called. */
  public boolean alwaysInt() {
    return false;
  }

  /** The value of an expression that is {@link #alwaysInt()}, without an object. */
  public long getLong(Cursor at) {
    return (Long) java.util.Objects.requireNonNull(get(at));
  }

  /** Whether the expression returns the same value for every item. */
  public boolean isConstant() {
    return false;
  }

  /** Implementation for {@link #of}. */
  @FunctionalInterface
  public interface Getter {
    @Nullable Object get(Cursor at);
  }

  /** Implementation for {@link #ofLong}. */
  @FunctionalInterface
  public interface LongGetter {
    long get(Cursor at);
  }

  public static OttlExpr of(Type type, Getter getter) {
    return new OttlExpr(type) {
      @Override
      public @Nullable Object get(Cursor at) {
        return getter.get(at);
      }
    };
  }

  public static OttlExpr constant(@Nullable Object value) {
    return new Constant(value);
  }

  private static final class Constant extends OttlExpr {
    private final @Nullable Object value;

    Constant(@Nullable Object value) {
      super(Type.of(value));
      this.value = value;
    }

    @Override
    public @Nullable Object get(Cursor at) {
      return value;
    }

    @Override
    public boolean alwaysInt() {
      return value instanceof Long;
    }

    @Override
    public boolean isConstant() {
      return true;
    }
  }
}
