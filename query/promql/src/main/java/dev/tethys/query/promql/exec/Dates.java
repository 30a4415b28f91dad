package dev.tethys.query.promql.exec;

import java.time.LocalDate;
import java.time.YearMonth;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Functions of a time in seconds, in UTC. */
public final class Dates {
  private static final long DAY = 86_400;

  private static final Map<String, LongToDoubleFunction> ALL =
      Map.of(
          "minute", t -> Math.floorMod(t, 3600L) / 60,
          "hour", t -> Math.floorMod(t, DAY) / 3600,
          "day_of_week", t -> date(t).getDayOfWeek().getValue() % 7,
          "day_of_month", t -> date(t).getDayOfMonth(),
          "day_of_year", t -> date(t).getDayOfYear(),
          "days_in_month", t -> YearMonth.from(date(t)).lengthOfMonth(),
          "month", t -> date(t).getMonthValue(),
          "year", t -> date(t).getYear());

  private Dates() {}

  private static LocalDate date(long seconds) {
    long day = Math.floorDiv(seconds, DAY);
    return LocalDate.ofEpochDay(
        Math.clamp(day, LocalDate.MIN.toEpochDay(), LocalDate.MAX.toEpochDay()));
  }

  /** The function of a name over a vector, or null. */
  public static @Nullable Operator of(String name, Operator vector) {
    LongToDoubleFunction f = ALL.get(name);
    return f == null
        ? null
        : new InstantMath.FloatMap(vector, List.of()) {
          @Override
          void apply(double[] v, double[][] arguments) {
            for (int s = 0; s < v.length; s++) {
              if (!Column.isAbsent(v[s])) {
                v[s] = f.applyAsDouble((long) v[s]);
              }
            }
          }
        };
  }
}
