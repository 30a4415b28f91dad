package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code and}, {@code or}, {@code unless}: samples pass depending on the other side at that step.
 */
public final class SetOperation extends Operator {
  private final BinaryOp op;
  private final Operator left;
  private final Operator right;
  private final VectorMatching matching;
  private final Propagated given;

  public SetOperation(
      BinaryOp op, Operator left, Operator right, VectorMatching matching, Propagated given) {
    this.given = given;
    this.op = op;
    this.left = left;
    this.right = right;
    this.matching = matching;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    Description d =
        Matching.describe(new Description("SetOperation").with("operator", op.text()), matching);
    given.describe(d);
    return d.input("left", left, grid).input("right", right, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block l = left.evaluate(x, grid);
    Block r = right.evaluate(x, grid);
    Matching m = new Matching(matching);
    int[] nl = m.number(l.columns());
    int[] nr = m.number(r.columns());
    int steps = grid.steps();
    List<Column> out = new ArrayList<>();
    Execution.Draft draft = x.draft();
    draft.add((long) m.size() * steps);
    if (op == BinaryOp.OR) {
      boolean[][] present = present(l.columns(), nl, m.size(), steps);
      out.addAll(l.columns());
      for (int i = 0; i < r.size(); i++) {
        x.check();
        add(out, r.column(i), present[nr[i]], false, draft);
      }
    } else {
      boolean[][] present = present(r.columns(), nr, m.size(), steps);
      for (int i = 0; i < l.size(); i++) {
        x.check();
        add(out, l.column(i), present[nl[i]], op == BinaryOp.AND, draft);
      }
    }
    draft.close();
    if (op == BinaryOp.OR && SeriesMerge.hasSameLabels(out)) {
      SeriesMerge.Builder merged = new SeriesMerge.Builder(x, steps);
      out.forEach(merged::add);
      out = merged.columns();
    }
    Block b = x.hold(out);
    x.release(l);
    x.release(r);
    return b;
  }

  /** Returns the presence of samples by signature and step; null for signatures without samples. */
  private static boolean[][] present(List<Column> columns, int[] number, int size, int steps) {
    boolean[][] out = new boolean[size][];
    for (int i = 0; i < number.length; i++) {
      boolean[] p = out[number[i]];
      if (p == null) {
        p = new boolean[steps];
        out[number[i]] = p;
      }
      Column c = columns.get(i);
      for (int s = 0; s < steps; s++) {
        p[s] |= c.has(s);
      }
    }
    return out;
  }

  /** Adds a column as far as presence is as wanted. */
  private static void add(
      List<Column> out,
      Column c,
      boolean @Nullable [] present,
      boolean wanted,
      Execution.Draft draft) {
    if (present == null) {
      if (!wanted) {
        out.add(c);
      }
      return;
    }
    draft.addSeries(c.labels(), c.steps());
    double[] v = c.values().clone();
    @Nullable Histogram[] hs = c.histograms() == null ? null : c.histograms().clone();
    boolean any = false;
    for (int s = 0; s < v.length; s++) {
      if (present[s] != wanted) {
        v[s] = Column.ABSENT;
        if (hs != null) {
          hs[s] = null;
        }
      } else {
        any |= c.has(s);
      }
    }
    if (any) {
      out.add(new Column(c.labels(), c.dropName(), v, hs));
    }
  }
}
