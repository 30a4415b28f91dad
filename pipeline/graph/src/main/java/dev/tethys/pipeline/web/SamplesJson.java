package dev.tethys.pipeline.web;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.GoFloat;
import dev.tethys.model.Histogram;
import dev.tethys.pipeline.Batch;

/** Writes a bounded number of remote write samples as JSON. */
final class SamplesJson {
  /** Maximum number of series shown per batch. */
  static final int MAX_SERIES = 100;

  /** Maximum number of samples shown per series. */
  static final int MAX_SAMPLES = 20;

  private SamplesJson() {}

  /** Adds the content of a batch to an object that is open, or why it cannot be shown. */
  static void content(Json j, Batch b, TapAccess access) {
    Json series = new Json().open('[');
    int n = 0;
    boolean more = false;
    try {
      WriteRequestReader in = new WriteRequestReader().reset(b.series(), 0, b.series().length);
      while (in.nextSeries()) {
        if (n++ == MAX_SERIES) {
          more = true;
          break;
        }
        series.open('{').key("labels").open('{');
        in.labels().toMap().forEach((k, v) -> series.key(k).text(access.masked(v)));
        series.close('}').key("samples").open('[');
        samples(series, in);
        series.close(']').close('}');
      }
    } catch (CodecException e) {
      j.key("error").text(String.valueOf(e.getMessage()));
      return;
    }
    j.key("series").raw(series.close(']').toString());
    j.key("more").raw(String.valueOf(more));
  }

  private static void samples(Json j, WriteRequestReader in) {
    int n = 0;
    for (SeriesEvent e = in.next(); e != SeriesEvent.END; e = in.next()) {
      if (e == SeriesEvent.EXEMPLAR || n++ >= MAX_SAMPLES) {
        continue;
      }
      j.open('[').number(in.timestamp());
      if (e == SeriesEvent.SAMPLE) {
        j.text(GoFloat.g(in.value()));
      } else {
        Histogram h = in.histogram();
        j.text("count " + GoFloat.g(h.count()) + ", sum " + GoFloat.g(h.sum()));
      }
      j.close(']');
    }
  }
}
