package dev.tethys.pipeline.extension.observer;

import dev.tethys.config.Type;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;

/** Creates {@code k8s_observer} extensions. */
public final class KubernetesObserverFactory implements ExtensionFactory<KubernetesObserverConfig> {
  private final KubernetesEnvironment environment;

  public KubernetesObserverFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "k8s_observer";
  }

  @Override
  public String about() {
    return "Finds pods, containers, ports, services, nodes and ingresses for receiver_creator.";
  }

  @Override
  public Type<KubernetesObserverConfig> settings() {
    return KubernetesObserverConfig.TYPE;
  }

  @Override
  public Extension create(KubernetesObserverConfig settings, Context context) {
    return new KubernetesObserver(settings, environment, context.name(), context.id().toString());
  }
}
