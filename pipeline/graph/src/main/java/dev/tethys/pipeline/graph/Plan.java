package dev.tethys.pipeline.graph;

import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ComponentKind;
import dev.tethys.pipeline.component.ConnectorFactory;
import dev.tethys.pipeline.component.PipelineId;
import dev.tethys.pipeline.config.Definition;
import dev.tethys.pipeline.config.GraphConfig;
import dev.tethys.pipeline.config.PipelineDefinition;
import dev.tethys.pipeline.config.PipelineDefinition.Use;
import dev.tethys.pipeline.delivery.Neighbours;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Nodes and edges of a configuration.
 *
 * @param nodes upstream first; extensions before all
 */
record Plan(Map<NodeKey, Step> nodes) {
  /**
   * A node.
   *
   * @param outputs destinations: by signal for a receiver, by pipeline for a connector, "" for a
   *     processor
   */
  record Step(Definition definition, Map<String, List<Edge.Key>> outputs) {}

  /**
   * Relations to other destinations of the items of nodes; nodes without any are absent. After a
   * connector that offers rejected batches to other pipelines, the others are alternatives.
   */
  Map<NodeKey, Neighbours> neighbours() {
    Map<NodeKey, Neighbours> out = new HashMap<>();
    nodes.forEach(
        (k, step) -> {
          boolean connects = k.kind() == ComponentKind.CONNECTOR;
          int all = step.outputs.values().stream().mapToInt(List::size).sum();
          for (List<Edge.Key> to : step.outputs.values()) {
            if (to.size() > 1 || connects && all > 1) {
              to.forEach(e -> behind(e.to(), Neighbours.SAME_ITEMS, out));
            }
          }
        });
    nodes.forEach(
        (k, step) -> {
          if (step.definition.factory() instanceof ConnectorFactory<?> f && f.offersElsewhere()) {
            step.outputs
                .values()
                .forEach(to -> to.forEach(e -> behind(e.to(), Neighbours.ALTERNATIVES, out)));
          }
        });
    return out;
  }

  /** Returns the exporters reached from a node's output through processors only. */
  Set<NodeKey> exporters(NodeKey from, String output) {
    Set<NodeKey> out = new LinkedHashSet<>();
    Deque<List<Edge.Key>> todo = new ArrayDeque<>();
    Step first = nodes.get(from);
    if (first != null) {
      todo.add(first.outputs.getOrDefault(output, List.of()));
    }
    while (!todo.isEmpty()) {
      for (Edge.Key e : todo.removeFirst()) {
        Step step = nodes.get(e.to());
        if (e.to().kind() == ComponentKind.EXPORTER) {
          out.add(e.to());
        } else if (e.to().kind() == ComponentKind.PROCESSOR && step != null) {
          todo.addAll(step.outputs.values());
        }
      }
    }
    return out;
  }

  private void behind(NodeKey first, Neighbours are, Map<NodeKey, Neighbours> out) {
    Deque<NodeKey> todo = new ArrayDeque<>(List.of(first));
    while (!todo.isEmpty()) {
      NodeKey k = todo.removeFirst();
      Step step = nodes.get(k);
      if (out.put(k, are) != are && step != null) {
        step.outputs.values().forEach(to -> to.forEach(e -> todo.add(e.to())));
      }
    }
  }

  static Plan of(GraphConfig config) {
    Map<NodeKey, Step> found = new LinkedHashMap<>();
    List<PipelineDefinition> all = config.pipelines();
    for (PipelineDefinition p : all) {
      for (Use u : p.receivers()) {
        if (u.definition().kind() == ComponentKind.RECEIVER) {
          NodeKey k = new NodeKey(ComponentKind.RECEIVER, u.definition().id(), "");
          enter(found, k, u.definition(), word(p.id().signal()), all, p);
        }
      }
      for (int i = 0; i < p.processors().size(); i++) {
        Definition d = p.processors().get(i).definition();
        NodeKey k = processor(p, i);
        List<Edge.Key> to = output(found, k, d, "");
        boolean last = i + 1 == p.processors().size();
        for (NodeKey next : last ? exits(all, p) : List.of(processor(p, i + 1))) {
          to.add(new Edge.Key(k, p.id().toString(), next));
        }
      }
      for (Use u : p.exporters()) {
        Definition d = u.definition();
        if (d.kind() == ComponentKind.EXPORTER) {
          NodeKey k = new NodeKey(ComponentKind.EXPORTER, d.id(), word(p.id().signal()));
          found.putIfAbsent(k, new Step(d, new LinkedHashMap<>()));
          continue;
        }
        for (PipelineDefinition q : all) {
          NodeKey k = connector(d, p.id().signal(), q.id().signal());
          if (begins(q, d) && connects(d, p.id().signal(), q.id().signal())) {
            enter(found, k, d, q.id().toString(), all, q);
          }
        }
      }
    }
    Map<NodeKey, Step> sorted = new LinkedHashMap<>();
    for (Definition d : inOrderOfUse(config.extensions())) {
      sorted.put(new NodeKey(ComponentKind.EXTENSION, d.id(), ""), new Step(d, Map.of()));
    }
    List<NodeKey> order = new ArrayList<>();
    Set<NodeKey> seen = new LinkedHashSet<>();
    found.keySet().forEach(k -> visit(found, k, seen, order));
    for (NodeKey k : order.reversed()) {
      Step s = found.get(k);
      if (s != null) {
        sorted.put(k, s);
      }
    }
    return new Plan(sorted);
  }

  /** Nodes in topological order. Cycles were rejected before. */
  /** Extensions in listed order, except that one that names another follows it. */
  private static List<Definition> inOrderOfUse(List<Definition> extensions) {
    Map<String, Definition> byName = new LinkedHashMap<>();
    for (Definition d : extensions) {
      byName.put(d.key().asString(), d);
      byName.put(d.id().toString(), d);
    }
    Set<Definition> entered = new LinkedHashSet<>();
    Set<Definition> out = new LinkedHashSet<>();
    extensions.forEach(d -> put(d, byName, entered, out));
    return List.copyOf(out);
  }

  private static void put(
      Definition d, Map<String, Definition> byName, Set<Definition> entered, Set<Definition> out) {
    if (entered.add(d)) {
      scalars(
          d.body().asTree(),
          text -> {
            Definition asked = byName.get(text);
            if (asked != null) {
              put(asked, byName, entered, out);
            }
          });
      out.add(d);
    }
  }

  private static void scalars(@Nullable Object tree, Consumer<String> to) {
    switch (tree) {
      case Map<?, ?> m -> m.values().forEach(v -> scalars(v, to));
      case List<?> l -> l.forEach(v -> scalars(v, to));
      case String s -> to.accept(s);
      case null, default -> {}
    }
  }

  private static void visit(
      Map<NodeKey, Step> all, NodeKey k, Set<NodeKey> seen, List<NodeKey> order) {
    Step s = all.get(k);
    if (s == null || !seen.add(k)) {
      return;
    }
    s.outputs.values().forEach(to -> to.forEach(e -> visit(all, e.to(), seen, order)));
    order.add(k);
  }

  /** Adds the pipeline entered by an output of a node. */
  private static void enter(
      Map<NodeKey, Step> found,
      NodeKey from,
      Definition d,
      String output,
      List<PipelineDefinition> all,
      PipelineDefinition p) {
    List<Edge.Key> to = output(found, from, d, output);
    for (NodeKey k : p.processors().isEmpty() ? exits(all, p) : List.of(processor(p, 0))) {
      Edge.Key e = new Edge.Key(from, p.id().toString(), k);
      if (!to.contains(e)) {
        to.add(e);
      }
    }
  }

  private static List<Edge.Key> output(
      Map<NodeKey, Step> found, NodeKey k, Definition d, String output) {
    return found
        .computeIfAbsent(k, x -> new Step(d, new LinkedHashMap<>()))
        .outputs
        .computeIfAbsent(output, x -> new ArrayList<>());
  }

  private static NodeKey processor(PipelineDefinition p, int i) {
    return new NodeKey(
        ComponentKind.PROCESSOR, p.processors().get(i).definition().id(), p.id().toString());
  }

  private static NodeKey connector(Definition d, Signal from, Signal to) {
    return new NodeKey(ComponentKind.CONNECTOR, d.id(), word(from) + "-" + word(to));
  }

  private static List<NodeKey> exits(List<PipelineDefinition> all, PipelineDefinition p) {
    Set<NodeKey> out = new LinkedHashSet<>();
    Signal s = p.id().signal();
    for (Use u : p.exporters()) {
      Definition d = u.definition();
      if (d.kind() == ComponentKind.EXPORTER) {
        out.add(new NodeKey(ComponentKind.EXPORTER, d.id(), word(s)));
      } else {
        for (PipelineDefinition q : all) {
          if (begins(q, d) && connects(d, s, q.id().signal())) {
            out.add(connector(d, s, q.id().signal()));
          }
        }
      }
    }
    return List.copyOf(out);
  }

  private static boolean begins(PipelineDefinition q, Definition connector) {
    return q.receivers().stream().anyMatch(u -> u.definition() == connector);
  }

  private static boolean connects(Definition d, Signal from, Signal to) {
    return d.factory() instanceof ConnectorFactory<?> f && f.connects(from, to);
  }

  /** Returns the signals of a connector's node. */
  static Signal[] signals(NodeKey connector) {
    String[] words = connector.part().split("-", 2);
    return new Signal[] {signal(words[0]), signal(words[1])};
  }

  static Signal signal(String word) {
    return Signal.valueOf(word.toUpperCase(Locale.ROOT));
  }

  static PipelineId pipeline(String text) {
    return PipelineId.parse(text);
  }

  private static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }
}
