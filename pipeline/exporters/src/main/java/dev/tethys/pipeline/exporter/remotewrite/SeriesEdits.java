package dev.tethys.pipeline.exporter.remotewrite;

import dev.tethys.codec.remote.ExternalLabels;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.LabelsBuilder;
import java.util.Arrays;

/**
 * Changes to series before they are sent.
 *
 * @param external labels added to series without them
 * @param namespace prefix of names, before an underscore; "" for none
 * @param targetInfo whether {@code target_info} of OTLP is sent
 */
record SeriesEdits(ExternalLabels external, String namespace, boolean targetInfo) {
  private static final String TARGET_INFO = "target_info";

  /**
   * Applies the edits to a 1.0 request.
   *
   * @param ofOtlp whether it was converted from OTLP
   * @throws dev.tethys.codec.CodecException if it is malformed, or a series is
   */
  byte[] apply(byte[] request, int size, boolean ofOtlp) {
    byte[] b = request;
    int n = size;
    if (!namespace.isEmpty() || (ofOtlp && !targetInfo)) {
      b = names(b, n, ofOtlp && !targetInfo);
      n = b.length;
    }
    if (!external.isEmpty()) {
      return external.addTo(b, 0, n);
    }
    return n == b.length ? b : Arrays.copyOf(b, n);
  }

  private byte[] names(byte[] request, int size, boolean withoutInfo) {
    RequestSlices slices = new RequestSlices().reset(request, 0, size);
    WriteRequestReader r = new WriteRequestReader();
    WriteRequestWriter out = new WriteRequestWriter();
    while (slices.next()) {
      r.reset(request, slices.offset(), slices.length());
      if (!slices.isSeries()) {
        while (r.nextMetadata()) {
          if (!withoutInfo || !r.metricFamily().equals(TARGET_INFO)) {
            out.metadata(prefixed(r.metricFamily()), r.metadata());
          }
        }
        continue;
      }
      r.nextSeries();
      Labels labels =
          WriteRequestReader.LABELS.decode(r.labelBuffer(), r.labelOffset(), r.labelLength());
      String name = labels.get(Labels.METRIC_NAME);
      if (withoutInfo && name.equals(TARGET_INFO)) {
        continue;
      }
      if (namespace.isEmpty()) {
        out.raw(request, slices.offset(), slices.length());
        continue;
      }
      LabelsBuilder l = new LabelsBuilder();
      labels.toMap().forEach(l::set);
      out.beginSeries(l.set(Labels.METRIC_NAME, prefixed(name)).build());
      for (SeriesEvent e = r.next(); e != SeriesEvent.END; e = r.next()) {
        switch (e) {
          case SAMPLE -> out.sample(r.startTimestamp(), r.timestamp(), r.value());
          case HISTOGRAM -> out.histogram(r.startTimestamp(), r.timestamp(), r.histogram());
          case EXEMPLAR -> {
            if (r.exemplar() != null) {
              out.exemplar(r.exemplar());
            }
          }
          case END -> throw new AssertionError();
        }
      }
      out.endSeries();
    }
    return out.toByteArray();
  }

  /** Returns the metric name with the namespace prefix. */
  String prefixed(String name) {
    return namespace.isEmpty() ? name : namespace + "_" + name;
  }
}
