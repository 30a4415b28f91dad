package dev.tethys.control.mdai;

import java.math.BigDecimal;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/** Type of a variable's value. */
public enum DataType {
  STRING("string"),
  INT("int"),
  FLOAT("float"),
  BOOLEAN("boolean"),
  SET("set"),
  MAP("map"),
  META_HASH_SET("metaHashSet"),
  META_PRIORITY_LIST("metaPriorityList");

  private final String word;

  DataType(String word) {
    this.word = word;
  }

  /** Returns the name in resources. */
  public String word() {
    return word;
  }

  boolean isMeta() {
    return this == META_HASH_SET || this == META_PRIORITY_LIST;
  }

  public boolean isScalar() {
    return switch (this) {
      case STRING, INT, FLOAT, BOOLEAN -> true;
      case SET, MAP, META_HASH_SET, META_PRIORITY_LIST -> false;
    };
  }

  /**
   * Reads a value.
   *
   * @throws IllegalArgumentException if it is not of this type
   */
  public Value read(JsonNode n) {
    return switch (this) {
      case STRING -> {
        check(n.isString(), n, "a string");
        yield Value.of(n.stringValue());
      }
      case INT -> {
        check(n.isIntegralNumber() && n.canConvertToLong(), n, "a whole number of 64 bits");
        yield Value.of(Long.toString(n.longValue()));
      }
      case FLOAT -> {
        check(n.isNumber() && Double.isFinite(n.doubleValue()), n, "a finite number");
        yield Value.of(decimal(n.doubleValue()));
      }
      case BOOLEAN -> {
        check(n.isBoolean(), n, "true or false");
        yield Value.of(Boolean.toString(n.booleanValue()));
      }
      case SET -> {
        check(n.isArray(), n, "a list of strings");
        LinkedHashSet<String> out = new LinkedHashSet<>();
        for (JsonNode e : n) {
          check(e.isString(), e, "a string");
          out.add(e.stringValue());
        }
        yield Value.of(out);
      }
      case MAP -> {
        check(n.isObject(), n, "a map of strings");
        TreeMap<String, String> out = new TreeMap<>();
        for (Map.Entry<String, JsonNode> e : n.properties()) {
          check(e.getValue().isString(), e.getValue(), "a string");
          out.put(e.getKey(), e.getValue().stringValue());
        }
        yield Value.of(out);
      }
      case META_HASH_SET, META_PRIORITY_LIST ->
          throw new IllegalArgumentException("a meta variable is computed; it cannot be set");
    };
  }

  /**
   * Reads a scalar from a text.
   *
   * @throws IllegalArgumentException if it is not of this type
   */
  Value readText(String text) {
    try {
      return switch (this) {
        case STRING -> Value.of(text);
        case INT -> Value.of(Long.toString(Long.parseLong(text)));
        case FLOAT -> {
          double d = Double.parseDouble(text);
          if (!Double.isFinite(d)) {
            throw new IllegalArgumentException("\"" + text + "\" is not a finite number");
          }
          yield Value.of(decimal(d));
        }
        case BOOLEAN -> {
          if (!text.equals("true") && !text.equals("false")) {
            throw new IllegalArgumentException("\"" + text + "\" is not true or false");
          }
          yield Value.of(text);
        }
        case SET, MAP, META_HASH_SET, META_PRIORITY_LIST ->
            throw new IllegalArgumentException("a " + word + " cannot be set from a text");
      };
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + text + "\" is not of the type " + word, e);
    }
  }

  private static String decimal(double d) {
    return d == 0 ? "0" : BigDecimal.valueOf(d).stripTrailingZeros().toPlainString();
  }

  private void check(boolean ok, JsonNode n, String wanted) {
    if (!ok) {
      String shown = n.toString();
      throw new IllegalArgumentException(
          (shown.length() > 80 ? shown.substring(0, 77) + "..." : shown)
              + " is not "
              + wanted
              + ", which the type "
              + word
              + " requires");
    }
  }

  /** Returns the types by name, in enum order. */
  static Map<String, DataType> words() {
    Map<String, DataType> out = new java.util.LinkedHashMap<>();
    for (DataType t : List.of(values())) {
      out.put(t.word, t);
    }
    return out;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
