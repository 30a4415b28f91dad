package dev.tethys.query.promql.exec;

/** Vector whose zeros are NaN, so that division yields NaN instead of infinity. */
public final class ZeroAsNaN extends SeriesMap {
  public ZeroAsNaN(Operator vector) {
    super(vector);
  }

  @Override
  Change prepare(Execution x, Grid grid) {
    return target -> {
      double[] v = target.values;
      for (int s = 0; s < v.length; s++) {
        if (v[s] == 0) {
          v[s] = Double.NaN;
        }
      }
    };
  }

  @Override
  boolean dropsName() {
    return false;
  }
}
