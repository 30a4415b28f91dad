package dev.tethys.collect.push;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Types defined by a stream of Go's {@code encoding/gob} before their first use. Each definition is
 * a message with the negated type number and a {@code wireType}, a struct with one field set.
 *
 * <p>The number repeated inside a definition is read and ignored: Go writes another one there for
 * types that encode themselves.
 */
final class GobTypes {
  static final int STRING = 6;
  static final int MAX_TYPES = 1000;
  private static final int MAX_FIELDS = 1000;
  private static final int MAX_NAME = 4096;
  private static final int FIRST_DEFINED = 64;
  private static final List<String> BUILT_IN =
      List.of("", "bool", "int", "uint", "float", "[]byte", "string", "complex", "interface");

  /** Type definition. */
  sealed interface Type {}

  /** All entries have the same key and element type. */
  record MapOf(long key, long element) implements Type {}

  record Struct(List<Field> fields) implements Type {}

  record Field(String name, long type) {}

  /** Bytes written by Go's {@code GobEncoder} of the type. */
  record Encoded() implements Type {}

  /** Arrays, slices and types with their own encoding. */
  record Other(String kind) implements Type {}

  private final Map<Long, Type> byNumber = new HashMap<>();

  /** The type with a number; null if undefined or built-in. */
  @Nullable Type get(long number) {
    return byNumber.get(number);
  }

  /** A type as messages name it. */
  String describe(long number) {
    if (number > 0 && number < BUILT_IN.size()) {
      return BUILT_IN.get((int) number);
    }
    return switch (byNumber.get(number)) {
      case null -> "type " + number + ", which is not defined";
      case MapOf m -> "a map";
      case Struct s -> "a struct";
      case Encoded e -> "a type that encodes itself";
      case Other o -> o.kind();
    };
  }

  /** Reads the rest of a definition, after its number. */
  void define(GobReader r, long at, long number) throws IOException {
    if (number < FIRST_DEFINED) {
      throw r.error(at, "type " + number + " is defined, a number of Go's own");
    }
    if (byNumber.size() >= MAX_TYPES) {
      throw r.error(at, "more than " + MAX_TYPES + " types");
    }
    int kind = r.field(-1, 7);
    Type type =
        switch (kind) {
          case 0 -> array(r);
          case 1 -> {
            long[] in = numbers(r, 1);
            yield new Other("a slice of type " + in[0]);
          }
          case 2 -> new Struct(fields(r));
          case 3 -> {
            long[] in = numbers(r, 2);
            yield new MapOf(in[0], in[1]);
          }
          case 4 -> {
            numbers(r, 0);
            yield new Encoded();
          }
          case 5, 6 -> {
            numbers(r, 0);
            yield new Other("a type that encodes itself as binary or text");
          }
          default -> throw r.error(at, "empty definition");
        };
    long next = r.position();
    if (r.field(kind, 7) >= 0) {
      throw r.error(next, "a definition of two kinds");
    }
    if (byNumber.putIfAbsent(number, type) != null) {
      throw r.error(at, "type " + number + " is defined twice");
    }
  }

  private static Type array(GobReader r) throws IOException {
    long[] in = numbers(r, 2);
    return new Other("an array of " + in[1] + " of type " + in[0]);
  }

  /** A struct of the fields that all types share, followed by numbers; omitted ones are 0. */
  private static long[] numbers(GobReader r, int n) throws IOException {
    long[] out = new long[n];
    for (int f = r.field(-1, n + 1); f >= 0; f = r.field(f, n + 1)) {
      if (f == 0) {
        common(r);
      } else {
        out[f - 1] = r.signed();
      }
    }
    return out;
  }

  /** The name of a type and its number. */
  private static void common(GobReader r) throws IOException {
    for (int f = r.field(-1, 2); f >= 0; f = r.field(f, 2)) {
      if (f == 0) {
        r.text("the name of a type", MAX_NAME);
      } else {
        r.signed();
      }
    }
  }

  private static List<Field> fields(GobReader r) throws IOException {
    List<Field> out = new ArrayList<>();
    for (int f = r.field(-1, 2); f >= 0; f = r.field(f, 2)) {
      if (f == 0) {
        common(r);
        continue;
      }
      int n = r.count("fields", MAX_FIELDS, 1);
      for (int i = 0; i < n; i++) {
        out.add(field(r));
      }
    }
    return List.copyOf(out);
  }

  private static Field field(GobReader r) throws IOException {
    String name = "";
    long type = 0;
    for (int f = r.field(-1, 2); f >= 0; f = r.field(f, 2)) {
      if (f == 0) {
        name = r.text("the name of a field", MAX_NAME);
      } else {
        type = r.signed();
      }
    }
    return new Field(name, type);
  }
}
