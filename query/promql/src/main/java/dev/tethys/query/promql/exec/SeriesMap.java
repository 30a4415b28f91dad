package dev.tethys.query.promql.exec;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.Selection.Groups;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An operator that changes each series of a vector on its own. Labels may lose the metric name; if
 * that makes two series equal, they are merged where their steps do not overlap.
 */
abstract class SeriesMap extends Operator {
  final Operator vector;

  SeriesMap(Operator vector) {
    this.vector = vector;
  }

  /** Operation on a series; created once per run, so that it can hold scalars by step. */
  @FunctionalInterface
  interface Change {
    void apply(SeriesTarget t);
  }

  /** Prepares a run. */
  abstract Change prepare(Execution x, Grid grid);

  /** Whether the metric name is dropped. */
  abstract boolean dropsName();

  /** Operands other than the vector. */
  List<Operator> scalars() {
    return List.of();
  }

  @Override
  public Description describe(Grid grid, long lookback) {
    Description d = new Description("SeriesFunction").input("vector", vector, grid);
    scalars().forEach(s -> d.input("argument", s, grid));
    return d;
  }

  @Override
  boolean remarks() {
    return vector.remarks();
  }

  @Override
  @Nullable SeriesStream open(Execution x, Grid grid) {
    SeriesStream s = mapped(x, grid);
    if (!dropsName() || x.features().delayedNameRemoval() || !Streams.hasSameLabels(x, s)) {
      return s;
    }
    Block b;
    try (s) {
      b = Streams.collect(x, grid, s);
    }
    return Streams.of(x, SeriesMerge.byStep(x, b, grid));
  }

  private SeriesStream mapped(Execution x, Grid grid) {
    Change change = prepare(x, grid);
    SeriesStream in = vector.stream(x, grid);
    return new SeriesStream() {
      @Override
      public int size() {
        return in.size();
      }

      @Override
      public Labels labels(int i) {
        return dropsName() ? SeriesLabels.dropped(x, in.labels(i)) : in.labels(i);
      }

      /** Groups series by labels other than the name, which series may have lost. */
      @Override
      public @Nullable Groups groups(byte[][] sortedNames, boolean keep) {
        return dropsName() && (!keep || SeriesLabels.namesMetadata(sortedNames))
            ? null
            : in.groups(sortedNames, keep);
      }

      @Override
      public boolean dropName(int i) {
        return dropsName() || in.dropName(i);
      }

      @Override
      public void evaluate(int i, Workspace w, SeriesTarget target) {
        in.evaluate(i, w, target);
        change.apply(target);
      }

      @Override
      public long cost(Grid g) {
        return in.cost(g);
      }

      @Override
      public void close() {
        in.close();
      }
    };
  }
}
