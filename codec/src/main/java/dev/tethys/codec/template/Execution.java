package dev.tethys.codec.template;

import dev.tethys.codec.template.TemplateFunction.Parameter;
import dev.tethys.codec.template.TemplateNode.Body;
import dev.tethys.codec.template.TemplateNode.Branching;
import dev.tethys.codec.template.TemplateNode.Command;
import dev.tethys.codec.template.TemplateNode.Pipe;
import dev.tethys.codec.template.TemplateNode.Term;
import dev.tethys.model.GoQuote;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One execution of a template. Variables live on a stack, and each template call starts a new one;
 * {@code node} is the most recently evaluated node, which errors name as in Go.
 */
final class Execution {
  /** Represents "no value came through the pipeline". */
  private static final Object MISSING = new Object();

  /** Steps between two checks of the clock. */
  private static final int CLOCK_STEPS = 256;

  /** Cost of a list item in characters. */
  private static final int LIST_ITEM = 16;

  /** Cost of a map entry in characters. */
  private static final int MAP_ITEM = 64;

  private record Variable(String name, @Nullable Object value) {}

  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  private final Template set;
  private final Map<String, TemplateFunction> functions;
  private final TemplateLimits limits;
  private final TemplateOutput output;
  private final StringBuilder out = new StringBuilder();
  private final long deadline;
  private long steps;
  private int depth;

  private String template = "";
  private Template.Defined defined = new Template.Defined("", "", new Body(0, List.of()));
  private ArrayList<Variable> variables = new ArrayList<>();
  private @Nullable TemplateNode node;

  Execution(
      Template set,
      Map<String, TemplateFunction> functions,
      TemplateLimits limits,
      TemplateOutput output) {
    this.set = set;
    this.output = output;
    this.functions = functions;
    this.limits = limits;
    this.deadline = System.nanoTime() + limits.time().toNanos();
  }

  String run(String name, Template.Defined d, @Nullable Object data) {
    template = name;
    defined = d;
    variables.add(new Variable("$", data));
    walk(data, d.body());
    return out.toString();
  }

  private TemplateException error(String problem) {
    TemplateNode n = node;
    if (n == null) {
      return new TemplateException("template: " + template + ": " + problem);
    }
    String before = defined.text().substring(0, Math.min(n.at(), defined.text().length()));
    int newline = before.lastIndexOf('\n');
    int column = before.substring(newline + 1).getBytes(StandardCharsets.UTF_8).length;
    long line = 1 + before.chars().filter(c -> c == '\n').count();
    return new TemplateException(
        "template: "
            + defined.source()
            + ":"
            + line
            + ":"
            + column
            + ": executing "
            + GoQuote.quote(template)
            + " at <"
            + n
            + ">: "
            + problem);
  }

  private void at(TemplateNode n) {
    node = n;
    if (++steps > limits.steps()) {
      throw error("more than " + limits.steps() + " steps");
    }
    if (steps % CLOCK_STEPS == 0) {
      if (System.nanoTime() - deadline > 0) {
        throw error("takes longer than " + limits.time().toMillis() + " ms");
      }
      made(CLOCK_STEPS);
    }
  }

  private void made(int units) {
    try {
      output.made(units);
    } catch (TemplateFunction.Failure e) {
      throw error(String.valueOf(e.getMessage()));
    }
  }

  private String shown(@Nullable Object v) {
    try {
      return output.value(v);
    } catch (TemplateFunction.Failure e) {
      throw error(String.valueOf(e.getMessage()));
    }
  }

  private void write(String s) {
    if (out.length() + (long) s.length() > limits.outputChars()) {
      throw error("output is longer than " + limits.outputChars() + " characters");
    }
    out.append(s);
  }

  private Flow walk(@Nullable Object dot, TemplateNode n) {
    at(n);
    switch (n) {
      case TemplateNode.Text t -> write(output.text(t.text()));
      case Body b -> {
        for (TemplateNode child : b.nodes()) {
          Flow f = walk(dot, child);
          if (f != Flow.ON) {
            return f;
          }
        }
      }
      case TemplateNode.Action a -> {
        Object v = pipeline(dot, a.pipe());
        if (a.pipe().declared().isEmpty()) {
          at(a);
          write(shown(v));
        }
      }
      case TemplateNode.Branch b -> {
        int scope = variables.size();
        Flow f = b.kind() == Branching.RANGE ? range(dot, b) : choose(dot, b);
        while (variables.size() > scope) {
          variables.removeLast();
        }
        return f;
      }
      case TemplateNode.Break b -> {
        return Flow.BREAK;
      }
      case TemplateNode.Continue c -> {
        return Flow.CONTINUE;
      }
      case TemplateNode.Invoke i -> invoke(dot, i);
      default -> throw error("unknown node: " + n);
    }
    return Flow.ON;
  }

  private Flow choose(@Nullable Object dot, TemplateNode.Branch b) {
    Object v = pipeline(dot, b.pipe());
    if (Builtins.truth(v)) {
      return walk(b.kind() == Branching.WITH ? v : dot, b.then());
    }
    return b.otherwise() == null ? Flow.ON : walk(dot, b.otherwise());
  }

  private Flow range(@Nullable Object dot, TemplateNode.Branch b) {
    Object v = pipeline(dot, b.pipe());
    int mark = variables.size();
    boolean any = false;
    switch (v) {
      case null -> {}
      case GoList l -> {
        long i = 0;
        for (Object item : l.items()) {
          any = true;
          if (iteration(b, mark, i++, item) == Flow.BREAK) {
            break;
          }
        }
      }
      case GoMap m -> {
        for (Map.Entry<String, ?> e : new TreeMap<String, Object>(m.entries()).entrySet()) {
          any = true;
          if (iteration(b, mark, e.getKey(), e.getValue()) == Flow.BREAK) {
            break;
          }
        }
      }
      case Long n -> {
        if (b.pipe().declared().size() > 1) {
          throw error("can't use " + n + " to iterate over more than one variable");
        }
        for (long i = 0; i < n; i++) {
          any = true;
          if (iteration(b, mark, i, i) == Flow.BREAK) {
            break;
          }
        }
      }
      default -> throw error("range can't iterate over " + GoFormat.print(v));
    }
    return any || b.otherwise() == null ? Flow.ON : walk(dot, b.otherwise());
  }

  private Flow iteration(TemplateNode.Branch b, int mark, Object index, @Nullable Object element) {
    List<TemplateNode.Variable> declared = b.pipe().declared();
    if (!declared.isEmpty()) {
      if (b.pipe().assigns()) {
        assign(declared.getFirst(), declared.size() > 1 ? index : element);
        if (declared.size() > 1) {
          assign(declared.get(1), element);
        }
      } else {
        setTop(1, element);
        if (declared.size() > 1) {
          setTop(2, index);
        }
      }
    }
    Flow f = walk(element, b.then());
    while (variables.size() > mark) {
      variables.removeLast();
    }
    return f;
  }

  private void setTop(int n, @Nullable Object value) {
    int i = variables.size() - n;
    variables.set(i, new Variable(variables.get(i).name(), value));
  }

  private void assign(TemplateNode.Variable v, @Nullable Object value) {
    String name = v.path().getFirst();
    for (int i = variables.size() - 1; i >= 0; i--) {
      if (variables.get(i).name().equals(name)) {
        variables.set(i, new Variable(name, value));
        return;
      }
    }
    throw error("undefined variable: " + name);
  }

  private void invoke(@Nullable Object dot, TemplateNode.Invoke i) {
    Template.Defined d = set.find(i.name());
    if (d == null) {
      throw error("template " + GoQuote.quote(i.name()) + " not defined");
    }
    if (depth == limits.depth()) {
      throw error("exceeded maximum template depth (" + limits.depth() + ")");
    }
    Object data = i.pipe() == null ? null : pipeline(dot, i.pipe());
    String outerTemplate = template;
    Template.Defined outerDefined = defined;
    ArrayList<Variable> outerVariables = variables;
    template = i.name();
    defined = d;
    variables = new ArrayList<>();
    variables.add(new Variable("$", data));
    depth++;
    walk(data, d.body());
    depth--;
    template = outerTemplate;
    defined = outerDefined;
    variables = outerVariables;
  }

  private @Nullable Object pipeline(@Nullable Object dot, Pipe p) {
    at(p);
    Object value = MISSING;
    for (Command c : p.commands()) {
      value = command(dot, c, value);
    }
    Object v = value == MISSING ? null : value;
    for (TemplateNode.Variable d : p.declared()) {
      if (p.assigns()) {
        assign(d, v);
      } else {
        variables.add(new Variable(d.path().getFirst(), v));
      }
    }
    return v;
  }

  private @Nullable Object command(@Nullable Object dot, Command c, @Nullable Object last) {
    Term first = c.args().getFirst();
    switch (first) {
      case TemplateNode.Field f -> {
        return field(dot, f, c.args(), last);
      }
      case TemplateNode.Chain ch -> {
        return chain(dot, ch, c.args(), last);
      }
      case TemplateNode.Identifier i -> {
        return function(dot, i, c, c.args(), last);
      }
      case Pipe p -> {
        noArguments(c.args(), last);
        return pipeline(dot, p);
      }
      case TemplateNode.Variable v -> {
        return variable(dot, v, c.args(), last);
      }
      default -> {}
    }
    at(first);
    noArguments(c.args(), last);
    return switch (first) {
      case TemplateNode.Bool b -> b.value();
      case TemplateNode.Dot d -> dot;
      case TemplateNode.Nil n -> throw error("nil is not a command");
      case TemplateNode.Number n -> n.ideal();
      case TemplateNode.Str s -> s.text();
      default -> throw error("can't evaluate command " + GoQuote.quote(first.toString()));
    };
  }

  private void noArguments(List<? extends TemplateNode> args, @Nullable Object last) {
    if (args.size() > 1 || last != MISSING) {
      throw error("can't give argument to non-function " + args.getFirst());
    }
  }

  private @Nullable Object field(
      @Nullable Object dot,
      TemplateNode.Field f,
      List<? extends Term> args,
      @Nullable Object last) {
    at(f);
    return path(dot, dot, f.path(), args, last);
  }

  private @Nullable Object chain(
      @Nullable Object dot,
      TemplateNode.Chain c,
      List<? extends Term> args,
      @Nullable Object last) {
    at(c);
    if (c.base() instanceof TemplateNode.Nil) {
      throw error("indirection through explicit nil in " + c);
    }
    Object base = argument(dot, Parameter.ANY, c.base());
    return path(dot, base, c.path(), args, last);
  }

  private @Nullable Object variable(
      @Nullable Object dot,
      TemplateNode.Variable v,
      List<? extends Term> args,
      @Nullable Object last) {
    at(v);
    String name = v.path().getFirst();
    for (int i = variables.size() - 1; i >= 0; i--) {
      if (variables.get(i).name().equals(name)) {
        Object value = variables.get(i).value();
        if (v.path().size() == 1) {
          noArguments(args, last);
          return value;
        }
        return path(dot, value, v.path().subList(1, v.path().size()), args, last);
      }
    }
    throw error("undefined variable: " + name);
  }

  private @Nullable Object path(
      @Nullable Object dot,
      @Nullable Object receiver,
      List<String> path,
      List<? extends Term> args,
      @Nullable Object last) {
    Object r = receiver;
    int n = path.size();
    for (int i = 0; i < n; i++) {
      if (i > 0 && r == null) {
        throw error("nil pointer evaluating interface {}." + path.get(i));
      }
      r =
          i == n - 1
              ? member(dot, r, path.get(i), args, last)
              : member(dot, r, path.get(i), List.of(), MISSING);
    }
    return r;
  }

  private @Nullable Object member(
      @Nullable Object dot,
      @Nullable Object receiver,
      String name,
      List<? extends Term> args,
      @Nullable Object last) {
    boolean hasArguments = args.size() > 1 || last != MISSING;
    switch (receiver) {
      case null -> {
        if (set.missingKey() == MissingKey.ERROR) {
          throw error("nil data; no entry for key " + GoQuote.quote(name));
        }
        return null;
      }
      case GoStruct s -> {
        TemplateFunction m = s.method(name);
        if (m != null) {
          return method(dot, m, name, args, last);
        }
        if (s.fields().containsKey(name)) {
          if (hasArguments) {
            throw error(name + " has arguments but cannot be invoked as function");
          }
          return s.fields().get(name);
        }
      }
      case GoList l when l.method(name) != null -> {
        return method(dot, Objects.requireNonNull(l.method(name)), name, args, last);
      }
      case GoMap m -> {
        TemplateFunction method = m.method(name);
        if (method != null) {
          return method(dot, method, name, args, last);
        }
        if (hasArguments) {
          throw error(name + " is not a method but has arguments");
        }
        if (m.entries().containsKey(name)) {
          return m.entries().get(name);
        }
        return switch (set.missingKey()) {
          case INVALID -> null;
          case ZERO -> m.zero();
          case ERROR -> throw error("map has no entry for key " + GoQuote.quote(name));
        };
      }
      default -> {}
    }
    throw error("can't evaluate field " + name + " in type " + GoFormat.typeName(receiver));
  }

  private @Nullable Object method(
      @Nullable Object dot,
      TemplateFunction m,
      String name,
      List<? extends Term> args,
      @Nullable Object last) {
    return call(dot, m, Objects.requireNonNull(node), name, args, last);
  }

  private @Nullable Object function(
      @Nullable Object dot,
      TemplateNode.Identifier i,
      TemplateNode called,
      List<? extends Term> args,
      @Nullable Object last) {
    at(i);
    TemplateFunction f = functions.get(i.name());
    if (f == null) {
      f = Builtins.ALL.get(i.name());
      if (f == null) {
        throw error(GoQuote.quote(i.name()) + " is not a defined function");
      }
      if (i.name().equals("and") || i.name().equals("or")) {
        return shortCircuit(dot, i.name(), args, last);
      }
    }
    return call(dot, f, called, i.name(), args, last);
  }

  private @Nullable Object shortCircuit(
      @Nullable Object dot, String name, List<? extends Term> args, @Nullable Object last) {
    int given = Math.max(args.size() - 1, 0) + (last == MISSING ? 0 : 1);
    if (given < 1) {
      throw error(
          "wrong number of args for "
              + name
              + ": want at least 1 got 0"); // lint:keep: error text of Go's text/template
    }
    Object v = null;
    for (int i = 1; i < args.size(); i++) {
      v = argument(dot, Parameter.ANY, args.get(i));
      if (Builtins.truth(v) == name.equals("or")) {
        return v;
      }
    }
    return last == MISSING ? v : last;
  }

  private @Nullable Object call(
      @Nullable Object dot,
      TemplateFunction f,
      TemplateNode called,
      String name,
      List<? extends Term> all,
      @Nullable Object last) {
    List<? extends Term> args = all.isEmpty() ? all : all.subList(1, all.size());
    List<Parameter> wanted = f.parameters();
    int given = args.size() + (last == MISSING ? 0 : 1);
    int fixed = f.variadic() ? wanted.size() - 1 : wanted.size();
    if (f.variadic() ? given < fixed : given != fixed) {
      throw error(
          "wrong number of args for "
              + name
              + ": want "
              + (f.variadic() ? "at least " : "")
              + fixed
              + " got "
              + (f.variadic() ? args.size() : given));
    }
    @Nullable Object[] values = new Object[given];
    int i = 0;
    for (; i < args.size(); i++) {
      values[i] = argument(dot, wanted.get(Math.min(i, wanted.size() - 1)), args.get(i));
    }
    if (last != MISSING) {
      values[i] = checked(last, wanted.get(Math.min(i, wanted.size() - 1)));
    }
    Object v;
    try {
      v = f.code().call(values);
    } catch (TemplateFunction.Failure e) {
      at(called);
      throw error("error calling " + name + ": " + e.getMessage());
    }
    if (v instanceof String s && s.length() > limits.outputChars()) {
      at(called);
      throw error(name + " gives more than " + limits.outputChars() + " characters");
    }
    int length =
        switch (v) {
          case String s -> s.length();
          case GoList l -> LIST_ITEM * l.items().size();
          case GoMap m -> MAP_ITEM * m.entries().size();
          case null, default -> 0;
        };
    if (length > 0) {
      node = called;
      made(length);
    }
    return v;
  }

  private @Nullable Object checked(@Nullable Object v, Parameter p) {
    if (v == null) {
      if (p.nullable()) {
        return null;
      }
      throw error("invalid value; expected " + p.typeName());
    }
    if (!p.accepts().test(v)) {
      throw error(
          "wrong type for value; expected " + p.typeName() + "; got " + GoFormat.typeName(v));
    }
    return v;
  }

  private @Nullable Object argument(@Nullable Object dot, Parameter p, Term n) {
    at(n);
    switch (n) {
      case TemplateNode.Dot d -> {
        return checked(dot, p);
      }
      case TemplateNode.Nil nil -> {
        if (p.nullable()) {
          return null;
        }
        throw error("cannot assign nil to " + p.typeName());
      }
      case TemplateNode.Field f -> {
        return checked(field(dot, f, List.of(n), MISSING), p);
      }
      case TemplateNode.Variable v -> {
        return checked(variable(dot, v, List.of(), MISSING), p);
      }
      case Pipe pipe -> {
        return checked(pipeline(dot, pipe), p);
      }
      case TemplateNode.Identifier i -> {
        return checked(function(dot, i, i, List.of(), MISSING), p);
      }
      case TemplateNode.Chain c -> {
        return checked(chain(dot, c, List.of(), MISSING), p);
      }
      case TemplateNode.Bool b -> {
        return constant(b.value(), p, n);
      }
      case TemplateNode.Str s -> {
        return constant(s.text(), p, n);
      }
      case TemplateNode.Number number -> {
        if (p == Parameter.FLOAT && number.real() != null) {
          return number.real();
        }
        if (p == Parameter.INT && number.whole() != null) {
          return number.whole();
        }
        return constant(number.ideal(), p, n);
      }
    }
  }

  private Object constant(Object v, Parameter p, Term n) {
    if (p.accepts().test(v)) {
      return v;
    }
    String kind =
        Map.of("string", "string", "float64", "float", "int", "integer", "bool", "bool")
            .getOrDefault(p.typeName(), "");
    throw error(
        kind.isEmpty()
            ? "can't handle " + n + " for arg of type " + p.typeName()
            : "expected " + kind + "; found " + n);
  }
}
