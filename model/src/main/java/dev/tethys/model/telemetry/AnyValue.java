package dev.tethys.model.telemetry;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Values of OTLP's AnyValue as plain objects, without a wrapper. The classes are {@code String},
 * {@code Boolean}, {@code Long}, {@code Double}, {@code byte[]}, {@link ArrayValue}, {@link
 * Attributes} (a kvlist); {@code null} is the empty value. Inside the tree text may also be {@link
 * Utf8}: only methods named {@code raw} return it.
 */
public final class AnyValue {
  /** The kinds of values, named as OTLP names them. */
  public enum Kind {
    EMPTY,
    STRING,
    BOOL,
    INT,
    DOUBLE,
    BYTES,
    ARRAY,
    KVLIST
  }

  private AnyValue() {}

  /**
   * Returns the kind of a value.
   *
   * @throws IllegalArgumentException for an object of any other class
   */
  public static Kind kind(@Nullable Object value) {
    return switch (value) {
      case null -> Kind.EMPTY;
      case String _, Utf8 _ -> Kind.STRING;
      case Boolean _ -> Kind.BOOL;
      case Long _ -> Kind.INT;
      case Double _ -> Kind.DOUBLE;
      case byte[] _ -> Kind.BYTES;
      case ArrayValue _ -> Kind.ARRAY;
      case Attributes _ -> Kind.KVLIST;
      default -> throw new IllegalArgumentException("not a value of OTLP: " + value.getClass());
    };
  }

  /** The value itself, once its class is known to be one of those above. */
  static @Nullable Object checked(@Nullable Object value) {
    kind(value);
    return value;
  }

  /** The value with {@link Utf8} as {@code String}. */
  static @Nullable Object plain(@Nullable Object value) {
    return value instanceof Utf8 u ? u.toString() : value;
  }

  /** Returns a deep copy that shares no mutable state and references no buffer. */
  public static @Nullable Object copy(@Nullable Object value) {
    return switch (value) {
      case Utf8 u -> u.toString();
      case byte[] b -> b.clone();
      case ArrayValue a -> a.copy();
      case Attributes a -> a.copy();
      case null, default -> value;
    };
  }

  /** Whether two values are of the same kind and equal, however deep; NaN equals NaN. */
  public static boolean equal(@Nullable Object a, @Nullable Object b) {
    if (a instanceof byte[] x && b instanceof byte[] y) {
      return Arrays.equals(x, y);
    }
    return Objects.equals(plain(a), plain(b));
  }

  /** Returns a hash consistent with {@link #equal}. */
  public static int hash(@Nullable Object value) {
    return value instanceof byte[] b ? Arrays.hashCode(b) : Objects.hashCode(plain(value));
  }
}
