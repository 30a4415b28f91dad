package dev.tethys.codec.template;

import dev.tethys.codec.template.TemplateNode.Body;
import dev.tethys.codec.template.TemplateNode.Branching;
import dev.tethys.codec.template.TemplateNode.Command;
import dev.tethys.codec.template.TemplateNode.Pipe;
import dev.tethys.codec.template.TemplateNode.Term;
import dev.tethys.codec.template.TemplateNode.Variable;
import dev.tethys.codec.template.TemplateToken.Kind;
import dev.tethys.model.GoQuote;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Parses one text into the templates that it defines, including its own body. Up to three tokens
 * are buffered, as the grammar requires; errors have the line of the most recent token and Go's
 * messages.
 */
final class TemplateParser {
  /** Maximum nesting of parentheses and branches, so that the stack suffices for any text. */
  static final int MAX_NESTING = 200;

  private final String name;
  private final Predicate<String> functions;
  private final TemplateLexer lexer;
  private final TemplateToken[] held = new TemplateToken[3];
  private int heldCount;
  private final Map<String, Body> defined = new LinkedHashMap<>();
  private List<String> variables = new ArrayList<>(List.of("$"));
  private int ranges;
  private int actionLine;
  private int nesting;

  TemplateParser(String name, String text, Predicate<String> functions) {
    this.name = name;
    this.functions = functions;
    this.lexer = new TemplateLexer(text);
  }

  /** The bodies by name; the body of the text itself is included even if it is empty. */
  Map<String, Body> parse() {
    List<TemplateNode> nodes = new ArrayList<>();
    while (peek().kind() != Kind.EOF) {
      if (peek().kind() == Kind.LEFT_DELIMITER) {
        TemplateToken delimiter = next();
        if (nextNonSpace().kind() == Kind.DEFINE) {
          definition();
          continue;
        }
        held[1] = delimiter;
        heldCount = 2;
      }
      TemplateNode n = textOrAction();
      if (n instanceof TemplateNode.End || n instanceof TemplateNode.Else) {
        throw error("unexpected " + n);
      }
      nodes.add(n);
    }
    define(name, new Body(0, nodes));
    return defined;
  }

  private void define(String template, Body body) {
    Body before = defined.get(template);
    if (before == null || isEmpty(before)) {
      defined.put(template, body);
    } else if (!isEmpty(body)) {
      throw error("template: multiple definition of template " + GoQuote.quote(template));
    }
  }

  /** Whether the output consists of white space only. */
  static boolean isEmpty(Body body) {
    return body.nodes().stream()
        .allMatch(
            n ->
                n instanceof TemplateNode.Text t && t.text().isBlank()
                    || n instanceof Body b && isEmpty(b));
  }

  TemplateException error(String problem) {
    return new TemplateException("template: " + name + ":" + held[0].line() + ": " + problem);
  }

  private TemplateToken next() {
    if (heldCount > 0) {
      heldCount--;
    } else {
      held[0] = lexer.next();
    }
    return held[heldCount];
  }

  private void backup() {
    heldCount++;
  }

  private TemplateToken peek() {
    if (heldCount > 0) {
      return held[heldCount - 1];
    }
    heldCount = 1;
    held[0] = lexer.next();
    return held[0];
  }

  private TemplateToken nextNonSpace() {
    TemplateToken t = next();
    while (t.kind() == Kind.SPACE) {
      t = next();
    }
    return t;
  }

  private TemplateToken peekNonSpace() {
    TemplateToken t = nextNonSpace();
    backup();
    return t;
  }

  private TemplateToken expect(Kind kind, String context) {
    TemplateToken t = nextNonSpace();
    if (t.kind() != kind) {
      throw unexpected(t, context);
    }
    return t;
  }

  private TemplateException unexpected(TemplateToken t, String context) {
    if (t.kind() != Kind.ERROR) {
      return error("unexpected " + t.shown() + " in " + context);
    }
    String extra = "";
    if (actionLine != 0 && actionLine != t.line()) {
      extra = " in action started at " + name + ":" + actionLine;
      if (t.text().endsWith(" action")) {
        extra = extra.substring(" in action".length());
      }
    }
    return error(t.text() + extra);
  }

  private void definition() {
    String context = "define clause";
    String template = templateName(nextNonSpace(), context);
    expect(Kind.RIGHT_DELIMITER, context);
    define(template, nestedBody(context));
  }

  /** The body of a nested template, to its end: it does not see variables of the outside. */
  private Body nestedBody(String context) {
    List<String> outer = variables;
    int outerRanges = ranges;
    variables = new ArrayList<>(List.of("$"));
    ranges = 0;
    List<TemplateNode> nodes = new ArrayList<>();
    int at = peekNonSpace().at();
    TemplateNode end = items(nodes);
    if (!(end instanceof TemplateNode.End)) {
      throw error("unexpected " + end + " in " + context);
    }
    variables = outer;
    ranges = outerRanges;
    return new Body(at, nodes);
  }

  private TemplateNode items(List<TemplateNode> into) {
    while (peekNonSpace().kind() != Kind.EOF) {
      TemplateNode n = textOrAction();
      if (n instanceof TemplateNode.End || n instanceof TemplateNode.Else) {
        return n;
      }
      into.add(n);
    }
    throw error("unexpected EOF");
  }

  private TemplateNode textOrAction() {
    TemplateToken t = nextNonSpace();
    switch (t.kind()) {
      case TEXT -> {
        return new TemplateNode.Text(t.at(), t.text());
      }
      case LEFT_DELIMITER -> {
        actionLine = t.line();
        try {
          return action();
        } finally {
          actionLine = 0;
        }
      }
      default -> throw unexpected(t, "input");
    }
  }

  private TemplateNode action() {
    TemplateToken t = nextNonSpace();
    switch (t.kind()) {
      case BLOCK -> {
        return block(t);
      }
      case BREAK, CONTINUE -> {
        String word = "{{" + t.text() + "}}";
        TemplateToken end = nextNonSpace();
        if (end.kind() != Kind.RIGHT_DELIMITER) {
          throw unexpected(end, word);
        }
        if (ranges == 0) {
          throw error(word + " outside {{range}}");
        }
        return t.kind() == Kind.BREAK
            ? new TemplateNode.Break(t.at())
            : new TemplateNode.Continue(t.at());
      }
      case ELSE -> {
        TemplateToken p = peekNonSpace();
        if (p.kind() == Kind.IF || p.kind() == Kind.WITH) {
          return new TemplateNode.Else(p.at());
        }
        return new TemplateNode.Else(expect(Kind.RIGHT_DELIMITER, "else").at());
      }
      case END -> {
        return new TemplateNode.End(expect(Kind.RIGHT_DELIMITER, "end").at());
      }
      case IF -> {
        return branch(Branching.IF, "if");
      }
      case RANGE -> {
        return branch(Branching.RANGE, "range");
      }
      case WITH -> {
        return branch(Branching.WITH, "with");
      }
      case TEMPLATE -> {
        String context = "template clause";
        TemplateToken n = nextNonSpace();
        String template = templateName(n, context);
        Pipe pipe = null;
        if (nextNonSpace().kind() != Kind.RIGHT_DELIMITER) {
          backup();
          pipe = pipeline(context, Kind.RIGHT_DELIMITER);
        }
        return new TemplateNode.Invoke(n.at(), template, pipe);
      }
      case DEFINE -> throw unexpected(t, "command");
      default -> {
        backup();
        int at = peek().at();
        return new TemplateNode.Action(at, pipeline("command", Kind.RIGHT_DELIMITER));
      }
    }
  }

  private TemplateNode block(TemplateToken keyword) {
    String context = "block clause";
    TemplateToken n = nextNonSpace();
    String template = templateName(n, context);
    Pipe pipe = pipeline(context, Kind.RIGHT_DELIMITER);
    enter();
    define(template, nestedBody(context));
    nesting--;
    return new TemplateNode.Invoke(keyword.at(), template, pipe);
  }

  private String templateName(TemplateToken t, String context) {
    if (t.kind() != Kind.STRING && t.kind() != Kind.RAW_STRING) {
      throw unexpected(t, context);
    }
    String s = Literals.unquote(t.text());
    if (s == null) {
      throw error("invalid syntax");
    }
    return s;
  }

  private void enter() {
    if (++nesting > MAX_NESTING) {
      throw error("nested more than " + MAX_NESTING + " levels deep");
    }
  }

  private TemplateNode branch(Branching kind, String context) {
    enter();
    int scope = variables.size();
    Pipe pipe = pipeline(context, Kind.RIGHT_DELIMITER);
    if (kind == Branching.RANGE) {
      ranges++;
    }
    int thenAt = peekNonSpace().at();
    List<TemplateNode> then = new ArrayList<>();
    TemplateNode end = items(then);
    if (kind == Branching.RANGE) {
      ranges--;
    }
    Body otherwise = null;
    if (end instanceof TemplateNode.Else) {
      List<TemplateNode> nodes = new ArrayList<>();
      int at = end.at();
      Kind word = peek().kind();
      if (kind == Branching.IF && word == Kind.IF || kind == Branching.WITH && word == Kind.WITH) {
        next();
        nodes.add(branch(kind, context)); // its end is ours
      } else {
        TemplateNode last = items(nodes);
        if (!(last instanceof TemplateNode.End)) {
          throw error("expected end; found " + last);
        }
      }
      otherwise = new Body(at, nodes);
    }
    while (variables.size() > scope) {
      variables.removeLast();
    }
    nesting--;
    return new TemplateNode.Branch(pipe.at(), kind, pipe, new Body(thenAt, then), otherwise);
  }

  private Pipe pipeline(String context, Kind end) {
    enter();
    int at = peekNonSpace().at();
    List<Variable> declared = new ArrayList<>();
    boolean assigns = declarations(context, declared);
    List<Command> commands = new ArrayList<>();
    while (true) {
      TemplateToken t = nextNonSpace();
      if (t.kind() == end) {
        check(commands, context);
        nesting--;
        return new Pipe(at, assigns, declared, commands);
      }
      switch (t.kind()) {
        case BOOL,
            CHAR_CONSTANT,
            DOT,
            FIELD,
            IDENTIFIER,
            NUMBER,
            NIL,
            RAW_STRING,
            STRING,
            VARIABLE,
            LEFT_PAREN -> {
          backup();
          commands.add(command());
        }
        default -> throw unexpected(t, context);
      }
    }
  }

  private boolean declarations(String context, List<Variable> declared) {
    while (true) {
      TemplateToken v = peekNonSpace();
      if (v.kind() != Kind.VARIABLE) {
        return false;
      }
      next();
      TemplateToken after = peek();
      TemplateToken op = peekNonSpace();
      if (op.kind() == Kind.ASSIGN || op.kind() == Kind.DECLARE) {
        nextNonSpace();
        declare(v, declared);
        return op.kind() == Kind.ASSIGN;
      }
      if (op.kind() == Kind.CHAR && op.text().equals(",")) {
        nextNonSpace();
        declare(v, declared);
        if (context.equals("range") && declared.size() < 2) {
          switch (peekNonSpace().kind()) {
            case VARIABLE, RIGHT_DELIMITER, RIGHT_PAREN -> {
              continue;
            }
            default -> throw error("range can only initialize variables");
          }
        }
        throw error("too many declarations in " + context);
      }
      if (after.kind() == Kind.SPACE) {
        held[1] = after;
        held[2] = v;
        heldCount = 3;
      } else {
        held[1] = v;
        heldCount = 2;
      }
      return false;
    }
  }

  private void declare(TemplateToken v, List<Variable> declared) {
    declared.add(new Variable(v.at(), List.of(v.text())));
    variables.add(v.text());
  }

  private void check(List<Command> commands, String context) {
    if (commands.isEmpty()) {
      throw error("missing value for " + context);
    }
    for (int i = 1; i < commands.size(); i++) {
      Term first = commands.get(i).args().getFirst();
      if (first instanceof TemplateNode.Bool
          || first instanceof TemplateNode.Dot
          || first instanceof TemplateNode.Nil
          || first instanceof TemplateNode.Number
          || first instanceof TemplateNode.Str) {
        throw error("non executable command in pipeline stage " + (i + 1));
      }
    }
  }

  private Command command() {
    int at = peekNonSpace().at();
    List<Term> args = new ArrayList<>();
    while (true) {
      peekNonSpace();
      Term operand = operand();
      if (operand != null) {
        args.add(operand);
      }
      TemplateToken t = next();
      switch (t.kind()) {
        case SPACE -> {
          continue;
        }
        case RIGHT_DELIMITER, RIGHT_PAREN -> backup();
        case PIPE -> {}
        default -> throw unexpected(t, "operand");
      }
      break;
    }
    if (args.isEmpty()) {
      throw error("empty command");
    }
    return new Command(at, args);
  }

  private @Nullable Term operand() {
    Term node = term();
    if (node == null || peek().kind() != Kind.FIELD) {
      return node;
    }
    int at = peek().at();
    List<String> path = new ArrayList<>();
    while (peek().kind() == Kind.FIELD) {
      path.add(next().text().substring(1));
    }
    return switch (node) {
      case TemplateNode.Field f -> new TemplateNode.Field(at, joined(f.path(), path));
      case Variable v -> new Variable(at, joined(v.path(), path));
      case TemplateNode.Bool b -> throw noField(b);
      case TemplateNode.Str s -> throw noField(s);
      case TemplateNode.Number n -> throw noField(n);
      case TemplateNode.Nil n -> throw noField(n);
      case TemplateNode.Dot d -> throw noField(d);
      default -> new TemplateNode.Chain(at, node, path);
    };
  }

  private static List<String> joined(List<String> a, List<String> b) {
    List<String> all = new ArrayList<>(a);
    all.addAll(b);
    return all;
  }

  private TemplateException noField(Term t) {
    return error("unexpected . after term " + GoQuote.quote(t.toString()));
  }

  private @Nullable Term term() {
    TemplateToken t = nextNonSpace();
    switch (t.kind()) {
      case IDENTIFIER -> {
        if (!functions.test(t.text())) {
          throw error("function " + GoQuote.quote(t.text()) + " not defined");
        }
        return new TemplateNode.Identifier(t.at(), t.text());
      }
      case DOT -> {
        return new TemplateNode.Dot(t.at());
      }
      case NIL -> {
        return new TemplateNode.Nil(t.at());
      }
      case VARIABLE -> {
        if (!variables.contains(t.text())) {
          throw error("undefined variable " + GoQuote.quote(t.text()));
        }
        return new Variable(t.at(), List.of(t.text()));
      }
      case FIELD -> {
        return new TemplateNode.Field(t.at(), List.of(t.text().substring(1)));
      }
      case BOOL -> {
        return new TemplateNode.Bool(t.at(), t.text().equals("true"));
      }
      case NUMBER, CHAR_CONSTANT -> {
        try {
          return t.kind() == Kind.NUMBER
              ? Literals.number(t.at(), t.text())
              : Literals.character(t.at(), t.text());
        } catch (IllegalArgumentException e) {
          throw error(String.valueOf(e.getMessage()));
        }
      }
      case LEFT_PAREN -> {
        return pipeline("parenthesized pipeline", Kind.RIGHT_PAREN);
      }
      case STRING, RAW_STRING -> {
        String s = Literals.unquote(t.text());
        if (s == null) {
          throw error("invalid syntax");
        }
        return new TemplateNode.Str(t.at(), t.text(), s);
      }
      default -> {
        backup();
        return null;
      }
    }
  }
}
