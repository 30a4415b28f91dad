package dev.tethys.pipeline.receiver.kubelet;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code kubelet_stats} receivers. */
public final class KubeletReceiverFactory implements ReceiverFactory<KubeletConfig> {
  private final KubernetesEnvironment environment;

  public KubeletReceiverFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "kubelet_stats";
  }

  @Override
  public List<String> aliases() {
    return List.of("kubeletstats");
  }

  @Override
  public String about() {
    return "Collects resource usage of a node, its pods, containers and volumes from the kubelet.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Type<KubeletConfig> settings() {
    return KubeletConfig.TYPE;
  }

  @Override
  public Receiver create(KubeletConfig s, Map<Signal, Consumer> outputs, Context context) {
    return new KubeletReceiver(
        s,
        environment,
        Objects.requireNonNull(outputs.get(Signal.METRICS)),
        context.name(),
        context.id().toString(),
        context.metrics());
  }
}
