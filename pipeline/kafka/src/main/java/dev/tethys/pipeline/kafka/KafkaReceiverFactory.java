package dev.tethys.pipeline.kafka;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The {@code kafka} receiver. */
public final class KafkaReceiverFactory implements ReceiverFactory<KafkaReceiverSettings> {
  @Override
  public String type() {
    return "kafka";
  }

  @Override
  public String about() {
    return "Reads Kafka topics as a member of a consumer group.";
  }

  @Override
  public Type<KafkaReceiverSettings> settings() {
    return KafkaReceiverSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(
      KafkaReceiverSettings settings, Map<Signal, Consumer> outputs, Context context) {
    for (Signal s : outputs.keySet()) {
      KafkaReceiverSettings.Topics t = settings.topics().get(s);
      if (t != null && t.reading() == null) {
        String word = s.name().toLowerCase(Locale.ROOT);
        throw new ConfigException(
            context.name(),
            "the encoding does not support " + word + ": write " + word + ": {encoding: …}");
      }
    }
    return new KafkaReceiver(settings, outputs, context);
  }
}
