package dev.tethys.pipeline.ottl.syntax;

import dev.tethys.pipeline.ottl.OttlException;
import dev.tethys.pipeline.ottl.syntax.OttlTree.CompareOperator;
import dev.tethys.pipeline.ottl.syntax.OttlTree.Expression;
import dev.tethys.pipeline.ottl.syntax.OttlTree.MathOperator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a statement, a condition or a value by recursive descent. Values and conditions share one
 * chain of precedence (or, and, not, comparison, sum, product), so parentheses need no lookahead;
 * whether a part is a value or a condition is checked where it is used.
 */
public final class OttlParser {
  /** The longest text that is read, in UTF-16 units. */
  public static final int MAX_LENGTH = 64 * 1024;

  /** Maximum nesting depth: each level uses stack, here and later. */
  public static final int MAX_DEPTH = 100;

  private final String text;
  private final List<OttlToken> tokens;
  private int next;
  private int depth;

  private OttlParser(String text) {
    if (text.length() > MAX_LENGTH) {
      throw new OttlException(
          text,
          MAX_LENGTH,
          "the expression has " + text.length() + " characters; at most " + MAX_LENGTH);
    }
    this.text = text;
    this.tokens = OttlLexer.tokens(text);
  }

  /** Parses {@code editor(...) [where condition]}. */
  public static OttlTree.Statement statement(String text) {
    OttlParser p = new OttlParser(text);
    OttlTree.Statement s = p.statement();
    p.end();
    return s;
  }

  /** Parses a condition without a statement, as in the filter. */
  public static Expression condition(String text) {
    OttlParser p = new OttlParser(text);
    Expression e = p.condition();
    p.end();
    return e;
  }

  /** Parses a value without a statement. */
  public static Expression value(String text) {
    OttlParser p = new OttlParser(text);
    Expression e = p.value(p.or());
    p.end();
    return e;
  }

  private OttlTree.Statement statement() {
    OttlToken name = peek();
    if (name.kind() != OttlToken.Kind.WORD || !tokens.get(next + 1).is("(")) {
      throw error(
          name,
          "a statement begins with an editor and its arguments, as in set(attributes[\"a\"], 1),"
              + " but there is "
              + name.shown());
    }
    if (!isLower(name.text())) {
      throw error(
          name,
          name.text()
              + " is a converter: a statement begins with an editor, whose name begins in lower"
              + " case, as in set(target, "
              + name.text()
              + "(...))");
    }
    OttlTree.Call editor = call();
    if (!editor.keys().isEmpty()) {
      throw new OttlException(
          text, editor.keys().getFirst().at() - 1, "an editor cannot be indexed");
    }
    Expression where = null;
    if (peek().word("where")) {
      next++;
      where = condition();
    }
    return new OttlTree.Statement(name.at(), editor, where);
  }

  private Expression condition() {
    return condition(or());
  }

  private void end() {
    OttlToken t = peek();
    if (t.kind() != OttlToken.Kind.END) {
      throw error(
          t,
          t.shown()
              + " is not expected here"
              + (t.is("=") ? "; equality is written ==" : "")
              + (t.word("where") ? "; only statements have a where" : ""));
    }
  }

  private Expression or() {
    Expression first = and();
    if (!peek().word("or")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>();
    operands.add(condition(first));
    while (accept("or")) {
      operands.add(condition(and()));
    }
    return new OttlTree.Or(first.at(), operands);
  }

  private Expression and() {
    Expression first = not();
    if (!peek().word("and")) {
      return first;
    }
    List<Expression> operands = new ArrayList<>();
    operands.add(condition(first));
    while (accept("and")) {
      operands.add(condition(not()));
    }
    return new OttlTree.And(first.at(), operands);
  }

  private boolean accept(String word) {
    if (peek().word(word)) {
      next++;
      return true;
    }
    return false;
  }

  private Expression not() {
    OttlToken t = peek();
    if (!t.word("not")) {
      return comparison();
    }
    next++;
    if (peek().word("not")) {
      throw error(peek(), "\"not\" cannot follow \"not\"; put the inner one in parentheses");
    }
    return new OttlTree.Not(t.at(), condition(comparison()));
  }

  private Expression comparison() {
    Expression left = sum();
    CompareOperator operator = compareOperator();
    if (operator == null) {
      return left;
    }
    value(left);
    next++;
    Expression right = value(sum());
    if (compareOperator() != null) {
      throw error(peek(), "comparisons cannot be chained; join them with \"and\"");
    }
    return new OttlTree.Comparison(left.at(), operator, left, right);
  }

  private @Nullable CompareOperator compareOperator() {
    OttlToken t = peek();
    if (t.kind() == OttlToken.Kind.PUNCTUATION) {
      for (CompareOperator o : CompareOperator.values()) {
        if (t.text().equals(o.text())) {
          return o;
        }
      }
    }
    return null;
  }

  private Expression sum() {
    Expression left = product();
    while (peek().is("+") || peek().is("-")) {
      MathOperator o = peek().is("+") ? MathOperator.ADD : MathOperator.SUBTRACT;
      next++;
      left = new OttlTree.Arithmetic(left.at(), o, mathOperand(left), mathOperand(product()));
      deeper(left.at());
      // The tree is left-leaning: a long sum is as deep as it is long.
    }
    return left;
  }

  private Expression product() {
    Expression left = primary();
    while (peek().is("*") || peek().is("/")) {
      MathOperator o = peek().is("*") ? MathOperator.MULTIPLY : MathOperator.DIVIDE;
      next++;
      left = new OttlTree.Arithmetic(left.at(), o, mathOperand(left), mathOperand(primary()));
      deeper(left.at());
    }
    return left;
  }

  private void deeper(int at) {
    if (++operators > MAX_OPERATORS) {
      throw new OttlException(
          text, at, "the expression has more than " + MAX_OPERATORS + " operators");
    }
  }

  /** Maximum number of arithmetic operators in one text. */
  public static final int MAX_OPERATORS = 500;

  private int operators;

  private Expression primary() {
    if (++depth > MAX_DEPTH) {
      throw error(peek(), "the expression is nested more than " + MAX_DEPTH + " levels deep");
    }
    Expression e = primaryAt();
    depth--;
    return e;
  }

  private Expression primaryAt() {
    OttlToken t = peek();
    return switch (t.kind()) {
      case STRING -> {
        next++;
        yield new OttlTree.StringLiteral(t.at(), t.text());
      }
      case INT, FLOAT -> number(t, "");
      case BYTES -> {
        next++;
        yield new OttlTree.BytesLiteral(t.at(), t.text());
      }
      case WORD -> word(t);
      case PUNCTUATION ->
          switch (t.text()) {
            case "(" -> isLambda() ? lambda() : parenthesised();
            case "[" -> list();
            case "{" -> map();
            case "+", "-" -> {
              next++;
              yield signed(t);
            }
            default -> throw unexpected(t);
          };
      case END -> throw unexpected(t);
    };
  }

  private Expression signed(OttlToken sign) {
    OttlToken after = peek();
    if (after.kind() == OttlToken.Kind.INT || after.kind() == OttlToken.Kind.FLOAT) {
      return number(sign, sign.text());
    }
    if (after.kind() != OttlToken.Kind.WORD && !after.is("(")) {
      throw error(sign, "a sign must precede a number, a path, a converter or parentheses");
    }
    Expression e = mathOperand(primary());
    deeper(sign.at());
    return sign.is("+")
        ? e
        : new OttlTree.Arithmetic(
            sign.at(), OttlTree.MathOperator.SUBTRACT, new OttlTree.IntLiteral(sign.at(), 0), e);
  }

  private OttlException unexpected(OttlToken t) {
    return error(t, "a value is expected here, but there is " + t.shown());
  }

  private Expression number(OttlToken first, String sign) {
    OttlToken t = tokens.get(next++);
    String digits = sign + t.text();
    if (t.kind() == OttlToken.Kind.FLOAT) {
      return new OttlTree.FloatLiteral(first.at(), Double.parseDouble(digits));
    }
    try {
      return new OttlTree.IntLiteral(first.at(), Long.parseLong(digits));
    } catch (NumberFormatException e) {
      throw error(first, digits + " does not fit into 64 bits");
    }
  }

  private Expression word(OttlToken t) {
    switch (t.text()) {
      case "nil" -> {
        next++;
        return new OttlTree.Nil(t.at());
      }
      case "true", "false" -> {
        next++;
        return new OttlTree.BoolLiteral(t.at(), t.text().equals("true"));
      }
      case "and", "or", "not", "where" -> throw unexpected(t);
      default -> {
        // below
      }
    }
    boolean lower = isLower(t.text());
    if (tokens.get(next + 1).is("(")) {
      if (lower) {
        throw error(
            t,
            "a function inside of an expression is a converter, whose name begins in upper case,"
                + " but there is "
                + t.text());
      }
      return call();
    }
    if (lower || t.text().equals("_")) {
      return path();
    }
    next++;
    return new OttlTree.Symbol(t.at(), t.text());
  }

  private OttlTree.Call call() {
    OttlToken name = tokens.get(next++);
    next++; // the parenthesis, seen by the caller
    List<OttlTree.Argument> arguments = new ArrayList<>();
    Set<String> names = new HashSet<>();
    while (!peek().is(")")) {
      if (!arguments.isEmpty()) {
        expect(",", "in the arguments of " + name.text());
      }
      OttlToken first = peek();
      String named = null;
      if (first.kind() == OttlToken.Kind.WORD && tokens.get(next + 1).is("=")) {
        named = first.text();
        next += 2;
        if (!names.add(named)) {
          throw error(first, "the argument " + named + " appears twice");
        }
      } else if (!names.isEmpty()) {
        throw error(first, "an argument without a name cannot follow one with a name");
      }
      arguments.add(new OttlTree.Argument(first.at(), named, argument()));
    }
    next++;
    return new OttlTree.Call(name.at(), name.text(), arguments, keys());
  }

  /** Parses a value, a condition if a function expects a boolean, or a lambda. */
  private Expression argument() {
    Expression e = or();
    return e instanceof OttlTree.Lambda ? e : value(e);
  }

  private OttlTree.Path path() {
    OttlToken first = peek();
    List<OttlTree.Field> fields = new ArrayList<>();
    do {
      if (!fields.isEmpty()) {
        next++;
      }
      OttlToken t = peek();
      if (t.kind() != OttlToken.Kind.WORD || !isLower(t.text()) && !t.text().equals("_")) {
        throw error(t, "expected a lower-case name after the dot, got " + t.shown());
      }
      next++;
      fields.add(new OttlTree.Field(t.at(), t.text(), keys()));
    } while (peek().is("."));
    return new OttlTree.Path(first.at(), fields);
  }

  private List<Expression> keys() {
    List<Expression> keys = new ArrayList<>();
    while (peek().is("[")) {
      next++;
      Expression key = value(sum());
      if (!(key instanceof OttlTree.StringLiteral
          || key instanceof OttlTree.IntLiteral
          || key instanceof OttlTree.Path
          || key instanceof OttlTree.Call
          || key instanceof OttlTree.Arithmetic)) {
        throw new OttlException(
            text, key.at(), "an index must be a string, a whole number, a path or a converter");
      }
      expect("]", "after an index");
      keys.add(key);
    }
    return keys;
  }

  private Expression list() {
    OttlToken open = tokens.get(next++);
    List<Expression> items = new ArrayList<>();
    while (!peek().is("]")) {
      if (!items.isEmpty()) {
        expect(",", "in a list");
      }
      items.add(value(sum()));
    }
    next++;
    return new OttlTree.ListLiteral(open.at(), items);
  }

  private Expression map() {
    OttlToken open = tokens.get(next++);
    List<OttlTree.Entry> entries = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    while (!peek().is("}")) {
      OttlToken key = peek();
      if (key.kind() != OttlToken.Kind.STRING) {
        throw error(key, "a map key must be a string, not " + key.shown());
      }
      if (!keys.add(key.text())) {
        throw error(key, "the key \"" + key.text() + "\" is a duplicate in this map");
      }
      next++;
      expect(":", "after a key of a map");
      entries.add(new OttlTree.Entry(key.at(), key.text(), value(sum())));
      if (peek().is(",")) {
        next++; // also after the last one
      }
    }
    next++;
    return new OttlTree.MapLiteral(open.at(), entries);
  }

  private Expression parenthesised() {
    next++;
    Expression e = or();
    expect(")", "to close the parenthesis");
    return e;
  }

  private boolean isLambda() {
    int i = next + 1;
    while (tokens.get(i).kind() == OttlToken.Kind.WORD) {
      i++;
      if (tokens.get(i).is(",")) {
        i++;
      }
    }
    return tokens.get(i).is(")") && tokens.get(i + 1).is("=>");
  }

  private Expression lambda() {
    OttlToken open = tokens.get(next++);
    List<String> parameters = new ArrayList<>();
    while (!peek().is(")")) {
      if (!parameters.isEmpty()) {
        expect(",", "between the parameters of a lambda");
      }
      OttlToken t = peek();
      if (t.kind() != OttlToken.Kind.WORD || !isLower(t.text()) && !t.text().equals("_")) {
        throw error(t, "a lambda parameter must be a lower-case name or _");
      }
      if (!t.text().equals("_") && parameters.contains(t.text())) {
        throw error(t, "two parameters have the name " + t.text());
      }
      next++;
      parameters.add(t.text());
    }
    next += 2; // the parenthesis and the arrow, seen by isLambda
    Expression body = or();
    if (body instanceof OttlTree.Lambda) {
      throw new OttlException(text, body.at(), "the body of a lambda cannot be a lambda");
    }
    return new OttlTree.Lambda(open.at(), parameters, body);
  }

  private Expression condition(Expression e) {
    return switch (e) {
      case OttlTree.Comparison c -> c;
      case OttlTree.And a -> a;
      case OttlTree.Or o -> o;
      case OttlTree.Not n -> n;
      case OttlTree.BoolLiteral b -> b;
      case OttlTree.Call c -> c;
      case OttlTree.Path p ->
          throw new OttlException(
              text,
              p.at(),
              "a path alone is not a condition; compare it, as in "
                  + OttlPrinter.print(p)
                  + " == true");
      default ->
          throw new OttlException(
              text,
              e.at(),
              "a condition (a comparison, a converter that answers true or false, true, false) is"
                  + " expected here");
    };
  }

  private Expression value(Expression e) {
    return switch (e) {
      case OttlTree.Comparison c -> throw notValue(c);
      case OttlTree.And a -> throw notValue(a);
      case OttlTree.Or o -> throw notValue(o);
      case OttlTree.Not n -> throw notValue(n);
      case OttlTree.Lambda l ->
          throw new OttlException(
              text, l.at(), "a lambda can be an argument of a function only, not a value");
      default -> e;
    };
  }

  private OttlException notValue(Expression e) {
    return new OttlException(text, e.at(), "a value is expected here, not a condition");
  }

  private Expression mathOperand(Expression e) {
    return switch (e) {
      case OttlTree.IntLiteral i -> i;
      case OttlTree.FloatLiteral f -> f;
      case OttlTree.Path p -> p;
      case OttlTree.Call c -> c;
      case OttlTree.Arithmetic a -> a;
      case OttlTree.Symbol s -> s;
      default ->
          throw new OttlException(
              text,
              e.at(),
              "arithmetic requires numbers, times or durations, given as literals, paths or"
                  + " converters");
    };
  }

  private void expect(String punctuation, String where) {
    OttlToken t = peek();
    if (!t.is(punctuation)) {
      throw error(
          t, "\"" + punctuation + "\" is expected " + where + ", but there is " + t.shown());
    }
    next++;
  }

  private OttlToken peek() {
    return tokens.get(next);
  }

  private OttlException error(OttlToken t, String reason) {
    return new OttlException(text, t.at(), reason);
  }

  private static boolean isLower(String word) {
    return word.charAt(0) >= 'a' && word.charAt(0) <= 'z';
  }
}
