package dev.tethys.pipeline.naming;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.OtlpToSeries;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.WriteRequestReader;
import dev.tethys.model.Labels;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Splits batches by the names of their items, and encodes each part for its name. Series are
 * separated by their labels, everything else by resource attributes; profiles stay together.
 */
public final class NamedEncoder implements Encoder {
  /** Header of a request with its name; it is not sent. */
  public static final String NAME = "tethys-name";

  /**
   * Settings of encoders for databases of series.
   *
   * @param otlp conversion of points to samples
   * @param families whether the destination supports family metadata: each name then gets that of
   *     its series; otherwise the first gets all, and its encoder counts it
   */
  public record Series(OtlpOptions otlp, boolean families) {}

  private final BoundedNames names;
  private final @Nullable Series series;
  private final Function<String, Encoder> encoders;

  private NamedEncoder(
      BoundedNames names, @Nullable Series series, Function<String, Encoder> encoders) {
    this.names = names;
    this.series = series;
    this.encoders = encoders;
  }

  /**
   * Creates an encoder for the names of a template.
   *
   * @param series series settings for destinations that store series; null to keep metrics as OTLP,
   *     separated by resource
   * @param encoders creates the encoder of a name
   */
  public static Encoder of(
      BoundedNames names, @Nullable Series series, Function<String, Encoder> encoders) {
    return names.isFixed()
        ? encoders.apply(names.of(l -> ""))
        : new NamedEncoder(names, series, encoders);
  }

  /** Variant with one encoder, whose requests have their names in the header {@link #NAME}. */
  public static Encoder marked(BoundedNames names, @Nullable Series series, Encoder encoder) {
    return names.isFixed() ? encoder : of(names, series, name -> withName(name, encoder));
  }

  /** Returns the same encoder with a name in the header {@link #NAME} of its requests. */
  public static Encoder withName(String name, Encoder encoder) {
    return batch -> withName(name, encoder.encode(batch));
  }

  private static Encoded withName(String name, Encoded e) {
    List<EncodedRequest> out = new ArrayList<>();
    for (EncodedRequest p : e.requests()) {
      Map<String, String> h = new LinkedHashMap<>(p.headers());
      h.put(NAME, name);
      out.add(new EncodedRequest(p.signal(), p.body(), p.items(), p.lane(), h));
    }
    return new Encoded(out, e.drops());
  }

  /** Returns the name of a request, or the only name of a template. */
  public static String name(EncodedRequest p, NameTemplate template) {
    String name = p.headers().get(NAME);
    return name == null ? template.ofNothing() : name;
  }

  @Override
  public Encoded encode(Batch batch) {
    try {
      Map<String, Integer> drops = new LinkedHashMap<>();
      List<EncodedRequest> requests = new ArrayList<>();
      parts(batch, drops)
          .forEach(
              (name, part) -> {
                Encoded e = encoders.apply(name).encode(part);
                requests.addAll(e.requests());
                e.drops().forEach((why, n) -> drops.merge(why, n, Integer::sum));
              });
      return new Encoded(requests, drops);
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  private Map<String, Batch> parts(Batch batch, Map<String, Integer> drops) {
    if (batch.signal() == Signal.PROFILES) { // resources cannot be separated
      return Map.of(names.of(l -> ""), batch);
    }
    if (batch.signal() != Signal.METRICS) {
      return byResource(batch, batch.body(), batch.size());
    }
    boolean isSeries = batch.encoding() == Encoding.REMOTE_WRITE;
    byte[] body = batch.body();
    if (series != null) {
      if (isSeries) {
        return byLabels(batch, body, batch.size(), series.families());
      }
      OtlpToSeries to = new OtlpToSeries(series.otlp());
      int rejected = (int) to.convert(body, 0, batch.size()).rejected();
      if (rejected > 0) {
        drops.put("no place in the Prometheus model", rejected);
      }
      return byLabels(batch, to.body().buffer(), to.body().size(), series.families());
    }
    if (!isSeries) {
      return byResource(batch, body, batch.size());
    }
    SeriesToOtlp.Converted c = batch.seriesAsOtlp();
    if (c.leftOut() > 0) {
      drops.put("no place in OTLP", c.leftOut());
    }
    byte[] otlp = new OtlpWriter().write(c.metrics());
    return byResource(batch, otlp, otlp.length);
  }

  private static final class Part {
    final List<RequestSlices.Slice> slices = new ArrayList<>();
    int samples;
  }

  /**
   * @param everywhere whether each name with series of a family gets its metadata; otherwise the
   *     first name gets all of it
   */
  private Map<String, Batch> byLabels(Batch batch, byte[] request, int size, boolean everywhere) {
    Map<String, Part> parts = new LinkedHashMap<>();
    List<RequestSlices.Slice> families = new ArrayList<>();
    RequestSlices in = new RequestSlices().reset(request, 0, size);
    if (everywhere) {
      in.withFamilies();
    }
    WriteRequestReader reader = new WriteRequestReader();
    while (in.next()) {
      if (!in.isSeries()) {
        if (!everywhere) {
          families.add(in.slice());
        }
        continue;
      }
      RequestSlices.Slice s = in.slice();
      reader.reset(request, in.offset(), in.length()).nextSeries();
      Labels labels =
          WriteRequestReader.LABELS.decode(
              reader.labelBuffer(), reader.labelOffset(), reader.labelLength());
      Part p = parts.computeIfAbsent(names.of(labels::get), n -> new Part());
      p.slices.add(s);
      p.samples += s.samples();
    }
    families.addAll(in.unused()); // of families without series here
    if (parts.isEmpty() && !families.isEmpty()) {
      parts.put(names.of(l -> ""), new Part());
    }
    Map<String, Batch> out = new LinkedHashMap<>();
    parts.forEach(
        (name, p) -> {
          if (out.isEmpty()) {
            p.slices.addAll(families);
          }
          out.put(
              name,
              new Batch(
                  Signal.METRICS,
                  Encoding.REMOTE_WRITE,
                  RequestSlices.join(request, p.slices),
                  p.samples,
                  batch.lane(),
                  batch.metadata()));
        });
    return out;
  }

  private Map<String, Batch> byResource(Batch batch, byte[] body, int size) {
    Map<String, ByteArrayOutputStream> bodies = new LinkedHashMap<>();
    Map<String, Integer> items = new LinkedHashMap<>();
    for (OtlpScanner.Slice r : OtlpScanner.resources(batch.signal().otlp(), body, 0, size)) {
      if (r.items() == 0) {
        continue;
      }
      Attributes a =
          new OtlpReader()
              .read(batch.signal().otlp(), body, r.offset(), r.length())
              .resources()
              .getFirst()
              .resource()
              .attributes();
      String name = names.of(l -> AttributeText.text(a.get(l)));
      bodies
          .computeIfAbsent(name, n -> new ByteArrayOutputStream())
          .write(body, r.offset(), r.length());
      items.merge(name, r.items(), Integer::sum);
    }
    Map<String, Batch> out = new LinkedHashMap<>();
    bodies.forEach(
        (name, b) ->
            out.put(
                name,
                new Batch(
                    batch.signal(),
                    Encoding.OTLP,
                    b.toByteArray(),
                    items.getOrDefault(name, 0),
                    batch.lane(),
                    batch.metadata())));
    return out;
  }
}
