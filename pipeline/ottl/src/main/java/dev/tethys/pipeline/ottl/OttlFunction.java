package dev.tethys.pipeline.ottl;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An editor or converter: its name, its parameters, and how it is created from compiled arguments.
 *
 * @param name lower case for editors, upper case for converters
 * @param contexts contexts in which it may be used; null for all
 * @param pure whether equal arguments give equal results, so that it may be evaluated once
 * @param result type of a converter's results that are not nil
 */
public record OttlFunction(
    String name,
    List<Parameter> parameters,
    Type result,
    boolean pure,
    @Nullable Set<OttlContext> contexts,
    Maker maker) {

  /** Creates the closure; may reject arguments with {@link Arguments#error}. */
  @FunctionalInterface
  public interface Maker {
    OttlExpr.Getter make(Arguments arguments);
  }

  /**
   * Function parameter.
   *
   * @param name parameter name in snake case
   * @param list whether it accepts a list of such values
   */
  public record Parameter(
      String name,
      ParameterKind kind,
      boolean list,
      boolean optional,
      boolean expression,
      @Nullable String otherName) {}

  public boolean isEditor() {
    return Character.isLowerCase(name.charAt(0));
  }

  boolean usableIn(OttlContext context) {
    return contexts == null || contexts.contains(context);
  }

  /** Returns the signature for errors: {@code flatten(target, [prefix])}. */
  public String signature() {
    StringBuilder sb = new StringBuilder(name).append('(');
    for (int i = 0; i < parameters.size(); i++) {
      Parameter p = parameters.get(i);
      sb.append(i == 0 ? "" : ", ");
      sb.append(p.optional() ? "[" : "").append(p.name()).append(p.list() ? "[]" : "");
      sb.append(p.optional() ? "]" : "");
    }
    return sb.append(')').toString();
  }

  /** Starts the description of a converter. */
  public static Builder converter(String name, Type result) {
    return new Builder(name, result);
  }

  /** Starts the description of an editor. */
  public static Builder editor(String name) {
    return new Builder(name, Type.NIL).impure();
  }

  /** Describes a function, parameter by parameter. */
  public static final class Builder {
    private final String name;
    private final Type result;
    private final List<Parameter> parameters = new ArrayList<>();
    private boolean pure = true;
    private @Nullable Set<OttlContext> contexts;

    private Builder(String name, Type result) {
      this.name = name;
      this.result = result;
    }

    public Builder takes(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, false, false, true, null));
    }

    public Builder takesList(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, true, false, false, null));
    }

    /** Declares a parameter that is a list literal, or a list returned by an expression. */
    public Builder takesListOf(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, true, false, true, null));
    }

    public Builder mayTake(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, false, true, true, null));
    }

    public Builder mayTakeList(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, true, true, false, null));
    }

    /** Sets the name of the last parameter in the Collector's code if its documentation differs. */
    public Builder or(String otherName) {
      Parameter p = parameters.removeLast();
      return add(
          new Parameter(p.name(), p.kind(), p.list(), p.optional(), p.expression(), otherName));
    }

    private Builder add(Parameter p) {
      parameters.add(p);
      return this;
    }

    /** Marks a function whose results vary or that has side effects. */
    public Builder impure() {
      pure = false;
      return this;
    }

    public Builder in(OttlContext... only) {
      contexts = Set.of(only);
      return this;
    }

    public OttlFunction made(Maker maker) {
      return new OttlFunction(
          name, List.copyOf(parameters), result, pure, contexts, Objects.requireNonNull(maker));
    }
  }
}
