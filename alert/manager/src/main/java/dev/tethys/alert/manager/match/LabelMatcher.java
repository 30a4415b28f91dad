package dev.tethys.alert.manager.match;

import dev.tethys.model.GoQuote;
import dev.tethys.model.regex.Regex;
import java.util.Comparator;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A condition on one label. An absent label counts as {@code ""}. Unlike in PromQL the dot of an
 * expression does not match a line end.
 */
public final class LabelMatcher {
  /** The four kinds, in the order of Alertmanager's sorting. */
  public enum Type {
    EQUAL("="),
    NOT_EQUAL("!="),
    REGEX("=~"),
    NOT_REGEX("!~");

    private final String operator;

    Type(String operator) {
      this.operator = operator;
    }

    /** Returns the operator in text form. */
    public String operator() {
      return operator;
    }

    /** Returns the kind with these two properties, as the API names them. */
    public static Type of(boolean equal, boolean regex) {
      return regex ? equal ? REGEX : NOT_REGEX : equal ? EQUAL : NOT_EQUAL;
    }
  }

  /** Order by name, then value, then kind. */
  public static final Comparator<LabelMatcher> ORDER =
      Comparator.comparing(LabelMatcher::name)
          .thenComparing(LabelMatcher::value)
          .thenComparing(LabelMatcher::type);

  private final Type type;
  private final String name;
  private final String value;
  private final @Nullable Regex regex;

  private LabelMatcher(Type type, String name, String value, @Nullable Regex regex) {
    this.type = type;
    this.name = name;
    this.value = value;
    this.regex = regex;
  }

  /**
   * Creates a matcher.
   *
   * @throws IllegalArgumentException with the parser's message if the expression is not valid RE2
   */
  public static LabelMatcher of(Type type, String name, String value) {
    boolean expression = type == Type.REGEX || type == Type.NOT_REGEX;
    return new LabelMatcher(type, name, value, expression ? anchored(value) : null);
  }

  /**
   * Compiles an expression that has to match a whole value.
   *
   * @throws IllegalArgumentException if it is not valid RE2, or would take too much memory
   */
  public static Regex anchored(String expression) {
    return Regex.compile("^(?:" + expression + ")$");
  }

  public Type type() {
    return type;
  }

  public String name() {
    return name;
  }

  /** Returns the original value or expression. */
  public String value() {
    return value;
  }

  /** Returns the approximate maximum number of bytes that it uses, including while matching. */
  public long bytes() {
    Regex r = regex;
    return 64L + 2L * (name.length() + value.length()) + (r == null ? 0 : r.findingBytes());
  }

  public boolean isRegex() {
    return regex != null;
  }

  /** True for {@code =} and {@code =~}. */
  public boolean isEqual() {
    return type == Type.EQUAL || type == Type.REGEX;
  }

  /** Whether a label value meets the condition. */
  public boolean matches(String labelValue) {
    return switch (type) {
      case EQUAL -> value.equals(labelValue);
      case NOT_EQUAL -> !value.equals(labelValue);
      case REGEX -> Objects.requireNonNull(regex).find(labelValue);
      case NOT_REGEX -> !Objects.requireNonNull(regex).find(labelValue);
    };
  }

  /** Whether labels meet the condition. */
  public boolean matches(Map<String, String> labels) {
    return matches(labels.getOrDefault(name, ""));
  }

  @Override
  public boolean equals(@Nullable Object o) {
    return o instanceof LabelMatcher m
        && type == m.type
        && name.equals(m.name)
        && value.equals(m.value);
  }

  @Override
  public int hashCode() {
    return Objects.hash(type, name, value);
  }

  /** Formats the matcher like Alertmanager: {@code name="value"}, the name quoted if necessary. */
  @Override
  public String toString() {
    if (name.codePoints().anyMatch(MatcherLexer::isReserved)) {
      return GoQuote.quote(name) + type.operator() + GoQuote.quote(value);
    }
    return name
        + type.operator()
        + '"'
        + value.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"")
        + '"';
  }
}
