package dev.tethys.pipeline.web;

import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.RecordTrail;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** Way of the first record with a text through a graph, from a receiver to its ends. */
final class FollowedRecord {
  private final GraphView graph;
  private final TapAccess access;

  FollowedRecord(GraphView graph, TapAccess access) {
    this.graph = graph;
    this.access = access;
  }

  /** Whether records of a signal can be followed. */
  static boolean isSignal(String word) {
    return word.equals("logs") || word.equals("traces");
  }

  /**
   * Follows a record until the time limit expires; returns the way as JSON.
   *
   * @param signal signal for which {@link #isSignal} is true
   * @return empty if another record is being followed
   */
  Optional<String> follow(String signal, String contains, double seconds)
      throws InterruptedException {
    Signal of = Signal.valueOf(signal.toUpperCase(Locale.ROOT));
    Optional<RecordTrail> trail = graph.follow(new RecordTrail.Start(of, contains, access::masked));
    if (trail.isEmpty()) {
      return Optional.empty();
    }
    Map<String, Map<String, Long>> before = dropped();
    try (RecordTrail t = trail.get()) {
      TimeUnit.MILLISECONDS.sleep((long) (seconds * 1000));
      return Optional.of(json(t, before));
    }
  }

  /** Returns the dropped items by node and reason. */
  private Map<String, Map<String, Long>> dropped() {
    Map<String, Map<String, Long>> out = new LinkedHashMap<>();
    for (GraphStatus.NodeStatus n : graph.status().nodes()) {
      Map<String, Long> sum = new TreeMap<>();
      n.balances()
          .values()
          .forEach(b -> b.dropped().forEach((reason, i) -> sum.merge(reason, i, Long::sum)));
      out.put(n.id(), sum);
    }
    return out;
  }

  private String json(RecordTrail trail, Map<String, Map<String, Long>> before) {
    List<RecordTrail.Hop> hops = trail.hops();
    Json j = new Json().open('{').key("hops").open('[');
    for (RecordTrail.Hop h : hops) {
      j.open('{').key("edge").text(h.edge()).key("from").text(h.from()).key("to").text(h.to());
      j.key("toExporter").raw(String.valueOf(h.toExporter())).key("millis").number(h.millis());
      j.key("batchItems").number(h.batchItems());
      Telemetry<?> record = h.record().copy();
      access.mask(record);
      j.key("record").raw(RecordChanges.json(record)).close('}');
    }
    j.close(']').key("ends").open('[');
    Map<String, Map<String, Long>> now = dropped();
    for (RecordTrail.Hop h : hops) {
      boolean passedOn = hops.stream().anyMatch(next -> next.from().equals(h.to()));
      if (!passedOn) {
        j.open('{').key("node").text(h.to());
        j.key("end").text(h.toExporter() ? "exporter" : "not_passed_on");
        j.key("droppedMeanwhile").open('{');
        Map<String, Long> was = before.getOrDefault(h.to(), Map.of());
        now.getOrDefault(h.to(), Map.of())
            .forEach(
                (reason, n) -> {
                  long more = n - was.getOrDefault(reason, 0L);
                  if (more > 0) {
                    j.key(reason).number(more);
                  }
                });
        j.close('}').close('}');
      }
    }
    return j.close(']').key("batchesNotRead").number(trail.notRead()).close('}').toString();
  }
}
