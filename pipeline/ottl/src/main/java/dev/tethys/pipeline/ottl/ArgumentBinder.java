package dev.tethys.pipeline.ottl;

import dev.tethys.config.NameSuggestion;
import dev.tethys.pipeline.ottl.internal.Conversions;
import dev.tethys.pipeline.ottl.syntax.OttlTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Binds the arguments of one call to the parameters of its function, checked and converted. */
final class ArgumentBinder {
  private final OttlCompiler compiler;
  private final OttlFunction function;
  private final OttlTree.Call call;

  ArgumentBinder(OttlCompiler compiler, OttlFunction function, OttlTree.Call call) {
    this.compiler = compiler;
    this.function = function;
    this.call = call;
  }

  Arguments.@Nullable BoundArgument[] bind() {
    List<OttlFunction.Parameter> parameters = function.parameters();
    Arguments.@Nullable BoundArgument[] given = new Arguments.BoundArgument[parameters.size()];
    for (int i = 0; i < call.arguments().size(); i++) {
      OttlTree.Argument a = call.arguments().get(i);
      int index = a.name() == null ? i : named(a, a.name());
      if (index >= parameters.size()) {
        throw compiler.error(
            a,
            function.name()
                + " takes "
                + (parameters.isEmpty() ? "no arguments" : "at most " + parameters.size())
                + ": "
                + function.signature());
      }
      if (given[index] != null) {
        throw compiler.error(a, "the argument " + parameters.get(index).name() + " appears twice");
      }
      given[index] = argument(parameters.get(index), a.value());
    }
    for (int i = 0; i < given.length; i++) {
      if (given[i] == null && !parameters.get(i).optional()) {
        throw compiler.error(
            call,
            function.name()
                + " needs the argument "
                + parameters.get(i).name()
                + ": "
                + function.signature());
      }
    }
    return given;
  }

  private int named(OttlTree.Argument a, String name) {
    String flat = flat(name);
    List<OttlFunction.Parameter> parameters = function.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      OttlFunction.Parameter p = parameters.get(i);
      if (flat.equals(flat(p.name()))
          || p.otherName() != null && flat.equals(flat(p.otherName()))) {
        return i;
      }
    }
    // The Collector calls the object of a function its target, regardless of the name in its
    // documentation.
    if (flat.equals("target") && !parameters.isEmpty()) {
      return 0;
    }
    String near =
        NameSuggestion.of(name, parameters.stream().map(OttlFunction.Parameter::name).toList());
    throw compiler.error(
        a,
        function.name()
            + " has no argument "
            + name
            + (near == null ? ": " + function.signature() : "; did you mean " + near + "?"));
  }

  /** Normalizes an argument name: the Collector accepts snake case and camel case. */
  private static String flat(String name) {
    return name.replace("_", "").toLowerCase(Locale.ROOT);
  }

  private Arguments.BoundArgument argument(OttlFunction.Parameter p, OttlTree.Expression e) {
    ParameterKind kind = p.kind();
    if (kind == ParameterKind.FUNCTION) {
      if (!(e instanceof OttlTree.Symbol s)) {
        throw compiler.error(
            e, p.name() + " is the name of a converter without parentheses, as in SHA256");
      }
      return new Arguments.BoundArgument(e.at(), null, null, compiler.unary(s));
    }
    if (kind.lambdaParameters() >= 0) {
      return new Arguments.BoundArgument(e.at(), null, null, lambda(p, e));
    }
    if (p.list()) {
      if (!(e instanceof OttlTree.ListLiteral l)) {
        OttlExpr given = p.expression() ? compiler.value(e) : null;
        if (given == null || given.type() != Type.LIST && given.type() != Type.ANY) {
          throw compiler.error(e, p.name() + " is a list: write [...] around its values");
        }
        return new Arguments.BoundArgument(e.at(), given, null, null);
      }
      List<OttlExpr> items = new ArrayList<>();
      for (OttlTree.Expression item : l.items()) {
        items.add(converted(p, item, compiler.value(item)));
      }
      return new Arguments.BoundArgument(e.at(), null, items, null);
    }
    return new Arguments.BoundArgument(e.at(), converted(p, e, compiler.value(e)), null, null);
  }

  private Arguments.Lambda lambda(OttlFunction.Parameter p, OttlTree.Expression e) {
    int n = p.kind().lambdaParameters();
    if (!(e instanceof OttlTree.Lambda l) || l.parameters().size() != n) {
      throw compiler.error(
          e,
          p.name()
              + " is a lambda of "
              + n
              + " parameters, as in "
              + switch (n) {
                case 0 -> "() => true";
                case 2 -> "(k, v) => v == 1";
                default -> "(acc, k, v) => acc + v";
              });
    }
    return compiler.lambda(l);
  }

  private OttlExpr converted(OttlFunction.Parameter p, OttlTree.Expression e, OttlExpr expr) {
    ParameterKind kind = p.kind();
    if (kind == ParameterKind.TARGET || kind == ParameterKind.MAP_TARGET) {
      if (!(expr instanceof OttlTarget)) {
        throw compiler.error(e, p.name() + " must be a path, because it is assigned to");
      }
    }
    if (kind.isLiteral()) {
      return literal(p, e, expr);
    }
    Type wanted = kind.type();
    if (wanted != Type.ANY && expr.type() != Type.ANY && expr.type() != wanted) {
      throw compiler.error(
          e,
          p.name()
              + " of "
              + function.name()
              + " is a "
              + wanted.text()
              + ", but this is "
              + (expr.type() == Type.NIL ? "nil" : "a value of type " + expr.type().text())
              + hint(wanted));
    }
    if (kind == ParameterKind.TARGET
        || kind == ParameterKind.MAP_TARGET
        || kind == ParameterKind.ANY) {
      return expr;
    }
    try {
      return Conversions.to(kind, p.name(), expr);
    } catch (EvaluationException x) {
      throw compiler.error(e, function.name() + ": " + x.getMessage()); // of a constant
    }
  }

  private static String hint(Type wanted) {
    return switch (wanted) {
      case STRING -> "; convert it with String()";
      case INT -> "; convert it with Int()";
      case DOUBLE -> "; convert it with Double()";
      case TIME -> "; convert it with Time()";
      case DURATION -> "; convert it with Duration()";
      default -> "";
    };
  }

  private OttlExpr literal(OttlFunction.Parameter p, OttlTree.Expression e, OttlExpr expr) {
    if (!expr.isConstant()) {
      throw compiler.error(
          e,
          p.name()
              + " of "
              + function.name()
              + " is a "
              + p.kind().type().text()
              + " and must be a literal, not a value computed per item");
    }
    Object value = expr.get(Arguments.NOWHERE);
    if (p.kind() == ParameterKind.LITERAL_DOUBLE && value instanceof Long l) {
      return OttlExpr.constant((double) l);
    }
    if (Type.of(value) != p.kind().type()) {
      throw compiler.error(
          e,
          p.name()
              + " of "
              + function.name()
              + " is a "
              + p.kind().type().text()
              + ", but this is "
              + (value == null ? "nil" : "a value of type " + Type.of(value).text()));
    }
    return expr;
  }
}
