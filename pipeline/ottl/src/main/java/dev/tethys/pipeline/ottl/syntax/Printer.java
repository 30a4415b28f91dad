package dev.tethys.pipeline.ottl.syntax;

import dev.tethys.pipeline.ottl.syntax.Tree.Expression;
import java.util.List;

/** Writes a tree as text that reads as the same tree. */
public final class Printer {
  private final StringBuilder out = new StringBuilder();

  private Printer() {}

  public static String print(Tree tree) {
    Printer p = new Printer();
    switch (tree) {
      case Tree.Statement s -> p.statement(s);
      case Expression e -> p.expression(e);
      case Tree.Argument a -> p.argument(a);
      case Tree.Field f -> p.field(f);
      case Tree.Entry e -> p.entry(e);
    }
    return p.out.toString();
  }

  private void statement(Tree.Statement s) {
    expression(s.editor());
    if (s.where() != null) {
      out.append(" where ");
      expression(s.where());
    }
  }

  private void expression(Expression e) {
    switch (e) {
      case Tree.Path p -> {
        for (int i = 0; i < p.fields().size(); i++) {
          out.append(i == 0 ? "" : ".");
          field(p.fields().get(i));
        }
      }
      case Tree.Call c -> {
        out.append(c.name()).append('(');
        for (int i = 0; i < c.arguments().size(); i++) {
          out.append(i == 0 ? "" : ", ");
          argument(c.arguments().get(i));
        }
        out.append(')');
        keys(c.keys());
      }
      case Tree.Nil _ -> out.append("nil");
      case Tree.IntLiteral i -> out.append(i.value());
      case Tree.FloatLiteral f -> number(f.value());
      case Tree.StringLiteral s -> quote(s.value());
      case Tree.BoolLiteral b -> out.append(b.value());
      case Tree.BytesLiteral b -> out.append("0x").append(b.hex());
      case Tree.Symbol s -> out.append(s.name());
      case Tree.ListLiteral l -> list(l.items());
      case Tree.MapLiteral m -> {
        out.append('{');
        for (int i = 0; i < m.entries().size(); i++) {
          out.append(i == 0 ? "" : ", ");
          entry(m.entries().get(i));
        }
        out.append('}');
      }
      case Tree.Arithmetic a -> {
        operand(a.left(), a, false);
        out.append(' ').append(a.operator().text()).append(' ');
        operand(a.right(), a, true);
      }
      case Tree.Comparison c -> {
        expression(c.left());
        out.append(' ').append(c.operator().text()).append(' ');
        expression(c.right());
      }
      case Tree.And a -> joined(a.operands(), " and ");
      case Tree.Or o -> joined(o.operands(), " or ");
      case Tree.Not n -> {
        out.append("not ");
        condition(n.operand(), true);
      }
      case Tree.Lambda l -> {
        out.append('(').append(String.join(", ", l.parameters())).append(") => ");
        expression(l.body());
      }
    }
  }

  private void list(List<Expression> items) {
    out.append('[');
    for (int i = 0; i < items.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      expression(items.get(i));
    }
    out.append(']');
  }

  private void joined(List<Expression> operands, String by) {
    for (int i = 0; i < operands.size(); i++) {
      out.append(i == 0 ? "" : by);
      condition(operands.get(i), false);
    }
  }

  private void condition(Expression e, boolean inNot) {
    if (e instanceof Tree.And || e instanceof Tree.Or || e instanceof Tree.Not && inNot) {
      out.append('(');
      expression(e);
      out.append(')');
    } else {
      expression(e);
    }
  }

  private void operand(Expression e, Tree.Arithmetic of, boolean right) {
    boolean bracket =
        e instanceof Tree.Arithmetic a
            && (binding(a.operator()) < binding(of.operator())
                || right && binding(a.operator()) == binding(of.operator()));
    out.append(bracket ? "(" : "");
    expression(e);
    out.append(bracket ? ")" : "");
  }

  private static int binding(Tree.MathOperator o) {
    return o == Tree.MathOperator.ADD || o == Tree.MathOperator.SUBTRACT ? 0 : 1;
  }

  private void argument(Tree.Argument a) {
    if (a.name() != null) {
      out.append(a.name()).append(" = ");
    }
    expression(a.value());
  }

  private void field(Tree.Field f) {
    out.append(f.name());
    keys(f.keys());
  }

  private void keys(List<Expression> keys) {
    for (Expression k : keys) {
      out.append('[');
      expression(k);
      out.append(']');
    }
  }

  private void entry(Tree.Entry e) {
    quote(e.key());
    out.append(": ");
    expression(e.value());
  }

  /** Floats have a point in OTTL; an exponent may follow it. */
  private void number(double v) {
    out.append(v);
  }

  private void quote(String s) {
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> out.append(c);
      }
    }
    out.append('"');
  }
}
