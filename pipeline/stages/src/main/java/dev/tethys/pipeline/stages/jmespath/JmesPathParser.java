package dev.tethys.pipeline.stages.jmespath;

import dev.tethys.pipeline.stages.jmespath.JmesPathToken.Kind;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Builds the tree of an expression, by the strength with which operators bind. */
final class JmesPathParser {
  /** Maximum nesting depth of expressions. */
  static final int MAX_DEPTH = 200;

  private static final Map<Kind, Integer> POWER = new EnumMap<>(Kind.class);

  static {
    POWER.put(Kind.PIPE, 1);
    POWER.put(Kind.OR, 2);
    POWER.put(Kind.AND, 3);
    for (Kind k : List.of(Kind.EQ, Kind.NE, Kind.LT, Kind.LE, Kind.GT, Kind.GE)) {
      POWER.put(k, 5);
    }
    POWER.put(Kind.FLATTEN, 9);
    POWER.put(Kind.STAR, 20);
    POWER.put(Kind.FILTER, 21);
    POWER.put(Kind.DOT, 40);
    POWER.put(Kind.NOT, 45);
    POWER.put(Kind.OPEN_BRACE, 50);
    POWER.put(Kind.OPEN, 55);
    POWER.put(Kind.OPEN_PAREN, 60);
  }

  private static final JmesPathTree CURRENT = new JmesPathTree.Current();

  private final List<JmesPathToken> tokens;
  private int at;
  private int depth;

  private JmesPathParser(List<JmesPathToken> tokens) {
    this.tokens = tokens;
  }

  static JmesPathTree parse(String text) throws JmesPathException {
    JmesPathParser p = new JmesPathParser(JmesPathLexer.tokens(text));
    JmesPathTree t = p.expression(0);
    if (p.peek().kind() != Kind.END) {
      throw p.unexpected();
    }
    return t;
  }

  private JmesPathToken peek() {
    return tokens.get(at);
  }

  private boolean is(Kind kind) {
    return peek().kind() == kind;
  }

  private JmesPathToken take() {
    return tokens.get(at++);
  }

  private void take(Kind kind) throws JmesPathException {
    if (!is(kind)) {
      throw new JmesPathException(
          "requires " + kind.shown + " at " + peek().at() + ", not " + peek().kind().shown);
    }
    at++;
  }

  private JmesPathException unexpected() {
    return new JmesPathException(peek().kind().shown + " at " + peek().at() + " is not valid here");
  }

  private static int power(Kind kind) {
    return Objects.requireNonNullElse(POWER.get(kind), 0);
  }

  private JmesPathTree expression(int binding) throws JmesPathException {
    if (++depth > MAX_DEPTH) {
      throw new JmesPathException("the expression is nested too deeply");
    }
    JmesPathTree left = prefix();
    while (binding < power(peek().kind())) {
      left = infix(left);
    }
    depth--;
    return left;
  }

  private JmesPathTree prefix() throws JmesPathException {
    JmesPathToken t = peek();
    switch (t.kind()) {
      case LITERAL -> {
        at++;
        return new JmesPathTree.Literal(t.value());
      }
      case IDENTIFIER -> {
        at++;
        return is(Kind.OPEN_PAREN) ? call(string(t)) : new JmesPathTree.Field(string(t));
      }
      case QUOTED -> {
        at++;
        if (is(Kind.OPEN_PAREN)) {
          throw new JmesPathException("a quoted identifier cannot name a function");
        }
        return new JmesPathTree.Field(string(t));
      }
      case AT -> {
        at++;
        return CURRENT;
      }
      case STAR -> {
        at++;
        return new JmesPathTree.ValueProjection(CURRENT, is(Kind.CLOSE) ? CURRENT : projected(20));
      }
      case FILTER -> {
        at++;
        return filter(CURRENT);
      }
      case FLATTEN -> {
        at++;
        return new JmesPathTree.ListProjection(new JmesPathTree.Flatten(CURRENT), projected(9));
      }
      case OPEN_BRACE -> {
        at++;
        return hash();
      }
      case OPEN -> {
        at++;
        if (is(Kind.NUMBER) || is(Kind.COLON)) {
          return index(CURRENT);
        }
        if (is(Kind.STAR) && tokens.get(at + 1).kind() == Kind.CLOSE) {
          at += 2;
          return new JmesPathTree.ListProjection(CURRENT, projected(20));
        }
        return list();
      }
      case NOT -> {
        at++;
        return new JmesPathTree.Not(expression(45));
      }
      case OPEN_PAREN -> {
        at++;
        JmesPathTree inner = expression(0);
        take(Kind.CLOSE_PAREN);
        return inner;
      }
      default -> throw unexpected();
    }
  }

  private static String string(JmesPathToken t) {
    return String.valueOf(t.value());
  }

  private JmesPathTree infix(JmesPathTree left) throws JmesPathException {
    Kind kind = take().kind();
    return switch (kind) {
      case DOT -> {
        if (is(Kind.STAR)) {
          at++;
          yield new JmesPathTree.ValueProjection(left, projected(20));
        }
        yield new JmesPathTree.Chain(left, afterDot(40));
      }
      case PIPE -> new JmesPathTree.Pipe(left, expression(1));
      case OR -> new JmesPathTree.Or(left, expression(2));
      case AND -> new JmesPathTree.And(left, expression(3));
      case EQ, NE, LT, LE, GT, GE -> new JmesPathTree.Compare(kind, left, expression(5));
      case FLATTEN -> new JmesPathTree.ListProjection(new JmesPathTree.Flatten(left), projected(9));
      case FILTER -> filter(left);
      case OPEN -> {
        if (is(Kind.NUMBER) || is(Kind.COLON)) {
          yield index(left);
        }
        take(Kind.STAR);
        take(Kind.CLOSE);
        yield new JmesPathTree.ListProjection(left, projected(20));
      }
      default -> {
        at--;
        throw unexpected();
      }
    };
  }

  /** Parses the expression that a projection applies to each item. */
  private JmesPathTree projected(int binding) throws JmesPathException {
    Kind next = peek().kind();
    if (power(next) < 10) {
      return CURRENT;
    }
    return switch (next) {
      case OPEN, FILTER -> expression(binding);
      case DOT -> {
        at++;
        yield afterDot(binding);
      }
      default -> throw unexpected();
    };
  }

  private JmesPathTree afterDot(int binding) throws JmesPathException {
    return switch (peek().kind()) {
      case IDENTIFIER, QUOTED, STAR -> expression(binding);
      case OPEN -> {
        at++;
        yield list();
      }
      case OPEN_BRACE -> {
        at++;
        yield hash();
      }
      default -> throw unexpected();
    };
  }

  private JmesPathTree filter(JmesPathTree left) throws JmesPathException {
    JmesPathTree condition = expression(0);
    take(Kind.CLOSE);
    JmesPathTree right = is(Kind.FLATTEN) ? CURRENT : projected(21);
    return new JmesPathTree.Filter(left, right, condition);
  }

  private JmesPathTree index(JmesPathTree left) throws JmesPathException {
    @Nullable Integer[] parts = new @Nullable Integer[3];
    int colons = 0;
    while (!is(Kind.CLOSE)) {
      if (is(Kind.COLON) && colons < 2) {
        colons++;
        at++;
      } else if (is(Kind.NUMBER) && parts[colons] == null) {
        parts[colons] = (Integer) take().value();
      } else {
        throw unexpected();
      }
    }
    take(Kind.CLOSE);
    Integer first = parts[0];
    if (colons == 0) {
      return new JmesPathTree.Chain(left, new JmesPathTree.Index(Objects.requireNonNull(first)));
    }
    int step = parts[2] == null ? 1 : parts[2];
    return new JmesPathTree.ListProjection(
        new JmesPathTree.Chain(left, new JmesPathTree.Slice(first, parts[1], step)), projected(20));
  }

  private JmesPathTree list() throws JmesPathException {
    List<JmesPathTree> items = new ArrayList<>();
    do {
      items.add(expression(0));
    } while (takeIf(Kind.COMMA));
    take(Kind.CLOSE);
    return new JmesPathTree.MultiList(items);
  }

  private JmesPathTree hash() throws JmesPathException {
    List<String> keys = new ArrayList<>();
    List<JmesPathTree> values = new ArrayList<>();
    do {
      if (!is(Kind.IDENTIFIER) && !is(Kind.QUOTED)) {
        throw unexpected();
      }
      keys.add(string(take()));
      take(Kind.COLON);
      values.add(expression(0));
    } while (takeIf(Kind.COMMA));
    take(Kind.CLOSE_BRACE);
    return new JmesPathTree.MultiHash(keys, values);
  }

  private boolean takeIf(Kind kind) {
    boolean there = is(kind);
    if (there) {
      at++;
    }
    return there;
  }

  private JmesPathTree call(String function) throws JmesPathException {
    take(Kind.OPEN_PAREN);
    List<JmesPathTree> arguments = new ArrayList<>();
    if (!is(Kind.CLOSE_PAREN)) {
      do {
        arguments.add(
            takeIf(Kind.AMPERSAND) ? new JmesPathTree.Reference(expression(0)) : expression(0));
      } while (takeIf(Kind.COMMA));
    }
    take(Kind.CLOSE_PAREN);
    JmesPathFunctions.check(function, arguments.size());
    return new JmesPathTree.Call(function, arguments);
  }
}
