package dev.tethys.store.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.model.storage.Appender;
import dev.tethys.model.storage.SelectHints;
import dev.tethys.model.storage.Selection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Names, values and label sets of many series, in memory and in blocks, compared with plain ones.
 */
class LabelsOfManySeriesTest {
  private static final long HOUR = 3_600_000;
  private static final long T0 = 1_699_999_200_000L; // a whole number of block ranges
  private static final int PODS = 3_000;

  @TempDir Path folder;
  private MetricsDatabase db;
  private final List<Labels> all = new ArrayList<>();

  @BeforeEach
  void open() {
    db = MetricsDatabase.open(folder, DatabaseOptions.DEFAULTS.withBackground(false));
  }

  @AfterEach
  void close() {
    db.close();
  }

  private static Labels pod(int i) {
    // Values come in another order than theirs, and some are longer than Latin letters.
    String name = "p" + i * 7919 % PODS + (i % 10 == 0 ? "é" : "") + (i % 50 == 0 ? "😀" : "");
    return Labels.of(
        "__name__", "m" + i % 3, "namespace", "n" + i % 20, "only" + i % 4, "x", "pod", name);
  }

  private void fill(int from, int to, long time) {
    try (Appender a = db.appender()) {
      for (int i = from; i < to; i++) {
        Labels l = pod(i);
        all.add(l);
        a.append(a.series(l), 0, time, i);
      }
      a.commit();
    }
  }

  private static List<String> sorted(TreeSet<String> values) {
    return values.stream().sorted(Utf8Order.STRINGS).toList();
  }

  private List<String> plainValues(String name, Predicate<Labels> of) {
    TreeSet<String> out = new TreeSet<>();
    all.stream().filter(of).map(l -> l.get(name)).filter(v -> !v.isEmpty()).forEach(out::add);
    return sorted(out);
  }

  private List<String> plainNames(Predicate<Labels> of) {
    TreeSet<String> out = new TreeSet<>();
    all.stream().filter(of).forEach(l -> out.addAll(l.toMap().keySet()));
    return sorted(out);
  }

  private void compare() {
    List<Matcher> one = List.of(Matcher.equal("namespace", "n7"));
    List<Matcher> many = List.of(Matcher.equal("__name__", "m1"));
    List<Matcher> none = List.of(Matcher.equal("namespace", "nowhere"));
    Predicate<Labels> isOne = l -> l.get("namespace").equals("n7");
    Predicate<Labels> isMany = l -> l.metricName().equals("m1");
    for (String name : List.of("pod", "namespace", "__name__", "only1", "absent")) {
      assertThat(values(name, List.of(), 0)).isEqualTo(plainValues(name, l -> true));
      assertThat(values(name, one, 0)).isEqualTo(plainValues(name, isOne));
      assertThat(values(name, many, 0)).isEqualTo(plainValues(name, isMany));
      assertThat(values(name, none, 0)).isEmpty();
      assertThat(values(name, many, 5)).isEqualTo(first(plainValues(name, isMany), 5));
      assertThat(values(name, List.of(), 5)).isEqualTo(first(plainValues(name, l -> true), 5));
    }
    assertThat(names(List.of())).isEqualTo(plainNames(l -> true));
    assertThat(names(one)).isEqualTo(plainNames(isOne));
    assertThat(names(none)).isEmpty();
    assertThat(series(List.of(one), 0)).isEqualTo(all.stream().filter(isOne).sorted().toList());
    assertThat(series(List.of(one, many, one), 0))
        .isEqualTo(all.stream().filter(isOne.or(isMany)).sorted().toList());
    List<Labels> some = series(List.of(many, one), 30);
    assertThat(some).hasSize(30).isSorted().doesNotHaveDuplicates();
    assertThat(all.stream().filter(isOne.or(isMany)).toList()).containsAll(some);
    assertThat(series(List.of(many), 20)).hasSize(20).isSorted().allMatch(isMany);
    assertThat(series(List.of(one), PODS)).isEqualTo(series(List.of(one), 0));
  }

  private List<String> values(String name, List<Matcher> matchers, int limit) {
    return db.labelValues(name, T0, T0 + 12 * HOUR, matchers, limit).values();
  }

  private List<String> names(List<Matcher> matchers) {
    return db.labelNames(T0, T0 + 12 * HOUR, matchers, 0).values();
  }

  private List<Labels> series(List<List<Matcher>> matchers, int limit) {
    return db.series(T0, T0 + 12 * HOUR, matchers, limit);
  }

  private static List<String> first(List<String> values, int n) {
    return values.subList(0, Math.min(n, values.size()));
  }

  @Test
  void inMemory() {
    fill(0, PODS / 2, T0);
    compare();
    fill(PODS / 2, PODS, T0 + 1); // orders that were kept are brought up to date
    compare();
  }

  @Test
  void readsFromMemoryAndFromABlock() {
    fill(0, PODS / 2, T0);
    fill(PODS / 2, PODS, T0 + 4 * HOUR);
    db.maintain();
    assertThat(db.blockList()).isNotEmpty();
    compare();
  }

  /** Of one block the first ones are given, and each that has samples in the range counts. */
  @Test
  void limitAppliesToBlocksOnly() {
    fill(0, PODS / 2, T0);
    fill(PODS / 2, PODS, T0 + HOUR);
    List<Labels> old = List.copyOf(all);
    fill(PODS, PODS + 10, T0 + 5 * HOUR);
    db.maintain();
    assertThat(db.blockList()).hasSize(1);
    List<List<Matcher>> any = List.of(List.of(Matcher.equal("only1", "x")));
    List<Labels> sorted =
        old.stream().filter(l -> !l.get("only1").isEmpty()).sorted().distinct().toList();
    for (int limit : new int[] {1, 7, 128, 129, 500, sorted.size(), PODS}) {
      for (int again = 0; again < 2; again++) {
        assertThat(db.series(T0, T0 + 2 * HOUR, any, limit))
            .isEqualTo(sorted.subList(0, Math.min(limit, sorted.size())));
      }
    }
    List<List<Matcher>> both =
        List.of(
            List.of(Matcher.of(Matcher.Type.REGEX, "pod", "p1.+")),
            List.of(Matcher.equal("namespace", "n3")));
    List<Labels> of = db.series(T0, T0 + 2 * HOUR, both, 0);
    assertThat(db.series(T0, T0 + 2 * HOUR, both, 40)).isEqualTo(of.subList(0, 40));
    assertThat(db.series(T0, T0 + 2 * HOUR, both, PODS)).isEqualTo(of);
    assertThat(db.series(T0 + HOUR, T0 + 2 * HOUR, any, PODS))
        .isEqualTo(db.series(T0 + HOUR, T0 + 2 * HOUR, any, 0));
  }

  @Test
  void reportsTruncatingLimit() {
    fill(0, 100, T0);
    assertThat(db.labelValues("pod", T0, T0, List.of(), 10).warnings()).hasSize(1);
    assertThat(db.labelValues("pod", T0, T0, List.of(), 100).warnings()).isEmpty();
  }

  /** Series of one page of rows are distinguished only when their samples are read. */
  @Test
  void ignoresSeriesOfPagesOutsideTheTimeRange() {
    fill(0, 200, T0);
    fill(200, 400, T0 + 60_000);
    List<List<Matcher>> everything = List.of(List.of(Matcher.equal("__name__", "m1")));
    assertThat(db.series(T0 + 60_000, T0 + 60_000, everything, 10))
        .hasSize(10)
        .allMatch(l -> all.subList(128, 400).contains(l));
  }

  @Test
  void groupsSeriesByLabels() {
    fill(0, PODS, T0);
    for (boolean keep : new boolean[] {true, false}) {
      for (List<String> by :
          List.of(
              List.of("namespace"),
              List.of("only1", "namespace", "absent"),
              List.of("pod", "__name__"),
              List.<String>of())) {
        byte[][] names = Labels.sortedNames(by);
        try (Selection s =
            db.select(SelectHints.range(T0, T0), List.of(Matcher.equal("only1", "x")))) {
          Selection.Groups g = Objects.requireNonNull(s.groups(names, keep));
          for (int i = 0; i < s.size(); i++) {
            assertThat(g.labels().get(g.ofSeries()[i])).isEqualTo(s.labels(i).filter(names, keep));
          }
          assertThat(new HashSet<>(g.labels())).hasSize(g.size());
          assertThat(g.ofSeries()[0]).as("numbered as they appear").isZero();
        }
      }
    }
  }
}
