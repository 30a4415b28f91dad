package dev.tethys.pipeline.ottl.syntax;

import dev.tethys.pipeline.ottl.syntax.OttlTree.Expression;
import java.util.List;

/** Writes a tree as text that reads as the same tree. */
public final class OttlPrinter {
  private final StringBuilder out = new StringBuilder();

  private OttlPrinter() {}

  public static String print(OttlTree tree) {
    OttlPrinter p = new OttlPrinter();
    switch (tree) {
      case OttlTree.Statement s -> p.statement(s);
      case Expression e -> p.expression(e);
      case OttlTree.Argument a -> p.argument(a);
      case OttlTree.Field f -> p.field(f);
      case OttlTree.Entry e -> p.entry(e);
    }
    return p.out.toString();
  }

  private void statement(OttlTree.Statement s) {
    expression(s.editor());
    if (s.where() != null) {
      out.append(" where ");
      expression(s.where());
    }
  }

  private void expression(Expression e) {
    switch (e) {
      case OttlTree.Path p -> {
        for (int i = 0; i < p.fields().size(); i++) {
          out.append(i == 0 ? "" : ".");
          field(p.fields().get(i));
        }
      }
      case OttlTree.Call c -> {
        out.append(c.name()).append('(');
        for (int i = 0; i < c.arguments().size(); i++) {
          out.append(i == 0 ? "" : ", ");
          argument(c.arguments().get(i));
        }
        out.append(')');
        keys(c.keys());
      }
      case OttlTree.Nil _ -> out.append("nil");
      case OttlTree.IntLiteral i -> out.append(i.value());
      case OttlTree.FloatLiteral f -> number(f.value());
      case OttlTree.StringLiteral s -> quote(s.value());
      case OttlTree.BoolLiteral b -> out.append(b.value());
      case OttlTree.BytesLiteral b -> out.append("0x").append(b.hex());
      case OttlTree.Symbol s -> out.append(s.name());
      case OttlTree.ListLiteral l -> list(l.items());
      case OttlTree.MapLiteral m -> {
        out.append('{');
        for (int i = 0; i < m.entries().size(); i++) {
          out.append(i == 0 ? "" : ", ");
          entry(m.entries().get(i));
        }
        out.append('}');
      }
      case OttlTree.Arithmetic a -> {
        operand(a.left(), a, false);
        out.append(' ').append(a.operator().text()).append(' ');
        operand(a.right(), a, true);
      }
      case OttlTree.Comparison c -> {
        expression(c.left());
        out.append(' ').append(c.operator().text()).append(' ');
        expression(c.right());
      }
      case OttlTree.And a -> joined(a.operands(), " and ");
      case OttlTree.Or o -> joined(o.operands(), " or ");
      case OttlTree.Not n -> {
        out.append("not ");
        condition(n.operand(), true);
      }
      case OttlTree.Lambda l -> {
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
    if (e instanceof OttlTree.And
        || e instanceof OttlTree.Or
        || e instanceof OttlTree.Not && inNot) {
      out.append('(');
      expression(e);
      out.append(')');
    } else {
      expression(e);
    }
  }

  private void operand(Expression e, OttlTree.Arithmetic of, boolean right) {
    boolean bracket =
        e instanceof OttlTree.Arithmetic a
            && (binding(a.operator()) < binding(of.operator())
                || right && binding(a.operator()) == binding(of.operator()));
    out.append(bracket ? "(" : "");
    expression(e);
    out.append(bracket ? ")" : "");
  }

  private static int binding(OttlTree.MathOperator o) {
    return o == OttlTree.MathOperator.ADD || o == OttlTree.MathOperator.SUBTRACT ? 0 : 1;
  }

  private void argument(OttlTree.Argument a) {
    if (a.name() != null) {
      out.append(a.name()).append(" = ");
    }
    expression(a.value());
  }

  private void field(OttlTree.Field f) {
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

  private void entry(OttlTree.Entry e) {
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
