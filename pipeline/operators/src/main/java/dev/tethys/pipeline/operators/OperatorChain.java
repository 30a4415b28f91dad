package dev.tethys.pipeline.operators;

import dev.tethys.config.ConfigException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Running operators of a receiver: entries enter at the first operator and leave after operators
 * without an output. Thread-safe; entries of one source keep their order if one thread adds them.
 */
public final class OperatorChain implements Sink {
  private final List<Operator> operators;
  private final Sink first;

  private OperatorChain(List<Operator> operators, Sink first) {
    this.operators = operators;
    this.first = first;
  }

  /** Checks whether the outputs that are written exist and do not lead in a circle. */
  public static void check(List<OperatorConfig> configs) {
    of(configs, Entry::settle, new NoReport());
  }

  private record NoReport() implements OperatorReport {
    @Override
    public void failed(String operator, String reason, boolean quiet) {}

    @Override
    public void dropped(String operator) {}
  }

  /**
   * Creates a chain.
   *
   * @param end the sink after the last operator
   * @throws ConfigException at an operator with an unknown output, a duplicate id, or itself as
   *     output
   */
  public static OperatorChain of(List<OperatorConfig> configs, Sink end, OperatorReport report) {
    List<String> ids = new ArrayList<>();
    Map<String, Integer> places = new HashMap<>();
    for (OperatorConfig c : configs) {
      String id = c.common().id();
      if (id == null) {
        // As the Collector calls a second one without a name.
        id = c.type();
        for (int n = 1; places.containsKey(id); n++) {
          id = c.type() + n;
        }
      }
      if (places.put(id, ids.size()) != null) {
        throw c.node().error("another operator has the id \"" + id + "\"");
      }
      ids.add(id);
    }
    circles(configs, places);
    Operator[] made = new Operator[configs.size()];
    // Outputs are resolved when an entry arrives, after all were created.
    Map<String, Sink> targets = new LinkedHashMap<>();
    for (int i = 0; i < made.length; i++) {
      int at = i;
      targets.put(ids.get(i), e -> made[at].accept(e));
    }
    for (int i = 0; i < made.length; i++) {
      OperatorConfig c = configs.get(i);
      made[i] = new Operator(ids.get(i), c.common(), c.maker().make(targets), report);
    }
    for (int i = 0; i < made.length; i++) {
      List<String> to = configs.get(i).common().output();
      made[i].connect(
          to == null
              ? List.of(i + 1 < made.length ? made[i + 1] : end)
              : to.stream().map(id -> sink(targets, id)).toList());
    }
    return new OperatorChain(List.of(made), made.length == 0 ? end : made[0]);
  }

  private static Sink sink(Map<String, Sink> targets, String id) {
    return java.util.Objects.requireNonNull(targets.get(id), id);
  }

  private static void circles(List<OperatorConfig> configs, Map<String, Integer> places) {
    List<List<Integer>> next = new ArrayList<>();
    for (int i = 0; i < configs.size(); i++) {
      OperatorConfig c = configs.get(i);
      List<String> names = new ArrayList<>(c.outputs());
      List<String> output = c.common().output();
      if (output != null) {
        names.addAll(output);
      }
      List<Integer> to = new ArrayList<>();
      for (String n : names) {
        Integer at = places.get(n);
        if (at == null) {
          throw c.node().error("unknown output: there is no operator with the id \"" + n + "\"");
        }
        to.add(at);
      }
      if (output == null && c.outputs().isEmpty() && i + 1 < configs.size()) {
        to.add(i + 1);
      }
      next.add(to);
    }
    Set<Integer> done = new HashSet<>();
    for (int i = 0; i < configs.size(); i++) {
      follow(configs, next, i, new HashSet<>(), done);
    }
  }

  private static void follow(
      List<OperatorConfig> configs,
      List<List<Integer>> next,
      int at,
      Set<Integer> path,
      Set<Integer> done) {
    if (done.contains(at)) {
      return;
    }
    if (!path.add(at)) {
      throw configs
          .get(at)
          .node()
          .error("entries return to this operator: the operators form a cycle");
    }
    for (int n : next.get(at)) {
      follow(configs, next, n, path, done);
    }
    path.remove(at);
    done.add(at);
  }

  @Override
  public void accept(Entry e) throws InterruptedException {
    first.accept(e);
  }

  /**
   * Passes on entries that were buffered too long; called several times per second.
   *
   * @param nanos monotonic clock reading in nanoseconds
   */
  public void tick(long nanos) throws InterruptedException {
    for (Operator o : operators) {
      o.tick(nanos);
    }
  }

  /** Passes on all buffered entries, first operators first, because no more follow. */
  public void flush() throws InterruptedException {
    for (Operator o : operators) {
      o.flush();
    }
  }
}
