package dev.tethys.api.pyroscope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tethys.codec.json.JsonValues;
import dev.tethys.model.profiles.StackTree;
import dev.tethys.model.telemetry.ArrayValue;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.testkit.Shared;
import dev.tethys.web.HttpException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Flame graphs as Pyroscope encodes them. */
class FlameGraphTest {
  private static void add(@Nullable Object stacks, StackTree to, int column) {
    if (!(stacks instanceof ArrayValue all)) {
      return;
    }
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i) instanceof Attributes s && s.get("stack_leaf_first") instanceof ArrayValue f) {
        List<String> frames = new ArrayList<>();
        for (int j = f.size() - 1; j >= 0; j--) {
          frames.add(String.valueOf(f.get(j)));
        }
        to.add(column, frames, s.get("value") instanceof Long v ? v : 0);
      }
    }
  }

  private static long maxNodes(Attributes fact) {
    return fact.get("max_nodes") instanceof Long n ? n : FlameGraph.DEFAULT_MAX_NODES;
  }

  private static String levels(FlameGraph g) {
    return g.levels().stream().map(Arrays::toString).toList().toString();
  }

  private static void checkSingle(Attributes fact) {
    StackTree tree = new StackTree(1);
    add(fact.get("stacks"), tree, 0);
    FlameGraph g = FlameGraph.of(tree.sorted(), maxNodes(fact));
    if (fact.get("want") instanceof Attributes w && w.get("flamebearer") instanceof Attributes f) {
      assertThat(levels(g).replace(" ", ""))
          .isEqualTo(JsonValues.write(f.get("levels")).replace(" ", ""));
      if (f.get("names") != null) {
        assertThat(g.names().toString())
            .isEqualTo(JsonValues.write(f.get("names")).replace("\"", "").replace(",", ", "));
        assertThat(g.totals()[0]).isEqualTo(f.get("numTicks"));
        assertThat(g.maxSelf()).isEqualTo(f.get("maxSelf"));
      }
    } else {
      throw new AssertionError("no expectation");
    }
  }

  private static void checkDiff(Attributes fact) {
    StackTree tree = new StackTree(2);
    add(fact.get("left"), tree, 0);
    add(fact.get("right"), tree, 1);
    if (fact.get("error") != null) {
      assertThatThrownBy(() -> FlameGraph.of(tree.sorted(), maxNodes(fact)))
          .isInstanceOf(HttpException.class)
          .hasMessageContaining("negative");
      return;
    }
    FlameGraph g = FlameGraph.of(tree.sorted(), maxNodes(fact));
    if (!(fact.get("want") instanceof Attributes w)) {
      assertThat(g.levels()).isNotEmpty();
      return;
    }
    assertThat(g.names().toString())
        .isEqualTo(JsonValues.write(w.get("names")).replace("\"", "").replace(",", ", "));
    assertThat(g.maxSelf()).isEqualTo(w.get("maxSelf"));
    assertThat(g.totals()[0] + g.totals()[1]).isEqualTo(w.get("total"));
    if (w.get("levels") != null) {
      assertThat(levels(g).replace(" ", ""))
          .isEqualTo(JsonValues.write(w.get("levels")).replace(" ", ""));
    }
  }

  @TestFactory
  Stream<DynamicTest> flameGraphsAreThoseOfPyroscope() throws IOException {
    return Files.readAllLines(Shared.conformance("pyroscope/flamegraph.jsonl")).stream()
        .map(line -> (Attributes) Objects.requireNonNull(JsonValues.read(line)))
        .filter(f -> "flamebearer".equals(f.get("what")) || "diff".equals(f.get("what")))
        .map(
            f ->
                DynamicTest.dynamicTest(
                    String.valueOf(f.get("id")),
                    () -> {
                      if ("diff".equals(f.get("what"))) {
                        checkDiff(f);
                      } else {
                        checkSingle(f);
                      }
                    }));
  }

  @Test
  void combinesSmallNodes() {
    StackTree tree = new StackTree(1);
    tree.add(0, List.of("a", "b"), 100);
    tree.add(0, List.of("a", "c"), 1);
    tree.add(0, List.of("a", "d"), 2);
    FlameGraph g = FlameGraph.of(tree.sorted(), 2);
    assertThat(g.names()).containsExactly("total", "a", "other", "b");
    assertThat(levels(g))
        .isEqualTo("[[0, 103, 0, 0], [0, 103, 0, 1], [0, 100, 100, 3, 0, 3, 3, 2]]");
  }
}
