package dev.tethys.model.telemetry;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A list of values, each of a type listed in {@link AnyValue}. Equal when its values are, in order.
 */
public final class ArrayValue {
  private static final @Nullable Object[] NONE = {};

  private @Nullable Object[] values = NONE;
  private int size;

  public ArrayValue() {}

  /** Adds values one by one. */
  public static ArrayValue of(@Nullable Object... values) {
    ArrayValue a = new ArrayValue();
    for (Object v : values) {
      a.add(v);
    }
    return a;
  }

  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** The value at an index below {@link #size()}. */
  public @Nullable Object get(int index) {
    Objects.checkIndex(index, size);
    Object v = values[index];
    if (v instanceof Utf8 u) {
      values[index] = v = u.toString();
    }
    return v;
  }

  /** Returns the value like {@link #get}, but text that was not read yet is {@link Utf8}. */
  public @Nullable Object raw(int index) {
    Objects.checkIndex(index, size);
    return values[index];
  }

  public void set(int index, @Nullable Object value) {
    Objects.checkIndex(index, size);
    values[index] = AnyValue.checked(value);
  }

  public void add(@Nullable Object value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, Math.max(4, 2 * size));
    }
    values[size++] = AnyValue.checked(value);
  }

  /** Removes the value at an index; those after it move up. */
  public void remove(int index) {
    removeRange(index, index + 1);
  }

  /** Removes the values from an index up to, not including, another. */
  public void removeRange(int from, int to) {
    Objects.checkFromToIndex(from, to, size);
    System.arraycopy(values, to, values, from, size - to);
    int end = size - (to - from);
    Arrays.fill(values, end, size, null);
    size = end;
  }

  /** A deep copy. */
  public ArrayValue copy() {
    ArrayValue c = new ArrayValue();
    c.values = size == 0 ? NONE : new Object[size];
    c.size = size;
    for (int i = 0; i < size; i++) {
      c.values[i] = AnyValue.copy(values[i]);
    }
    return c;
  }

  @Override
  public boolean equals(@Nullable Object o) {
    if (!(o instanceof ArrayValue a) || a.size != size) {
      return false;
    }
    for (int i = 0; i < size; i++) {
      if (!AnyValue.equal(values[i], a.values[i])) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    int h = 1;
    for (int i = 0; i < size; i++) {
      h = 31 * h + AnyValue.hash(values[i]);
    }
    return h;
  }

  @Override
  public String toString() {
    StringBuilder sb = new StringBuilder("[");
    for (int i = 0; i < size; i++) {
      sb.append(i == 0 ? "" : ", ");
      sb.append(values[i] instanceof byte[] b ? Arrays.toString(b) : values[i]);
    }
    return sb.append(']').toString();
  }
}
