package dev.tethys.store.metrics.internal.head;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.Labels;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Series come in the order of their labels, however many pairs there are and have been before. */
class SeriesOrderTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 50, 4000})
  void seriesAreInTheOrderOfTheirLabels(int values) {
    Random random = new Random(values);
    LabelIndex index = new LabelIndex(new Fingerprint());
    List<Labels> all = new ArrayList<>();
    List<Integer> lists = new ArrayList<>();
    Set<Labels> known = new LinkedHashSet<>();
    int slot = 0;
    // Between the rounds, pairs come that have no place yet, and in one round too many of them.
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < (round == 3 ? 4000 : 300); i++) {
        Labels l = labels(random, values);
        if (known.add(l)) {
          all.add(l);
          lists.add(index.add(++slot, l.canonicalBytes()));
        }
      }
      inOrder(index, all, lists, random, all.size());
      inOrder(index, all, lists, random, Math.min(all.size(), 70));
      inOrder(index, all, lists, random, Math.min(all.size(), 9));
    }
  }

  private static Labels labels(Random random, int values) {
    List<String> pairs = new ArrayList<>();
    int n = random.nextInt(14);
    int first = random.nextInt(4);
    for (int k = first; k < first + n; k++) {
      pairs.add("name_" + k);
      // Some end where others continue, some have bytes above 127.
      pairs.add((k % 3 == 0 ? "é" : "v") + Integer.toString(random.nextInt(values), 2));
    }
    return Labels.of(pairs.toArray(String[]::new));
  }

  private static void inOrder(
      LabelIndex index, List<Labels> all, List<Integer> lists, Random random, int n) {
    int[] chosen = random.ints(0, all.size()).distinct().limit(n).toArray();
    int[] some = new int[n];
    for (int i = 0; i < n; i++) {
      some[i] = lists.get(chosen[i]);
    }
    List<Labels> got = new ArrayList<>();
    for (int i : SeriesOrder.of(index, some)) {
      got.add(all.get(chosen[i]));
      assertThat(index.labels(some[i])).isEqualTo(all.get(chosen[i]));
      assertThat(index.length(some[i])).isEqualTo(all.get(chosen[i]).canonicalBytes().length);
    }
    assertThat(got).isSorted().hasSize(n);
  }
}
