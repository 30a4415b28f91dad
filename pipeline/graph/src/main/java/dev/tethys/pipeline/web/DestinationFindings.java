package dev.tethys.pipeline.web;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.graph.GraphStatus;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.graph.Tap;
import dev.tethys.pipeline.privacy.Detector;
import dev.tethys.pipeline.privacy.Finding;
import dev.tethys.pipeline.privacy.PersonalData;
import dev.tethys.pipeline.privacy.TelemetryTexts;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Findings of all detectors in a sample of what exporters get: the proof that redaction leaves
 * nothing. Texts that were found are counted and never shown.
 */
final class DestinationFindings {
  /** Batches a second that are read at each edge to an exporter. */
  private static final double PER_SECOND = 10;

  /** Fields of a detector that are kept apart. */
  private static final int MAX_FIELDS = 100;

  private static final PersonalData DATA = PersonalData.all();

  private long records;
  private long batches;
  private long unreadable;
  private final Map<String, Map<String, Long>> byDetector = new TreeMap<>(); // by field

  private DestinationFindings() {}

  /**
   * Reads for a time what exporters get.
   *
   * @return object with {@code detectors} and {@code destinations}
   */
  static String read(GraphView graph, double seconds) throws InterruptedException {
    Map<GraphStatus.EdgeStatus, Tap> taps = new LinkedHashMap<>();
    Map<String, DestinationFindings> by = new TreeMap<>();
    try {
      GraphStatus status = graph.status();
      for (GraphStatus.EdgeStatus e : status.edges()) {
        boolean exporter =
            status.nodes().stream()
                .anyMatch(n -> n.id().equals(e.to()) && n.kind().equals("exporter"));
        Optional<Tap> tap = exporter ? graph.tap(e.id(), PER_SECOND) : Optional.empty();
        tap.ifPresent(t -> taps.put(e, t));
      }
      long end = System.nanoTime() + (long) (seconds * 1e9);
      while (System.nanoTime() < end) {
        for (Map.Entry<GraphStatus.EdgeStatus, Tap> e : taps.entrySet()) {
          Batch b = e.getValue().next(taps.size() > 10 ? 5 : 50);
          DestinationFindings c =
              by.computeIfAbsent(e.getKey().to(), k -> new DestinationFindings());
          while (b != null && System.nanoTime() < end) {
            c.search(b);
            b = e.getValue().next(0);
          }
        }
        if (taps.isEmpty()) {
          break;
        }
      }
    } finally {
      taps.values().forEach(Tap::close);
    }
    return json(by);
  }

  private void search(Batch b) {
    Telemetry<?> tree;
    try {
      tree = b.encoding() == Encoding.REMOTE_WRITE ? b.seriesAsOtlp().metrics() : b.takeTree();
    } catch (CodecException e) {
      unreadable++; // it proves nothing
      return;
    }
    records += tree.itemCount();
    batches++;
    TelemetryTexts.edit(
        tree,
        (field, text) -> {
          for (Finding f : DATA.find(text)) {
            Map<String, Long> fields =
                byDetector.computeIfAbsent(f.detector().word(), k -> new TreeMap<>());
            boolean known = fields.containsKey(field) || fields.size() < MAX_FIELDS;
            fields.merge(known ? field : "other", 1L, Long::sum);
          }
          return text;
        });
  }

  private static String json(Map<String, DestinationFindings> by) {
    Json j = new Json().open('{').key("detectors").open('[');
    for (Detector d : Detector.values()) {
      j.text(d.word());
    }
    j.close(']').key("destinations").open('[');
    by.forEach(
        (node, c) -> {
          long sum =
              c.byDetector.values().stream()
                  .flatMap(f -> f.values().stream())
                  .mapToLong(Long::longValue)
                  .sum();
          j.open('{').key("node").text(node).key("records").number(c.records);
          j.key("batches").number(c.batches).key("unreadableBatches").number(c.unreadable);
          j.key("findings").number(sum).key("byDetector").open('{');
          c.byDetector.forEach(
              (detector, fields) -> {
                j.key(detector).open('{');
                fields.forEach((field, n) -> j.key(field).number(n));
                j.close('}');
              });
          j.close('}').close('}');
        });
    return j.close(']').close('}').toString();
  }
}
