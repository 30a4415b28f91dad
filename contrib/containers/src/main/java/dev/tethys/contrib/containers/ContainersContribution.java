package dev.tethys.contrib.containers;

import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.extension.docker.DockerObserverFactory;
import dev.tethys.pipeline.extension.leader.LeaderElectorFactory;
import dev.tethys.pipeline.extension.observer.HostObserverFactory;
import dev.tethys.pipeline.extension.observer.KubernetesObserverFactory;
import dev.tethys.pipeline.processor.kubernetes.ApiAccess;
import dev.tethys.pipeline.processor.kubernetes.KubernetesAttributes;
import dev.tethys.pipeline.receiver.cluster.ClusterReceiverFactory;
import dev.tethys.pipeline.receiver.creator.ReceiverCreatorFactory;
import dev.tethys.pipeline.receiver.docker.DockerReceiverFactory;
import dev.tethys.pipeline.receiver.events.EventsReceiverFactory;
import dev.tethys.pipeline.receiver.kubelet.KubeletReceiverFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.objects.ObjectsReceiverFactory;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.web.client.HttpClientFactory;
import java.util.List;

/**
 * Receivers, observers and the processor of Kubernetes and Docker, and the receiver that follows
 * observers.
 */
public final class ContainersContribution implements Contribution {
  @Override
  public List<ComponentFactory<?>> components(HttpClientFactory clients) {
    KubernetesEnvironment environment =
        KubernetesEnvironment.here(
            (c, call) -> clients.client(c).send(call), BuildInfo.current().version());
    return List.of(
        new KubernetesAttributes(ApiAccess.here((c, call) -> clients.client(c).send(call))),
        new KubeletReceiverFactory(environment),
        new DockerReceiverFactory(environment),
        new ClusterReceiverFactory(environment),
        new EventsReceiverFactory(environment),
        new ObjectsReceiverFactory(environment),
        new LeaderElectorFactory(environment),
        new KubernetesObserverFactory(environment),
        new DockerObserverFactory(environment),
        new HostObserverFactory(),
        new ReceiverCreatorFactory());
  }
}
