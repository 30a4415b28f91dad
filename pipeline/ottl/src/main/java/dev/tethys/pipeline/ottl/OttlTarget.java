package dev.tethys.pipeline.ottl;

import org.jspecify.annotations.Nullable;

/** An expression that can be assigned to: a path. */
public abstract class OttlTarget extends OttlExpr {
  protected OttlTarget(Type type) {
    super(type);
  }

  /**
   * Assigns a value; maps and lists are copied.
   *
   * @throws EvaluationException if the field cannot hold the value
   */
  public abstract void set(Cursor at, @Nullable Object value);

  /** Implementation for {@link #of}. */
  @FunctionalInterface
  public interface Setter {
    void set(Cursor at, @Nullable Object value);
  }

  public static OttlTarget of(Type type, Getter getter, Setter setter) {
    return new OttlTarget(type) {
      @Override
      public @Nullable Object get(Cursor at) {
        return getter.get(at);
      }

      @Override
      public void set(Cursor at, @Nullable Object value) {
        setter.set(at, value);
      }
    };
  }

  /** Implementation for {@link #ofLong}. */
  @FunctionalInterface
  public interface LongSetter {
    void set(Cursor at, long value);
  }

  /** Creates a field that always holds an int. */
  public static OttlTarget ofLong(LongGetter getter, LongSetter setter) {
    return new OttlTarget(Type.INT) {
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

      @Override
      public void set(Cursor at, @Nullable Object value) {
        if (!(value instanceof Long l)) {
          throw new EvaluationException(
              "this field requires an int, not "
                  + Type.of(value).text()
                  + "; convert it with Int()");
        }
        setter.set(at, l);
      }
    };
  }

  /** Implementation for {@link #ofString}. */
  @FunctionalInterface
  public interface StringSetter {
    void set(Cursor at, String value);
  }

  /** Creates a field that always holds a string. */
  public static OttlTarget ofString(Getter getter, StringSetter setter) {
    return of(
        Type.STRING,
        getter,
        (at, v) -> {
          if (!(v instanceof String s)) {
            throw new EvaluationException(
                "this field requires a string, not "
                    + Type.of(v).text()
                    + "; convert it with String()");
          }
          setter.set(at, s);
        });
  }
}
