package dev.tethys.pipeline.web;

import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.Tap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Sample of the batches that exporters get. */
final class ExporterSample {
  /** Batches a second that are read at each edge to an exporter. */
  private static final double PER_SECOND = 10;

  private ExporterSample() {}

  /** Reads a sample. */
  interface Reader {
    /** Announces an exporter before the first of its batches. */
    void exporter(String node);

    void batch(String node, Batch batch);
  }

  /** Reads for some time. */
  static void read(GraphView graph, double seconds, Reader reader) throws InterruptedException {
    Map<GraphStatus.EdgeStatus, Tap> taps = new LinkedHashMap<>();
    try {
      GraphStatus status = graph.status();
      for (GraphStatus.EdgeStatus e : status.edges()) {
        boolean exporter =
            status.nodes().stream()
                .anyMatch(n -> n.id().equals(e.to()) && n.kind().equals("exporter"));
        Optional<Tap> tap = exporter ? graph.tap(e.id(), PER_SECOND) : Optional.empty();
        tap.ifPresent(t -> taps.put(e, t));
      }
      taps.keySet().forEach(e -> reader.exporter(e.to()));
      long end = System.nanoTime() + (long) (seconds * 1e9);
      while (System.nanoTime() < end && !taps.isEmpty()) {
        for (Map.Entry<GraphStatus.EdgeStatus, Tap> e : taps.entrySet()) {
          Batch b = e.getValue().next(taps.size() > 10 ? 5 : 50);
          while (b != null && System.nanoTime() < end) {
            reader.batch(e.getKey().to(), b);
            b = e.getValue().next(0);
          }
        }
      }
    } finally {
      taps.values().forEach(Tap::close);
    }
  }
}
