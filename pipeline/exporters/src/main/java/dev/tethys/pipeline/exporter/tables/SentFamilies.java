package dev.tethys.pipeline.exporter.tables;

import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.BoundedMap;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.MetricType;
import dev.tethys.pipeline.Batch;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

/**
 * Metadata already sent to a database that stores it, so it need not be sent again. Bounded: the
 * family sent longest ago is dropped, and sent again. Thread-safe.
 */
final class SentFamilies {
  static final int MAX_FAMILIES = 50_000;

  private static final MetricMetadata NOTHING = new MetricMetadata(MetricType.UNKNOWN, "", "");

  private final Set<MetricFamilies> sources = Collections.newSetFromMap(new WeakHashMap<>());
  private final Map<String, MetricMetadata> families = BoundedMap.byUse(MAX_FAMILIES);

  /** Returns the message of a batch, with the metadata of its source while that is new. */
  synchronized byte[] message(Batch batch) {
    MetricFamilies source = batch.families();
    return source != null && !sources.add(source) ? batch.series() : batch.body();
  }

  /** Whether an entry of a request contains anything not sent before; records it as sent. */
  synchronized boolean isNew(byte[] request, int offset, int length) {
    WriteRequestReader in = new WriteRequestReader().reset(request, offset, length);
    if (!in.nextMetadata()) {
      return true;
    }
    MetricMetadata m = in.metadata();
    return !m.equals(NOTHING) && !m.equals(families.put(in.metricFamily(), m));
  }
}
