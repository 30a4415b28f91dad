package dev.tethys.collect.exporter.mapping;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Writes the globs of a mapping file as a Graphviz graph, from the root through a metric type and
 * its name components to the end of a rule. Drawn as statsd_exporter draws its state machine,
 * {@code --debug.dump-fsm}.
 */
public final class GlobGraph {
  private static final String START = "[color=\"#a94442\",fillcolor=\"#f2dede\"];\n";
  private static final String KIND = "[color=\"#D6B656\",fillcolor=\"#FFF2CC\"];\n";
  private static final String END = "[color=\"#82B366\",fillcolor=\"#D5E8D4\"];\n";

  private static final class State {
    final Map<String, State> next = new LinkedHashMap<>();
    int number;
  }

  private GlobGraph() {}

  /** Selects a random file; rules that are regular expressions are excluded. */
  public static String of(MappingFile file) {
    State start = new State();
    for (MetricKind k : MetricKind.values()) {
      State kind = new State();
      start.next.put(k.name().toLowerCase(Locale.ROOT), kind);
      for (Mapping m : file.mappings()) {
        if (!m.regex() && (m.kind() == null || m.kind() == k)) {
          State at = kind;
          for (String component : m.match().split("\\.")) {
            at = at.next.computeIfAbsent(component, _ -> new State());
          }
        }
      }
    }
    return drawn(start);
  }

  private static String drawn(State start) {
    StringBuilder out =
        new StringBuilder(
            """
            digraph g {
            rankdir=LR
            node [ label="",style=filled,fillcolor=white,shape=circle ]
            """);
    Deque<State> todo = new ArrayDeque<>();
    todo.add(start);
    int numbers = 0;
    while (!todo.isEmpty()) {
      State s = todo.remove();
      for (Map.Entry<String, State> e : s.next.entrySet()) {
        State to = e.getValue();
        to.number = ++numbers;
        todo.add(to);
        out.append(s.number).append(" -> ").append(to.number);
        out.append("  [label = \"").append(e.getKey().replace("\"", "\\\"")).append("\"];\n");
        if (s == start) {
          out.append(to.number).append(' ').append(KIND);
        } else if (to.next.isEmpty()) {
          out.append(to.number).append(' ').append(END);
        }
      }
    }
    return out.append("0 ").append(START).append('}').toString();
  }
}
