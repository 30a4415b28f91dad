package dev.tethys.query.promql.format;

import dev.tethys.query.promql.ast.Expr;

/**
 * Breaks an expression into lines by the rules of Prometheus's formatter. An expression that fits
 * stays on one line; otherwise its parts are written on separate lines, indented by two more
 * spaces.
 */
public final class PrettyPrinter {
  private static final String INDENT = "  ";
  private static final int MAX_LINE = 100;

  private final int maxLine;

  private PrettyPrinter(int maxLine) {
    this.maxLine = maxLine;
  }

  /** Returns the formatted text, without a trailing newline. */
  public static String format(Expr e) {
    return format(e, MAX_LINE);
  }

  static String format(Expr e, int maxLine) {
    StringBuilder sb = new StringBuilder();
    new PrettyPrinter(maxLine).write(sb, e, 0);
    return sb.toString();
  }

  private void write(StringBuilder sb, Expr e, int level) {
    switch (e) {
      case Expr.Unary u -> {
        sb.append(INDENT.repeat(level)).append(u.negative() ? '-' : '+');
        StringBuilder operand = new StringBuilder();
        write(operand, u.operand(), level);
        sb.append(operand.toString().strip());
        return;
      }
      case Expr.Subquery s -> {
        if (PromqlPrinter.isLonger(s, maxLine)) {
          write(sb, s.inner(), level);
          sb.append(PromqlPrinter.subquerySuffix(s));
        } else {
          sb.append(PromqlPrinter.print(s)); // not indented: so does the reference
        }
        return;
      }
      case Expr.Binary b when PromqlPrinter.isLonger(b, maxLine) -> {
        write(sb, b.left(), level + 1);
        sb.append('\n').append(INDENT.repeat(level)).append(PromqlPrinter.operator(b)).append('\n');
        write(sb, b.right(), level + 1);
        return;
      }
      default -> {
        // starts with its own indentation
      }
    }
    sb.append(INDENT.repeat(level));
    boolean splits =
        e instanceof Expr.Aggregate || e instanceof Expr.Call || e instanceof Expr.Paren;
    if (!splits || !PromqlPrinter.isLonger(e, maxLine)) {
      sb.append(PromqlPrinter.print(e));
      return;
    }
    switch (e) {
      case Expr.Aggregate a -> {
        sb.append(PromqlPrinter.aggregation(a)).append("(\n");
        if (a.parameter() != null) {
          write(sb, a.parameter(), level + 1);
          sb.append(",\n");
        }
        write(sb, a.inner(), level + 1);
      }
      case Expr.Call c -> {
        sb.append(c.function().name()).append("(\n");
        String sep = "";
        for (Expr arg : c.arguments()) {
          sb.append(sep);
          sep = ",\n";
          write(sb, arg, level + 1);
        }
      }
      case Expr.Paren p -> {
        sb.append("(\n");
        write(sb, p.inner(), level + 1);
      }
      default -> throw new IllegalStateException("never split: " + e);
    }
    sb.append('\n').append(INDENT.repeat(level)).append(')');
  }
}
