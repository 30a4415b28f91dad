package dev.tethys.pipeline.kafka;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.Item;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracedMessage;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.model.telemetry.ValueText;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.delivery.NotEncodableException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Sources of record keys other than metadata. Items with one key go to one partition, so its
 * consumer receives complete traces or resources.
 */
enum RecordKeys {
  /** None. */
  NONE,
  /** The id of the trace in hexadecimal; items without one have no key. */
  TRACE_ID,
  /** Hash of the resource attributes, regardless of their order. */
  RESOURCE;

  private static final HexFormat HEX = HexFormat.of();
  private static final int HASH_BYTES = 16;

  /**
   * Parts of a batch.
   *
   * @param parts parts by record key; "" for no key
   * @param leftOut samples of remote write that are in no part, since OTLP cannot represent them
   */
  record Split(SequencedMap<String, Batch> parts, int leftOut) {}

  /**
   * Splits a batch by record key.
   *
   * @throws NotEncodableException if the batch is malformed
   */
  Split split(Batch batch) {
    SequencedMap<String, Batch> out = new LinkedHashMap<>();
    if (this == NONE) {
      out.put("", batch);
      return new Split(out, 0);
    }
    try {
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        // The tree alone would not report dropped samples.
        SeriesToOtlp.Converted c = batch.seriesAsOtlp();
        parts(c.metrics()).forEach((k, t) -> out.put(k, batch.with(batch.signal(), t)));
        return new Split(out, c.leftOut());
      }
      Telemetry<?> data = batch.takeTree();
      parts(data).forEach((k, t) -> out.put(k, batch.with(batch.signal(), t)));
      batch.keepTree(data);
      return new Split(out, 0);
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private Map<String, ? extends Telemetry<?>> parts(Telemetry<?> data) {
    return switch (data) {
      case TracesData t -> parts(t, TracesData::new);
      case LogsData l -> parts(l, LogsData::new);
      case MetricsData m -> parts(m, MetricsData::new);
      default -> throw new IllegalArgumentException(data.getClass().toString());
    };
  }

  private <T extends Item<T>, D extends Telemetry<T>> Map<String, D> parts(
      D data, Supplier<D> empty) {
    Map<String, D> out = new LinkedHashMap<>();
    Function<String, D> of = k -> out.computeIfAbsent(k, _ -> empty.get());
    for (ResourceGroup<T> r : data.resources()) {
      if (this == RESOURCE) {
        of.apply(hash(r.resource().attributes())).resources().add(r.copy());
        continue;
      }
      Map<String, ResourceGroup<T>> resources = new LinkedHashMap<>();
      for (ScopeGroup<T> s : r.scopes()) {
        Map<String, ScopeGroup<T>> scopes = new LinkedHashMap<>();
        for (T item : s.items()) {
          scopes.computeIfAbsent(traceId(item), _ -> like(s)).items().add(item.copy());
        }
        scopes.forEach((k, part) -> resources.computeIfAbsent(k, _ -> like(r)).scopes().add(part));
      }
      resources.forEach((k, part) -> of.apply(k).resources().add(part));
    }
    return out;
  }

  private static <T extends Item<T>> ResourceGroup<T> like(ResourceGroup<T> r) {
    ResourceGroup<T> out = new ResourceGroup<>();
    out.setResource(r.resource().copy());
    out.setSchemaUrl(r.schemaUrl());
    out.setUnknownFields(r.unknownFields());
    return out;
  }

  private static <T extends Item<T>> ScopeGroup<T> like(ScopeGroup<T> s) {
    ScopeGroup<T> out = new ScopeGroup<>();
    out.setScope(s.scope().copy());
    out.setSchemaUrl(s.schemaUrl());
    out.setUnknownFields(s.unknownFields());
    return out;
  }

  private static String traceId(Item<?> item) {
    return item instanceof TracedMessage t && (t.traceIdHigh() | t.traceIdLow()) != 0
        ? HEX.toHexDigits(t.traceIdHigh()) + HEX.toHexDigits(t.traceIdLow())
        : "";
  }

  /** Hashes the attributes as JSON, which sorts them. */
  private static String hash(Attributes a) {
    try {
      byte[] d =
          MessageDigest.getInstance("SHA-256")
              .digest(ValueText.of(a).getBytes(StandardCharsets.UTF_8));
      return HEX.formatHex(d, 0, HASH_BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK supports SHA-256", e);
    }
  }
}
