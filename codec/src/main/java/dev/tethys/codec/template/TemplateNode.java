package dev.tethys.codec.template;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A parsed piece of a template. {@code at} is its position in the text; {@code toString} is the
 * text that Go's errors show.
 */
sealed interface TemplateNode {
  int at();

  /** Elements inside an action. */
  sealed interface Term extends TemplateNode {}

  record Text(int at, String text) implements TemplateNode {
    @Override
    public String toString() {
      return text;
    }
  }

  record Body(int at, List<TemplateNode> nodes) implements TemplateNode {
    @Override
    public String toString() {
      return nodes.stream().map(TemplateNode::toString).collect(Collectors.joining());
    }
  }

  record Action(int at, Pipe pipe) implements TemplateNode {
    @Override
    public String toString() {
      return "{{" + pipe + "}}";
    }
  }

  /** Branch node kind. */
  enum Branching {
    IF,
    WITH,
    RANGE
  }

  record Branch(int at, Branching kind, Pipe pipe, Body then, @Nullable Body otherwise)
      implements TemplateNode {
    @Override
    public String toString() {
      return "{{"
          + kind.name().toLowerCase(java.util.Locale.ROOT)
          + " "
          + pipe
          + "}}"
          + then
          + (otherwise == null ? "" : "{{else}}" + otherwise)
          + "{{end}}";
    }
  }

  record Break(int at) implements TemplateNode {
    @Override
    public String toString() {
      return "{{break}}";
    }
  }

  record Continue(int at) implements TemplateNode {
    @Override
    public String toString() {
      return "{{continue}}";
    }
  }

  record Invoke(int at, String name, @Nullable Pipe pipe) implements TemplateNode {
    @Override
    public String toString() {
      return "{{template "
          + dev.tethys.model.GoQuote.quote(name)
          + (pipe == null ? "" : " " + pipe)
          + "}}";
    }
  }

  /** Marker used during parsing: the end of a body. */
  record End(int at) implements TemplateNode {
    @Override
    public String toString() {
      return "{{end}}";
    }
  }

  /** Only while parsing. */
  record Else(int at) implements TemplateNode {
    @Override
    public String toString() {
      return "{{else}}";
    }
  }

  record Pipe(int at, boolean assigns, List<Variable> declared, List<Command> commands)
      implements Term {
    @Override
    public String toString() {
      String d =
          declared.isEmpty()
              ? ""
              : declared.stream().map(Variable::toString).collect(Collectors.joining(", "))
                  + (assigns ? " = " : " := ");
      return d + commands.stream().map(Command::toString).collect(Collectors.joining(" | "));
    }
  }

  record Command(int at, List<Term> args) implements TemplateNode {
    @Override
    public String toString() {
      return args.stream()
          .map(a -> a instanceof Pipe ? "(" + a + ")" : a.toString())
          .collect(Collectors.joining(" "));
    }
  }

  record Identifier(int at, String name) implements Term {
    @Override
    public String toString() {
      return name;
    }
  }

  record Variable(int at, List<String> path) implements Term {
    @Override
    public String toString() {
      return String.join(".", path);
    }
  }

  record Field(int at, List<String> path) implements Term {
    @Override
    public String toString() {
      return "." + String.join(".", path);
    }
  }

  record Chain(int at, Term base, List<String> path) implements Term {
    @Override
    public String toString() {
      return (base instanceof Pipe ? "(" + base + ")" : base.toString())
          + "."
          + String.join(".", path);
    }
  }

  record Dot(int at) implements Term {
    @Override
    public String toString() {
      return ".";
    }
  }

  record Nil(int at) implements Term {
    @Override
    public String toString() {
      return "nil";
    }
  }

  record Bool(int at, boolean value) implements Term {
    @Override
    public String toString() {
      return String.valueOf(value);
    }
  }

  /** Number; {@code ideal} is its value outside typed contexts. */
  record Number(int at, String text, @Nullable Long whole, @Nullable Double real, Object ideal)
      implements Term {
    @Override
    public String toString() {
      return text;
    }
  }

  record Str(int at, String quoted, String text) implements Term {
    @Override
    public String toString() {
      return quoted;
    }
  }
}
