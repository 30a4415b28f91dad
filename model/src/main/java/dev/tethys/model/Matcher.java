package dev.tethys.model;

import dev.tethys.model.cancellation.Cancellation;
import dev.tethys.model.regex.ByteSearch;
import dev.tethys.model.regex.Regex;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A condition on one label: equal, not equal, or a fully anchored RE2 expression in which the dot
 * also matches a line end. An absent label counts as {@code ""}.
 */
public final class Matcher {
  /** The four kinds; numbers as in the remote read protocol. */
  public enum Type {
    EQUAL("="),
    NOT_EQUAL("!="),
    REGEX("=~"),
    NOT_REGEX("!~");

    private final String operator;

    Type(String operator) {
      this.operator = operator;
    }

    /** Operator in PromQL. */
    public String operator() {
      return operator;
    }
  }

  private final Type type;
  private final String name;
  private final String value;
  private final @Nullable Regex regex;
  private byte @Nullable [] utf8; // of the value; races only repeat the work

  private Matcher(Type type, String name, String value, @Nullable Regex regex) {
    this.type = type;
    this.name = name;
    this.value = value;
    this.regex = regex;
  }

  /**
   * Creates a matcher.
   *
   * @throws IllegalArgumentException with Go's message when the expression is not valid RE2
   */
  public static Matcher of(Type type, String name, String value) {
    boolean expression = type == Type.REGEX || type == Type.NOT_REGEX;
    return new Matcher(type, name, value, expression ? Regex.whole(value) : null);
  }

  /** {@code name="value"}. */
  public static Matcher equal(String name, String value) {
    return new Matcher(Type.EQUAL, name, value, null);
  }

  public Type type() {
    return type;
  }

  public String name() {
    return name;
  }

  /** The original value or expression. */
  public String value() {
    return value;
  }

  /** Whether a label value (empty for an absent label) meets the condition. */
  public boolean matches(String labelValue) {
    return switch (type) {
      case EQUAL -> value.equals(labelValue);
      case NOT_EQUAL -> !value.equals(labelValue);
      case REGEX -> fits(labelValue);
      case NOT_REGEX -> !fits(labelValue);
    };
  }

  private boolean fits(String labelValue) {
    Cancellation.check();
    return Objects.requireNonNull(regex).matches(labelValue);
  }

  /** Whether a label value meets the condition, as UTF-8 bytes. Does not check for cancellation. */
  public boolean matches(byte[] labelValue, int from, int to) {
    if (regex == null) {
      boolean equal = Arrays.equals(utf8(), 0, utf8().length, labelValue, from, to);
      return equal == (type == Type.EQUAL);
    }
    return regex.matches(labelValue, from, to) == (type == Type.REGEX);
  }

  private byte[] utf8() {
    byte[] b = utf8;
    if (b == null) {
      b = value.getBytes(StandardCharsets.UTF_8);
      utf8 = b;
    }
    return b;
  }

  /**
   * Returns the finite set of values accepted by the positive form of the condition ({@code =},
   * {@code =~}); null if unknown.
   */
  public @Nullable Set<String> values() {
    return regex == null ? Set.of(value) : regex.values();
  }

  /** Prefix of all values that match the positive form of the condition. */
  public String prefix() {
    return regex == null ? value : regex.prefix();
  }

  /**
   * Searches for strings, one of which every value that matches the positive form of the condition
   * contains; empty if none are known.
   */
  public List<ByteSearch> requiredChoices() {
    return regex == null ? List.of() : regex.requiredChoices();
  }

  /**
   * Returns the bytes that matching may use in addition to the values, for the caller's memory
   * budget.
   */
  public long matchingBytes() {
    return regex == null ? 0 : regex.matchingBytes();
  }

  /** Whether a label set meets the condition. */
  public boolean matches(Labels labels) {
    return matches(labels.get(name));
  }

  /** Whether a label set meets all conditions. */
  public static boolean matchAll(List<Matcher> matchers, Labels labels) {
    for (int i = 0; i < matchers.size(); i++) {
      if (!matchers.get(i).matches(labels)) {
        return false;
      }
    }
    return true;
  }

  /** Whether a map of labels meets all conditions. */
  public static boolean matchAll(List<Matcher> matchers, Map<String, String> labels) {
    for (int i = 0; i < matchers.size(); i++) {
      Matcher m = matchers.get(i);
      if (!m.matches(labels.getOrDefault(m.name, ""))) {
        return false;
      }
    }
    return true;
  }

  /** Whether a series without the label meets the condition. */
  public boolean matchesEmpty() {
    return matches("");
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof Matcher m && type == m.type && name.equals(m.name) && value.equals(m.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, name, value);
  }

  /** Formats the matcher as in PromQL: {@code name=~"value"}. */
  @Override
  public String toString() {
    return (LabelNames.isLegacyLabelName(name) ? name : GoQuote.quote(name))
        + type.operator()
        + GoQuote.quote(value);
  }
}
