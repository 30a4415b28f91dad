package dev.tethys.pipeline.ottl;

import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.ottl.internal.Arithmetic;
import dev.tethys.pipeline.ottl.internal.Compare;
import dev.tethys.pipeline.ottl.internal.Indexing;
import dev.tethys.pipeline.ottl.internal.Paths;
import dev.tethys.pipeline.ottl.syntax.Printer;
import dev.tethys.pipeline.ottl.syntax.Tree;
import dev.tethys.pipeline.ottl.syntax.Tree.CompareOperator;
import dev.tethys.pipeline.ottl.syntax.Tree.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Makes closures of trees, and refuses what could not work for any item. */
final class Compiler {
  private final String text;
  private final Context context;
  private final Functions functions;

  /** Whether paths must begin with the name of a context, because it was inferred from them. */
  private final boolean prefixed;

  /** The parameters of the lambdas around; the index is the slot. */
  private final List<String> locals = new ArrayList<>();

  Compiler(String text, Context context, Functions functions, boolean prefixed) {
    this.text = text;
    this.context = context;
    this.functions = functions;
    this.prefixed = prefixed;
  }

  Truth condition(Expression e) {
    return switch (e) {
      case Tree.BoolLiteral b -> {
        boolean value = b.value();
        yield _ -> value;
      }
      case Tree.Not n -> {
        Truth t = condition(n.operand());
        yield at -> !t.holds(at);
      }
      case Tree.And a -> {
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
      case Tree.Or o -> {
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
      case Tree.Comparison c -> comparison(c);
      case Tree.Call c -> {
        Expr expr = value(c);
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

  private Truth comparison(Tree.Comparison c) {
    Expr left = value(c.left());
    Expr right = value(c.right());
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

  Expr value(Expression e) {
    return switch (e) {
      case Tree.Nil _ -> Expr.constant(null);
      case Tree.IntLiteral i -> Expr.constant(i.value());
      case Tree.FloatLiteral f -> Expr.constant(f.value());
      case Tree.StringLiteral s -> Expr.constant(s.value());
      case Tree.BoolLiteral b -> Expr.constant(b.value());
      case Tree.BytesLiteral b -> Expr.constant(b.bytes());
      case Tree.Symbol s -> symbol(s);
      case Tree.Path p -> path(p);
      case Tree.Call c -> {
        if (Character.isLowerCase(c.name().charAt(0))) {
          throw error(c, "an editor cannot be a value");
        }
        yield call(c);
      }
      case Tree.Arithmetic a -> arithmetic(a);
      case Tree.ListLiteral l -> list(l);
      case Tree.MapLiteral m -> map(m);
      case Tree.Lambda l -> throw error(l, "a lambda can be an argument only");
      case Tree.Comparison c -> truth(c);
      case Tree.And a -> truth(a);
      case Tree.Or o -> truth(o);
      case Tree.Not n -> truth(n);
    };
  }

  private Expr truth(Expression e) {
    Truth test = condition(e);
    return Expr.of(Type.BOOL, test::holds);
  }

  private Expr symbol(Tree.Symbol s) {
    Long number = Enums.find(context, s.name());
    if (number != null) {
      return Expr.constant(number);
    }
    if (Enums.known(s.name())) {
      throw error(s, "the symbol " + s.name() + " means nothing for a " + context.text());
    }
    if (functions.find(s.name()) != null) {
      throw error(s, s.name() + " is a converter: write " + s.name() + "(...)");
    }
    String near = dev.tethys.config.Nearest.of(s.name(), Enums.of(context).keySet());
    throw error(
        s, "there is no symbol " + s.name() + (near == null ? "" : "; did you mean " + near + "?"));
  }

  private Expr arithmetic(Tree.Arithmetic a) {
    Expr left = value(a.left());
    Expr right = value(a.right());
    Type result = Arithmetic.result(a.operator(), left.type(), right.type());
    if (result == Type.NIL) {
      throw error(a, Arithmetic.refusal(a.operator(), left.type(), right.type()));
    }
    Tree.MathOperator op = a.operator();
    if (left.isConstant() && right.isConstant()) {
      try {
        return Expr.constant(
            Arithmetic.apply(op, left.get(Arguments.NOWHERE), right.get(Arguments.NOWHERE)));
      } catch (EvaluationException e) {
        throw error(a, Objects.requireNonNull(e.getMessage()));
      }
    }
    return Expr.of(result, at -> Arithmetic.apply(op, left.get(at), right.get(at)));
  }

  private Expr list(Tree.ListLiteral l) {
    Expr[] items = l.items().stream().map(this::value).toArray(Expr[]::new);
    return Expr.of(
        Type.LIST,
        at -> {
          ArrayValue a = new ArrayValue();
          for (Expr item : items) {
            a.add(Indexing.storable(item.get(at)));
          }
          return a;
        });
  }

  private Expr map(Tree.MapLiteral m) {
    int n = m.entries().size();
    String[] keys = m.entries().stream().map(Tree.Entry::key).toArray(String[]::new);
    Expr[] values = m.entries().stream().map(e -> value(e.value())).toArray(Expr[]::new);
    return Expr.of(
        Type.MAP,
        at -> {
          Attributes a = new Attributes();
          for (int i = 0; i < n; i++) {
            a.add(keys[i], Indexing.storable(values[i].get(at)));
          }
          return a;
        });
  }

  private Expr path(Tree.Path p) {
    List<Tree.Field> fields = p.fields();
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
    Expr[] keys = fields.getLast().keys().stream().map(this::value).toArray(Expr[]::new);
    int slot = locals.lastIndexOf(first);
    if (slot >= 0 && !first.equals("_")) {
      if (fields.size() > 1) {
        throw error(fields.get(1), "a parameter of a lambda has no fields; index it instead");
      }
      return keys.length == 0
          ? Expr.of(Type.ANY, at -> at.local(slot))
          : Expr.of(Type.ANY, at -> Indexing.get(at, at.local(slot), keys, 0));
    }
    if (first.equals("otelcol")) {
      return otelcol(p, keys);
    }
    Context named = fields.size() > 1 ? Context.of(first) : null;
    // A field of the context may have the name of a context: links of a span, say.
    if (named != null && !context.reaches(named)) {
      throw error(
          p,
          "a "
              + context.text()
              + " has nothing to do with a "
              + named.text()
              + "; statements about both cannot be in one group");
    }
    if (named == null && prefixed) {
      throw error(
          p,
          "the path does not say which context it is of; write "
              + context.text()
              + "."
              + Printer.print(p));
    }
    StringBuilder names = new StringBuilder();
    for (int i = named == null ? 0 : 1; i < fields.size(); i++) {
      names.append(names.isEmpty() ? "" : ".").append(fields.get(i).name());
    }
    String name = names.toString();
    Context of = named == null ? context : named;
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

  private Expr otelcol(Tree.Path p, Expr[] keys) {
    List<String> names = p.fields().stream().map(Tree.Field::name).toList();
    switch (String.join(".", names)) {
      case "otelcol.client.metadata", "otelcol.grpc.metadata" -> {
        if (keys.length == 0) {
          return Expr.of(
              Type.MAP,
              at -> {
                Attributes all = new Attributes();
                at.client().metadata().forEach((k, v) -> all.add(k, strings(v)));
                return all;
              });
        }
        return Expr.of(
            Type.ANY,
            at -> {
              if (!(keys[0].get(at) instanceof String key)) {
                throw new EvaluationException("metadata is indexed with a string");
              }
              List<String> values = at.client().metadata().get(key.toLowerCase(Locale.ROOT));
              return values == null ? null : Indexing.get(at, strings(values), keys, 1);
            });
      }
      case "otelcol.client.addr" -> {
        if (keys.length == 0) {
          return Expr.of(Type.STRING, at -> at.client().address());
        }
      }
      case "otelcol.client.auth.attributes" -> {
        return Expr.of(
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
  Expr call(Tree.Call c) {
    boolean editor = Character.isLowerCase(c.name().charAt(0));
    Function f = functions.find(c.name());
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
                      .map(Context::text)
                      .sorted()
                      .toList()));
    }
    Arguments.@Nullable Given[] given = new ArgumentBinder(this, f, c).bind();
    Arguments arguments = new Arguments(text, f, context, c.at(), given);
    Expr.Getter closure = f.maker().make(arguments);
    Expr result = Expr.of(f.result(), closure);
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
    Expr indexed = result;
    Expr[] keys = c.keys().stream().map(this::value).toArray(Expr[]::new);
    return Expr.of(Type.ANY, at -> Indexing.get(at, indexed.get(at), keys, 0));
  }

  private static boolean allConstant(Arguments.@Nullable Given[] given) {
    for (Arguments.Given g : given) {
      if (g != null
          && (g.lambda() != null
              || g.expr() != null && !g.expr().isConstant()
              || g.list() != null && !g.list().stream().allMatch(Expr::isConstant))) {
        return false;
      }
    }
    return true;
  }

  /** Evaluates a call of constants; what can be changed afterwards is made anew for each item. */
  private Expr folded(Tree.Call c, Function f, Expr call) {
    Object value;
    try {
      value = call.get(Arguments.NOWHERE);
    } catch (EvaluationException e) {
      throw error(c, f.name() + ": " + e.getMessage());
    }
    return value instanceof Attributes || value instanceof ArrayValue || value instanceof byte[]
        ? call
        : Expr.constant(value);
  }

  /** Compiles a lambda whose parameters take the next free slots. */
  Arguments.Lambda lambda(Tree.Lambda l) {
    int first = locals.size();
    if (first + l.parameters().size() > Cursor.MAX_LOCALS) {
      throw error(l, "lambdas are nested too deeply");
    }
    boolean[] bound = new boolean[l.parameters().size()];
    for (int i = 0; i < bound.length; i++) {
      bound[i] = !l.parameters().get(i).equals("_");
      locals.add(l.parameters().get(i));
    }
    Expr body = value(l.body());
    while (locals.size() > first) {
      locals.removeLast();
    }
    return new Arguments.Lambda(first, bound, body);
  }

  /** A converter of one string as a lambda. */
  Arguments.Lambda unary(Tree.Symbol s) {
    String name = s.name();
    Function f = functions.find(name);
    if (f == null || f.isEditor()) {
      throw error(s, functions.unknown(name, false));
    }
    int required = (int) f.parameters().stream().filter(p -> !p.optional()).count();
    if (required != 1 || f.parameters().getFirst().list()) {
      throw error(s, name + " takes more than one value; a converter of one string is needed here");
    }
    String parameter = "\u0000" + locals.size();
    Tree.Path path = new Tree.Path(s.at(), List.of(new Tree.Field(s.at(), parameter, List.of())));
    Tree.Call call =
        new Tree.Call(s.at(), name, List.of(new Tree.Argument(s.at(), null, path)), List.of());
    return lambda(new Tree.Lambda(s.at(), List.of(parameter), call));
  }

  OttlException error(Tree at, String reason) {
    return new OttlException(text, at.at(), reason);
  }
}
