package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A day of a server with 10,000 statement shapes whose load changes all the time. */
@Tag("slow")
final class StatementChurnTest {
  private static final int SHAPES = 10_000;
  private static final int SERIES_OF_A_STATEMENT = 4;
  private static final Duration INTERVAL = Duration.ofSeconds(15);

  /** Name without digits, which would be taken for literals. */
  private static String name(int shape) {
    StringBuilder out = new StringBuilder();
    Integer.toString(shape).chars().forEach(c -> out.append((char) (c - '0' + 'a')));
    return out.toString();
  }

  @Test
  void keepsFewSeriesOverADay() {
    Random random = new Random(71);
    double[][] totals = new double[SHAPES][3];
    StatementFigures before = new StatementFigures(SHAPES);
    ShownStatements<Integer> shown = new ShownStatements<>(false);
    Set<String> known = new HashSet<>();
    ArrayDeque<Long> added = new ArrayDeque<>();
    int most = 0;
    int mostNew = 0;
    int replaced = 0;
    long readings = Duration.ofDays(1).dividedBy(INTERVAL);
    for (long i = 0; i < readings; i++) {
      long now = i * INTERVAL.toNanos();
      int rotation = (int) (i / 40) * 317; // another part of the shapes is busy every ten minutes
      for (int n = 0; n < 1000; n++) {
        // few shapes have most of the calls
        int shape = (rotation + (int) (SHAPES * Math.pow(random.nextDouble(), 6))) % SHAPES;
        totals[shape][0]++;
        totals[shape][1] += random.nextDouble() / 10;
      }
      if (i % 1000 == 999) { // statistics were reset
        totals = new double[SHAPES][3];
      }
      StatementFigures figures = new StatementFigures(SHAPES);
      StatementLoad<Integer> load = new StatementLoad<>();
      for (int shape = 0; shape < SHAPES; shape++) {
        double[] t = totals[shape];
        if (t[0] > 0) {
          long key = StatementFigures.key(1, 10, shape);
          figures.add(key, t[0], t[1], t[2]);
          load.addDifference(shape, before.get(key), t);
        }
      }
      before = figures;
      List<Integer> urgent = random.nextInt(10) == 0 ? List.of(random.nextInt(SHAPES)) : List.of();
      Set<Integer> old = shown.keys();
      for (int shape : shown.choose(now, load.busiest(), urgent)) {
        shown.admit(shape, "select " + name(shape) + " from t where id = 1", now);
      }
      Set<Integer> current = new HashSet<>(shown.keys());
      current.removeAll(old);
      if (known.size() >= ShownStatements.BUSIEST) {
        replaced += current.size();
        current.forEach(_ -> added.addLast(now));
      }
      while (!added.isEmpty() && now - added.getFirst() >= Duration.ofMinutes(1).toNanos()) {
        added.removeFirst();
      }
      known.addAll(shown.texts().keySet());
      mostNew = Math.max(mostNew, added.size());
      most = Math.max(most, SERIES_OF_A_STATEMENT * shown.keys().size());
    }
    assertThat(most).isBetween(SERIES_OF_A_STATEMENT * ShownStatements.BUSIEST, 300);
    assertThat(mostNew).isEqualTo(ShownStatements.MAX_NEW);
    assertThat(replaced).isGreaterThan(100).isLessThanOrEqualTo(2 * 24 * 60);
  }
}
