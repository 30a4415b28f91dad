package dev.tethys.pipeline.web;

import dev.tethys.codec.CodecException;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.DataPoint;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.Metric;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.graph.GraphView;
import java.util.Map;
import java.util.TreeMap;

/**
 * Attribute keys in a sample of exported data, with their numbers of records. Keys of the resource
 * have the prefix {@code resource.}, those of the scope {@code scope.}, those of records, spans and
 * data points {@code attributes.}, those of a body {@code body.}.
 */
final class DestinationKeys {
  /** Maximum number of counted keys per exporter; further ones are omitted. */
  static final int MAX_KEYS = 500;

  private static final int MAX_LENGTH = 200;
  private static final int MAX_CHARACTERS = 256 << 10;

  private long records;
  private final Map<String, Long> keys = new TreeMap<>();
  private boolean complete = true;

  private DestinationKeys() {}

  /**
   * Samples exported data for some time.
   *
   * @return object with {@code exporters}
   */
  static String read(GraphView graph, double seconds) throws InterruptedException {
    Map<String, DestinationKeys> by = new TreeMap<>();
    ExporterSample.read(
        graph,
        seconds,
        new ExporterSample.Reader() {
          @Override
          public void exporter(String node) {
            by.putIfAbsent(node, new DestinationKeys());
          }

          @Override
          public void batch(String node, Batch batch) {
            by.computeIfAbsent(node, k -> new DestinationKeys()).count(batch);
          }
        });
    Json j = new Json().open('{').key("exporters").open('[');
    int length = 0;
    for (Map.Entry<String, DestinationKeys> e : by.entrySet()) {
      DestinationKeys k = e.getValue();
      j.open('{').key("node").text(e.getKey()).key("records").number(k.records);
      j.key("keys").open('{');
      for (Map.Entry<String, Long> one : k.keys.entrySet()) {
        length += one.getKey().length() + 24;
        if (length > MAX_CHARACTERS) {
          k.complete = false;
          break;
        }
        j.key(one.getKey()).number(one.getValue());
      }
      j.close('}').key("complete").raw(Boolean.toString(k.complete)).close('}');
    }
    return j.close(']').close('}').toString();
  }

  private void count(Batch b) {
    Telemetry<?> tree;
    try {
      tree = b.takeTree();
    } catch (CodecException e) {
      return;
    }
    for (ResourceGroup<?> r : tree.resources()) {
      long ofResource = 0;
      for (ScopeGroup<?> s : r.scopes()) {
        long ofScope = 0;
        for (Object item : s.items()) {
          ofScope += count(item);
        }
        add("scope.", s.scope().attributes(), ofScope);
        ofResource += ofScope;
      }
      add("resource.", r.resource().attributes(), ofResource);
      records += ofResource;
    }
  }

  /** Counts the keys of an item; the number of records in it. */
  private long count(Object item) {
    switch (item) {
      case LogRecord l -> {
        add("attributes.", l.attributes(), 1);
        if (l.body() instanceof Attributes body) {
          add("body.", body, 1);
        }
      }
      case Span s -> add("attributes.", s.attributes(), 1);
      case Metric m -> {
        long points = 0;
        if (m.data() != null) {
          for (DataPoint p : m.data().points()) {
            add("attributes.", p.attributes(), 1);
            points++;
          }
        }
        return points;
      }
      default -> {
        // a profile only has attributes of its resource
      }
    }
    return 1;
  }

  private void add(String prefix, Attributes a, long n) {
    for (int i = 0; i < a.size() && n > 0; i++) {
      String key = prefix + a.key(i);
      if (key.length() > MAX_LENGTH || !keys.containsKey(key) && keys.size() >= MAX_KEYS) {
        complete = false;
      } else {
        keys.merge(key, n, Long::sum);
      }
    }
  }
}
