package dev.tethys.pipeline.exporter.tables;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.OtlpToSeries;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.WriteRequestWriter;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.exporter.rows.RowSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Encodes requests for databases with several tables. Metrics are remote write 1.0 requests, split
 * between series: samples, histograms, exemplars, start timestamps and metadata stay together until
 * they are sent. Logs and traces stay unchanged. All are compressed with zstd for the queue.
 */
public final class TableRequestEncoder implements Encoder {
  private static final int LANES = 8;

  /** The largest request, decompressed. */
  private static final int MAX_BYTES = 1 << 30;

  private final RowSettings settings;
  private final boolean ordered;
  private final SentFamilies sent = new SentFamilies();

  /**
   * @param ordered whether samples of one series must arrive in order
   */
  public TableRequestEncoder(RowSettings settings, boolean ordered) {
    this.settings = settings;
    this.ordered = ordered;
  }

  /**
   * Returns the payload of a request.
   *
   * @throws CodecException if it is corrupt
   */
  public static byte[] body(EncodedRequest p) {
    return Compression.ZSTD.decompress(p.body(), 0, p.body().length, MAX_BYTES);
  }

  private static EncodedRequest encodedRequest(
      Batch batch, byte[] body, int from, int size, int items, long lane) {
    return new EncodedRequest(
        batch.signal(),
        Compression.ZSTD.compress(body, from, size, Compression.DEFAULT_LEVEL),
        items,
        lane,
        Map.of());
  }

  @Override
  public Encoded encode(Batch batch) {
    if (batch.signal() != Signal.METRICS) {
      return Encoded.of(
          encodedRequest(
              batch, batch.body(), 0, batch.size(), batch.items(), ordered ? batch.lane() : 0));
    }
    try {
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        byte[] message = sent.message(batch);
        return new Encoded(cut(batch, message, message.length), Map.of());
      }
      OtlpToSeries otlp = new OtlpToSeries(settings.otlp());
      int rejected = (int) otlp.convert(batch.body(), 0, batch.size()).rejected();
      return new Encoded(
          cut(batch, otlp.body().buffer(), otlp.body().size()),
          rejected == 0 ? Map.of() : Map.of("no place in the Prometheus model", rejected));
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private static final class Open {
    final WriteRequestWriter out = new WriteRequestWriter();
    int items;
  }

  private List<EncodedRequest> cut(Batch batch, byte[] body, int size) {
    List<EncodedRequest> out = new ArrayList<>();
    boolean written = ordered && batch.lane() == 0;
    Open[] open = new Open[written ? LANES : 1];
    RequestSlices in = new RequestSlices().reset(body, 0, size);
    Open last = null;
    while (in.next()) {
      if (!in.isSeries() && !sent.isNew(body, in.offset(), in.length())) {
        continue;
      }
      int i = written && in.isSeries() ? (int) Long.remainderUnsigned(in.hash(), LANES) : 0;
      Open o = in.isSeries() || last == null ? open[i] : last; // metadata may go with any part
      if (o == null) {
        o = new Open();
        open[i] = o;
      }
      boolean full =
          o.items + in.samples() > settings.maxItems()
              || o.out.size() + in.length() > settings.maxBytes();
      if (full && o.items > 0 && in.isSeries()) {
        out.add(take(batch, o, written ? i + 1 : ordered ? batch.lane() : 0));
      }
      o.out.raw(body, in.offset(), in.length());
      o.items += in.samples();
      last = o;
    }
    for (int i = 0; i < open.length; i++) {
      Open o = open[i];
      if (o != null && o.out.size() > 0) { // exemplars and metadata are not items
        out.add(take(batch, o, written ? i + 1 : ordered ? batch.lane() : 0));
      }
    }
    return out;
  }

  private static EncodedRequest take(Batch batch, Open o, long lane) {
    EncodedRequest p = encodedRequest(batch, o.out.buffer(), 0, o.out.size(), o.items, lane);
    o.out.clear();
    o.items = 0;
    return p;
  }

  /**
   * Splits a request of metrics between series; a single series cannot be split.
   *
   * @return empty if it cannot be halved
   */
  public static List<EncodedRequest> halves(EncodedRequest p) {
    if (p.signal() != Signal.METRICS) {
      return List.of();
    }
    byte[] body = body(p);
    WriteRequestWriter[] out = {new WriteRequestWriter(), new WriteRequestWriter()};
    int[] items = new int[2];
    RequestSlices in = new RequestSlices().reset(body, 0, body.length);
    while (in.next()) {
      int half = items[0] == 0 || items[0] + in.samples() <= p.items() / 2 ? 0 : 1;
      out[half].raw(body, in.offset(), in.length());
      items[half] += in.samples();
    }
    if (items[0] == 0 || items[1] == 0) {
      return List.of();
    }
    List<EncodedRequest> halves = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      byte[] b =
          Compression.ZSTD.compress(out[i].buffer(), 0, out[i].size(), Compression.DEFAULT_LEVEL);
      halves.add(new EncodedRequest(p.signal(), b, items[i], p.lane(), p.headers()));
    }
    return halves;
  }
}
