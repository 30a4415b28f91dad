package dev.tethys.api.prometheus;

import dev.tethys.model.Labels;
import dev.tethys.model.storage.StorageException;
import dev.tethys.model.storage.StoreHealth;
import java.io.IOException;
import java.util.List;

/** Endpoints of storage internals, which Prometheus does not have. */
final class StorageEndpoints {
  private static final int DEFAULT_ENTRIES = 20;
  private static final int MAX_ENTRIES = 10_000;

  private final StoreView store;

  StorageEndpoints(StoreView store) {
    this.store = store;
  }

  void register(ApiRoutes routes) {
    routes
        .getOfServer("/status/cardinality", routes.limited(this::cardinality))
        .getOfServer("/status/storage", this::storage);
  }

  private void storage(ApiCall call) throws IOException {
    StoreView.Storage s = store.storage();
    call.data(
        out -> {
          out.put('{');
          boolean first = true;
          for (StoreView.Section f : s.figures()) {
            out.sep(first).name(f.name()).put('{');
            first = false;
            for (int i = 0; i < f.entries().size(); i++) {
              out.sep(i == 0).name(f.entries().get(i).name()).number(f.entries().get(i).value());
            }
            out.put('}');
          }
          StoreView.Memory m = s.memory();
          out.sep(first).raw("\"memory\":{\"usedBytes\":").number(m.used());
          out.next("limitBytes").number(m.limit()).next("state").string(m.state());
          out.next("seriesRefused").number(m.refused());
          out.next("writersDelayedMillis").number(m.delayedMillis());
          out.next("fileBytes").number(m.fileBytes());
          StatusEndpoints.entries(out.next("owners"), m.owners());
          out.put('}');
          encodings(out.next("encodings"), s.encodings());
          downsampled(out.next("downsampled"), s.downsampled());
          stores(out.next("stores"), store.stores());
          out.put('}');
        });
  }

  private static void encodings(JsonOut out, List<StoreView.Encoding> encodings)
      throws IOException {
    out.put('[');
    for (int i = 0; i < encodings.size(); i++) {
      StoreView.Encoding e = encodings.get(i);
      out.sep(i == 0).raw("{\"name\":").string(e.name());
      out.next("chunks").number(e.chunks()).next("samples").number(e.samples());
      out.next("bytes").number(e.bytes());
      if (e.samples() > 0) {
        out.next("bytesPerSample").number((double) e.bytes() / e.samples());
      }
      out.put('}');
    }
    out.put(']');
  }

  private static void stores(JsonOut out, List<StoreForecast> stores) throws IOException {
    out.put('[');
    for (int i = 0; i < stores.size(); i++) {
      StoreForecast f = stores.get(i);
      StoreHealth h = f.health();
      out.sep(i == 0).raw("{\"name\":").string(f.name());
      out.next("folder").string(h.folder());
      out.next("bytes").number(h.bytes()).next("logBytes").number(h.logBytes());
      if (h.diskFree() >= 0) {
        out.next("diskFreeBytes").number(h.diskFree()).next("diskBytes").number(h.diskTotal());
      }
      out.next("diskReserveBytes").number(h.diskReserve());
      out.next("retentionMillis").number(h.keepMillis());
      out.next("retentionBytes").number(h.maxBytes());
      out.next("refused").number(h.refused()).next("failedWrites").number(h.failedWrites());
      out.next("acceptsData").raw(f.isRefusing() ? "false" : "true");
      StoreHealth.Problem p = h.problem();
      if (p != null) {
        out.next("problem").string(p.text()).next("problemSince").number(p.since());
      }
      if (!Double.isNaN(f.bytesPerSecond())) {
        out.next("bytesPerSecond").number(f.bytesPerSecond());
      }
      if (f.diskFullAt() >= 0) {
        out.next("diskFullAt").number(f.diskFullAt());
      }
      if (f.sizeLimitAt() >= 0) {
        out.next("sizeLimitAt").number(f.sizeLimitAt());
      }
      out.put('}');
    }
    out.put(']');
  }

  private static void downsampled(JsonOut out, List<StoreView.Downsampled> levels)
      throws IOException {
    out.put('[');
    for (int i = 0; i < levels.size(); i++) {
      StoreView.Downsampled d = levels.get(i);
      out.sep(i == 0).raw("{\"resolution\":").string(d.resolution());
      out.next("configured").raw(d.configured() ? "true" : "false");
      for (StoreView.Entry e : d.figures()) {
        out.next(e.name()).number(e.value());
      }
      out.put('}');
    }
    out.put(']');
  }

  private void cardinality(ApiCall call) throws IOException {
    Parameters p = call.parameters();
    int limit = limit(p.text("limit"));
    long start = p.time("start", Parameters.MIN_TIME);
    long end = p.time("end", Parameters.MAX_TIME);
    if (end < start) {
      throw ApiException.badData("end timestamp must not be before start timestamp");
    }
    String asked = p.text("label");
    String label = asked.isEmpty() ? Labels.METRIC_NAME : asked;
    StoreView.Cardinality c;
    try {
      c =
          store.cardinality(
              call.scope(),
              new StoreView.CardinalityRequest(
                  start, end, p.matchers(), label, p.text("prefix"), limit));
    } catch (StorageException e) {
      if (e.reason() == StorageException.Reason.LIMIT) {
        throw new ApiException(ErrorType.EXECUTION, String.valueOf(e.getMessage()), e);
      }
      throw e;
    }
    call.data(
        out -> {
          out.raw("{\"parts\":").number(c.parts());
          out.next("series").number(c.series());
          out.next("relativeError").number(c.relativeError());
          out.next("memoryBytesPerSeries").number(c.memoryBytesPerSeries());
          out.next("labelNames").number(c.labelNames());
          labels(out.next("labels"), c.labels());
          out.next("label").string(label);
          out.next("values").number(c.values());
          StatusEndpoints.entries(out.next("topValues"), c.topValues());
          StatusEndpoints.entries(out.next("topPairs"), c.topPairs());
          out.put('}');
        });
  }

  private static int limit(String text) {
    if (text.isEmpty()) {
      return DEFAULT_ENTRIES;
    }
    int limit;
    try {
      limit = Parameters.whole(text);
    } catch (IllegalArgumentException e) {
      limit = 0;
    }
    if (limit < 1 || limit > MAX_ENTRIES) {
      throw ApiException.badData("limit must be a number from 1 to " + MAX_ENTRIES);
    }
    return limit;
  }

  private static void labels(JsonOut out, List<StoreView.LabelCardinality> labels)
      throws IOException {
    out.put('[');
    for (int i = 0; i < labels.size(); i++) {
      StoreView.LabelCardinality l = labels.get(i);
      out.sep(i == 0).raw("{\"name\":").string(l.name());
      out.next("values").number(l.values());
      out.next("series").number(l.series());
      out.next("seriesIfDropped").number(l.seriesIfDropped());
      out.next("memoryBytesSaved").number(l.memoryBytesSaved()).put('}');
    }
    out.put(']');
  }
}
