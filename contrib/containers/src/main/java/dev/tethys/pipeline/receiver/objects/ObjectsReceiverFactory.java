package dev.tethys.pipeline.receiver.objects;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.leader.ElectedReceiver;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code k8sobjects} receivers. */
public final class ObjectsReceiverFactory implements ReceiverFactory<ObjectsConfig> {
  private final KubernetesEnvironment environment;

  public ObjectsReceiverFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "k8sobjects";
  }

  @Override
  public List<String> aliases() {
    return List.of("k8s_objects");
  }

  @Override
  public String about() {
    return "Objects of a Kubernetes cluster, listed now and then, or each of their changes.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Type<ObjectsConfig> settings() {
    return ObjectsConfig.TYPE;
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(ObjectsConfig s, Map<Signal, Consumer> outputs, Context context) {
    Consumer to = Objects.requireNonNull(outputs.get(Signal.LOGS));
    return ElectedReceiver.of(
        s.elector(),
        context,
        () -> new ObjectsReceiver(s, environment, to, context.name(), Thread::sleep));
  }
}
