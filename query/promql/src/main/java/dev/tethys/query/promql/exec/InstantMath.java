package dev.tethys.query.promql.exec;

import dev.tethys.model.Histogram;
import dev.tethys.model.histogram.HistogramArithmetic;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Functions of one sample: of floats (histograms go), or of histograms (floats go). */
public final class InstantMath {
  private InstantMath() {}

  /** Applies a function to each float. */
  public static Operator floats(DoubleUnaryOperator f, Operator vector) {
    return new FloatMap(vector, List.of()) {
      @Override
      void apply(double[] v, double[][] arguments) {
        map(v, f);
      }
    };
  }

  private static void map(double[] v, DoubleUnaryOperator f) {
    for (int s = 0; s < v.length; s++) {
      if (!Column.isAbsent(v[s])) {
        v[s] = f.applyAsDouble(v[s]);
      }
    }
  }

  /** Function of floats with scalar parameters. */
  abstract static class FloatMap extends SeriesMap {
    private final List<Operator> scalars;

    FloatMap(Operator vector, List<Operator> scalars) {
      super(vector);
      this.scalars = scalars;
    }

    @Override
    List<Operator> scalars() {
      return scalars;
    }

    abstract void apply(double[] v, double[][] arguments);

    @Override
    boolean dropsName() {
      return true;
    }

    @Override
    Change prepare(Execution x, Grid grid) {
      double[][] arguments = new double[scalars.size()][];
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = scalars.get(i).scalar(x, grid);
      }
      return t -> {
        t.dropHistograms();
        apply(t.values, arguments);
      };
    }
  }

  /** Evaluates {@code round}: to the nearest multiple, halves up. */
  public static Operator round(Operator vector, Operator nearest) {
    return new FloatMap(vector, List.of(nearest)) {
      @Override
      void apply(double[] v, double[][] arguments) {
        for (int s = 0; s < v.length; s++) {
          if (!Column.isAbsent(v[s])) {
            double inverse = 1.0 / arguments[0][s];
            v[s] = Math.floor(v[s] * inverse + 0.5) / inverse;
          }
        }
      }
    };
  }

  /**
   * Evaluates {@code clamp}, {@code clamp_min} and {@code clamp_max}; the result is empty if the
   * minimum exceeds the maximum.
   */
  public static Operator clamp(Operator vector, Operator low, Operator high) {
    return new FloatMap(vector, List.of(low, high)) {
      @Override
      void apply(double[] v, double[][] arguments) {
        for (int s = 0; s < v.length; s++) {
          if (!Column.isAbsent(v[s])) {
            double min = arguments[0][s];
            double max = arguments[1][s];
            v[s] = max < min ? Column.ABSENT : goMax(min, goMin(max, v[s]));
          }
        }
      }
    };
  }

  /** Returns Go's math.Max: infinity wins over NaN. */
  public static double goMax(double a, double b) {
    return a == Double.POSITIVE_INFINITY || b == Double.POSITIVE_INFINITY
        ? Double.POSITIVE_INFINITY
        : Math.max(a, b);
  }

  /** Returns Go's math.Min: infinity wins over NaN. */
  public static double goMin(double a, double b) {
    return a == Double.NEGATIVE_INFINITY || b == Double.NEGATIVE_INFINITY
        ? Double.NEGATIVE_INFINITY
        : Math.min(a, b);
  }

  /** Minus before a vector. */
  public static Operator negate(Operator vector) {
    return new SeriesMap(vector) {
      @Override
      boolean dropsName() {
        return true;
      }

      @Override
      Change prepare(Execution x, Grid grid) {
        return t -> {
          map(t.values, v -> -v);
          @Nullable Histogram[] hs = t.histograms();
          if (hs != null) {
            for (int s = 0; s < hs.length; s++) {
              Histogram h = hs[s];
              if (h != null) {
                hs[s] = HistogramArithmetic.negate(h);
              }
            }
          }
        };
      }
    };
  }

  /** Evaluates {@code timestamp} of an expression that is not a selector: the time of the step. */
  public static Operator stepTime(Operator vector) {
    return new SeriesMap(vector) {
      @Override
      boolean dropsName() {
        return true;
      }

      @Override
      Change prepare(Execution x, Grid grid) {
        return t -> {
          @Nullable Histogram[] hs = t.histograms();
          for (int s = 0; s < t.values.length; s++) {
            if (!Column.isAbsent(t.values[s]) || hs != null && hs[s] != null) {
              t.values[s] = (double) grid.time(s) / 1000;
            }
          }
          t.dropHistograms();
        };
      }
    };
  }

  /** Evaluates {@code start_timestamp} of an expression that is not a selector: no samples. */
  public static Operator nothing(Operator vector) {
    return new FloatMap(vector, List.of()) {
      @Override
      void apply(double[] v, double[][] arguments) {
        Arrays.fill(v, Column.ABSENT);
      }
    };
  }

  /** Applies a function to each histogram. */
  public static Operator histograms(ToDoubleFunction<Histogram> f, Operator vector) {
    return new SeriesMap(vector) {
      @Override
      boolean dropsName() {
        return true;
      }

      @Override
      Change prepare(Execution x, Grid grid) {
        return t -> {
          @Nullable Histogram[] hs = t.histograms();
          for (int s = 0; s < t.values.length; s++) {
            Histogram h = hs == null ? null : hs[s];
            t.values[s] = h == null ? Column.ABSENT : f.applyAsDouble(h);
          }
          t.dropHistograms();
        };
      }
    };
  }
}
