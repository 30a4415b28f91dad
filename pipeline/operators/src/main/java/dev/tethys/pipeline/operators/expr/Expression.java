package dev.tethys.pipeline.operators.expr;

import dev.tethys.model.telemetry.Attributes;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Compiled expression. Values are those of {@link dev.tethys.model.telemetry.AnyValue}, plus {@link
 * java.time.ZonedDateTime} and {@link java.time.Duration}, which cannot be in lists and maps.
 * Thread-safe.
 *
 * @param <E> type of its subject
 */
public final class Expression<E> {
  /**
   * A function available only for expressions about certain subjects.
   *
   * @param arguments number of arguments
   * @param body computes the value for a subject and arguments
   */
  public record Own<E>(int arguments, BiFunction<E, @Nullable Object[], @Nullable Object> body) {}

  private final ExprNode root;
  private final int variables;

  private Expression(ExprNode root, int variables) {
    this.root = root;
    this.variables = variables;
  }

  /**
   * Compiles an expression.
   *
   * @param names values of the subject by name
   * @throws ExpressionException with the position, if it is malformed or uses an unknown name or
   *     function
   */
  public static <E> Expression<E> compile(
      String text, Map<String, Function<E, @Nullable Object>> names) {
    return compile(text, names, Map.of());
  }

  /** Variant with functions in addition to those of the language. */
  public static <E> Expression<E> compile(
      String text,
      Map<String, Function<E, @Nullable Object>> names,
      Map<String, Own<E>> functions) {
    Map<String, ExprFunctions.Function> own = new HashMap<>();
    functions.forEach((name, f) -> own.put(name, own(f)));
    ExprParser p =
        new ExprParser(
            text,
            name -> {
              Function<E, @Nullable Object> f = names.get(name);
              return f == null ? null : Expression.<E>ofSubject(f);
            },
            names.keySet(),
            own,
            false);
    ExprNode root = p.whole();
    return new Expression<>(root, p.variables());
  }

  /**
   * Compiles an expression over a map with typed fields.
   *
   * @param condition whether the result must be a boolean
   * @throws ExpressionException also if a part has no value for any content of the map
   */
  public static Expression<Attributes> about(Shape.Fields map, String text, boolean condition) {
    ExprParser p =
        new ExprParser(
            text,
            name -> {
              Shape s = map.fields().get(name);
              return s == null ? null : ExprNode.of(f -> ((Attributes) f.subject).get(name), s);
            },
            map.fields().keySet(),
            Map.of(),
            true);
    ExprNode root = p.whole();
    if (condition) {
      p.requireCondition(root);
    }
    return new Expression<>(root, p.variables());
  }

  @SuppressWarnings("unchecked") // the subject of a frame is the argument of evaluate
  private static <E> ExprNode ofSubject(Function<E, @Nullable Object> f) {
    return frame -> f.apply((E) frame.subject);
  }

  @SuppressWarnings("unchecked") // the subject of a frame is the argument of evaluate
  private static <E> ExprFunctions.Function own(Own<E> f) {
    return new ExprFunctions.Function(
        f.arguments,
        f.arguments,
        false,
        (frame, arguments) -> {
          @Nullable Object[] values = new @Nullable Object[arguments.length];
          for (int i = 0; i < values.length; i++) {
            values[i] = arguments[i].value(frame);
          }
          return f.body.apply((E) frame.subject, values);
        });
  }

  /**
   * Evaluates the expression.
   *
   * @throws ExpressionException if it has no value
   */
  public @Nullable Object evaluate(E subject) {
    return root.value(new Frame(subject, variables));
  }

  /**
   * Whether it is true.
   *
   * @throws ExpressionException also when it is neither true nor false
   */
  public boolean test(E subject) {
    if (evaluate(subject) instanceof Boolean b) {
      return b;
    }
    throw new ExpressionException("the condition is neither true nor false");
  }
}
