package dev.tethys.pipeline.kafka;

import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.pipeline.naming.NamedEncoder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The {@code kafka} exporter. */
public final class KafkaExporterFactory
    implements ExporterFactory<KafkaExporterSettings>, Checkable<KafkaExporterSettings> {
  @Override
  public String type() {
    return "kafka";
  }

  @Override
  public String about() {
    return "Writes to Kafka topics.";
  }

  @Override
  public Type<KafkaExporterSettings> settings() {
    return KafkaExporterSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public Exporter create(KafkaExporterSettings parsed, Signal signal, Context context) {
    KafkaExporterSettings settings = parsed.with(PerClientLogin.of(parsed.properties(), context));
    KafkaExporterSettings.Topic topic = Objects.requireNonNull(settings.topics().get(signal));
    InstantSource clock = () -> Instant.ofEpochMilli(context.clock().millis());
    return context.exporter(
        settings.delivery(),
        signal,
        encoder(settings, topic, signal, clock, context),
        new KafkaSender(settings.properties(), settings.maxRecords()));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public ExporterProbe probe(KafkaExporterSettings parsed, Signal signal, Context context) {
    KafkaExporterSettings settings = parsed.with(PerClientLogin.of(parsed.properties(), context));
    InstantSource clock = () -> Instant.ofEpochMilli(context.clock().millis());
    KafkaExporterSettings.Topic topic = Objects.requireNonNull(settings.topics().get(signal));
    String name = topic.name().ofNothing();
    UnsupportedItemCounter leftOut =
        new UnsupportedItemCounter(context.metrics(), context.id().toString());
    return new KafkaProbe(
        settings, signal, name, b -> encode(settings, topic, name, clock, leftOut, b));
  }

  /**
   * Creates the encoder; the topic comes from metadata, then from an attribute, then from the
   * template.
   */
  static Encoder encoder(
      KafkaExporterSettings settings,
      KafkaExporterSettings.Topic topic,
      Signal signal,
      InstantSource clock,
      Context context) {
    String attribute = settings.topicFromAttribute();
    BoundedNames names =
        new BoundedNames(
            label -> {
              String encoding =
                  attribute.isEmpty() ? "" : KafkaExporterSettings.topicOf(label.apply(attribute));
              return encoding.isEmpty() ? topic.name().of(label) : encoding;
            },
            topic.name().of(l -> BoundedNames.OTHER),
            settings.maxTopics(),
            context.metrics(),
            context.id().toString(),
            signal);
    UnsupportedItemCounter leftOut =
        new UnsupportedItemCounter(context.metrics(), context.id().toString());
    boolean isFixed = attribute.isEmpty() && topic.name().isFixed();
    Encoder named =
        isFixed
            ? b -> encode(settings, topic, topic.name().ofNothing(), clock, leftOut, b)
            : NamedEncoder.of(
                names,
                signal == Signal.METRICS && topic.encoding().isSeries()
                    ? new NamedEncoder.Series(
                        OtlpOptions.DEFAULT.withScopes(),
                        topic.encoding() == RecordEncoding.REMOTE_WRITE)
                    : null,
                name -> b -> encode(settings, topic, name, clock, leftOut, b));
    return batch -> {
      String encoding = KafkaExporterSettings.topicOf(first(batch, topic.topicFrom(), ""));
      return encoding.isEmpty()
          ? named.encode(batch)
          : encode(settings, topic, names.bounded(encoding), clock, leftOut, batch);
    };
  }

  private static Encoder.Encoded encode(
      KafkaExporterSettings settings,
      KafkaExporterSettings.Topic topic,
      String name,
      InstantSource clock,
      UnsupportedItemCounter leftOut,
      Batch batch) {
    Map<String, String> headers = new HashMap<>(settings.headers());
    for (String k : settings.metadataKeys()) {
      List<String> v = batch.metadata().get(k);
      if (!v.isEmpty()) {
        headers.put(k, v.getFirst());
      }
    }
    headers.put(KafkaSender.TOPIC, name);
    String usual = first(batch, topic.keyFrom(), "");
    if (topic.encoding().isLine()) {
      headers.put(KafkaSender.FRAMES, "");
    }
    RecordKeys keys = settings.keys().getOrDefault(batch.signal(), RecordKeys.NONE);
    List<EncodedRequest> requests = new ArrayList<>();
    Map<String, Integer> drops = new HashMap<>();
    RecordKeys.Split split = keys.split(batch);
    if (split.leftOut() > 0) {
      drops.put(RecordWriter.NO_PLACE, split.leftOut());
    }
    split
        .parts()
        .forEach(
            (own, part) -> {
              RecordWriter w =
                  new RecordWriter(
                      topic.encoding(), settings.maxRecordBytes(), settings.seriesKeys(), clock);
              w.write(part);
              w.countUnsupported(leftOut);
              Map<String, String> all = new HashMap<>(headers);
              String key = own.isEmpty() ? usual : own;
              if (!key.isEmpty()) {
                all.put(KafkaSender.KEY, key);
              }
              for (RecordWriter.Value v : w.values()) {
                requests.add(
                    new EncodedRequest(
                        batch.signal(), v.bytes(), v.items(), v.lane(), Map.copyOf(all)));
              }
              w.drops().forEach((why, n) -> drops.merge(why, n, Integer::sum));
            });
    return new Encoder.Encoded(requests, drops);
  }

  private static String first(Batch batch, String metadataKey, String otherwise) {
    List<String> v = metadataKey.isEmpty() ? List.of() : batch.metadata().get(metadataKey);
    return v.isEmpty() || v.getFirst().isEmpty() ? otherwise : v.getFirst();
  }
}
