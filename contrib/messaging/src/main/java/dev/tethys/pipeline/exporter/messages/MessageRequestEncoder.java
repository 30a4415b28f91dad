package dev.tethys.pipeline.exporter.messages;

import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.SeriesToOtlp;
import dev.tethys.codec.otlp.wire.OtlpJsonWriter;
import dev.tethys.codec.otlp.wire.OtlpReader;
import dev.tethys.codec.otlp.wire.OtlpScanner;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.otlp.wire.OtlpWriter;
import dev.tethys.model.Labels;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.telemetry.AttributeText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Encodes batches as messages. Each has one topic and an id that stays the same across attempts, so
 * a broker with deduplication stores it once.
 */
public final class MessageRequestEncoder implements Encoder {
  /** Header with the message id. */
  public static final String ID = "tethys-id";

  private static final String TYPE = "content-type";
  private static final String TOO_LARGE = "message_too_large";
  private static final String NONE = "none";

  private final MessageSettings settings;
  private final UnaryOperator<String> escape;
  private final boolean isOne; // whether a signal has a single topic
  private final RowRequestEncoder rows;
  private final Function<Signal, BoundedNames> makeNames;
  private final Map<Signal, BoundedNames> names = new ConcurrentHashMap<>();

  /**
   * @param escape makes a value fit for a name of the broker's
   * @param registry the exporter's
   * @param exporter the component, as in {@code nats/far}
   */
  public MessageRequestEncoder(
      MessageSettings settings, UnaryOperator<String> escape, Registry registry, String exporter) {
    this.settings = settings;
    this.escape = escape;
    this.isOne = settings.topic().labels().stream().allMatch(MessageSettings.SIGNAL::equals);
    this.makeNames =
        s ->
            new BoundedNames(
                label -> named(s, label),
                named(s, label -> BoundedNames.OTHER),
                settings.maxNames(),
                registry,
                exporter,
                s);
    this.rows =
        new RowRequestEncoder(
            settings.rows(),
            false,
            () -> new MessageRows(settings.encoding(), settings.maxBytes()),
            new Envelope(),
            new UnsupportedItemCounter(registry, exporter));
  }

  private final class Envelope implements RowRequestEncoder.Envelope {
    private final String one = isOne ? named(Signal.METRICS, l -> "") : "";

    @Override
    public Map<String, String> headers(Batch batch) {
      return Map.of(TYPE, settings.encoding().contentType());
    }

    @Override
    public String address(Labels series) {
      return isOne ? one : topic(Signal.METRICS, series::get);
    }

    @Override
    public byte[] seal(byte[] all) {
      return all;
    }
  }

  /** Returns the topic of a request. */
  public static String topic(EncodedRequest p) {
    return p.headers().getOrDefault(RowRequestEncoder.ADDRESS, "");
  }

  /** Returns the topic for data with these labels. */
  String topic(Signal signal, UnaryOperator<String> label) {
    return isOne ? named(signal, label) : names.computeIfAbsent(signal, makeNames).of(label);
  }

  private String named(Signal signal, UnaryOperator<String> label) {
    return settings
        .topic()
        .of(
            name -> {
              String v =
                  name.equals(MessageSettings.SIGNAL)
                      ? signal.name().toLowerCase(Locale.ROOT)
                      : label.apply(name);
              return v.isEmpty() ? NONE : escape.apply(v);
            });
  }

  @Override
  public Encoded encode(Batch batch) {
    Encoded e;
    if (settings.encoding().isRows()) {
      e = rows.encode(batch);
    } else {
      try {
        e = new EncodingRun(batch).encoded();
      } catch (CodecException x) {
        throw new NotEncodableException(String.valueOf(x.getMessage()));
      }
    }
    List<EncodedRequest> out = new ArrayList<>();
    for (EncodedRequest p : e.requests()) {
      Map<String, String> h = new LinkedHashMap<>(p.headers());
      h.put(ID, UUID.randomUUID().toString());
      out.add(new EncodedRequest(p.signal(), p.body(), p.items(), p.lane(), h));
    }
    return new Encoded(out, e.drops());
  }

  /** One batch as OTLP. */
  private final class EncodingRun {
    private final Batch batch;
    private final OtlpSignal signal;
    private final List<EncodedRequest> out = new ArrayList<>();
    private final Map<String, Integer> drops = new LinkedHashMap<>();

    EncodingRun(Batch batch) {
      this.batch = batch;
      this.signal = batch.signal().otlp();
    }

    Encoded encoded() {
      byte[] body;
      if (batch.encoding() == Encoding.REMOTE_WRITE) {
        SeriesToOtlp.Converted c = batch.seriesAsOtlp();
        if (c.leftOut() > 0) {
          drops.put("no place in OTLP", c.leftOut());
        }
        body = new OtlpWriter().write(c.metrics());
      } else {
        body = batch.body();
      }
      Map<String, ByteArrayOutputStream> byTopic = new LinkedHashMap<>();
      for (OtlpScanner.Slice r : OtlpScanner.resources(signal, body, 0, body.length)) {
        if (r.items() > 0) {
          byTopic
              .computeIfAbsent(topic(body, r), t -> new ByteArrayOutputStream())
              .write(body, r.offset(), r.length());
        }
      }
      byTopic.forEach((topic, all) -> cut(topic, all.toByteArray()));
      return new Encoded(out, drops);
    }

    private String topic(byte[] body, OtlpScanner.Slice r) {
      if (isOne) {
        return MessageRequestEncoder.this.topic(batch.signal(), l -> "");
      }
      Attributes a =
          new OtlpReader()
              .read(signal, body, r.offset(), r.length())
              .resources()
              .getFirst()
              .resource()
              .attributes();
      return MessageRequestEncoder.this.topic(batch.signal(), l -> AttributeText.text(a.get(l)));
    }

    private void cut(String topic, byte[] request) {
      boolean json = settings.encoding() == MessageEncoding.OTLP_JSON;
      // JSON is larger than protobuf, by an unknown factor.
      int most = json ? settings.maxBytes() / 2 : settings.maxBytes();
      for (OtlpScanner.Part p : OtlpScanner.split(signal, request, Integer.MAX_VALUE, most)) {
        part(topic, p, json);
      }
    }

    private void part(String topic, OtlpScanner.Part p, boolean json) {
      byte[] value = json ? OtlpJsonWriter.toJson(signal, p.body(), 0, p.body().length) : p.body();
      if (value.length <= settings.maxBytes()) {
        Map<String, String> h = new LinkedHashMap<>();
        h.put(TYPE, settings.encoding().contentType());
        h.put(RowRequestEncoder.ADDRESS, topic);
        out.add(new EncodedRequest(batch.signal(), value, p.items(), batch.lane(), h));
      } else if (p.items() <= 1) {
        drops.merge(TOO_LARGE, p.items(), Integer::sum);
      } else {
        int half = (p.items() + 1) / 2;
        for (OtlpScanner.Part x : OtlpScanner.split(signal, p.body(), half, Integer.MAX_VALUE)) {
          part(topic, x, json);
        }
      }
    }
  }
}
