package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.clymene.FlatRows;
import dev.tethys.codec.clymene.LogBatchJson;
import dev.tethys.codec.clymene.SeriesJson;
import dev.tethys.codec.jaeger.JaegerBatch;
import dev.tethys.codec.jaeger.JaegerReader;
import dev.tethys.codec.json.JsonValues;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpCheck;
import dev.tethys.codec.otlp.wire.OtlpJson;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.points.RejectedItems;
import dev.tethys.codec.remote.ValidatedWriteRequest;
import dev.tethys.codec.snappy.SnappyBlock;
import dev.tethys.codec.zipkin.ZipkinReader;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import java.nio.charset.Charset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns values of records into batches. */
final class RecordReader {
  /** A value that is larger once decompressed is rejected. */
  static final int MAX_BYTES = 256 << 20;

  /** Reason of samples that OTLP cannot represent. */
  static final String NO_PLACE = "no place in OTLP";

  /**
   * Decoded record.
   *
   * @param leftOut samples that the batch cannot represent
   * @param refusals unreadable items; the others are in the batch
   */
  record Read(Batch batch, int leftOut, RejectedItems refusals) {}

  private final Signal signal;
  private final RecordEncoding encoding;
  private final Charset charset;

  RecordReader(Signal signal, RecordEncoding.Reading reading) {
    this.signal = signal;
    this.encoding = reading.encoding();
    this.charset = reading.charset();
  }

  /**
   * Decodes a value to a batch and adds attributes to its resources. Series of remote write and of
   * Clymene become OTLP metrics of a single resource if there are attributes.
   *
   * @param millis the time of the record
   * @throws CodecException if it does not match the encoding, or nothing of it can be read
   */
  Read read(
      byte[] value, long millis, long lane, Metadata metadata, Map<String, String> attributes) {
    RejectedItems refusals = new RejectedItems();
    Batch batch = read(value, millis, lane, metadata, refusals);
    if (batch.items() == 0 && !refusals.isEmpty()) {
      throw new CodecException(describe(refusals));
    }
    if (attributes.isEmpty()) {
      return new Read(batch, 0, refusals);
    }
    Telemetry<?> tree;
    int leftOut = 0;
    if (batch.encoding() == Encoding.REMOTE_WRITE) {
      SeriesToOtlp.Converted c = batch.seriesAsOtlp();
      tree = c.metrics();
      leftOut = c.leftOut();
    } else {
      tree = batch.takeTree();
    }
    for (ResourceGroup<?> g : tree.resources()) {
      attributes.forEach((k, v) -> g.resource().attributes().put(k, v));
    }
    return new Read(batch.with(signal, tree), leftOut, refusals);
  }

  /** Items that could not be read, one per line. */
  static String describe(RejectedItems refusals) {
    return refusals.text(x -> x.item().isEmpty() ? x.why() : x.item() + ": " + x.why());
  }

  private Batch read(
      byte[] value, long millis, long lane, Metadata metadata, RejectedItems refusals) {
    return switch (encoding) {
      case OTLP_PROTO -> otlp(value, lane, metadata);
      case OTLP_JSON ->
          otlp(
              OtlpJson.toProtobuf(signal.otlp(), value, 0, value.length).toByteArray(),
              lane,
              metadata);
      case REMOTE_WRITE -> remoteWrite(value, lane, metadata, refusals);
      case CLYMENE_JSON ->
          series(SeriesJson.read(value, 0, value.length, refusals), lane, metadata);
      case CLYMENE_FLAT -> series(FlatRows.read(value, 0, value.length, refusals), lane, metadata);
      case CLYMENE_LOGS -> streams(value, lane, metadata, refusals);
      case RAW -> line(value, millis, lane, metadata);
      case TEXT -> line(new String(value, charset), millis, lane, metadata);
      case AZURE_RESOURCE_LOGS ->
          tree(AzureResourceLogs.read(value, millis * 1_000_000), lane, metadata);
      case JSON -> line(JsonValues.read(value, 0, value.length), millis, lane, metadata);
      case ZIPKIN_JSON ->
          zipkin(
              ZipkinReader.json(value, 0, value.length, 2, false, millis * 1000),
              lane,
              metadata,
              refusals);
      case ZIPKIN_PROTO ->
          zipkin(
              ZipkinReader.protobuf(value, 0, value.length, false, millis * 1000),
              lane,
              metadata,
              refusals);
      case ZIPKIN_THRIFT ->
          zipkin(
              ZipkinReader.thrift(value, 0, value.length, false, millis * 1000),
              lane,
              metadata,
              refusals);
      case JAEGER_PROTO ->
          jaeger(JaegerReader.span(value, 0, value.length), lane, metadata, refusals);
      case JAEGER_JSON ->
          jaeger(JaegerReader.jsonSpan(value, 0, value.length), lane, metadata, refusals);
    };
  }

  private Batch jaeger(JaegerBatch batch, long lane, Metadata metadata, RejectedItems refusals) {
    return spans(batch.traces(refusals), lane, metadata);
  }

  private Batch otlp(byte[] body, long lane, Metadata metadata) {
    int items = OtlpCheck.check(signal.otlp(), body, 0, body.length);
    return new Batch(signal, Encoding.OTLP, body, items, lane, metadata);
  }

  private Batch remoteWrite(byte[] value, long lane, Metadata metadata, RejectedItems refusals) {
    int n = SnappyBlock.decodedLength(value, 0, value.length, MAX_BYTES);
    byte[] body = new byte[n + SnappyBlock.SLACK];
    n = SnappyBlock.decode(value, 0, value.length, body);
    // Clymene's writers do not sort labels.
    ValidatedWriteRequest taken = ValidatedWriteRequest.ofV1(body, 0, n);
    if (taken.problem() != null) {
      // Its reasons are one per line; items beyond them have the last one.
      List<String> reasons = taken.problem().lines().toList();
      for (int i = 0; i < Math.max(reasons.size(), taken.refused()); i++) {
        refusals.add(i + 1, "", reasons.get(Math.min(i, reasons.size() - 1)));
      }
    }
    return new Batch(signal, Encoding.REMOTE_WRITE, taken.body(), taken.items(), lane, metadata);
  }

  private Batch series(SeriesJson.Request r, long lane, Metadata metadata) {
    return new Batch(
        signal, Encoding.REMOTE_WRITE, r.body().toByteArray(), r.samples(), lane, metadata);
  }

  private Batch streams(byte[] value, long lane, Metadata metadata, RejectedItems refusals) {
    LogBatchJson.Batch b = LogBatchJson.read(value, 0, value.length);
    refusals.addAll(b.refusals());
    Metadata m = metadata;
    if (!b.tenant().isEmpty()) {
      Map<String, List<String>> values = new HashMap<>(metadata.values());
      values.put("x-scope-orgid", List.of(b.tenant()));
      m = new Metadata(values);
    }
    return tree(b.logs(), lane, m);
  }

  private Batch zipkin(
      ZipkinReader.Result r, long lane, Metadata metadata, RejectedItems refusals) {
    refusals.addAll(r.refusals());
    return spans(r.traces(), lane, metadata);
  }

  private Batch spans(TracesData traces, long lane, Metadata metadata) {
    return new Batch(
        signal, Encoding.OTLP, new OtlpWriter().write(traces), traces.itemCount(), lane, metadata);
  }

  private Batch line(@Nullable Object body, long millis, long lane, Metadata metadata) {
    LogRecord l = new LogRecord();
    l.setTimeUnixNano(millis * 1_000_000);
    l.setBody(body);
    ScopeGroup<LogRecord> scope = new ScopeGroup<>();
    scope.items().add(l);
    ResourceGroup<LogRecord> group = new ResourceGroup<>();
    group.scopes().add(scope);
    LogsData logs = new LogsData();
    logs.resources().add(group);
    return tree(logs, lane, metadata);
  }

  private Batch tree(LogsData logs, long lane, Metadata metadata) {
    return new Batch(
        signal, Encoding.OTLP, new OtlpWriter().write(logs), logs.itemCount(), lane, metadata);
  }
}
