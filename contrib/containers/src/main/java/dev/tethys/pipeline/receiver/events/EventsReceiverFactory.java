package dev.tethys.pipeline.receiver.events;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.leader.ElectedReceiver;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code k8s_events} receivers. */
public final class EventsReceiverFactory implements ReceiverFactory<EventsConfig> {
  private final KubernetesEnvironment environment;

  public EventsReceiverFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "k8s_events";
  }

  @Override
  public String about() {
    return "Follows the events of a Kubernetes cluster.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Type<EventsConfig> settings() {
    return EventsConfig.TYPE;
  }

  @Override
  public boolean canWait() {
    return true;
  }

  @Override
  public Receiver create(EventsConfig s, Map<Signal, Consumer> outputs, Context context) {
    Consumer to = Objects.requireNonNull(outputs.get(Signal.LOGS));
    return ElectedReceiver.of(
        s.elector(),
        context,
        () -> new EventsReceiver(s, environment, to, context.name(), Thread::sleep));
  }
}
