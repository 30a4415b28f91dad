package dev.tethys.pipeline.web;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.graph.GraphView;
import dev.tethys.pipeline.privacy.Detector;
import dev.tethys.pipeline.privacy.Finding;
import dev.tethys.pipeline.privacy.PersonalData;
import dev.tethys.pipeline.privacy.TelemetryTexts;
import java.util.Map;
import java.util.TreeMap;

/**
 * Findings of all detectors in a sample of exported data, as proof of redaction. Found strings are
 * counted and never shown.
 */
final class DestinationFindings {
  /** Maximum number of separate fields per detector. */
  private static final int MAX_FIELDS = 100;

  private static final PersonalData DATA = PersonalData.all();

  private long records;
  private long batches;
  private long unreadable;
  private final Map<String, Map<String, Long>> byDetector = new TreeMap<>(); // by field

  private DestinationFindings() {}

  /**
   * Samples exported data for some time.
   *
   * @return object with {@code detectors} and {@code destinations}
   */
  static String read(GraphView graph, double seconds) throws InterruptedException {
    Map<String, DestinationFindings> by = new TreeMap<>();
    ExporterSample.read(
        graph,
        seconds,
        new ExporterSample.Reader() {
          @Override
          public void exporter(String node) {
            by.putIfAbsent(node, new DestinationFindings());
          }

          @Override
          public void batch(String node, Batch batch) {
            by.computeIfAbsent(node, k -> new DestinationFindings()).search(batch);
          }
        });
    return json(by);
  }

  private void search(Batch b) {
    Telemetry<?> tree;
    try {
      tree = b.takeTree();
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
