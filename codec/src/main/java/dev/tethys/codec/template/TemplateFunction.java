package dev.tethys.codec.template;

import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A function or method that templates may call. Values are null, {@link Boolean}, {@link Long} for
 * Go's integers, {@link Double}, {@link String}, {@link GoMap}, {@link GoList} and {@link
 * GoStruct}.
 *
 * @param parameters types of the arguments; the last one repeats if the function is variadic
 */
public record TemplateFunction(List<Parameter> parameters, boolean variadic, Code code) {
  /** Function implementation. */
  @FunctionalInterface
  public interface Code {
    /**
     * Called with arguments that match the parameters in number and type.
     *
     * @throws Failure with the message shown to the user
     */
    @Nullable Object call(@Nullable Object[] args);
  }

  /** Thrown if a function cannot return a value; the template fails with this message. */
  public static final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Failure(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * Parameter type.
   *
   * @param typeName Go name of the type
   * @param accepts whether a value that is not null has it
   * @param nullable whether nil has it
   */
  public record Parameter(String typeName, Predicate<Object> accepts, boolean nullable) {
    public static final Parameter ANY = new Parameter("interface {}", v -> true, true);
    public static final Parameter STRING = new Parameter("string", v -> v instanceof String, false);
    public static final Parameter FLOAT = new Parameter("float64", v -> v instanceof Double, false);
    public static final Parameter INT = new Parameter("int", v -> v instanceof Long, false);
    public static final Parameter BOOL = new Parameter("bool", v -> v instanceof Boolean, false);
  }

  /** A function with a fixed number of arguments. */
  public static TemplateFunction of(Code code, Parameter... parameters) {
    return new TemplateFunction(List.of(parameters), false, code);
  }

  /** Function with a variadic last parameter. */
  public static TemplateFunction variadic(Code code, Parameter... parameters) {
    return new TemplateFunction(List.of(parameters), true, code);
  }
}
