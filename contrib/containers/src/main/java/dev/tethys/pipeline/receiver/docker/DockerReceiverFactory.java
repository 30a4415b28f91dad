package dev.tethys.pipeline.receiver.docker;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code docker_stats} receivers. */
public final class DockerReceiverFactory implements ReceiverFactory<DockerConfig> {
  private final KubernetesEnvironment environment;

  public DockerReceiverFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "docker_stats";
  }

  @Override
  public String about() {
    return "Collects resource usage of containers from a Docker daemon.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Type<DockerConfig> settings() {
    return DockerConfig.TYPE;
  }

  @Override
  public Receiver create(DockerConfig s, Map<Signal, Consumer> outputs, Context context) {
    return new DockerReceiver(
        s,
        environment,
        Objects.requireNonNull(outputs.get(Signal.METRICS)),
        context.name(),
        context.id().toString(),
        context.metrics());
  }
}
