package dev.tethys.pipeline.extension.docker;

import dev.tethys.config.Type;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import java.time.InstantSource;

/** Creates {@code docker_observer} extensions. */
public final class DockerObserverFactory implements ExtensionFactory<DockerObserverConfig> {
  private final KubernetesEnvironment environment;

  public DockerObserverFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "docker_observer";
  }

  @Override
  public String about() {
    return "Finds the ports of Docker's containers for receiver_creator.";
  }

  @Override
  public Type<DockerObserverConfig> settings() {
    return DockerObserverConfig.TYPE;
  }

  @Override
  public Extension create(DockerObserverConfig settings, Context context) {
    return new DockerObserver(
        settings,
        environment,
        context.name(),
        context.id().toString(),
        Thread::sleep,
        InstantSource.system());
  }
}
