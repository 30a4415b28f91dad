package dev.tethys.pipeline.operators.expr;

import dev.tethys.config.NameSuggestion;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.operators.expr.ExprToken.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads an expression and compiles it on the way. Operators bind as in expr-lang: {@code |}, or,
 * and, comparisons, {@code ..}, sums, products, powers, {@code ??}; {@code not} above comparisons.
 */
final class ExprParser {
  /** Maximum nesting depth, so that neither parsing nor evaluation exhausts the stack. */
  private static final int MAX_DEPTH = 200;

  private final String text;
  private final List<ExprToken> tokens;
  private final Function<String, @Nullable ExprNode> names;
  private final Collection<String> known;
  private final Map<String, ExprFunctions.Function> own;

  /** Whether static types are enforced. */
  private final boolean strict;

  private final Map<String, Integer> variables = new HashMap<>();
  private int slots;
  private int at;
  private int depth;
  private int predicates;

  ExprParser(
      String text,
      Function<String, @Nullable ExprNode> names,
      Collection<String> known,
      Map<String, ExprFunctions.Function> own,
      boolean strict) {
    this.strict = strict;
    this.text = text;
    this.tokens = ExprLexer.of(text);
    this.names = names;
    this.known = known;
    this.own = own;
  }

  int variables() {
    return slots;
  }

  ExprNode whole() {
    ExprNode n = sequence();
    if (token().kind() != Kind.END) {
      throw unexpected();
    }
    return n;
  }

  /** Checks that the entire expression is a condition. */
  void requireCondition(ExprNode root) {
    if (root.shape() != Shape.BOOL && root.shape() != Shape.ANY) {
      throw error(tokens.getFirst(), "it must be true or false, but is " + root.shape());
    }
  }

  /** Reports operations that cannot be valid for any value. */
  private void check(ExprToken at, @Nullable String problem) {
    if (strict && problem != null) {
      throw error(at, problem);
    }
  }

  private ExprNode condition(ExprNode n, ExprToken at) {
    check(
        at,
        n.shape() == Shape.BOOL || n.shape() == Shape.ANY
            ? null
            : "expected true or false, not " + n.shape());
    return n;
  }

  private ExprToken token() {
    return tokens.get(at);
  }

  private boolean take(String sign) {
    if (token().is(sign)) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(String sign) {
    if (!take(sign)) {
      throw error(token(), "\"" + sign + "\" is missing before " + shown(token()));
    }
  }

  private static String shown(ExprToken t) {
    return t.kind() == Kind.END ? "the end" : "\"" + t.text() + "\"";
  }

  private ExpressionException error(ExprToken t, String message) {
    return new ExpressionException(text, t.at(), message);
  }

  private ExpressionException unexpected() {
    return error(token(), shown(token()) + " is not expected here");
  }

  /** Parses {@code let x = 1; x + 1}. */
  private ExprNode sequence() {
    if (!token().is("let")) {
      return expression(0);
    }
    at++;
    ExprToken name = token();
    if (name.kind() != Kind.NAME) {
      throw error(name, "a variable requires a name");
    }
    if (names.apply(name.text()) != null || variables.containsKey(name.text())) {
      throw error(name, "\"" + name.text() + "\" is already defined");
    }
    at++;
    expect("=");
    ExprNode value = expression(0);
    expect(";");
    int slot = slots++;
    variables.put(name.text(), slot);
    ExprNode rest = sequence();
    variables.remove(name.text());
    return f -> {
      f.variables[slot] = value.value(f);
      return rest.value(f);
    };
  }

  private ExprNode expression(int precedence) {
    if (++depth > MAX_DEPTH) {
      throw error(token(), "the expression is nested more than " + MAX_DEPTH + " parts deep");
    }
    if (precedence == 0 && token().is("let")) {
      ExprNode n = sequence();
      depth--;
      return n;
    }
    if (precedence == 0 && token().is("if")) {
      ExprNode n = conditional();
      depth--;
      return n;
    }
    ExprNode left = unary();
    while (true) {
      ExprToken t = token();
      boolean not = t.is("not");
      String sign = not ? tokens.get(at + 1).text() : t.text();
      Integer binds =
          t.kind() == Kind.SIGN || t.kind() == Kind.NAME ? BinaryOperators.precedence(sign) : null;
      if (binds == null || binds < precedence || not && !BinaryOperators.isNegatable(sign)) {
        break;
      }
      at += not ? 2 : 1;
      if (sign.equals("|")) {
        left = piped(left);
        continue;
      }
      ExprToken begins = token();
      ExprNode right = expression(sign.equals("**") || sign.equals("^") ? binds : binds + 1);
      check(t, Shape.problem(sign, left.shape(), right.shape()));
      Shape shape = Shape.result(sign, left.shape(), right.shape());
      ExprNode n = binary(sign, left, right, begins);
      left = ExprNode.of(not ? Operators.not(n) : n, shape);
    }
    if (precedence == 0) {
      left = choice(left);
    }
    depth--;
    return left;
  }

  /** Parses {@code a ? b : c} and {@code a ?: c}. */
  private ExprNode choice(ExprNode condition) {
    ExprToken sign = token();
    if (!take("?")) {
      return condition;
    }
    condition(condition, sign);
    if (take(":")) {
      ExprNode otherwise = expression(0);
      return f -> {
        Object v = condition.value(f);
        return Operators.isTrue(v) ? v : otherwise.value(f);
      };
    }
    ExprNode then = expression(0);
    expect(":");
    ExprNode otherwise = expression(0);
    return ExprNode.of(
        f -> Operators.isTrue(condition.value(f)) ? then.value(f) : otherwise.value(f),
        Shape.both(then.shape(), otherwise.shape()));
  }

  private ExprNode conditional() {
    expect("if");
    ExprToken begins = token();
    ExprNode condition = condition(expression(0), begins);
    expect("{");
    ExprNode then = sequence();
    expect("}");
    expect("else");
    ExprNode otherwise;
    if (token().is("if")) {
      otherwise = conditional();
    } else {
      expect("{");
      otherwise = sequence();
      expect("}");
    }
    return f -> Operators.isTrue(condition.value(f)) ? then.value(f) : otherwise.value(f);
  }

  private ExprNode binary(String sign, ExprNode left, ExprNode right, ExprToken rightAt) {
    try {
      return BinaryOperators.of(sign, left, right);
    } catch (BinaryOperators.PatternException e) {
      throw error(rightAt, e.getMessage());
    }
  }

  private ExprNode unary() {
    ExprToken t = token();
    if (t.is("not") || t.is("!")) {
      at++;
      return ExprNode.of(Operators.not(condition(expression(50), t)), Shape.BOOL);
    }
    if (t.is("-")) {
      at++;
      ExprNode n = expression(90);
      return n instanceof ExprNode.Constant(Object v) && v instanceof Number
          ? new ExprNode.Constant(Operators.minus(0L, v))
          : f -> Operators.negated(n.value(f));
    }
    if (t.is("+")) {
      at++;
      ExprNode n = expression(90);
      return f -> Operators.numeric(n.value(f), "+");
    }
    return postfix(primary());
  }

  private ExprNode piped(ExprNode left) {
    ExprToken name = token();
    if (name.kind() != Kind.NAME || !tokens.get(at + 1).is("(")) {
      throw error(name, "| must be followed by a function");
    }
    at++;
    return postfix(call(name, left));
  }

  private ExprNode primary() {
    ExprToken t = token();
    at++;
    switch (t.kind()) {
      case NUMBER, BYTES -> {
        return new ExprNode.Constant(t.value());
      }
      case STRING -> {
        return new ExprNode.Constant(t.text());
      }
      case POINTER -> {
        return pointer(t);
      }
      case NAME -> {
        return named(t);
      }
      case SIGN -> {
        switch (t.text()) {
          case "(" -> {
            ExprNode n = sequence();
            expect(")");
            return n;
          }
          case "[" -> {
            return list();
          }
          case "{" -> {
            return map();
          }
          case "." -> {
            // .name in a predicate is #.name
            if (predicates > 0 && token().kind() == Kind.NAME) {
              at--;
              return f -> f.element.value();
            }
          }
          default -> {
            // no expression starts here
          }
        }
      }
      case END -> {
        // said below
      }
    }
    at--;
    throw unexpected();
  }

  private ExprNode pointer(ExprToken t) {
    if (predicates == 0) {
      throw error(t, t.text() + " refers to an element and is only valid inside a predicate");
    }
    return switch (t.text()) {
      case "#" -> f -> f.element.value();
      case "#index" -> f -> f.element.index();
      case "#acc" -> f -> f.element.accumulator();
      default -> throw error(t, "there are #, #index and #acc, but no " + t.text());
    };
  }

  private ExprNode named(ExprToken t) {
    switch (t.text()) {
      case "true" -> {
        return new ExprNode.Constant(true);
      }
      case "false" -> {
        return new ExprNode.Constant(false);
      }
      case "nil" -> {
        return new ExprNode.Constant(null);
      }
      default -> {
        // a name
      }
    }
    if (token().is("(")) {
      return call(t, null);
    }
    Integer slot = variables.get(t.text());
    if (slot != null) {
      int s = slot;
      return f -> f.variables[s];
    }
    ExprNode n = names.apply(t.text());
    if (n == null) {
      String nearest = NameSuggestion.of(t.text(), known);
      throw error(
          t,
          "there is no \""
              + t.text()
              + "\""
              + (nearest == null ? "" : ", did you mean \"" + nearest + "\"?")
              + "; expected one of: "
              + String.join(", ", new TreeSet<>(known)));
    }
    return n;
  }

  private ExprNode list() {
    List<ExprNode> all = new ArrayList<>();
    while (!take("]")) {
      if (!all.isEmpty()) {
        expect(",");
        if (take("]")) {
          break;
        }
      }
      all.add(expression(0));
    }
    boolean constant = all.stream().allMatch(n -> n instanceof ExprNode.Constant);
    ExprNode made =
        f -> {
          f.make(all.size());
          ArrayValue a = new ArrayValue();
          for (ExprNode n : all) {
            a.add(Operators.element(n.value(f)));
          }
          return a;
        };
    // Mostly used to test whether a list contains a value, so it is created once; an expression
    // that stores the value copies it.
    return constant ? new ExprNode.Constant(made.value(new Frame("", 0))) : made;
  }

  private ExprNode map() {
    List<ExprNode> keys = new ArrayList<>();
    List<ExprNode> values = new ArrayList<>();
    while (!take("}")) {
      if (!keys.isEmpty()) {
        expect(",");
        if (take("}")) {
          break;
        }
      }
      ExprToken k = token();
      at++;
      switch (k.kind()) {
        case NAME, STRING, NUMBER -> keys.add(new ExprNode.Constant(k.text()));
        case SIGN -> {
          if (!k.text().equals("(")) {
            throw error(
                k, "a key must be a name, a string, a number or an expression in parentheses");
          }
          ExprNode n = expression(0);
          expect(")");
          keys.add(n);
        }
        default ->
            throw error(
                k, "a key must be a name, a string, a number or an expression in parentheses");
      }
      expect(":");
      values.add(expression(0));
    }
    return f -> {
      f.make(keys.size());
      Attributes a = new Attributes();
      for (int i = 0; i < keys.size(); i++) {
        if (!(keys.get(i).value(f) instanceof String k)) {
          throw new ExpressionException("the key of a map is not a string");
        }
        a.put(k, Operators.element(values.get(i).value(f)));
      }
      return a;
    };
  }

  private ExprNode postfix(ExprNode begun) {
    ExprNode n = begun;
    while (true) {
      ExprToken t = token();
      ExprNode of = n;
      if (t.is(".") || t.is("?.")) {
        at++;
        boolean optional = t.is("?.");
        if (optional && take("[")) {
          n = index(of, true);
          continue;
        }
        ExprToken name = token();
        if (name.kind() != Kind.NAME) {
          throw error(name, "a name must follow a dot");
        }
        at++;
        if (token().is("(")) {
          n = method(of, name, optional);
        } else {
          n = member(of, name, name.text(), optional || of instanceof Optional);
        }
        if (optional || of instanceof Optional) {
          n = new Optional(n);
        }
      } else if (t.is("[")) {
        at++;
        n = index(of, of instanceof Optional);
        if (of instanceof Optional) {
          n = new Optional(n);
        }
      } else {
        return n;
      }
    }
  }

  /** Access to a constant key. */
  private ExprNode member(ExprNode of, ExprToken at, String key, boolean optional) {
    check(at, of.shape().problemWith(key));
    ExprNode n = f -> Operators.member(of.value(f), key, optional);
    return of.shape() == Shape.TEXTS ? new ExprNode.Text(n) : ExprNode.of(n, of.shape().at(key));
  }

  /** Marks the start of an optional chain: access on nil returns nil from here on. */
  private record Optional(ExprNode of) implements ExprNode {
    @Override
    public @Nullable Object value(Frame f) {
      return of.value(f);
    }
  }

  private ExprNode index(ExprNode of, boolean optional) {
    if (take(":")) {
      if (take("]")) {
        return f -> Operators.slice(of.value(f), null, null);
      }
      ExprNode to = expression(0);
      expect("]");
      return f -> Operators.slice(of.value(f), null, to.value(f));
    }
    ExprToken begins = token();
    ExprNode from = expression(0);
    if (take(":")) {
      if (take("]")) {
        return f -> Operators.slice(of.value(f), from.value(f), null);
      }
      ExprNode to = expression(0);
      expect("]");
      return f -> Operators.slice(of.value(f), from.value(f), to.value(f));
    }
    expect("]");
    boolean keyed = of.shape() == Shape.TEXTS || of.shape() instanceof Shape.Fields;
    if (keyed && from instanceof ExprNode.Constant(Object v) && v instanceof String key) {
      return member(of, begins, key, optional);
    }
    check(begins, keyed ? Shape.problem("in", from.shape(), of.shape()) : null);
    ExprNode n = f -> Operators.at(of.value(f), from.value(f), optional);
    return of.shape() == Shape.TEXTS ? new ExprNode.Text(n) : n;
  }

  private ExprNode method(ExprNode of, ExprToken name, boolean optional) {
    expect("(");
    List<ExprNode> arguments = new ArrayList<>();
    while (!take(")")) {
      if (!arguments.isEmpty()) {
        expect(",");
      }
      arguments.add(expression(0));
    }
    Times.Method m = Times.method(name.text());
    if (m == null) {
      throw error(
          name,
          "there is no method "
              + name.text()
              + "; expected one of: "
              + String.join(", ", Times.methods()));
    }
    if (arguments.size() != m.arguments()) {
      throw error(name, name.text() + " takes " + m.arguments() + " arguments");
    }
    return f -> {
      Object v = of.value(f);
      if (v == null && optional) {
        return null;
      }
      return m.call().of(v, arguments.isEmpty() ? null : arguments.getFirst().value(f));
    };
  }

  private ExprNode call(ExprToken name, @Nullable ExprNode first) {
    expect("(");
    List<ExprNode> arguments = new ArrayList<>();
    if (first != null) {
      arguments.add(first);
    }
    ExprFunctions.Function its = own.get(name.text());
    boolean hidden = strict && ExprFunctions.readsEnvironment(name.text());
    ExprFunctions.Function fn = its != null || hidden ? its : ExprFunctions.of(name.text());
    boolean begun = false;
    while (!take(")")) {
      if (begun) {
        expect(",");
        if (take(")")) {
          break;
        }
      }
      begun = true;
      arguments.add(
          fn != null && fn.predicate() && arguments.size() == 1 ? predicate() : expression(0));
    }
    if (fn == null) {
      Set<String> all = new TreeSet<>(ExprFunctions.names());
      all.addAll(own.keySet());
      String nearest = NameSuggestion.of(name.text(), all);
      throw error(
          name,
          "there is no function "
              + name.text()
              + (nearest == null ? "" : ", did you mean " + nearest + "?"));
    }
    if (arguments.size() < fn.least() || arguments.size() > fn.most()) {
      throw error(
          name, name.text() + " takes " + fn.arity() + " arguments, not " + arguments.size());
    }
    ExprNode[] all = arguments.toArray(ExprNode[]::new);
    ExprFunctions.Body body = fn.body();
    return f -> body.value(f, all);
  }

  private ExprNode predicate() {
    predicates++;
    ExprNode n;
    if (take("{")) {
      n = sequence();
      expect("}");
    } else {
      n = expression(0);
    }
    predicates--;
    return n;
  }
}
