package dev.tethys.collect.database.reader;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ShownStatementsTest {
  private static final long INTERVAL = Duration.ofSeconds(15).toNanos();
  private static final int SHAPES = 10_000;

  private static List<Integer> read(
      ShownStatements<Integer> s, long nanos, List<Integer> busiest, List<Integer> urgent) {
    List<Integer> chosen = s.choose(nanos, busiest, urgent);
    chosen.forEach(k -> s.admit(k, "select c" + letters(k) + " from t", nanos));
    return chosen;
  }

  /** Digits are normalized, so that numbers would give equal texts. */
  private static String letters(int k) {
    StringBuilder sb = new StringBuilder();
    for (char c : Integer.toString(k).toCharArray()) {
      sb.append((char) ('a' + c - '0'));
    }
    return sb.toString();
  }

  @Test
  void boundsNewSeriesOfManyShapesInADay() {
    ShownStatements<Integer> s = new ShownStatements<>(false);
    Random random = new Random(7);
    List<Long> added = new ArrayList<>();
    int most = 0;
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 24 * 240; i++) {
      long nanos = i * INTERVAL;
      List<Integer> busiest = new ArrayList<>();
      for (int j = 0; j < 100; j++) {
        busiest.add((int) Math.abs(random.nextGaussian() * 60 + i / 2.0) % SHAPES);
      }
      List<Integer> urgent = List.of(random.nextInt(SHAPES));
      List<Integer> chosen = read(s, nanos, busiest.stream().distinct().toList(), urgent);
      if (i > 0) {
        chosen.forEach(_ -> added.add(nanos));
      }
      most = Math.max(most, s.keys().size());
      names.addAll(s.texts().keySet());
    }
    assertThat(most).isLessThanOrEqualTo(ShownStatements.MAX).isGreaterThan(20);
    // Three series of figures and one of the text for each statement.
    assertThat(most * 4).isLessThanOrEqualTo(300);
    assertThat(added.size()).isGreaterThan(1000);
    for (int i = ShownStatements.MAX_NEW; i < added.size(); i++) {
      assertThat(added.get(i) - added.get(i - ShownStatements.MAX_NEW))
          .isGreaterThanOrEqualTo(Duration.ofMinutes(1).toNanos());
    }
    assertThat(names.size()).isGreaterThan(1000);
  }

  @Test
  void keepsAStatementAtTheLimit() {
    ShownStatements<Integer> s = new ShownStatements<>(false);
    read(s, 0, List.of(1, 2), List.of());
    for (int i = 1; i < 100; i++) {
      List<Integer> busiest = i % 20 == 0 ? List.of(1, 2) : List.of(1);
      assertThat(read(s, i * INTERVAL, busiest, List.of())).isEmpty();
      assertThat(s.query(2)).isNotNull();
    }
  }

  @Test
  void forgetsAStatementAfterItsTime() {
    ShownStatements<Integer> s = new ShownStatements<>(false);
    read(s, 0, List.of(1, 2), List.of());
    read(s, Duration.ofMinutes(16).toNanos(), List.of(1), List.of());
    assertThat(s.query(2)).isNull();
    assertThat(s.query(1)).isNotNull();
  }

  @Test
  void showsBlockingStatementsAtOnce() {
    ShownStatements<Integer> s = new ShownStatements<>(false);
    List<Integer> twenty = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      twenty.add(i);
    }
    read(s, 0, twenty, List.of());
    assertThat(read(s, INTERVAL, List.of(31, 32), List.of(77))).containsExactly(77);
    assertThat(read(s, 2 * INTERVAL, List.of(31, 32), List.of())).containsExactly(31);
    assertThat(read(s, 3 * INTERVAL, List.of(31, 32), List.of())).isEmpty();
  }

  @Test
  void namesStatementsByTextOnRequest() {
    ShownStatements<Integer> s = new ShownStatements<>(true);
    read(s, 0, List.of(1), List.of());
    assertThat(s.query(1)).isEqualTo("select cb from t");
    assertThat(s.texts()).isEmpty();
  }

  @Test
  void findsAStatementByTheBeginningOfItsText() {
    ShownStatements<Integer> s = new ShownStatements<>(false);
    read(s, 0, List.of(1, 2), List.of());
    assertThat(s.find("select cc", _ -> true)).isEqualTo(2);
    assertThat(s.find("select cc", k -> k == 1)).isNull();
    assertThat(s.find("delete", _ -> true)).isNull();
  }
}
