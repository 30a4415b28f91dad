package dev.tethys.pipeline.extension.leader;

import dev.tethys.config.Type;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Extension;
import dev.tethys.pipeline.component.ExtensionFactory;
import dev.tethys.pipeline.receiver.kubernetes.KubernetesEnvironment;
import dev.tethys.web.kubernetes.LeaseElection;

/** Creates {@code k8s_leader_elector} extensions. */
public final class LeaderElectorFactory implements ExtensionFactory<LeaderElectorConfig> {
  private final KubernetesEnvironment environment;

  public LeaderElectorFactory(KubernetesEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public String type() {
    return "k8s_leader_elector";
  }

  @Override
  public String about() {
    return "Elects one of several replicas as leader with a Kubernetes Lease.";
  }

  @Override
  public Type<LeaderElectorConfig> settings() {
    return LeaderElectorConfig.TYPE;
  }

  @Override
  public Extension create(LeaderElectorConfig settings, Context context) {
    return new LeaderElector(
        settings, environment, context.name(), LeaseElection.Clocks.SYSTEM, Thread::sleep);
  }
}
