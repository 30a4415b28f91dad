package dev.tethys.query.promql.exec;

/** Common subexpression of a query: computed once per grid. */
public final class SharedSubexpression extends Operator {
  private final int id;
  private final Operator inner;

  public SharedSubexpression(int id, Operator inner) {
    this.id = id;
    this.inner = inner;
  }

  @Override
  public boolean isScalar() {
    return inner.isScalar();
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description("Shared").shared(id).input("expression", inner, grid);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    Block b = x.shared(id, grid);
    return b != null ? b : x.share(id, grid, inner.evaluate(x, grid));
  }
}
