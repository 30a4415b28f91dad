package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import dev.tethys.query.promql.QueryException;
import dev.tethys.query.promql.ast.BinaryOp;
import dev.tethys.query.promql.ast.Expr.Cardinality;
import dev.tethys.query.promql.ast.Expr.Span;
import dev.tethys.query.promql.ast.Expr.VectorMatching;
import dev.tethys.query.promql.exec.ElementOperation.Remark;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Arithmetic, comparisons and trims between two vectors. One side is the "one" side: at a step it
 * has at most one series a signature. Where each signature has one series on that side in the
 * entire range, which is nearly always, pairs of series are computed column by column; otherwise
 * step by step.
 */
public final class VectorJoin extends Operator {
  private final BinaryOp op;
  private final Operator left;
  private final Operator right;
  private final VectorMatching matching;
  private final Propagated given;
  private final boolean returnBool;
  private final Span span;

  /** The many side is on the right, so the sides are swapped here. */
  private final boolean swapped;

  private final @Nullable Double fillMany;
  private final @Nullable Double fillOne;

  public VectorJoin(
      BinaryOp op,
      Operator left,
      Operator right,
      VectorMatching matching,
      Propagated given,
      boolean returnBool,
      Span span) {
    this.op = op;
    this.left = left;
    this.right = right;
    this.matching = matching;
    this.given = given;
    this.returnBool = returnBool;
    this.span = span;
    swapped = matching.cardinality() == Cardinality.ONE_TO_MANY;
    // a fill belongs to the position in the matching, which a swap does not move
    fillMany = matching.fillLeft();
    fillOne = matching.fillRight();
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    Description d =
        Matching.describe(new Description("VectorJoin").with("operator", op.text()), matching);
    given.describe(d);
    return d.input("left", left, grid).input("right", right, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block l = left.evaluate(x, grid);
    Block r = right.evaluate(x, grid);
    boolean fewerMany = !(swapped ? given.right() : given.left()).isEmpty();
    if (fewerMany) {
      checkDuplicates(x, grid.steps(), swapped ? r : l, swapped ? l : r);
    }
    Block b;
    if (l.size() == 0 && r.size() == 0
        || (l.size() == 0 || r.size() == 0) && fillMany == null && fillOne == null) {
      b = Block.EMPTY;
    } else {
      b = x.hold(new Run(x, grid, swapped ? r : l, swapped ? l : r).run());
    }
    x.release(l);
    x.release(r);
    return b;
  }

  /**
   * Fails on duplicate series on the "one" side if the "many" side has any series, matching or not.
   * If it has none, some may have been omitted.
   */
  private void checkDuplicates(Execution x, int steps, Block many, Block one) {
    Matching m = new Matching(matching);
    int[][] groups = Matching.bySignature(m.number(one.columns()), m.size());
    for (int[] group : groups) {
      for (int s = 0; group.length > 1 && s < steps; s++) {
        x.check();
        int n = 0;
        for (int i : group) {
          n += one.column(i).has(s) ? 1 : 0;
        }
        if (n > 1 && !Run.any(many, s)) {
          throw new Propagated.Undecided();
        }
      }
    }
  }

  private final class Run {
    private final Execution x;
    private final int steps;
    private final Block many;
    private final Block one;
    private final Matching match;
    private final int[] manyNumber;
    private final int[] oneNumber;
    private final SeriesMerge.Builder out;
    private final ElementOperation.Result result = new ElementOperation.Result();

    // by series of the many side, then of the one side (which may have no partner when filled): the
    // last partner and the labels of that result, and the series that fills its gaps
    private final @Nullable Column[] lastPartner;
    private final @Nullable Labels[] lastLabels;
    private final @Nullable Column[] filler;

    /** Annotation of the last affected pair of samples, by step. */
    private @Nullable Remark @Nullable [] remarks;

    Run(Execution x, Grid grid, Block many, Block one) {
      this.x = x;
      this.steps = grid.steps();
      this.many = many;
      this.one = one;
      match = new Matching(matching);
      manyNumber = match.number(many.columns());
      oneNumber = match.number(one.columns());
      out = new SeriesMerge.Builder(x, steps);
      int slots = many.size() + one.size();
      lastPartner = new Column[slots];
      lastLabels = new Labels[slots];
      filler = new Column[slots];
    }

    List<Column> run() {
      int[][] manyOf = Matching.bySignature(manyNumber, match.size());
      int[][] oneOf = Matching.bySignature(oneNumber, match.size());
      boolean simple = true;
      for (int g = 0; g < match.size(); g++) {
        simple &=
            oneOf[g].length <= 1
                && (matching.cardinality() != Cardinality.ONE_TO_ONE || manyOf[g].length <= 1);
      }
      List<Column> columns =
          simple && fillMany == null && fillOne == null ? pairs(oneOf) : stepwise();
      reportRemarks();
      List<Column> kept = new ArrayList<>(columns.size());
      for (Column c : columns) {
        if (!c.isEmpty()) {
          kept.add(c);
        }
      }
      return kept;
    }

    private void remark(int step) {
      if (result.remark != null) {
        if (remarks == null) {
          remarks = new Remark[steps];
        }
        remarks[step] = result.remark;
      }
    }

    /** Reports remarks as Prometheus does: one at each step. */
    private void reportRemarks() {
      EnumSet<Remark> reported = EnumSet.noneOf(Remark.class);
      for (int s = 0; remarks != null && s < steps; s++) {
        Remark r = remarks[s];
        if (r != null && reported.add(r)) {
          r.addTo(x.annotations(), op, span);
        }
      }
    }

    /** Pairs each series of the "many" side with its only possible match. */
    private @Nullable List<Column> tryPairs(int[][] oneOf) {
      List<Column> columns = new ArrayList<>(many.size());
      Set<Labels> seen = new HashSet<>(many.size() * 2);
      try (Execution.Draft draft = x.draft()) {
        return tryPairs(oneOf, columns, seen, draft);
      }
    }

    private @Nullable List<Column> tryPairs(
        int[][] oneOf, List<Column> columns, Set<Labels> seen, Execution.Draft draft) {
      for (int i = 0; i < many.size(); i++) {
        x.check();
        int[] partner = oneOf[manyNumber[i]];
        if (partner.length == 0) {
          continue;
        }
        Column m = many.column(i);
        Column o = one.column(partner[0]);
        Labels labels = resultLabels(m.labels(), o.labels());
        if (!seen.add(labels)) {
          return null; // results that meet are found step by step
        }
        draft.addSeries(labels, steps);
        double[] v = swapped ? floats(o.values(), m.values()) : floats(m.values(), o.values());
        @Nullable Histogram[] hs = null;
        if (m.histograms() != null
            || o.histograms() != null
            || op == BinaryOp.TRIM_LOWER
            || op == BinaryOp.TRIM_UPPER) {
          hs = new Histogram[steps];
          for (int s = 0; s < steps; s++) {
            if (m.has(s)
                && o.has(s)
                && (m.histogram(s) != null || o.histogram(s) != null || isTrim())) {
              hs[s] = withHistogram(m, o, s, v);
            }
          }
        }
        columns.add(new Column(labels, returnBool, v, hs));
      }
      return columns;
    }

    private boolean isTrim() {
      return op == BinaryOp.TRIM_LOWER || op == BinaryOp.TRIM_UPPER;
    }

    private List<Column> pairs(int[][] oneOf) {
      List<Column> columns = tryPairs(oneOf);
      if (columns == null) {
        remarks = null;
        columns = stepwise();
      }
      return columns;
    }

    private @Nullable Histogram withHistogram(Column m, Column o, int s, double[] v) {
      Column l = swapped ? o : m;
      Column r = swapped ? m : o;
      ElementOperation.withHistogram(
          op, l.values()[s], l.histogram(s), r.values()[s], r.histogram(s), result);
      remark(s);
      if (result.failed) {
        v[s] = Column.ABSENT;
        return null;
      }
      if (returnBool) {
        v[s] = result.keep ? 1 : 0;
        return null;
      }
      v[s] = Column.ABSENT;
      return result.keep ? result.histogram : null;
    }

    private double[] floats(double[] l, double[] r) {
      double[] v = Column.absent(steps);
      if (isTrim()) {
        return v;
      }
      if (op.isComparison()) {
        for (int s = 0; s < steps; s++) {
          if (!Column.isAbsent(l[s]) && !Column.isAbsent(r[s])) {
            boolean keep = ElementOperation.holds(op, l[s], r[s]);
            v[s] = returnBool ? (keep ? 1 : 0) : keep ? l[s] : Column.ABSENT;
          }
        }
        return v;
      }
      switch (op) {
        case ADD -> add(l, r, v);
        case SUB -> subtract(l, r, v);
        case MUL -> multiply(l, r, v);
        case DIV -> divide(l, r, v);
        default -> {
          for (int s = 0; s < steps; s++) {
            if (!Column.isAbsent(l[s]) && !Column.isAbsent(r[s])) {
              v[s] = ElementOperation.arithmetic(op, l[s], r[s]);
            }
          }
        }
      }
      return v;
    }

    private Labels resultLabels(Labels manySide, Labels oneSide) {
      Labels l =
          !x.features().delayedNameRemoval() && returnBool || VectorScalar.changesMetric(op)
              ? SeriesLabels.withoutMetadata(manySide)
              : manySide;
      if (matching.cardinality() == Cardinality.ONE_TO_ONE) {
        return matching.on() ? l.keep(matching.labels()) : l.drop(matching.labels());
      }
      if (matching.include().isEmpty()) {
        return l;
      }
      LabelsBuilder b = l.toBuilder();
      for (String name : matching.include()) {
        b.set(name, oneSide.get(name));
      }
      return b.build();
    }

    /** Handles the general case, in the order of steps and samples. */
    private List<Column> stepwise() {
      int signatures = match.size();
      int[] oneAt = new int[signatures];
      boolean oneToOne = matching.cardinality() == Cardinality.ONE_TO_ONE;
      boolean[] matched = new boolean[signatures];
      List<@Nullable Set<Labels>> inserted = new ArrayList<>();
      for (int g = 0; g < signatures; g++) {
        inserted.add(null);
      }
      for (int s = 0; s < steps; s++) {
        x.check();
        Arrays.fill(oneAt, -1);
        Arrays.fill(matched, false);
        for (Set<Labels> set : inserted) {
          if (set != null) {
            set.clear();
          }
        }
        boolean anyMany = any(many, s);
        boolean anyOne = any(one, s);
        if (!anyMany && !anyOne || (!anyMany || !anyOne) && fillMany == null && fillOne == null) {
          continue;
        }
        for (int i = 0; i < one.size(); i++) {
          if (one.column(i).has(s)) {
            int g = oneNumber[i];
            if (oneAt[g] >= 0) {
              throw duplicate(one.column(oneAt[g]).labels(), one.column(i).labels());
            }
            oneAt[g] = i;
          }
        }
        for (int i = 0; i < many.size(); i++) {
          Column m = many.column(i);
          if (!m.has(s)) {
            continue;
          }
          int g = manyNumber[i];
          Column o = oneAt[g] >= 0 ? one.column(oneAt[g]) : null;
          if (o == null) {
            if (fillOne == null) {
              continue;
            }
            o = filler(i, m, fillOne);
          }
          put(i, m, o, s, g, oneToOne, matched, inserted);
        }
        if (fillMany != null) {
          for (int i = 0; i < one.size(); i++) {
            Column o = one.column(i);
            int g = oneNumber[i];
            Set<Labels> set = inserted.get(g);
            boolean done = oneToOne ? matched[g] : set != null && !set.isEmpty();
            if (o.has(s) && !done) {
              int slot = many.size() + i;
              put(slot, filler(slot, o, fillMany), o, s, g, oneToOne, matched, inserted);
            }
          }
        }
      }
      return out.columns();
    }

    private static boolean any(Block b, int s) {
      for (Column c : b.columns()) {
        if (c.has(s)) {
          return true;
        }
      }
      return false;
    }

    /** Returns the series that replaces the missing partner of a series. */
    private Column filler(int slot, Column of, double v) {
      Column f = filler[slot];
      if (f == null) {
        double[] values = new double[steps];
        Arrays.fill(values, v);
        f = new Column(match.matchedLabels(of.labels()), false, values, null);
        filler[slot] = f;
      }
      return f;
    }

    private Labels resultLabels(int slot, Column m, Column o) {
      Labels l = lastLabels[slot];
      if (l == null || lastPartner[slot] != o) {
        l = resultLabels(m.labels(), o.labels());
        lastLabels[slot] = l;
        lastPartner[slot] = o;
      }
      return l;
    }

    private void put(
        int slot,
        Column m,
        Column o,
        int s,
        int g,
        boolean oneToOne,
        boolean[] matched,
        List<@Nullable Set<Labels>> inserted) {
      double lf = swapped ? o.values()[s] : m.values()[s];
      double rf = swapped ? m.values()[s] : o.values()[s];
      Histogram h = null;
      double v;
      boolean keep = true;
      if (m.histogram(s) != null || o.histogram(s) != null || isTrim()) {
        Column l = swapped ? o : m;
        Column r = swapped ? m : o;
        ElementOperation.withHistogram(op, lf, l.histogram(s), rf, r.histogram(s), result);
        remark(s);
        if (result.failed) {
          return;
        }
        keep = result.keep;
        h = returnBool ? null : result.histogram;
        v = Column.ABSENT;
      } else if (op.isComparison()) {
        keep = ElementOperation.holds(op, lf, rf);
        v = lf;
      } else {
        v = ElementOperation.arithmetic(op, lf, rf);
      }
      if (returnBool) {
        v = keep ? 1 : 0;
      }
      Labels labels = resultLabels(slot, m, o);
      if (oneToOne) {
        if (matched[g]) {
          throw QueryException.execution(
              "multiple matches for labels: many-to-one matching must be explicit"
                  + " (group_left/group_right)");
        }
        matched[g] = true;
      } else {
        Set<Labels> set = inserted.get(g);
        if (set == null) {
          set = new HashSet<>();
          inserted.set(g, set);
        }
        if (!set.add(labels)) {
          throw QueryException.execution(
              "multiple matches for labels: grouping labels must ensure unique matches");
        }
      }
      if (keep || returnBool) {
        if (h != null) {
          out.add(labels, returnBool, s, h);
        } else {
          out.add(labels, returnBool, s, v);
        }
      }
    }

    private QueryException duplicate(Labels first, Labels second) {
      String a = second.toString();
      String b = first.toString();
      boolean ordered = a.compareTo(b) <= 0;
      return QueryException.execution(
          "found duplicate series for the match group "
              + match.matchedLabels(second)
              + " on the "
              + (swapped ? "left" : "right")
              + " hand-side of the operation: ["
              + (ordered ? a : b)
              + ", "
              + (ordered ? b : a)
              + "];many-to-many matching not allowed: matching labels must be unique on one side");
    }
  }

  private static void add(double[] l, double[] r, double[] v) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(l[s]) && !Column.isAbsent(r[s])) {
        v[s] = l[s] + r[s];
      }
    }
  }

  private static void subtract(double[] l, double[] r, double[] v) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(l[s]) && !Column.isAbsent(r[s])) {
        v[s] = l[s] - r[s];
      }
    }
  }

  private static void multiply(double[] l, double[] r, double[] v) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(l[s]) && !Column.isAbsent(r[s])) {
        v[s] = l[s] * r[s];
      }
    }
  }

  private static void divide(double[] l, double[] r, double[] v) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(l[s]) && !Column.isAbsent(r[s])) {
        v[s] = l[s] / r[s];
      }
    }
  }
}
