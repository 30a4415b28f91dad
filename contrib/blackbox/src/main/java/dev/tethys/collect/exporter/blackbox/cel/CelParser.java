package dev.tethys.collect.exporter.blackbox.cel;

import dev.tethys.collect.exporter.blackbox.cel.CelExpr.Over;
import dev.tethys.collect.exporter.blackbox.cel.CelLexer.Digits;
import dev.tethys.collect.exporter.blackbox.cel.CelLexer.Kind;
import dev.tethys.collect.exporter.blackbox.cel.CelLexer.Token;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parses an expression and checks its names: variables, types, functions and how many arguments
 * they have. Types of values are checked when it is evaluated. Source: cel-spec's langdef.
 */
final class CelParser {
  private static final int MAX_DEPTH = 200;
  private static final int MAX_LENGTH = 100_000;

  private static final Set<String> RESERVED =
      Set.of(
          "as",
          "break",
          "const",
          "continue",
          "else",
          "for",
          "function",
          "if",
          "import",
          "let",
          "loop",
          "package",
          "namespace",
          "return",
          "var",
          "void",
          "while");

  private static final List<Set<String>> BINARY =
      List.of(
          Set.of("<", "<=", ">", ">=", "==", "!=", "in"), Set.of("+", "-"), Set.of("*", "/", "%"));

  private final List<Token> tokens;
  private final Set<String> variables;
  private final Deque<String> bound = new ArrayDeque<>();
  private int at;
  private int depth;

  private CelParser(List<Token> tokens, Set<String> variables) {
    this.tokens = tokens;
    this.variables = variables;
  }

  /**
   * Parses an expression.
   *
   * @throws CelException if the expression is invalid, with its column
   */
  static CelExpr parse(String text, Set<String> variables) {
    if (text.length() > MAX_LENGTH) {
      throw new CelException("an expression of more than " + MAX_LENGTH + " characters");
    }
    CelParser p = new CelParser(CelLexer.tokens(text), variables);
    CelExpr e = p.expression();
    if (p.token().kind() != Kind.END) {
      throw p.wrong(p.token(), "an operator expected, not " + p.token().text());
    }
    return e;
  }

  private Token token() {
    return tokens.get(at);
  }

  private boolean take(String symbol) {
    if (token().is(symbol)) {
      at++;
      return true;
    }
    return false;
  }

  private void require(String symbol) {
    if (!take(symbol)) {
      throw wrong(token(), "\"" + symbol + "\" expected, not " + token().text());
    }
  }

  private CelException wrong(Token where, String what) {
    return new CelException("column " + where.column() + ": " + what);
  }

  private CelExpr expression() {
    if (++depth > MAX_DEPTH) {
      throw wrong(token(), "more than " + MAX_DEPTH + " expressions in each other");
    }
    CelExpr e = logical(false);
    if (take("?")) {
      CelExpr then = logical(false);
      require(":");
      e = new CelExpr.Choice(e, then, expression());
    }
    depth--;
    return e;
  }

  private CelExpr logical(boolean and) {
    CelExpr e = and ? binary(0) : logical(true);
    while (take(and ? "&&" : "||")) {
      e = new CelExpr.Logical(and, e, and ? binary(0) : logical(true));
    }
    return e;
  }

  private CelExpr binary(int level) {
    if (level == BINARY.size()) {
      return unary();
    }
    CelExpr e = binary(level + 1);
    while (token().kind() == Kind.SYMBOL && BINARY.get(level).contains(token().text())) {
      String operator = token().text();
      at++;
      e = new CelExpr.Binary(operator, e, binary(level + 1));
    }
    return e;
  }

  private CelExpr unary() {
    if (++depth > MAX_DEPTH) {
      throw wrong(token(), "more than " + MAX_DEPTH + " expressions in each other");
    }
    CelExpr e;
    if (take("!")) {
      e = new CelExpr.Negation(unary());
    } else if (token().is("-")) {
      Token next = tokens.get(at + 1);
      at++;
      if (next.value() instanceof Digits d) {
        at++;
        e = members(new CelExpr.Literal(whole(next, "-" + d.digits(), d.base())));
      } else {
        e = new CelExpr.Minus(unary());
      }
    } else {
      e = members(primary());
    }
    depth--;
    return e;
  }

  private Long whole(Token where, String digits, int base) {
    try {
      return Long.parseLong(digits, base);
    } catch (NumberFormatException e) {
      throw wrong(where, digits + " does not fit into 64 bits");
    }
  }

  private CelExpr primary() {
    Token t = token();
    at++;
    if (t.kind() == Kind.LITERAL) {
      return new CelExpr.Literal(
          t.value() instanceof Digits d ? whole(t, d.digits(), d.base()) : t.value());
    }
    if (t.is("(")) {
      CelExpr e = expression();
      require(")");
      return e;
    }
    if (t.is("[")) {
      return new CelExpr.ListOf(until("]"));
    }
    if (t.is("{")) {
      return map();
    }
    if (t.is(".") && token().kind() == Kind.NAME) {
      t = token();
      at++;
    }
    if (t.kind() == Kind.NAME) {
      return named(t);
    }
    throw wrong(t, "a value expected, not " + t.text());
  }

  /** Comma-separated expressions up to a symbol, which may follow a comma. */
  private List<CelExpr> until(String end) {
    List<CelExpr> all = new ArrayList<>();
    while (!take(end)) {
      all.add(expression());
      if (!token().is(end)) {
        require(",");
      }
    }
    return List.copyOf(all);
  }

  private CelExpr map() {
    List<Map.Entry<CelExpr, CelExpr>> all = new ArrayList<>();
    while (!take("}")) {
      CelExpr key = expression();
      require(":");
      all.add(Map.entry(key, expression()));
      if (!token().is("}")) {
        require(",");
      }
    }
    return new CelExpr.MapOf(List.copyOf(all));
  }

  private CelExpr named(Token t) {
    String name = t.text();
    if (RESERVED.contains(name)) {
      throw wrong(t, name + " is a reserved word");
    }
    if (take("(")) {
      if (name.equals("has")) {
        CelExpr e = expression();
        require(")");
        if (e instanceof CelExpr.Field f) {
          return new CelExpr.Field(f.of(), f.name(), true);
        }
        throw wrong(t, "has() requires a field: has(a.b)");
      }
      return call(t, name, until(")"), null);
    }
    if (!variables.contains(name) && !bound.contains(name) && !CelValues.TYPES.contains(name)) {
      throw wrong(t, "unknown variable " + name);
    }
    return new CelExpr.Name(name);
  }

  private CelExpr members(CelExpr first) {
    CelExpr e = first;
    while (true) {
      if (take("[")) {
        e = new CelExpr.Element(e, expression());
        require("]");
      } else if (take(".")) {
        Token name = token();
        if (name.kind() != Kind.NAME) {
          throw wrong(name, "the name of a field expected, not " + name.text());
        }
        at++;
        e = take("(") ? method(name, e) : new CelExpr.Field(e, name.text(), false);
      } else {
        return e;
      }
    }
  }

  private CelExpr method(Token t, CelExpr target) {
    @Nullable Over kind =
        switch (t.text()) {
          case "all" -> Over.ALL;
          case "exists" -> Over.EXISTS;
          case "exists_one", "existsOne" -> Over.EXISTS_ONE;
          case "map" -> Over.MAP;
          case "filter" -> Over.FILTER;
          default -> null;
        };
    if (kind == null) {
      return call(t, t.text(), until(")"), target);
    }
    Token variable = token();
    if (variable.kind() != Kind.NAME || !tokens.get(at + 1).is(",")) {
      throw wrong(t, t.text() + "() requires a name and an expression");
    }
    at += 2;
    bound.push(variable.text());
    CelExpr filter = null;
    CelExpr body = expression();
    if (kind == Over.MAP && take(",")) {
      filter = body;
      body = expression();
    }
    bound.pop();
    require(")");
    return new CelExpr.Comprehension(kind, target, variable.text(), filter, body);
  }

  private CelExpr call(Token t, String name, List<CelExpr> given, @Nullable CelExpr target) {
    List<CelExpr> arguments = new ArrayList<>();
    if (target != null) {
      arguments.add(target);
    }
    arguments.addAll(given);
    String problem = CelFunctions.problem(name, target != null, arguments.size());
    if (!problem.isEmpty()) {
      throw wrong(t, String.format(Locale.ROOT, problem, name));
    }
    return new CelExpr.Call(name, List.copyOf(arguments));
  }
}
