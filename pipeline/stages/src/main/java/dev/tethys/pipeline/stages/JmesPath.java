package dev.tethys.pipeline.stages;

import dev.tethys.codec.json.tree.JsonReader;
import dev.tethys.codec.json.tree.JsonWriter;
import dev.tethys.codec.json.tree.MalformedJsonException;
import io.burt.jmespath.Adapter;
import io.burt.jmespath.Expression;
import io.burt.jmespath.JmesPathException;
import io.burt.jmespath.JmesPathType;
import io.burt.jmespath.RuntimeConfiguration;
import io.burt.jmespath.function.ArgumentConstraints;
import io.burt.jmespath.function.BaseFunction;
import io.burt.jmespath.function.FunctionArgument;
import io.burt.jmespath.function.FunctionRegistry;
import io.burt.jmespath.jcf.JcfRuntime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * JMESPath expression over values of {@link dev.tethys.codec.json.tree.JsonReader}. Immutable, safe
 * for several threads.
 *
 * <p>A plain path of keys is evaluated here. The library compiles all other expressions and is
 * loaded with the first of them.
 */
final class JmesPath {
  /** The library's parser is recursive and unlimited. */
  private static final int MAX_DEPTH = 200;

  private static final int MAX_LENGTH = 4_000;

  private static final Pattern KEY = Pattern.compile("([A-Za-z_]\\w*)|\"([^\"\\\\]+)\"");

  private final @Nullable List<String> keys;
  private final @Nullable Expression<Object> expression;

  private JmesPath(@Nullable List<String> keys, @Nullable Expression<Object> expression) {
    this.keys = keys;
    this.expression = expression;
  }

  /**
   * Compiles an expression.
   *
   * @throws IllegalArgumentException if it is invalid
   */
  static JmesPath compile(String text) {
    List<String> keys = parseKeys(text);
    if (keys != null) {
      return new JmesPath(keys, null);
    }
    if (text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("it has more than " + MAX_LENGTH + " characters");
    }
    if (depth(text) > MAX_DEPTH) {
      throw new IllegalArgumentException("it is nested more than " + MAX_DEPTH + " levels deep");
    }
    try {
      return new JmesPath(null, Library.RUNTIME.compile(text));
    } catch (JmesPathException e) {
      String message = String.valueOf(e.getMessage());
      String start = "Unable to compile expression \"" + text + "\": ";
      throw new IllegalArgumentException(
          message.startsWith(start) ? message.substring(start.length()) : message, e);
    }
  }

  /** Keys of a path such as {@code a."b c".d}; null for any other expression. */
  private static @Nullable List<String> parseKeys(String text) {
    List<String> found = new ArrayList<>();
    Matcher m = KEY.matcher(text);
    for (int at = 0; ; at = m.end() + 1) {
      if (!m.find(at) || m.start() != at) {
        return null;
      }
      found.add(m.group(1) != null ? m.group(1) : m.group(2));
      if (m.end() == text.length()) {
        return found;
      }
      if (text.charAt(m.end()) != '.') {
        return null;
      }
    }
  }

  /** Returns an upper bound on the parser's depth; brackets in literals count as well. */
  private static int depth(String text) {
    int open = 0;
    int deepest = 0;
    int prefixes = 0;
    for (int i = 0; i < text.length(); i++) {
      switch (text.charAt(i)) {
        case '(', '[', '{' -> deepest = Math.max(deepest, ++open);
        case ')', ']', '}' -> open--;
        case '!', '&' -> prefixes++;
        default -> {
          // no nesting
        }
      }
    }
    return deepest + prefixes;
  }

  /**
   * Evaluates the expression over a value.
   *
   * @throws JmesPathException if an argument of a function has the wrong type
   */
  @Nullable Object search(@Nullable Object value) {
    Expression<Object> e = expression;
    if (e != null) {
      return e.search(value);
    }
    Object found = value;
    for (String key : keys == null ? List.<String>of() : keys) {
      found = found instanceof Map<?, ?> m ? m.get(key) : null;
    }
    return found;
  }

  /** Returns the keys of a plain path; null for any other expression. */
  @Nullable List<String> keys() {
    return keys;
  }

  /** Loads the library on first use. */
  private static final class Library {
    static final JcfRuntime RUNTIME =
        new JcfRuntime(
            new RuntimeConfiguration.Builder()
                .withSilentTypeErrors(false)
                .withFunctionRegistry(
                    FunctionRegistry.defaultRegistry().extend(new Length(), new ToNumber()))
                .build()) {
          @Override
          public @Nullable Object parseString(String json) {
            try {
              return JsonReader.read(json);
            } catch (MalformedJsonException e) {
              throw new JmesPathException("the literal " + json + " is not JSON", e);
            }
          }

          @Override
          public String toString(Object value) {
            return value instanceof String s ? s : JsonWriter.write(value);
          }
        };
  }

  /** {@code length} that counts the characters of a string as code points. */
  private static final class Length extends BaseFunction {
    Length() {
      super(
          "length",
          ArgumentConstraints.typeOf(JmesPathType.STRING, JmesPathType.ARRAY, JmesPathType.OBJECT));
    }

    @Override
    protected <T> T callFunction(Adapter<T> runtime, List<FunctionArgument<T>> arguments) {
      T value = arguments.getFirst().value();
      if (value instanceof String s) {
        return runtime.createNumber(s.codePointCount(0, s.length()));
      }
      return runtime.createNumber((long) runtime.toList(value).size());
    }
  }

  /**
   * {@code to_number} that reads numbers as JSON; the library's function limits integers to 64
   * bits.
   */
  private static final class ToNumber extends BaseFunction {
    ToNumber() {
      super("to_number", ArgumentConstraints.anyValue());
    }

    @Override
    protected <T> T callFunction(Adapter<T> runtime, List<FunctionArgument<T>> arguments) {
      T value = arguments.getFirst().value();
      if (value instanceof Number) {
        return value;
      }
      try {
        return value instanceof String s && JsonReader.read(s) instanceof Number
            ? runtime.parseString(s)
            : runtime.createNull();
      } catch (MalformedJsonException e) {
        return runtime.createNull();
      }
    }
  }
}
