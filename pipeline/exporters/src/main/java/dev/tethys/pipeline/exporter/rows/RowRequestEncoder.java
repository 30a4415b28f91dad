package dev.tethys.pipeline.exporter.rows;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.remote.SeriesEvent;
import dev.tethys.model.Exemplar;
import dev.tethys.model.Labels;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Encodes batches of metrics as requests of rows: no request exceeds the size limit, and each item
 * is counted once.
 *
 * <p>An item is a sample, even a native histogram that becomes several rows; it is dropped if none
 * of its rows can be represented. If the order of a series matters, rows of batches without a lane
 * are assigned to lanes by series.
 */
public final class RowRequestEncoder implements Encoder {
  private static final int LANES = 8;

  /** Header with the destination of a request. */
  public static final String ADDRESS = "tethys-address";

  /** Prefix and suffix of a request of rows. */
  public interface Envelope {
    /** Headers of all requests of a batch. */
    default Map<String, String> headers(Batch batch) {
      return Map.of();
    }

    /**
     * Address for the samples of a series; each address gets separate requests, which name it in
     * the header {@link #ADDRESS}.
     *
     * @return "" if all use the same address
     */
    default String address(Labels series) {
      return "";
    }

    /** Converts rows to the bytes that are sent, for example by compressing them. */
    byte[] seal(byte[] rows);
  }

  private final RowSettings settings;
  private final boolean ordered;
  private final Supplier<? extends RowWriter> writers;
  private final Envelope envelope;
  private final UnsupportedItemCounter leftOut;

  /**
   * @param ordered whether samples of one series must arrive in order
   * @param writers creates requests; called for every batch
   */
  public RowRequestEncoder(
      RowSettings settings,
      boolean ordered,
      Supplier<? extends RowWriter> writers,
      Envelope envelope,
      UnsupportedItemCounter leftOut) {
    this.settings = settings;
    this.ordered = ordered;
    this.writers = writers;
    this.envelope = envelope;
    this.leftOut = leftOut;
  }

  @Override
  public Encoded encode(Batch batch) {
    try {
      return new EncodingRun(batch).encoded();
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  /** Request under construction. */
  private static final class Open {
    final RowWriter writer;
    final RowIndex.Writer index = new RowIndex.Writer();
    final long lane;
    final String address;
    int items;
    @Nullable Labels current;

    Open(RowWriter writer, long lane, String address) {
      this.writer = writer;
      this.lane = lane;
      this.address = address;
    }
  }

  private final class EncodingRun {
    private final Batch batch;
    private final Map<String, String> headers;
    private final MetricRows rows = new MetricRows(settings.otlp());
    private final ClassicHistogram classic = new ClassicHistogram();
    private final Map<String, Open[]> open = new LinkedHashMap<>();
    private final List<EncodedRequest> out = new ArrayList<>();
    private final Map<String, Integer> drops = new LinkedHashMap<>();
    private int histogramRows;
    private @Nullable String histogramProblem;

    EncodingRun(Batch batch) {
      this.batch = batch;
      this.headers = envelope.headers(batch);
    }

    Encoded encoded() {
      rows.open(batch);
      while (rows.nextSeries()) {
        boolean written = ordered && batch.lane() == 0;
        int i = written ? (int) Long.remainderUnsigned(rows.hash(), LANES) : 0;
        String address = envelope.address(rows.labels());
        Open[] there = open.computeIfAbsent(address, a -> new Open[LANES]);
        Open o = there[i];
        if (o == null) {
          o = new Open(writers.get(), written ? i + 1 : ordered ? batch.lane() : 0, address);
          there[i] = o;
        }
        series(o);
      }
      boolean carried = false;
      while (rows.nextMetadata()) {
        for (Open[] there : open.values()) {
          for (Open o : there) {
            if (o != null) {
              carried |= o.writer.metadata(rows.family(), rows.metadata());
            }
          }
        }
        if (!carried) {
          leftOut.add(UnsupportedItemCounter.What.METADATA);
        }
        carried = false;
      }
      for (Open[] there : open.values()) {
        for (Open o : there) {
          if (o != null) {
            cut(o);
          }
        }
      }
      if (rows.rejected() > 0) {
        drops.merge("no place in the Prometheus model", rows.rejected(), Integer::sum);
      }
      return new Encoded(out, drops);
    }

    private void series(Open o) {
      Labels labels = rows.labels();
      String problem = begin(o, labels);
      for (SeriesEvent e = rows.next(); e != SeriesEvent.END; e = rows.next()) {
        if (e == SeriesEvent.EXEMPLAR) {
          Exemplar x = rows.exemplar();
          if (problem != null || x == null || !o.writer.exemplar(x)) {
            leftOut.add(UnsupportedItemCounter.What.EXEMPLARS);
          }
          continue;
        }
        if (problem != null) {
          drops.merge(problem, 1, Integer::sum);
          continue;
        }
        if (o.current == null || !labels.equals(o.current)) {
          begin(o, labels);
        }
        if (e == SeriesEvent.SAMPLE) {
          count(o, o.writer.sample(rows.time(), rows.value()), 1);
        } else {
          histogram(o, labels);
        }
        if (o.items >= settings.maxItems() || o.writer.size() >= settings.maxBytes()) {
          cut(o);
        }
      }
    }

    private @Nullable String begin(Open o, Labels labels) {
      o.current = labels;
      return o.writer.series(labels);
    }

    private void count(Open o, @Nullable String problem, int rowsOfIt) {
      if (problem != null) {
        drops.merge(problem, 1, Integer::sum);
      } else {
        o.items++;
        o.index.item(rowsOfIt);
      }
    }

    private void histogram(Open o, Labels labels) {
      switch (settings.histograms()) {
        case NATIVE, JSON -> count(o, o.writer.histogram(rows.time(), rows.histogram()), 1);
        case DROP -> drops.merge("native_histogram", 1, Integer::sum);
        case CLASSIC -> {
          histogramRows = 0;
          histogramProblem = null;
          classic.expand(
              labels,
              rows.histogram(),
              (l, value) -> {
                String p = begin(o, l);
                if (p == null) {
                  p = o.writer.sample(rows.time(), value);
                }
                if (p == null) {
                  histogramRows++;
                } else {
                  histogramProblem = p;
                  leftOut.add(UnsupportedItemCounter.What.HISTOGRAM_ROWS);
                }
              });
          count(o, histogramRows > 0 ? null : histogramProblem, histogramRows);
        }
      }
    }

    private void cut(Open o) {
      if (o.items == 0) {
        return;
      }
      String index = o.index.take();
      Map<String, String> h = headers;
      if (!index.isEmpty() || !o.address.isEmpty()) {
        h = new LinkedHashMap<>(headers);
        if (!index.isEmpty()) {
          h.put(RowIndex.HEADER, index);
        }
        if (!o.address.isEmpty()) {
          h.put(ADDRESS, o.address);
        }
      }
      out.add(
          new EncodedRequest(batch.signal(), envelope.seal(o.writer.take()), o.items, o.lane, h));
      o.items = 0;
      o.current = null;
    }
  }
}
