package dev.tethys.query.traceql.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.query.traceql.ast.SpansetOperator.Relation;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class RelationsTest {
  private static NestedSets tree(long[] ids, long[] parents) {
    return new NestedSets(ids, parents, new boolean[ids.length], 0, ids.length);
  }

  @Test
  void numbersTreesOrphansAndCycles() {
    NestedSets n = tree(new long[] {1, 2, 3, 4, 5, 6, 7, 8}, new long[] {0, 1, 1, 2, 99, 5, 8, 7});
    assertThat(n.parent).containsExactly(-1, 1, 1, n.left[1], 0, n.left[4], 0, n.left[6]);
    assertThat(n.children).containsExactly(2, 1, 0, 0, 1, 0, 1, 0);
    assertThat(n.left[3]).isBetween(n.left[1] + 1, n.right[1] - 1);
  }

  @Test
  void selfParentAndDuplicateSpansEndNumbering() {
    NestedSets n = tree(new long[] {1, 1, 2, 3, 3}, new long[] {1, 0, 1, 2, 2});
    assertThat(n.left).doesNotContain(0);
    assertThat(n.parent[2]).isEqualTo(n.left[0]);
    assertThat(n.parent[3]).isEqualTo(n.left[2]).isEqualTo(n.parent[4]);
  }

  @Test
  void serverSpanGetsTheChildrenOfTheClientSpanWithItsId() {
    NestedSets n =
        new NestedSets(
            new long[] {1, 7, 7, 9},
            new long[] {0, 1, 1, 7},
            new boolean[] {false, false, true, false},
            0,
            4);
    assertThat(n.parent[3]).isEqualTo(n.left[2]);
  }

  @Test
  void deepChainDoesNotOverflowTheStack() {
    int size = 100_000;
    long[] ids = new long[size];
    long[] parents = new long[size];
    for (int i = 0; i < size; i++) {
      ids[i] = i + 1;
      parents[i] = i;
    }
    NestedSets n = tree(ids, parents);
    assertThat(n.right[0]).isEqualTo(2 * size);
    int[] all = java.util.stream.IntStream.range(0, size).toArray();
    boolean[] below =
        Relations.related(
            n.left, n.right, n.parent, all, new int[] {size / 2}, Relation.DESCENDANT);
    assertThat(below[size / 2]).isFalse();
    assertThat(below[size - 1]).isTrue();
  }

  @Test
  void relationsMatchTheTree() {
    Random random = new Random(11);
    for (int round = 0; round < 300; round++) {
      int size = 1 + random.nextInt(12);
      long[] ids = new long[size];
      long[] parents = new long[size];
      for (int i = 0; i < size; i++) {
        ids[i] = i + 1;
        parents[i] = random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(size + 1);
      }
      NestedSets n = tree(ids, parents);
      int[] a = random.ints(0, size).distinct().limit(1 + random.nextInt(size)).sorted().toArray();
      int[] b = random.ints(0, size).distinct().limit(1 + random.nextInt(size)).sorted().toArray();
      for (Relation r : Relation.values()) {
        boolean[] got = Relations.related(n.left, n.right, n.parent, a, b, r);
        for (int i = 0; i < a.length; i++) {
          boolean want = false;
          for (int o : b) {
            want |= holds(n, a[i], o, r);
          }
          assertThat(got[i]).as("%s round %d", r, round).isEqualTo(want);
        }
      }
    }
  }

  private static boolean holds(NestedSets n, int span, int other, Relation r) {
    return switch (r) {
      case CHILD -> n.parent[span] > 0 && n.parent[span] == n.left[other];
      case PARENT -> n.parent[other] > 0 && n.parent[other] == n.left[span];
      case DESCENDANT -> n.left[other] < n.left[span] && n.right[span] < n.right[other];
      case ANCESTOR -> n.left[span] < n.left[other] && n.right[other] < n.right[span];
      case SIBLING -> span != other && n.parent[span] > 0 && n.parent[span] == n.parent[other];
    };
  }
}
