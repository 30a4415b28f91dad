package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpToSeries;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricMetadata;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.NotEncodableException;
import org.jspecify.annotations.Nullable;

/**
 * Iterates over a batch of metrics as series with samples, regardless of its encoding: OTLP is
 * translated by Prometheus's rules, as in the remote write exporter. No object is created per
 * sample; accessors return the most recently read values. Reusable; not thread-safe.
 *
 * <pre>
 * rows.open(batch);
 * while (rows.nextSeries()) {
 *   for (SeriesEvent e = rows.next(); e != SeriesEvent.END; e = rows.next()) …
 * }
 * while (rows.nextMetadata()) …
 * </pre>
 *
 * All methods but {@link #open} throw {@link CodecException} if the batch is malformed further in.
 */
public final class MetricRows {
  private final OtlpToSeries otlp;
  private final WriteRequestReader in = new WriteRequestReader();
  private @Nullable Labels labels;
  private int rejected;

  /**
   * @param options conversion of OTLP metrics to series
   */
  public MetricRows(OtlpOptions options) {
    this.otlp = new OtlpToSeries(options);
  }

  /**
   * Starts over with a batch.
   *
   * @throws NotEncodableException if it holds no metrics that can be read
   */
  public MetricRows open(Batch batch) {
    if (batch.signal() != Signal.METRICS) {
      throw new NotEncodableException("rows require metrics, not " + batch.signal());
    }
    rejected = 0;
    labels = null;
    if (batch.encoding() == Encoding.REMOTE_WRITE) {
      in.reset(batch.series(), 0, batch.series().length);
      return this;
    }
    try {
      rejected = (int) otlp.convert(batch.body(), 0, batch.size()).rejected();
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
    in.reset(otlp.body().buffer(), 0, otlp.body().size());
    return this;
  }

  /**
   * Returns the number of OTLP data points that Prometheus's model cannot represent; they are in no
   * row.
   */
  public int rejected() {
    return rejected;
  }

  /** Moves to the next series; returns false after the last one. */
  public boolean nextSeries() {
    labels = null;
    return in.nextSeries();
  }

  /** Returns the labels of the series, including its name. */
  public Labels labels() {
    Labels l = labels;
    if (l == null) {
      l = in.labels();
      labels = l;
    }
    return l;
  }

  /** Returns a hash that is equal for all pieces of a series whose labels are in the same order. */
  public long hash() {
    return Labels.hash64(in.labelBuffer(), in.labelOffset(), in.labelLength());
  }

  /** Returns the next sample, histogram or exemplar of the series. */
  public SeriesEvent next() {
    return in.next();
  }

  /** Returns the time of the sample or histogram in Unix milliseconds. */
  public long time() {
    return in.timestamp();
  }

  /** Returns the float value; may be NaN, infinite or a stale marker. */
  public double value() {
    return in.value();
  }

  public Histogram histogram() {
    return in.histogram();
  }

  /** Returns the exemplar, or null if its labels are not valid. */
  public @Nullable Exemplar exemplar() {
    return in.exemplar();
  }

  /** Moves to the next family with metadata, after the series. */
  public boolean nextMetadata() {
    return in.nextMetadata();
  }

  /** Returns the family name. */
  public String family() {
    return in.metricFamily();
  }

  /** Returns type, help and unit of the family. */
  public MetricMetadata metadata() {
    return in.metadata();
  }
}
