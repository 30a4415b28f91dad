package dev.tethys.pipeline.receiver.cluster;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.pipeline.component.Reference;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.pipeline.receiver.leader.ElectedReceiver;
import dev.tethys.pipeline.receiver.scraping.ScrapedPoints;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Creates {@code k8s_cluster} receivers. */
public final class ClusterReceiverFactory implements ReceiverFactory<ClusterConfig> {
  private final KubernetesEnvironment environment;

  public ClusterReceiverFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "k8s_cluster";
  }

  @Override
  public String about() {
    return "Follows the objects of a Kubernetes cluster: phases, replicas, conditions, quotas;"
        + " its entities as logs.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS);
  }

  @Override
  public Type<ClusterConfig> settings() {
    return ClusterConfig.TYPE;
  }

  @Override
  public List<Reference> entityExporters(ClusterConfig s) {
    return s.exporters();
  }

  @Override
  public Receiver create(ClusterConfig s, Map<Signal, Consumer> outputs, Context context) {
    Consumer metrics = outputs.get(Signal.METRICS);
    Consumer logs = outputs.get(Signal.LOGS);
    ScrapedPoints counts = new ScrapedPoints(context.metrics(), context.id().toString());
    return ElectedReceiver.of(
        s.elector(),
        context,
        () -> new ClusterReceiver(s, environment, metrics, logs, context.name(), counts));
  }
}
