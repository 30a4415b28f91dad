package dev.tethys.pipeline.exporter.awss3;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.LogRecord;
import dev.tethys.model.telemetry.LogsData;
import dev.tethys.model.telemetry.MetricsData;
import dev.tethys.model.telemetry.ProfilesData;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.ScopeGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.model.telemetry.TracesData;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Encodes batches as objects: one per batch, or one per bucket and prefix named by its resources.
 * The key is in the request, so a retried object is stored under the same key.
 */
final class ObjectEncoder implements Encoder {
  static final String BUCKET = "bucket";
  static final String KEY = "key";
  static final String TYPE = "content-type";
  static final String ENCODING = "content-encoding";
  private static final String NO_PLACE = "no place in OTLP";

  private final AwsS3Settings settings;
  private final Signal signal;
  private final ObjectKeys keys;

  ObjectEncoder(AwsS3Settings settings, Signal signal, ObjectKeys keys) {
    this.settings = settings;
    this.signal = signal;
    this.keys = keys;
  }

  /** Destination bucket and prefix of part of a batch. */
  private record Target(String bucket, String prefix) {}

  @Override
  public Encoded encode(Batch batch) {
    Map<String, Integer> drops = new LinkedHashMap<>();
    List<EncodedRequest> out = new ArrayList<>();
    try {
      if (!isGrouped() && !settings.marshaler().isOfLogs()) {
        byte[] body;
        int items = batch.items();
        if (batch.encoding() == Encoding.REMOTE_WRITE) {
          SeriesToOtlp.Converted c = batch.seriesAsOtlp();
          body = new OtlpWriter().write(c.metrics());
          items = c.points();
          if (c.leftOut() > 0) {
            drops.put(NO_PLACE, c.leftOut());
          }
        } else {
          body = batch.body();
        }
        if (items > 0) {
          out.add(request(target("", ""), otlp(body), items));
        }
        return new Encoded(out, drops);
      }
      Telemetry<?> tree = batch.takeTree();
      if (tree.itemCount() < batch.items()) {
        drops.put(NO_PLACE, batch.items() - tree.itemCount());
      }
      byTarget(tree).forEach((target, part) -> add(target, part, out, drops));
      batch.keepTree(tree);
      return new Encoded(out, drops);
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private boolean isGrouped() {
    return !settings.bucketAttribute().isEmpty() || !settings.prefixAttribute().isEmpty();
  }

  private void add(
      Target target, Telemetry<?> part, List<EncodedRequest> out, Map<String, Integer> drops) {
    if (part instanceof LogsData logs && settings.marshaler().isOfLogs()) {
      StringBuilder text = new StringBuilder();
      int items = 0;
      for (ResourceGroup<LogRecord> r : logs.resources()) {
        String missing =
            settings.marshaler() == AwsS3Settings.Marshaler.SUMO_IC
                ? SumoLines.missing(r.resource().attributes())
                : "";
        if (!missing.isEmpty()) {
          drops.merge("no " + missing, r.itemCount(), Integer::sum);
          continue;
        }
        items += r.itemCount();
        lines(r, text);
      }
      if (items > 0) {
        out.add(request(target, text.toString().getBytes(StandardCharsets.UTF_8), items));
      }
    } else if (part.itemCount() > 0) {
      out.add(request(target, otlp(new OtlpWriter().write(part)), part.itemCount()));
    }
  }

  private void lines(ResourceGroup<LogRecord> r, StringBuilder to) {
    if (settings.marshaler() == AwsS3Settings.Marshaler.SUMO_IC) {
      SumoLines.append(r, to);
      return;
    }
    for (ScopeGroup<LogRecord> s : r.scopes()) {
      for (LogRecord l : s.items()) {
        to.append(AttributeText.text(l.body())).append('\n');
      }
    }
  }

  private Target target(String bucket, String prefix) {
    return new Target(
        bucket.isEmpty() ? settings.location().bucket() : bucket,
        prefix.isEmpty() ? settings.prefix() : prefix);
  }

  private static String text(Attributes a, String key) {
    return key.isEmpty() || !a.contains(key) ? "" : AttributeText.text(a.get(key));
  }

  /** Groups the resources by bucket and prefix, in order. */
  private Map<Target, Telemetry<?>> byTarget(Telemetry<?> all) {
    return switch (all) {
      case LogsData d -> split(d, LogsData::new);
      case TracesData d -> split(d, TracesData::new);
      case MetricsData d -> split(d, MetricsData::new);
      case ProfilesData _ -> throw new CodecException("profiles are not supported");
    };
  }

  private <I extends dev.tethys.model.telemetry.Item<I>, T extends Telemetry<I>>
      Map<Target, Telemetry<?>> split(T all, java.util.function.Supplier<T> made) {
    Map<Target, T> out = new LinkedHashMap<>();
    for (ResourceGroup<I> r : all.resources()) {
      Attributes a = r.resource().attributes();
      Target t = target(text(a, settings.bucketAttribute()), text(a, settings.prefixAttribute()));
      out.computeIfAbsent(t, _ -> made.get()).resources().add(r);
    }
    return new LinkedHashMap<>(out);
  }

  private byte[] otlp(byte[] protobuf) {
    return settings.marshaler() == AwsS3Settings.Marshaler.OTLP_JSON
        ? OtlpJsonWriter.toJson(signal.otlp(), protobuf, 0, protobuf.length)
        : protobuf;
  }

  private EncodedRequest request(Target t, byte[] content, int items) {
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put(BUCKET, t.bucket());
    headers.put(KEY, keys.next(t.prefix()));
    headers.put(TYPE, settings.marshaler().contentType);
    byte[] b = content;
    Compression c = settings.compression();
    if (c != Compression.NONE) {
      b = c.compress(b, 0, b.length, Compression.DEFAULT_LEVEL);
      headers.put(ENCODING, c.word());
    }
    return new EncodedRequest(signal, b, items, 0, headers);
  }

  /** Returns the name of a signal in object names. */
  static String word(Signal s) {
    return s.name().toLowerCase(Locale.ROOT);
  }
}
