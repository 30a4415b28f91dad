package dev.tethys.model.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.model.guard.RequestMemory;
import org.junit.jupiter.api.Test;

class StackTreeTest {
  private static final int NODES = 100_000;

  private static StackTree chain() {
    StackTree tree = new StackTree(1);
    int node = 0;
    for (int i = 0; i < NODES; i++) {
      node = tree.child(node, tree.name("f" + i % 7));
    }
    return tree;
  }

  /** A profile of few bytes may have stacks of many frames. */
  @Test
  void chargesNodesToTheRequest() {
    long[] charged = {0};
    RequestMemory.during(bytes -> charged[0] += bytes, StackTreeTest::chain);
    assertThat(charged[0]).isBetween(100L * NODES, 200L * NODES);
    assertThatThrownBy(
            () ->
                RequestMemory.during(
                    _ -> {
                      throw new IllegalStateException("over budget");
                    },
                    StackTreeTest::chain))
        .hasMessage("over budget");
  }
}
