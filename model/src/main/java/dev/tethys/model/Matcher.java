package dev.tethys.model;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.tethys.model.storage.Cancellation;
import java.util.Objects;
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

    /** As written in PromQL. */
    public String operator() {
      return operator;
    }
  }

  private final Type type;
  private final String name;
  private final String value;
  private final @Nullable Pattern pattern;

  private Matcher(Type type, String name, String value, @Nullable Pattern pattern) {
    this.type = type;
    this.name = name;
    this.value = value;
    this.pattern = pattern;
  }

  /**
   * Makes a matcher.
   *
   * @throws IllegalArgumentException with the parser's words when the expression is not valid RE2
   */
  public static Matcher of(Type type, String name, String value) {
    Pattern p = null;
    if (type == Type.REGEX || type == Type.NOT_REGEX) {
      try {
        p = whole(value);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
    }
    return new Matcher(type, name, value, p);
  }

  /**
   * Compiles the expression of a matcher: it has to be valid by itself, so that no parenthesis of
   * it closes the group around it ({@code a)|(b} would match whatever begins with a), and is
   * refused in words about what was written.
   */
  private static Pattern whole(String expression) {
    if (!RegexSize.check(expression).isBalanced()) {
      valid(expression);
    }
    try {
      return anchored(expression);
    } catch (PatternSyntaxException e) {
      valid(expression);
      return anchored(expression + "\\E"); // a quotation that ends with the expression
    }
  }

  private static void valid(String expression) {
    try {
      Pattern.compile(RegexSize.check(expression).spelled());
    } catch (PatternSyntaxException e) {
      throw inWordsOfGo(e, expression);
    }
  }

  /**
   * RE2/J takes a closing parenthesis without an opening one for an error of its own, and quotes
   * nothing where Go quotes an empty text.
   */
  private static PatternSyntaxException inWordsOfGo(PatternSyntaxException e, String expression) {
    if ("stack underflow".equals(e.getPattern())) {
      return new PatternSyntaxException("unexpected )", expression);
    }
    return String.valueOf(e.getMessage()).endsWith("`")
        ? e
        : new PatternSyntaxException(e.getDescription(), "");
  }

  /**
   * Compiles an expression that has to match a whole value, in a group as it stands: what it means
   * is that of the whole, as in Prometheus's relabelling and {@code label_replace}.
   *
   * @throws PatternSyntaxException when it is not valid RE2, or would take too much memory
   */
  public static Pattern anchored(String expression) {
    String whole = "^(?s:" + RegexSize.check(expression).spelled() + ")$";
    try {
      return Pattern.compile(whole);
    } catch (PatternSyntaxException e) {
      throw inWordsOfGo(e, whole);
    } catch (StackOverflowError e) { // counted repetitions nest too
      throw new PatternSyntaxException("expression nests too deeply", expression);
    }
  }

  /**
   * Refuses an expression that would take too much memory to compile.
   *
   * @throws PatternSyntaxException when it would
   */
  public static void checkSize(String expression) {
    RegexSize.check(expression);
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

  /** The value or the expression, as it was given. */
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

  /** May be {@linkplain Cancellation interrupted}: expressions can be made that take long. */
  private boolean fits(String labelValue) {
    Cancellation.check();
    return Objects.requireNonNull(pattern)
        .matcher(Cancellation.interruptible(labelValue))
        .matches();
  }

  /** Whether a label set meets the condition. */
  public boolean matches(Labels labels) {
    return matches(labels.get(name));
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

  /** As PromQL writes it: {@code name=~"value"}. */
  @Override
  public String toString() {
    return (LabelNames.isLegacyLabelName(name) ? name : GoQuote.quote(name))
        + type.operator()
        + GoQuote.quote(value);
  }
}
