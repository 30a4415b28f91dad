package dev.tethys.pipeline.sample;

import dev.tethys.model.Exemplar;
import dev.tethys.model.Histogram;
import dev.tethys.model.Labels;
import dev.tethys.model.MetricFamilies;
import dev.tethys.model.MetricMetadata;
import dev.tethys.model.storage.Appender;
import org.jspecify.annotations.Nullable;

/** Appends to a store, and forwards all samples that the store accepted. */
final class TeeAppender implements Appender {
  private final Appender store;
  private final Appender second;
  private long series = NO_SERIES;
  private long reference;

  TeeAppender(Appender store, Appender second) {
    this.store = store;
    this.second = second;
  }

  @Override
  public long series(Labels labels) {
    return store.series(labels);
  }

  @Override
  public long series(byte[] buf, int offset, int length, LabelDecoder decoder) {
    return store.series(buf, offset, length, decoder);
  }

  @Override
  public @Nullable Labels labels(long s) {
    return store.labels(s);
  }

  /**
   * Passes a sample of the store's series to the other appender; returns false if the series has
   * just left memory.
   */
  private boolean at(long s) {
    if (s != series) {
      Labels l = store.labels(s);
      if (l == null) {
        return false;
      }
      series = s;
      reference = second.series(l);
    }
    return true;
  }

  @Override
  public Outcome append(long s, long startTimestamp, long timestamp, double value) {
    Outcome o = store.append(s, startTimestamp, timestamp, value);
    if (o == Outcome.OK && at(s)) {
      second.append(reference, startTimestamp, timestamp, value);
    }
    return o;
  }

  @Override
  public Outcome append(long s, long startTimestamp, long timestamp, Histogram histogram) {
    Outcome o = store.append(s, startTimestamp, timestamp, histogram);
    if (o == Outcome.OK && at(s)) {
      second.append(reference, startTimestamp, timestamp, histogram);
    }
    return o;
  }

  @Override
  public Outcome append(long s, Exemplar exemplar) {
    Outcome o = store.append(s, exemplar);
    if (o == Outcome.OK && at(s)) {
      second.append(reference, exemplar);
    }
    return o;
  }

  @Override
  public void metadata(String metricName, MetricMetadata metadata) {
    store.metadata(metricName, metadata);
    series = NO_SERIES;
    second.metadata(metricName, metadata);
  }

  @Override
  public boolean takesFamilies() {
    return second.takesFamilies();
  }

  @Override
  public void families(MetricFamilies families) {
    second.families(families);
  }

  @Override
  public void commit() {
    // The other first: samples that the store has after a crash have then also been forwarded.
    second.commit();
    store.commit();
  }

  @Override
  public void close() {
    second.close();
    store.close();
  }
}
