package dev.tethys.query.promql.exec;

import java.util.List;

/** Series computed outside PromQL, as the input of its operators. */
public final class SuppliedSeries extends Operator {
  /** Computes series. */
  @FunctionalInterface
  public interface Source {
    /** Series over the steps of a grid, each with unique labels and at least one sample. */
    List<Column> columns(Grid grid);
  }

  private final String name;
  private final Source source;

  /**
   * @param name name in descriptions of the plan
   */
  public SuppliedSeries(String name, Source source) {
    this.name = name;
    this.source = source;
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    return new Description(name);
  }

  @Override
  Block compute(Execution x, Grid grid) {
    return x.hold(source.columns(grid));
  }
}
