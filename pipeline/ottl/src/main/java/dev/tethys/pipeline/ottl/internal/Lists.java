package dev.tethys.pipeline.ottl.internal;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.pipeline.ottl.EvaluationException;
import dev.tethys.pipeline.ottl.Type;
import org.jspecify.annotations.Nullable;

/** Lists of numbers that telemetry has as arrays. */
final class Lists {
  private Lists() {}

  static ArrayValue of(double[] from) {
    ArrayValue a = new ArrayValue();
    for (double d : from) {
      a.add(d);
    }
    return a;
  }

  static ArrayValue of(long[] from) {
    ArrayValue a = new ArrayValue();
    for (long l : from) {
      a.add(l);
    }
    return a;
  }

  static ArrayValue of(int[] from) {
    ArrayValue a = new ArrayValue();
    for (int i : from) {
      a.add((long) i);
    }
    return a;
  }

  static double[] doubles(@Nullable Object v) {
    ArrayValue a = numbers(v);
    double[] d = new double[a.size()];
    for (int i = 0; i < d.length; i++) {
      if (!(a.get(i) instanceof Number n)) {
        throw new EvaluationException("this field requires a list of numbers");
      }
      d[i] = n.doubleValue();
    }
    return d;
  }

  static long[] longs(@Nullable Object v) {
    ArrayValue a = numbers(v);
    long[] l = new long[a.size()];
    for (int i = 0; i < l.length; i++) {
      if (!(a.get(i) instanceof Long n)) {
        throw new EvaluationException("this field requires a list of ints");
      }
      l[i] = n;
    }
    return l;
  }

  static long[] counts(@Nullable Object v) {
    long[] l = longs(v);
    for (long n : l) {
      if (n < 0) {
        throw new EvaluationException("this field requires a list of counts");
      }
    }
    return l;
  }

  /** Returns the list to assign; an empty one for nil. */
  private static ArrayValue numbers(@Nullable Object v) {
    if (v == null) {
      return new ArrayValue();
    }
    if (v instanceof ArrayValue a) {
      return a;
    }
    throw new EvaluationException(
        "this field requires a list of numbers, not a value of type " + Type.of(v).text());
  }
}
