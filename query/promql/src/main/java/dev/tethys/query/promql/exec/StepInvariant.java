package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Expression with the same result at every step: computed once, then repeated. */
public final class StepInvariant extends Operator {
  private final Operator inner;

  public StepInvariant(Operator inner) {
    this.inner = inner;
  }

  @Override
  public boolean isScalar() {
    return inner.isScalar();
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("StepInvariant").input("expression", inner, grid.first());
  }

  @Override
  Block compute(Execution x, Grid grid) {
    SampleCount mine = new SampleCount(1, false);
    SampleCount before = x.count(mine);
    Block b;
    try {
      b = inner.evaluate(x, grid.first());
    } finally {
      x.count(before);
    }
    before.add(mine.total() * grid.steps(), mine.read());
    if (before.isByStep()) {
      for (int s = 0; s < grid.steps(); s++) {
        before.addAt(s, mine.total(), s == 0 ? mine.read() : 0);
      }
    }
    if (grid.isInstant()) {
      return b;
    }
    List<Column> out = new ArrayList<>(b.size());
    Execution.Draft draft = x.draft();
    for (Column c : b.columns()) {
      x.check();
      draft.addSeries(c.labels(), grid.steps());
      double[] v = new double[grid.steps()];
      Arrays.fill(v, c.values()[0]);
      Histogram h = c.histogram(0);
      @Nullable Histogram[] hs = null;
      if (h != null) {
        hs = new Histogram[grid.steps()];
        Arrays.fill(hs, h);
      }
      out.add(new Column(c.labels(), c.dropName(), v, hs));
    }
    x.release(b);
    draft.close();
    return x.hold(out);
  }
}
