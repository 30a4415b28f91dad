package dev.tethys.query.promql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who runs next. */
class FairQueueTest {
  private final FairQueue<String> queue = new FairQueue<>(10);

  private List<String> next(int n) {
    List<String> out = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      out.add(queue.next());
    }
    return out;
  }

  @Test
  void floodOfOneUserDelaysAnotherByOneTurn() {
    for (int i = 1; i <= 8; i++) {
      queue.add("flood", "f" + i);
    }
    assertThat(next(3)).containsExactly("f1", "f2", "f3");
    queue.add("quiet", "q1");
    queue.add("quiet", "q2");
    assertThat(next(1)).as("who runs the fewest is next").containsExactly("q1");
    assertThat(next(1)).as("still one against three").containsExactly("q2");
    assertThat(next(2)).containsExactly("f4", "f5");
  }

  @Test
  void nextUserDependsOnRunningQueries() {
    assertThat(queue.runningOfNext()).isZero();
    queue.add("a", "a1");
    queue.add("a", "a2");
    assertThat(queue.runningOfNext()).isZero();
    queue.next();
    assertThat(queue.runningOfNext()).isOne();
    queue.add("b", "b1");
    assertThat(queue.runningOfNext()).isZero();
  }

  @Test
  void usersWithEqualCountsTakeTurns() {
    for (String u : List.of("a", "b", "c")) {
      queue.add(u, u + 1);
      queue.add(u, u + 2);
    }
    assertThat(next(7)).containsExactly("a1", "b1", "c1", "a2", "b2", "c2", null);
  }

  @Test
  void releasedSlotsDoNotCount() {
    queue.add("a", "a1");
    queue.add("b", "b1");
    assertThat(next(2)).containsExactly("a1", "b1");
    queue.ended("b");
    queue.add("a", "a2");
    queue.add("b", "b2");
    assertThat(next(2)).containsExactly("b2", "a2");
  }

  @Test
  void fullQueueDropsNewestOfTheBusiestUser() {
    for (int i = 1; i <= 9; i++) {
      assertThat(queue.add("flood", "f" + i)).isNull();
    }
    assertThat(queue.add("quiet", "q1")).isNull();
    assertThat(queue.add("quiet", "q2")).as("another's goes, not this").isEqualTo("f9");
    assertThat(queue.add("flood", "f10")).isEqualTo("f10");
    assertThat(queue.size()).isEqualTo(10);
  }

  @Test
  void removesAbandonedEntries() {
    queue.add("a", "a1");
    queue.add("a", "a2");
    assertThat(queue.remove("a", "a1")).isTrue();
    assertThat(queue.remove("a", "a1")).isFalse();
    assertThat(queue.remove("b", "b1")).isFalse();
    assertThat(next(2)).containsExactly("a2", null);
    assertThat(queue.size()).isZero();
  }
}
