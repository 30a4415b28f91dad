package dev.tethys.pipeline.exporter.clymene;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.clymene.LogBatchJson;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpResult;
import dev.tethys.codec.otlp.OtlpToSeries;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.RequestSlices.Piece;
import dev.tethys.codec.remote.RequestSlices.Slice;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.SendResult;
import java.io.ByteArrayOutputStream;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Encodes batches as messages: a {@code WriteRequest} of remote write 1.0, or log lines in JSON,
 * within the gateway's size limit. Samples without a lane are distributed by series, so each series
 * keeps its order.
 *
 * @param form message format
 * @param maxBytes maximum message size before compression
 */
record ClymeneRequestEncoder(
    GatewayFormat form, int maxBytes, @Nullable ClientAuth auth, InstantSource clock)
    implements Encoder {
  private static final String TOO_LARGE = "larger than a message may be";
  private static final String LARGE_LABELS =
      "larger than a message may be, with labels that take more than half of one";
  private static final int LANES = 8;

  @Override
  public Encoded encode(Batch batch) {
    try {
      return new EncodingRun(batch).encoded();
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Returns the result for a message that is too large for a gateway or a proxy in front of it: two
   * halves, or a rejection if it cannot be halved.
   */
  SendResult halves(EncodedRequest p, String reason) {
    try {
      List<EncodedRequest> halves = p.signal() == Signal.LOGS ? lineHalves(p) : seriesHalves(p);
      if (halves.size() == 2
          && halves.stream().mapToInt(EncodedRequest::items).sum() == p.items()) {
        return new SendResult.Split(halves, reason);
      }
    } catch (CodecException e) {
      // written by a newer or older version: it cannot be split
    }
    return new SendResult.Permanent(reason);
  }

  private EncodedRequest part(EncodedRequest of, byte[] message, int items) {
    byte[] body = GatewayFormat.of(of).closed(message, of.signal());
    return new EncodedRequest(of.signal(), body, items, of.lane(), of.headers());
  }

  private List<EncodedRequest> seriesHalves(EncodedRequest p) {
    byte[] request = GatewayFormat.of(p).opened(p);
    List<Slice> all = RequestSlices.distribute(request, request.length, 1, in -> 0).getFirst();
    if (all.size() == 1) {
      return RequestSlices.halves(request, all.getFirst()).stream()
          .map(h -> part(p, h.request(), h.samples()))
          .toList();
    }
    int half = all.size() / 2;
    List<EncodedRequest> out = new ArrayList<>();
    for (List<Slice> some : List.of(all.subList(0, half), all.subList(half, all.size()))) {
      if (!some.isEmpty()) {
        out.add(
            part(
                p,
                RequestSlices.join(request, some),
                some.stream().mapToInt(Slice::samples).sum()));
      }
    }
    return out;
  }

  private List<EncodedRequest> lineHalves(EncodedRequest p) {
    byte[] json = GatewayFormat.of(p).opened(p);
    LogBatchJson.Batch b = LogBatchJson.read(json, 0, json.length);
    byte[] otlp = new OtlpWriter().write(b.logs());
    List<EncodedRequest> out = new ArrayList<>();
    for (OtlpScanner.Part half :
        OtlpScanner.split(OtlpSignal.LOGS, otlp, (p.items() + 1) / 2, Integer.MAX_VALUE)) {
      byte[] lines =
          LogBatchJson.write(
              new OtlpReader().logs(half.body(), 0, half.body().length),
              b.tenant(),
              clock.instant());
      out.add(part(p, lines, half.items()));
    }
    return out;
  }

  private final class EncodingRun {
    private final Batch batch;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private final List<EncodedRequest> out = new ArrayList<>();
    private final Map<String, Integer> drops = new HashMap<>();

    EncodingRun(Batch batch) {
      this.batch = batch;
      if (auth != null) {
        headers.putAll(auth.headers(batch.metadata()));
      }
      form.addHeaders(batch.signal(), headers);
    }

    Encoded encoded() {
      if (batch.signal() == Signal.LOGS) {
        List<String> tenant = batch.metadata().get("x-scope-orgid");
        String t = tenant.isEmpty() ? "" : tenant.getFirst();
        // JSON is larger than protobuf, by an unknown factor.
        for (OtlpScanner.Part p :
            OtlpScanner.split(OtlpSignal.LOGS, batch.body(), Integer.MAX_VALUE, maxBytes / 2)) {
          lines(p, t);
        }
      } else {
        series();
      }
      return new Encoded(out, drops);
    }

    private void drop(int items, String why) {
      if (items > 0) {
        drops.merge(why, items, Integer::sum);
      }
    }

    private void lines(OtlpScanner.Part part, String tenant) {
      byte[] json =
          LogBatchJson.write(
              new OtlpReader().logs(part.body(), 0, part.body().length), tenant, clock.instant());
      if (json.length <= maxBytes) {
        add(json, part.items(), batch.lane());
      } else if (part.items() <= 1) {
        drop(part.items(), TOO_LARGE);
      } else {
        for (OtlpScanner.Part p :
            OtlpScanner.split(
                OtlpSignal.LOGS, part.body(), (part.items() + 1) / 2, Integer.MAX_VALUE)) {
          lines(p, tenant);
        }
      }
    }

    private void series() {
      byte[] request = batch.body();
      int size = request.length;
      if (batch.encoding() == Encoding.OTLP) {
        OtlpToSeries to = new OtlpToSeries(OtlpOptions.DEFAULT.withScopes());
        OtlpResult r = to.convert(request, 0, size);
        drop((int) r.rejected(), "no place in the Prometheus model");
        request = to.body().buffer();
        size = to.body().size();
      }
      @Nullable Message[] open = new @Nullable Message[LANES];
      RequestSlices in = new RequestSlices().reset(request, 0, size).withFamilies();
      while (in.next()) {
        if (!in.isSeries()) {
          continue; // sent with the first sample of its series
        }
        int i = batch.lane() != 0 ? 0 : (int) Long.remainderUnsigned(in.hash(), LANES);
        long lane = batch.lane() != 0 ? batch.lane() : i + 1;
        Message m = open[i];
        if (m != null && m.bytes.size() + in.length() > maxBytes) {
          add(m, lane);
          m = null;
          open[i] = null;
        }
        if (in.length() > maxBytes && in.samples() > 1 && in.labelsLength() > maxBytes / 2) {
          // Each piece would have them: a request of megabytes would become gigabytes.
          drop(in.samples(), LARGE_LABELS);
          continue;
        }
        if (in.length() > maxBytes) {
          large(request, new Slice(in.offset(), in.length(), in.samples()), lane);
          continue;
        }
        if (m == null) {
          m = new Message();
          open[i] = m;
        }
        m.add(request, in.slice());
      }
      for (Slice s : in.unused()) {
        Message m = open[0];
        if (m == null) {
          m = new Message();
          open[0] = m;
        }
        m.add(request, s);
      }
      for (int i = 0; i < LANES; i++) {
        Message m = open[i];
        if (m != null) {
          add(m, batch.lane() != 0 ? batch.lane() : i + 1);
        }
      }
    }

    /** Splits a series that is too large for a message if it has more than one sample. */
    private void large(byte[] request, Slice series, long lane) {
      List<Piece> halves = RequestSlices.halves(request, series);
      if (halves.isEmpty()) {
        drop(series.samples(), TOO_LARGE);
      }
      for (Piece h : halves) {
        byte[] half = h.request();
        if (half.length > maxBytes) {
          large(half, new Slice(0, half.length, h.samples()), lane);
        } else {
          add(half, h.samples(), lane);
        }
      }
    }

    private void add(Message m, long lane) {
      add(m.bytes.toByteArray(), m.samples, lane);
    }

    private void add(byte[] message, int items, long lane) {
      Signal signal = batch.signal();
      out.add(new EncodedRequest(signal, form.closed(message, signal), items, lane, headers));
    }
  }

  private static final class Message {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Set<Slice> families = Collections.newSetFromMap(new IdentityHashMap<>());
    int samples;

    void add(byte[] request, Slice s) {
      Slice family = s.family();
      if (family != null && families.add(family)) {
        bytes.write(request, family.offset(), family.length());
      }
      bytes.write(request, s.offset(), s.length());
      samples += s.samples();
    }
  }
}
