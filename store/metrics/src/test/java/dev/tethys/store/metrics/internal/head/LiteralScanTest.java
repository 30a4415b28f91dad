package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import dev.tethys.model.Matcher;
import dev.tethys.store.metrics.internal.index.Expressions;
import dev.tethys.store.metrics.internal.index.Matching;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values found by literals, compared with a test of each value. */
@Tag("slow")
class LiteralScanTest {
  private static final String[] EXPRESSIONS = {
    ".*-6a.*",
    ".+b15",
    "app12.*",
    "(app1|app22|app33)-.*",
    "(?:ab|cd)+.*",
    "x+ab.*",
    ".*(é|😀).*",
    ".*\uFFFD.*",
    ".*pod.*",
    "a.*|b.*",
    "(a|bc)*ab",
    ".*(?i:ab).*",
    "[ab]b15.*|.+6a",
    "app.*",
  };

  private final LabelIndex index = new LabelIndex(new Fingerprint());
  private final List<Labels> series = new ArrayList<>();

  private void add(String... labels) {
    Labels l = Labels.of(labels);
    series.add(l);
    index.add(series.size(), l.canonicalBytes());
  }

  private static String random(Random r) {
    String[] of = {"app", "12", "-", "6a", "b15", "ab", "cd", "x", "é", "😀", "\uFFFD", "pod", "a"};
    StringBuilder sb = new StringBuilder();
    for (int k = r.nextInt(6); k >= 0; k--) {
      sb.append(of[r.nextInt(of.length)]);
    }
    return sb.toString();
  }

  private int[] matching(Matcher m) {
    BitSet out = new BitSet();
    for (int i = 0; i < series.size(); i++) {
      if (m.matches(series.get(i))) {
        out.set(i + 1);
      }
    }
    return out.stream().toArray();
  }

  private void compare() {
    for (String e : EXPRESSIONS) {
      for (Matcher.Type type : List.of(Matcher.Type.REGEX, Matcher.Type.NOT_REGEX)) {
        Matcher m = Matcher.of(type, "pod", e);
        assertThat(Matching.find(index, List.of(m), Expressions.NONE).toArray())
            .as(m.toString())
            .isEqualTo(matching(m));
      }
    }
  }

  /** Values of other labels, with and without the literals, lie between those of the label. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void findsTheSameValuesAsTestingEach(long seed) {
    Random r = new Random(seed);
    for (int i = 0; i < 3_000; i++) {
      add("job", random(r), "pod", random(r) + i, "podb15", random(r) + i);
    }
    compare();
    for (int i = 0; i < 1_000; i++) { // which is tested alone
      add("pod", "new" + random(r) + i);
    }
    compare();
  }

  /** Labels take several pages, of which some have none of the label. */
  @Test
  void findsValuesInSeveralPages() {
    Random r = new Random(4);
    String filler = "b15".repeat(1_000);
    for (int i = 0; i < 1_500; i++) {
      add("pod", random(r) + i + "-".repeat(r.nextInt(300)) + random(r));
      if (i % 500 == 499) {
        for (int k = 0; k < 200; k++) {
          add("filler", filler + i + k);
        }
      }
    }
    compare();
  }

  @Test
  void scansOnlyWhenWorthwhile() {
    for (int i = 0; i < LiteralScan.MIN_VALUES; i++) {
      add("pod", "value-" + i);
    }
    assertThat(Objects.requireNonNull(scan("pod", "value-.*7")).cardinality())
        .isEqualTo(LiteralScan.MIN_VALUES);
    assertThat(Objects.requireNonNull(scan("pod", ".*-1.*")).cardinality())
        .isBetween(1, LiteralScan.MIN_VALUES - 1);
    assertThat(scan("pod", "v.*")).as("a literal of one byte").isNull();
    assertThat(scan("pod", "[a-z]+.*")).as("no literal").isNull();
    for (int i = 0; i < 2 * LiteralScan.MIN_VALUES; i++) {
      add("other", "x".repeat(1_000) + i);
    }
    add("pod", "value-last");
    assertThat(scan("pod", ".*-1.*")).as("mostly bytes of another label").isNull();
  }

  private @Nullable BitSet scan(String name, String expression) {
    MatchedValueCache.Values v = index.valuesOf(name);
    return LiteralScan.find(
        index.pairs(), v.pairs(), 0, v.count(), Matcher.of(Matcher.Type.REGEX, name, expression));
  }
}
