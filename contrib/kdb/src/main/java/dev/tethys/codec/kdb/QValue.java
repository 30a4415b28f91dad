package dev.tethys.codec.kdb;

import java.lang.reflect.Array;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A value of q, as messages carry them. Immutable: arrays are not changed. */
public sealed interface QValue {
  /** {@code (::)}, the result of functions without one. */
  QValue NOTHING = new Primitive(101, 0);

  /**
   * Several of one type.
   *
   * @param array {@code byte[]} for booleans, bytes and characters; {@code UUID[]}; {@code
   *     short[]}; {@code int[]} for ints, months, dates, minutes, seconds and times; {@code long[]}
   *     for longs, timestamps and timespans; {@code float[]}; {@code double[]} for floats and
   *     datetimes; {@code String[]} for symbols
   */
  record Vector(QType type, Object array) implements QValue {
    public Vector {
      if (type.array() != array.getClass()) {
        throw new IllegalArgumentException(type + " in " + array.getClass().getSimpleName());
      }
    }

    public int size() {
      return Array.getLength(array);
    }

    @Override
    public boolean equals(@Nullable Object o) {
      return o instanceof Vector v && type == v.type && Objects.deepEquals(array, v.array);
    }

    @Override
    public int hashCode() {
      return type.hashCode() * 31 + size();
    }

    @Override
    public String toString() {
      return type + " × " + size();
    }
  }

  /** Atom of a type, as opposed to a vector of length one. */
  record Atom(Vector one) implements QValue {
    public Atom {
      if (one.size() != 1) {
        throw new IllegalArgumentException("an atom is one value");
      }
    }
  }

  /** A general list. */
  record Mixed(List<QValue> items) implements QValue {
    public Mixed {
      items = List.copyOf(items);
    }
  }

  /** A dictionary, or a keyed table when both are tables. */
  record Dict(QValue keys, QValue values) implements QValue {}

  /** A table: columns of one length. */
  record Table(List<String> names, List<QValue> columns) implements QValue {
    public Table {
      names = List.copyOf(names);
      columns = List.copyOf(columns);
      if (names.size() != columns.size()) {
        throw new IllegalArgumentException(
            names.size() + " names for " + columns.size() + " columns");
      }
    }
  }

  /**
   * A built-in function: type 101 (one argument), 102 (two), 103 (adverbs) with its number.
   *
   * <p>Of type 102 are {@code : + - * % & | ^ = < > $ , # _ ~ ! ? @ .} from 0 on, then {@code 0: 1:
   * 2: in within like}. Type 101 has the unary forms of the first of these, {@code ~} being {@code
   * not}.
   */
  record Primitive(int type, int code) implements QValue {
    public static final Primitive NOT = new Primitive(101, 15);
    public static final Primitive EQUAL = new Primitive(102, 8);
    public static final Primitive QUERY = new Primitive(102, 17);
    public static final Primitive IN = new Primitive(102, 23);
    public static final Primitive WITHIN = new Primitive(102, 24);
  }

  /** A function as text, with the namespace that it belongs to. */
  record Lambda(String context, String text) implements QValue {}

  /** Error, returned instead of a result. */
  record Error(String text) implements QValue {}

  /** Number of items: rows of a table, keys of a dictionary, 1 for anything without items. */
  static int size(QValue v) {
    return switch (v) {
      case Vector x -> x.size();
      case Mixed x -> x.items.size();
      case Table t -> t.columns.isEmpty() ? 0 : size(t.columns.getFirst());
      case Dict d -> size(d.keys);
      case Atom _, Primitive _, Lambda _, Error _ -> 1;
    };
  }

  /** Characters: a string in q. Its bytes are UTF-8. */
  static Vector text(String s) {
    return new Vector(QType.CHAR, s.getBytes(StandardCharsets.UTF_8));
  }

  static Atom symbol(String s) {
    return new Atom(new Vector(QType.SYMBOL, new String[] {s}));
  }

  static Vector symbols(String... s) {
    return new Vector(QType.SYMBOL, s.clone());
  }

  static Atom bool(boolean b) {
    return new Atom(new Vector(QType.BOOLEAN, new byte[] {(byte) (b ? 1 : 0)}));
  }

  static Atom atom(QType type, long n) {
    return new Atom(
        type.array() == long[].class
            ? new Vector(type, new long[] {n})
            : new Vector(type, new int[] {Math.toIntExact(n)}));
  }

  static Atom atom(double d) {
    return new Atom(new Vector(QType.FLOAT, new double[] {d}));
  }

  static Atom atom(UUID g) {
    return new Atom(new Vector(QType.GUID, new UUID[] {g}));
  }

  static Mixed list(QValue... items) {
    return new Mixed(List.of(items));
  }
}
