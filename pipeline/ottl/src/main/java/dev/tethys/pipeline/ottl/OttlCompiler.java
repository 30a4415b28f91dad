package dev.tethys.pipeline.ottl;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.internal.Arithmetic;
import dev.tethys.pipeline.ottl.internal.Compare;
import dev.tethys.pipeline.ottl.internal.Indexing;
import dev.tethys.pipeline.ottl.internal.Paths;
import dev.tethys.pipeline.ottl.internal.ValueSize;
import dev.tethys.pipeline.ottl.syntax.OttlPrinter;
import dev.tethys.pipeline.ottl.syntax.OttlTree;
import dev.tethys.pipeline.ottl.syntax.OttlTree.CompareOperator;
import dev.tethys.pipeline.ottl.syntax.OttlTree.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Compiles trees to closures, and rejects expressions that cannot work for any item. */
final class OttlCompiler {
  private final String text;
  private final OttlContext context;
  private final OttlFunctions functions;

  /** Whether paths must start with the name of a context, because it was inferred from them. */
  private final boolean prefixed;

  /** The parameters of the lambdas around; the index is the slot. */
  private final List<String> locals = new ArrayList<>();

  OttlCompiler(String text, OttlContext context, OttlFunctions functions, boolean prefixed) {
    this.text = text;
    this.context = context;
    this.functions = functions;
    this.prefixed = prefixed;
  }

  Truth condition(Expression e) {
    return switch (e) {
      case OttlTree.BoolLiteral b -> {
        boolean value = b.value();
        yield _ -> value;
      }
      case OttlTree.Not n -> {
        Truth t = condition(n.operand());
        yield at -> !t.holds(at);
      }
      case OttlTree.And a -> {
        Truth[] all = conditions(a.operands());
        yield at -> {
          for (Truth t : all) {
            if (!t.holds(at)) {
              return false;
            }
          }
          return true;
        };
      }
      case OttlTree.Or o -> {
        Truth[] all = conditions(o.operands());
        yield at -> {
          for (Truth t : all) {
            if (t.holds(at)) {
              return true;
            }
          }
          return false;
        };
      }
      case OttlTree.Comparison c -> comparison(c);
      case OttlTree.Call c -> {
        OttlExpr expr = value(c);
        if (expr.type() != Type.ANY && expr.type() != Type.BOOL) {
          throw error(
              c,
              c.name()
                  + " gives a value of type "
                  + expr.type().text()
                  + ", which is not a condition; compare it with something");
        }
        yield at -> {
          if (expr.get(at) instanceof Boolean b) {
            return b;
          }
          throw new EvaluationException("the condition is not a bool");
        };
      }
      default -> throw error(e, "a condition is expected here");
    };
  }

  private Truth[] conditions(List<Expression> operands) {
    return operands.stream().map(this::condition).toArray(Truth[]::new);
  }

  private Truth comparison(OttlTree.Comparison c) {
    OttlExpr left = value(c.left());
    OttlExpr right = value(c.right());
    CompareOperator op = c.operator();
    if (left.alwaysInt() && right.alwaysInt()) {
      return at -> Compare.longs(op, left.getLong(at), right.getLong(at));
    }
    if (right.isConstant()) {
      Object constant = right.get(Arguments.NOWHERE);
      if (constant == null && op == CompareOperator.NOT_EQUAL) {
        return at -> left.get(at) != null;
      }
      return at -> Compare.test(op, left.get(at), constant);
    }
    return at -> Compare.test(op, left.get(at), right.get(at));
  }

  OttlExpr value(Expression e) {
    return switch (e) {
      case OttlTree.Nil _ -> OttlExpr.constant(null);
      case OttlTree.IntLiteral i -> OttlExpr.constant(i.value());
      case OttlTree.FloatLiteral f -> OttlExpr.constant(f.value());
      case OttlTree.StringLiteral s -> OttlExpr.constant(s.value());
      case OttlTree.BoolLiteral b -> OttlExpr.constant(b.value());
      case OttlTree.BytesLiteral b -> OttlExpr.constant(b.bytes());
      case OttlTree.Symbol s -> symbol(s);
      case OttlTree.Path p -> path(p);
      case OttlTree.Call c -> {
        if (Character.isLowerCase(c.name().charAt(0))) {
          throw error(c, "an editor cannot be a value");
        }
        yield call(c);
      }
      case OttlTree.Arithmetic a -> arithmetic(a);
      case OttlTree.ListLiteral l -> list(l);
      case OttlTree.MapLiteral m -> map(m);
      case OttlTree.Lambda l -> throw error(l, "a lambda can be an argument only");
      case OttlTree.Comparison c -> truth(c);
      case OttlTree.And a -> truth(a);
      case OttlTree.Or o -> truth(o);
      case OttlTree.Not n -> truth(n);
    };
  }

  private OttlExpr truth(Expression e) {
    Truth test = condition(e);
    return OttlExpr.of(Type.BOOL, test::holds);
  }

  private OttlExpr symbol(OttlTree.Symbol s) {
    Long number = Enums.find(context, s.name());
    if (number != null) {
      return OttlExpr.constant(number);
    }
    if (Enums.known(s.name())) {
      throw error(s, "the symbol " + s.name() + " is not defined for a " + context.text());
    }
    if (functions.find(s.name()) != null) {
      throw error(s, s.name() + " is a converter: write " + s.name() + "(...)");
    }
    String near = dev.tethys.config.NameSuggestion.of(s.name(), Enums.of(context).keySet());
    throw error(
        s, "there is no symbol " + s.name() + (near == null ? "" : "; did you mean " + near + "?"));
  }

  private OttlExpr arithmetic(OttlTree.Arithmetic a) {
    OttlExpr left = value(a.left());
    OttlExpr right = value(a.right());
    Type result = Arithmetic.result(a.operator(), left.type(), right.type());
    if (result == Type.NIL) {
      throw error(a, Arithmetic.refusal(a.operator(), left.type(), right.type()));
    }
    OttlTree.MathOperator op = a.operator();
    if (left.isConstant() && right.isConstant()) {
      try {
        return OttlExpr.constant(
            Arithmetic.apply(op, left.get(Arguments.NOWHERE), right.get(Arguments.NOWHERE)));
      } catch (EvaluationException e) {
        throw error(a, Objects.requireNonNull(e.getMessage()));
      }
    }
    return OttlExpr.of(result, at -> Arithmetic.apply(op, left.get(at), right.get(at)));
  }

  private OttlExpr list(OttlTree.ListLiteral l) {
    OttlExpr[] items = l.items().stream().map(this::value).toArray(OttlExpr[]::new);
    return OttlExpr.of(
        Type.LIST,
        at -> {
          ArrayValue a = new ArrayValue();
          ValueSize size = new ValueSize();
          for (OttlExpr item : items) {
            Object v = Indexing.storable(item.get(at));
            size.add(v);
            a.add(v);
          }
          return a;
        });
  }

  private OttlExpr map(OttlTree.MapLiteral m) {
    int n = m.entries().size();
    String[] keys = m.entries().stream().map(OttlTree.Entry::key).toArray(String[]::new);
    OttlExpr[] values = m.entries().stream().map(e -> value(e.value())).toArray(OttlExpr[]::new);
    return OttlExpr.of(
        Type.MAP,
        at -> {
          Attributes a = new Attributes();
          ValueSize size = new ValueSize();
          for (int i = 0; i < n; i++) {
            Object v = Indexing.storable(values[i].get(at));
            size.add(v);
            a.add(keys[i], v);
          }
          return a;
        });
  }

  private OttlExpr path(OttlTree.Path p) {
    List<OttlTree.Field> fields = p.fields();
    for (int i = 0; i + 1 < fields.size(); i++) {
      if (!fields.get(i).keys().isEmpty()) {
        throw error(
            fields.get(i + 1),
            "an index must be at the end of a path; to go deeper write "
                + "[\""
                + fields.get(i + 1).name()
                + "\"]");
      }
    }
    String first = fields.getFirst().name();
    OttlExpr[] keys = fields.getLast().keys().stream().map(this::value).toArray(OttlExpr[]::new);
    int slot = locals.lastIndexOf(first);
    if (slot >= 0 && !first.equals("_")) {
      if (fields.size() > 1) {
        throw error(fields.get(1), "a parameter of a lambda has no fields; index it instead");
      }
      return keys.length == 0
          ? OttlExpr.of(Type.ANY, at -> at.local(slot))
          : OttlExpr.of(Type.ANY, at -> Indexing.get(at, at.local(slot), keys, 0));
    }
    if (first.equals("otelcol")) {
      return otelcol(p, keys);
    }
    OttlContext named = fields.size() > 1 ? OttlContext.of(first) : null;
    // A field may have the name of a context, such as links of a span.
    if (named != null && !context.reaches(named)) {
      throw error(
          p,
          "a "
              + context.text()
              + " cannot access a "
              + named.text()
              + "; statements about both cannot be in one group");
    }
    if (named == null && prefixed) {
      throw error(
          p,
          "the path does not name its context; write "
              + context.text()
              + "."
              + OttlPrinter.print(p));
    }
    StringBuilder names = new StringBuilder();
    for (int i = named == null ? 0 : 1; i < fields.size(); i++) {
      names.append(names.isEmpty() ? "" : ".").append(fields.get(i).name());
    }
    String name = names.toString();
    OttlContext of = named == null ? context : named;
    if (name.equals("cache") && of != context) {
      throw error(
          p, "statements for a " + context.text() + " have the cache " + context.text() + ".cache");
    }
    try {
      return Paths.path(of, name, keys);
    } catch (Paths.UnknownPathException e) {
      throw error(p, Objects.requireNonNull(e.getMessage()));
    }
  }

  private OttlExpr otelcol(OttlTree.Path p, OttlExpr[] keys) {
    List<String> names = p.fields().stream().map(OttlTree.Field::name).toList();
    switch (String.join(".", names)) {
      case "otelcol.client.metadata", "otelcol.grpc.metadata" -> {
        if (keys.length == 0) {
          return OttlExpr.of(
              Type.MAP,
              at -> {
                Attributes all = new Attributes();
                at.client().metadata().forEach((k, v) -> all.add(k, strings(v)));
                return all;
              });
        }
        return OttlExpr.of(
            Type.ANY,
            at -> {
              if (!(keys[0].get(at) instanceof String key)) {
                throw new EvaluationException("metadata requires a string index");
              }
              List<String> values = at.client().metadata().get(key.toLowerCase(Locale.ROOT));
              return values == null ? null : Indexing.get(at, strings(values), keys, 1);
            });
      }
      case "otelcol.client.addr" -> {
        if (keys.length == 0) {
          return OttlExpr.of(Type.STRING, at -> at.client().address());
        }
      }
      case "otelcol.client.auth.attributes" -> {
        return OttlExpr.of(
            keys.length == 0 ? Type.MAP : Type.ANY,
            at -> Indexing.get(at, at.client().auth(), keys, 0));
      }
      default -> {
        // below
      }
    }
    throw error(
        p,
        "otelcol has client.metadata, client.addr, client.auth.attributes and grpc.metadata only");
  }

  private static ArrayValue strings(List<String> values) {
    ArrayValue a = new ArrayValue();
    values.forEach(a::add);
    return a;
  }

  /** Compiles a call of an editor or a converter. */
  OttlExpr call(OttlTree.Call c) {
    boolean editor = Character.isLowerCase(c.name().charAt(0));
    OttlFunction f = functions.find(c.name());
    if (f == null) {
      throw error(c, functions.unknown(c.name(), editor));
    }
    if (!f.usableIn(context)) {
      throw error(
          c,
          c.name()
              + " cannot be used for a "
              + context.text()
              + "; it is for "
              + String.join(
                  ", ",
                  Objects.requireNonNull(f.contexts()).stream()
                      .map(OttlContext::text)
                      .sorted()
                      .toList()));
    }
    Arguments.@Nullable BoundArgument[] given = new ArgumentBinder(this, f, c).bind();
    Arguments arguments = new Arguments(text, f, context, c.at(), given);
    OttlExpr.Getter closure = f.maker().make(arguments);
    OttlExpr result = OttlExpr.of(f.result(), closure);
    if (f.pure() && allConstant(given)) {
      result = folded(c, f, result);
    }
    if (c.keys().isEmpty()) {
      return result;
    }
    if (result.type() != Type.ANY && result.type() != Type.MAP && result.type() != Type.LIST) {
      throw error(
          c.keys().getFirst(),
          c.name() + " gives a value of type " + result.type().text() + ", which has no index");
    }
    OttlExpr indexed = result;
    OttlExpr[] keys = c.keys().stream().map(this::value).toArray(OttlExpr[]::new);
    return OttlExpr.of(Type.ANY, at -> Indexing.get(at, indexed.get(at), keys, 0));
  }

  private static boolean allConstant(Arguments.@Nullable BoundArgument[] given) {
    for (Arguments.BoundArgument g : given) {
      if (g != null
          && (g.lambda() != null
              || g.expr() != null && !g.expr().isConstant()
              || g.list() != null && !g.list().stream().allMatch(OttlExpr::isConstant))) {
        return false;
      }
    }
    return true;
  }

  /** Evaluates a call with constant arguments; mutable results are created again for each item. */
  private OttlExpr folded(OttlTree.Call c, OttlFunction f, OttlExpr call) {
    Object value;
    try {
      value = call.get(Arguments.NOWHERE);
    } catch (EvaluationException e) {
      throw error(c, f.name() + ": " + e.getMessage());
    }
    return value instanceof Attributes || value instanceof ArrayValue || value instanceof byte[]
        ? call
        : OttlExpr.constant(value);
  }

  /** Compiles a lambda whose parameters use the next free slots. */
  Arguments.Lambda lambda(OttlTree.Lambda l) {
    int first = locals.size();
    if (first + l.parameters().size() > Cursor.MAX_LOCALS) {
      throw error(l, "lambdas are nested too deeply");
    }
    boolean[] bound = new boolean[l.parameters().size()];
    for (int i = 0; i < bound.length; i++) {
      bound[i] = !l.parameters().get(i).equals("_");
      locals.add(l.parameters().get(i));
    }
    OttlExpr body = value(l.body());
    while (locals.size() > first) {
      locals.removeLast();
    }
    return new Arguments.Lambda(first, bound, body);
  }

  /** Uses a converter of one string as a lambda. */
  Arguments.Lambda unary(OttlTree.Symbol s) {
    String name = s.name();
    OttlFunction f = functions.find(name);
    if (f == null || f.isEditor()) {
      throw error(s, functions.unknown(name, false));
    }
    int required = (int) f.parameters().stream().filter(p -> !p.optional()).count();
    if (required != 1 || f.parameters().getFirst().list()) {
      throw error(s, name + " takes more than one value; a converter of one string is needed here");
    }
    String parameter = "\u0000" + locals.size();
    OttlTree.Path path =
        new OttlTree.Path(s.at(), List.of(new OttlTree.Field(s.at(), parameter, List.of())));
    OttlTree.Call call =
        new OttlTree.Call(
            s.at(), name, List.of(new OttlTree.Argument(s.at(), null, path)), List.of());
    return lambda(new OttlTree.Lambda(s.at(), List.of(parameter), call));
  }

  OttlException error(OttlTree at, String reason) {
    return new OttlException(text, at.at(), reason);
  }
}
