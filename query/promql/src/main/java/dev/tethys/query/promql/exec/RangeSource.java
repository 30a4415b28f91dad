package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection;
import dev.tethys.model.storage.Selection.Groups;
import dev.tethys.query.promql.ast.Expr.Extension;
import org.jspecify.annotations.Nullable;

/** Source of a range function's windows: a selector or a subquery. */
public sealed interface RangeSource extends PlanStep permits SelectedRange, SubqueryRange {
  /** Returns the range in milliseconds. */
  long range();

  /** Returns the end time of a step's window. */
  long moment(long stepTime);

  /** Whether all steps read the same window. */
  boolean isFixed();

  Extension extension();

  /** Opens the series for the steps of a grid. */
  Series open(Execution x, Grid grid);

  /** Opens the series and has them measured when the query is. */
  default Series start(Execution x, Grid grid) {
    Profile p = x.profile();
    return p == null ? open(x, grid) : p.open(this, x, grid);
  }

  /** Whether the producer counts the samples read. */
  boolean countsReads();

  /** Series whose samples can be loaded in any order, into separate buffers for each thread. */
  interface Series extends AutoCloseable {
    int size();

    Labels labels(int series);

    boolean dropName(int series);

    /** Groups as in {@link Selection#groups}; null if labels must be read. */
    default @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
      return null;
    }

    void load(int series, Workspace workspace);

    /** Releases the accounted bytes and samples. */
    @Override
    void close();
  }

  /** Returns the selector of the source, or null if unknown. */
  @Nullable Selector selector();
}
