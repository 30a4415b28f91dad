package dev.tethys.pipeline.ottl;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An editor or a converter: its name, what it takes, and how it is made from compiled arguments.
 *
 * @param name an editor's begins in lower case, a converter's in upper case
 * @param contexts where it may be used; null for everywhere
 * @param pure whether equal arguments give equal results, so that it may be evaluated once
 * @param result what a converter gives when that is not nil
 */
public record OttlFunction(
    String name,
    List<Parameter> parameters,
    Type result,
    boolean pure,
    @Nullable Set<OttlContext> contexts,
    Maker maker) {

  /** Makes the closure; may refuse arguments with {@link Arguments#error}. */
  @FunctionalInterface
  public interface Maker {
    OttlExpr.Getter make(Arguments arguments);
  }

  /**
   * One place of a function.
   *
   * @param name in snake case
   * @param list whether a list of such values is written there
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

  /** How it is called, for errors: {@code flatten(target, [prefix])}. */
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

  /** Begins the description of a converter. */
  public static Builder converter(String name, Type result) {
    return new Builder(name, result);
  }

  /** Begins the description of an editor. */
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

    /** A list that is written in place or that an expression gives. */
    public Builder takesListOf(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, true, false, true, null));
    }

    public Builder mayTake(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, false, true, true, null));
    }

    public Builder mayTakeList(String parameter, ParameterKind kind) {
      return add(new Parameter(parameter, kind, true, true, false, null));
    }

    /** What the Collector's code calls the last parameter, where its pages call it otherwise. */
    public Builder or(String otherName) {
      Parameter p = parameters.removeLast();
      return add(
          new Parameter(p.name(), p.kind(), p.list(), p.optional(), p.expression(), otherName));
    }

    private Builder add(Parameter p) {
      parameters.add(p);
      return this;
    }

    /** It gives another result each time, or has an effect. */
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
