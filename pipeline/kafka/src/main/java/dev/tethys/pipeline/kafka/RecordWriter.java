package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.clymene.FlatRows;
import dev.tethys.codec.clymene.LogBatchJson;
import dev.tethys.codec.clymene.SeriesJson;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpResult;
import dev.tethys.codec.otlp.OtlpToSeries;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.RequestSlices.Slice;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.codec.zipkin.ZipkinWriter;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Span;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Encodes batches as record values within the broker's size limit. Series of a scraped target have
 * the target's key; others get keys by their labels, not by their sender, which may be a proxy for
 * many. Either way a series keeps its partition and order.
 */
final class RecordWriter {
  /** Reason of items that exceed the limit; a short label value of metrics. */
  static final String TOO_LARGE = "larger than a record may be";

  /** Reason of records that would be empty; a short label value of metrics. */
  static final String NO_BODY = "no body";

  /** Reason of data lost between two metric formats; a short label value of metrics. */
  static final String NO_PLACE = "no place in the record's encoding";

  /** Value of one record. */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Value(byte[] bytes, int items, long lane) {}

  /** The Collector's service name for spans without one. */
  private static final String NO_SERVICE = "OTLPResourceNoServiceName";

  private final RecordEncoding encoding;
  private final int maxBytes;
  private final int seriesKeys;
  private final InstantSource clock;
  private final List<Value> out = new ArrayList<>();
  private final Map<String, Integer> drops = new HashMap<>();
  private int exemplars;
  private int metadata;

  RecordWriter(RecordEncoding encoding, int maxBytes, int seriesKeys, InstantSource clock) {
    this.encoding = encoding;
    this.maxBytes = maxBytes;
    this.seriesKeys = seriesKeys;
    this.clock = clock;
  }

  List<Value> values() {
    return out;
  }

  /** Items of the batch that are in none of the values, by reason. */
  Map<String, Integer> drops() {
    return drops;
  }

  /** Counts data besides items that is in none of the values. */
  void countUnsupported(UnsupportedItemCounter leftOut) {
    leftOut.add(UnsupportedItemCounter.What.EXEMPLARS, exemplars);
    leftOut.add(UnsupportedItemCounter.What.METADATA, metadata);
  }

  private void drop(int items, String reason) {
    if (items > 0) {
      drops.merge(reason, items, Integer::sum);
    }
  }

  void write(Batch batch) {
    try {
      switch (encoding) {
        case OTLP_PROTO, OTLP_JSON -> otlp(batch);
        case REMOTE_WRITE, CLYMENE_JSON, CLYMENE_FLAT -> series(batch);
        case CLYMENE_LOGS -> streams(batch);
        case RAW, TEXT -> lines(batch);
        case ZIPKIN_JSON, ZIPKIN_PROTO -> zipkin(batch);
        case JSON, AZURE_RESOURCE_LOGS, ZIPKIN_THRIFT, JAEGER_PROTO, JAEGER_JSON ->
            throw new IllegalStateException(encoding + " cannot be written");
      }
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private void otlp(Batch b) {
    byte[] body;
    if (b.encoding() == Encoding.REMOTE_WRITE) {
      SeriesToOtlp.Converted c = b.seriesAsOtlp();
      drop(c.leftOut(), NO_PLACE);
      body = new OtlpWriter().write(c.metrics());
    } else {
      body = b.body();
    }
    OtlpSignal signal = b.signal().otlp();
    boolean json = encoding == RecordEncoding.OTLP_JSON;
    // JSON is larger than protobuf, by an unknown factor.
    for (OtlpScanner.Part p :
        OtlpScanner.split(signal, body, Integer.MAX_VALUE, json ? maxBytes / 2 : maxBytes)) {
      otlp(signal, p, b.lane());
    }
  }

  private void otlp(OtlpSignal signal, OtlpScanner.Part part, long lane) {
    byte[] value =
        encoding == RecordEncoding.OTLP_JSON
            ? OtlpJsonWriter.toJson(signal, part.body(), 0, part.body().length)
            : part.body();
    if (value.length <= maxBytes) {
      out.add(new Value(value, part.items(), lane));
    } else if (part.items() <= 1) {
      drop(part.items(), TOO_LARGE);
    } else {
      int half = (part.items() + 1) / 2;
      List<OtlpScanner.Part> halves =
          OtlpScanner.split(signal, part.body(), half, Integer.MAX_VALUE);
      if (halves.size() < 2) { // a profile is not split
        drop(part.items(), TOO_LARGE);
        return;
      }
      for (OtlpScanner.Part p : halves) {
        otlp(signal, p, lane);
      }
    }
  }

  /** Encodes lists up to the record limit: spans in brackets, or concatenated messages. */
  private void zipkin(Batch b) {
    boolean json = encoding == RecordEncoding.ZIPKIN_JSON;
    ZipkinWriter writer = new ZipkinWriter(NO_SERVICE, AttributeText::text);
    TextBuffer list = new TextBuffer();
    TextBuffer one = new TextBuffer();
    int n = 0;
    for (ResourceGroup<Span> r :
        new OtlpReader().traces(b.body(), 0, b.body().length).resources()) {
      Attributes resource = r.resource().attributes();
      for (ScopeGroup<Span> s : r.scopes()) {
        for (Span span : s.items()) {
          String problem =
              json
                  ? writer.json(resource, s.scope(), span, one)
                  : writer.protobuf(resource, s.scope(), span, one);
          if (problem != null) {
            drop(1, problem);
            continue;
          }
          if (json) {
            one.truncate(one.size() - 1); // its line feed
          }
          byte[] bytes = one.take();
          int around = json ? 2 : 0;
          if (bytes.length + around > maxBytes) {
            drop(1, TOO_LARGE);
            continue;
          }
          if (n > 0 && list.size() + bytes.length + around > maxBytes) {
            listed(list, n, json, b.lane());
            n = 0;
          }
          if (json) {
            list.put(n == 0 ? '[' : ',');
          }
          list.put(bytes);
          n++;
        }
      }
    }
    if (n > 0) {
      listed(list, n, json, b.lane());
    }
  }

  private void listed(TextBuffer list, int spans, boolean json, long lane) {
    if (json) {
      list.put(']');
    }
    out.add(new Value(list.take(), spans, lane));
  }

  private void series(Batch b) {
    byte[] request =
        b.encoding() == Encoding.OTLP || encoding == RecordEncoding.REMOTE_WRITE
            ? b.body()
            : b.series();
    if (b.encoding() == Encoding.OTLP) {
      OtlpToSeries to = new OtlpToSeries(OtlpOptions.DEFAULT.withScopes());
      OtlpResult r = to.convert(request, 0, request.length);
      drop((int) r.rejected(), "no place in the Prometheus model");
      request = to.body().toByteArray();
    }
    int keys = b.isOfTarget() ? 1 : seriesKeys;
    List<List<Slice>> slices =
        RequestSlices.distribute(
            request,
            request.length,
            keys,
            in -> keys == 1 ? 0 : (int) Long.remainderUnsigned(in.hash(), keys));
    for (int i = 0; i < keys; i++) {
      if (!slices.get(i).isEmpty()) {
        series(request, slices.get(i), b.isOfTarget() ? b.lane() : i + 1);
      }
    }
  }

  private void series(byte[] request, List<Slice> slices, long lane) {
    byte[] joined = RequestSlices.join(request, slices);
    int size = joined.length;
    int samples = slices.stream().mapToInt(Slice::samples).sum();
    SeriesJson.EncodedSeries w =
        switch (encoding) {
          case CLYMENE_JSON -> SeriesJson.write(joined, 0, size);
          case CLYMENE_FLAT -> FlatRows.write(joined, 0, size);
          default ->
              new SeriesJson.EncodedSeries(SnappyBlock.encode(joined, 0, size), samples, 0, 0, 0);
        };
    if (w.json().length <= maxBytes) {
      drop(w.leftOut(), NO_PLACE);
      exemplars += w.exemplars();
      metadata += w.metadata();
      boolean carries = encoding == RecordEncoding.REMOTE_WRITE || w.samples() > 0;
      if (carries && w.json().length > 0) {
        out.add(new Value(w.json(), w.samples(), lane));
      }
    } else if (slices.size() == 1) {
      drop(samples, TOO_LARGE);
    } else {
      int half = slices.size() / 2;
      series(request, slices.subList(0, half), lane);
      series(request, slices.subList(half, slices.size()), lane);
    }
  }

  private static LogsData logs(Batch b) {
    return new OtlpReader().logs(b.body(), 0, b.body().length);
  }

  private void streams(Batch b) {
    List<String> tenant = b.metadata().get("x-scope-orgid");
    streams(logs(b), tenant.isEmpty() ? "" : tenant.getFirst(), b.lane());
  }

  private void streams(LogsData logs, String tenant, long lane) {
    byte[] value = LogBatchJson.write(logs, tenant, clock.instant());
    if (value.length <= maxBytes) {
      out.add(new Value(value, logs.itemCount(), lane));
      return;
    }
    if (logs.itemCount() <= 1) {
      drop(logs.itemCount(), TOO_LARGE);
      return;
    }
    List<LogsData> halves = halves(logs);
    streams(halves.getFirst(), tenant, lane);
    streams(halves.getLast(), tenant, lane);
  }

  private static List<LogsData> halves(LogsData logs) {
    LogsData first = new LogsData();
    LogsData second = new LogsData();
    int remaining = (logs.itemCount() + 1) / 2;
    for (ResourceGroup<LogRecord> r : logs.resources()) {
      for (ScopeGroup<LogRecord> s : r.scopes()) {
        int n = Math.min(remaining, s.items().size());
        remaining -= n;
        add(first, r, s, s.items().subList(0, n));
        add(second, r, s, s.items().subList(n, s.items().size()));
      }
    }
    return List.of(first, second);
  }

  private static void add(
      LogsData to, ResourceGroup<LogRecord> r, ScopeGroup<LogRecord> s, List<LogRecord> records) {
    if (records.isEmpty()) {
      return;
    }
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.setScope(s.scope());
    scope.items().addAll(records);
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.setResource(r.resource());
    group.scopes().add(scope);
    to.resources().add(group);
  }

  /**
   * Encodes every record separately; several are sent as one frame, see {@link
   * LengthPrefixedValues}.
   */
  private void lines(Batch b) {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    int n = 0;
    for (ResourceGroup<LogRecord> r : logs(b).resources()) {
      for (ScopeGroup<LogRecord> s : r.scopes()) {
        for (LogRecord l : s.items()) {
          byte[] line = line(l.body());
          if (line.length == 0 && encoding == RecordEncoding.RAW) {
            drop(1, NO_BODY);
          } else if (line.length > maxBytes) {
            drop(1, TOO_LARGE);
          } else {
            LengthPrefixedValues.add(frame, line);
            n++;
          }
        }
      }
    }
    if (n > 0) {
      out.add(new Value(frame.toByteArray(), n, b.lane()));
    }
  }

  /**
   * Encodes a body: bytes stay unchanged; other types, including text with {@code raw}, become
   * JSON.
   */
  private byte[] line(@Nullable Object body) {
    if (body instanceof byte[] bytes) {
      return bytes;
    }
    String text =
        body == null || encoding == RecordEncoding.TEXT
            ? ValueText.of(body)
            : ValueText.marshalled(body);
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
