package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.Nullable;

/**
 * A compiled expression: a closure over where an evaluation stands. Stateless but for caches that
 * any thread may use; a {@link Cursor} belongs to one thread.
 */
public abstract class OttlExpr {
  private final Type type;

  protected OttlExpr(Type type) {
    this.type = type;
  }

  /** What it gives whenever that is not nil. */
  public final Type type() {
    return type;
  }

  /**
   * The value.
   *
   * @throws EvaluationException when there is none
   */
  public abstract @Nullable Object get(Cursor at);

  /** Whether it gives an int for every item; then {@link #getLong} may be called. */
  public boolean alwaysInt() {
    return false;
  }

  /** The value of an expression that is {@link #alwaysInt()}, without an object. */
  public long getLong(Cursor at) {
    return (Long) java.util.Objects.requireNonNull(get(at));
  }

  /** Whether it gives the same for every item. */
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

  /** An expression that is always an int. */
  public static OttlExpr ofLong(LongGetter getter) {
    return new OttlExpr(Type.INT) {
      @Override
      public Object get(Cursor at) {
        return getter.get(at);
      }

      @Override
      public long getLong(Cursor at) {
        return getter.get(at);
      }

      @Override
      public boolean alwaysInt() {
        return true;
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
