package dev.tethys.api.pyroscope;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tethys.model.profiles.StackTree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Call graphs for Graphviz. */
class CallGraphTest {
  private static final Pattern BOX =
      Pattern.compile("(N\\d+) \\[label=\"(\\w+)\\\\n(\\d+) ms [^o]*(?:of (\\d+) ms .*)?\"]");
  private static final Pattern ARROW =
      Pattern.compile("(N\\d+) -> (N\\d+) \\[label=\"(\\d+) ms\"( style=dotted)?]");

  private record Box(long self, long total) {}

  private record Arrow(long value, boolean isDirect) {}

  private record Graph(Map<String, Box> boxes, Map<String, Arrow> arrows) {
    static Graph parse(String text) {
      Graph g = new Graph(new HashMap<>(), new HashMap<>());
      Map<String, String> names = new HashMap<>();
      List<String> lines = text.lines().toList();
      assertThat(lines.getFirst()).isEqualTo("digraph \"profile\" {");
      assertThat(lines.getLast()).isEqualTo("}");
      for (String line : lines.subList(2, lines.size() - 1)) {
        Matcher box = BOX.matcher(line);
        Matcher arrow = ARROW.matcher(line);
        if (box.matches()) {
          names.put(box.group(1), box.group(2));
          long self = Long.parseLong(box.group(3));
          String total = box.group(4);
          g.boxes.put(box.group(2), new Box(self, total == null ? self : Long.parseLong(total)));
        } else {
          assertThat(line).matches(ARROW);
          assertThat(arrow.matches()).isTrue();
          g.arrows.put(
              names.get(arrow.group(1)) + " " + names.get(arrow.group(2)),
              new Arrow(Long.parseLong(arrow.group(3)), arrow.group(4) == null));
        }
      }
      return g;
    }
  }

  private static Graph graph(StackTree tree, long maxNodes) {
    return Graph.parse(CallGraph.of(tree.sorted(), maxNodes, "ms"));
  }

  @Test
  void arrowsSkipHiddenFunctions() {
    StackTree tree = new StackTree(1);
    tree.add(0, List.of("main", "serve", "query"), 7);
    tree.add(0, List.of("main", "work", "query"), 5);
    tree.add(0, List.of("main", "query"), 1);
    Graph g = graph(tree, 2);
    assertThat(g.boxes).isEqualTo(Map.of("main", new Box(0, 13), "query", new Box(13, 13)));
    assertThat(g.arrows).isEqualTo(Map.of("main query", new Arrow(13, true)));
    StackTree only = new StackTree(1);
    only.add(0, List.of("main", "a", "query"), 7);
    only.add(0, List.of("main", "b", "query"), 5);
    assertThat(graph(only, 2).arrows).isEqualTo(Map.of("main query", new Arrow(12, false)));
  }

  @Test
  void namesAreQuoted() {
    StackTree tree = new StackTree(1);
    tree.add(0, List.of("operator\"\"\\_a\u0001"), 1);
    assertThat(CallGraph.of(tree.sorted(), 0, "ms"))
        .contains("[label=\"operator\\\"\\\"\\\\_a \\n1 ms (100.00%)\"]");
    assertThat(CallGraph.of(new StackTree(1).sorted(), 0, "ms"))
        .endsWith("{\nnode [shape=box]\n}\n");
  }

  /** Each stack counts once for a function and once for a pair of caller and callee. */
  @Property(tries = 300)
  void matchesTheStacks(@ForAll long seed) {
    Random r = new Random(seed);
    StackTree tree = new StackTree(1);
    Map<String, Long> selves = new HashMap<>();
    Map<String, Long> totals = new HashMap<>();
    Map<String, Arrow> arrows = new HashMap<>();
    for (int i = r.nextInt(30); i >= 0; i--) {
      List<String> stack = new ArrayList<>();
      for (int depth = r.nextInt(12); depth >= 0; depth--) {
        stack.add("f" + r.nextInt(5));
      }
      long value = 1 + r.nextInt(100);
      tree.add(0, stack, value);
      selves.merge(stack.getLast(), value, Long::sum);
      Set<String> pairs = new HashSet<>();
      for (int d = 1; d < stack.size(); d++) {
        if (!stack.get(d - 1).equals(stack.get(d))) {
          pairs.add(stack.get(d - 1) + " " + stack.get(d));
        }
      }
      new HashSet<>(stack).forEach(f -> totals.merge(f, value, Long::sum));
      for (String p : pairs) {
        arrows.merge(p, new Arrow(value, true), (a, b) -> new Arrow(a.value + b.value, a.isDirect));
      }
    }
    Graph g = graph(tree, 0);
    Map<String, Box> boxes = new HashMap<>();
    totals.forEach((f, total) -> boxes.put(f, new Box(selves.getOrDefault(f, 0L), total)));
    assertThat(g.boxes).isEqualTo(boxes);
    assertThat(g.arrows).isEqualTo(arrows);
  }
}
