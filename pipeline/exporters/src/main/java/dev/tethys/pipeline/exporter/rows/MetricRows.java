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
 * Walks a batch of metrics as series with samples, whichever encoding it has: OTLP by Prometheus's
 * rules, as the remote write exporter translates it. No object is made for a sample; the accessors
 * return what was read last. Reusable; not for several threads at once.
 *
 * <pre>
 * rows.open(batch);
 * while (rows.nextSeries()) {
 *   for (SeriesEvent e = rows.next(); e != SeriesEvent.END; e = rows.next()) …
 * }
 * while (rows.nextMetadata()) …
 * </pre>
 *
 * All but {@link #open} throw {@link CodecException} where a batch is malformed further in.
 */
public final class MetricRows {
  private final OtlpToSeries otlp;
  private final WriteRequestReader in = new WriteRequestReader();
  private @Nullable Labels labels;
  private int rejected;

  /**
   * @param options how OTLP becomes series
   */
  public MetricRows(OtlpOptions options) {
    this.otlp = new OtlpToSeries(options);
  }

  /**
   * Starts over with a batch.
   *
   * @throws NotEncodableException when it holds no metrics that can be read
   */
  public MetricRows open(Batch batch) {
    if (batch.signal() != Signal.METRICS) {
      throw new NotEncodableException("rows are made of metrics, not of " + batch.signal());
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

  /** Data points of OTLP that have no place in Prometheus's model; they are in no row. */
  public int rejected() {
    return rejected;
  }

  /** Goes to the next series; false after the last one. */
  public boolean nextSeries() {
    labels = null;
    return in.nextSeries();
  }

  /** The labels of the series, its name among them. */
  public Labels labels() {
    Labels l = labels;
    if (l == null) {
      l = in.labels();
      labels = l;
    }
    return l;
  }

  /** The same for all pieces of one series whose labels are written in one order. */
  public long hash() {
    return Labels.hash64(in.labelBuffer(), in.labelOffset(), in.labelLength());
  }

  /** The next sample, histogram or exemplar of the series. */
  public SeriesEvent next() {
    return in.next();
  }

  /** Unix milliseconds of the sample or histogram. */
  public long time() {
    return in.timestamp();
  }

  /** The float; may be NaN, infinite or a stale marker. */
  public double value() {
    return in.value();
  }

  public Histogram histogram() {
    return in.histogram();
  }

  /** Null when its labels are not valid. */
  public @Nullable Exemplar exemplar() {
    return in.exemplar();
  }

  /** Goes to the next family that something is said of, after the series. */
  public boolean nextMetadata() {
    return in.nextMetadata();
  }

  /** The name of the family. */
  public String family() {
    return in.metricFamily();
  }

  /** Type, help and unit of the family. */
  public MetricMetadata metadata() {
    return in.metadata();
  }
}
