package dev.tethys.pipeline.kafka;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The {@code kafka_metrics} receiver. */
public final class KafkaMetricsFactory implements ReceiverFactory<KafkaMetricsSettings> {
  private final String version;

  /**
   * @param version version of this program
   */
  public KafkaMetricsFactory(String version) {
    this.version = version;
  }

  @Override
  public String type() {
    return "kafka_metrics";
  }

  @Override
  public List<String> aliases() {
    return List.of("kafkametrics");
  }

  @Override
  public String about() {
    return "Collects metrics of the brokers, topics and consumers of a Kafka cluster.";
  }

  @Override
  public Type<KafkaMetricsSettings> settings() {
    return KafkaMetricsSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Receiver create(
      KafkaMetricsSettings settings, Map<Signal, Consumer> outputs, Context context) {
    return new KafkaMetricsReceiver(
        settings, Objects.requireNonNull(outputs.get(Signal.METRICS)), context, version);
  }
}
