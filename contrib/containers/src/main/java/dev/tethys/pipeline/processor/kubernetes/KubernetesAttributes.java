package dev.tethys.pipeline.processor.kubernetes;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.model.IpText;
import dev.tethys.model.telemetry.Attributes;
import dev.tethys.model.telemetry.ResourceGroup;
import dev.tethys.model.telemetry.Telemetry;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Processor;
import dev.tethys.pipeline.component.ProcessorFactory;
import dev.tethys.pipeline.ledger.ItemAccounting;
import dev.tethys.pipeline.processor.TreeProcessor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Creates {@code k8s_attributes} processors, which add attributes of pods from Kubernetes to
 * resources.
 */
public final class KubernetesAttributes implements ProcessorFactory<KubernetesConfig> {
  private final ApiAccess reach;
  private final SharedClusters clusters = new SharedClusters();

  public KubernetesAttributes(ApiAccess reach) {
    this.reach = reach;
  }

  @Override
  public String type() {
    return "k8s_attributes";
  }

  @Override
  public List<String> aliases() {
    return List.of("k8sattributes");
  }

  @Override
  public String about() {
    return KubernetesConfig.ABOUT;
  }

  @Override
  public Type<KubernetesConfig> settings() {
    return KubernetesConfig.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.allOf(Signal.class);
  }

  @Override
  public Processor create(KubernetesConfig c, Signal signal, Consumer next, Context context) {
    String variable = c.filter().nodeVariable();
    if (!variable.isEmpty() && reach.variable(variable).isEmpty()) {
      throw new ConfigException(
          context.name(),
          "filter.node_from_env_var: "
              + variable
              + " is not set or empty; set it to the pod's spec.nodeName with the downward API");
    }
    return new Adding(c, signal, next, context);
  }

  /** Adds to every resource that passes. */
  private final class Adding extends TreeProcessor {
    private final KubernetesConfig config;
    private final Associations associations;
    private final Context context;
    private final boolean tellsAddress;
    private final LongAdder found = new LongAdder();
    private final LongAdder missed = new LongAdder();
    private volatile @Nullable Cluster cluster;

    Adding(KubernetesConfig config, Signal signal, Consumer next, Context context) {
      super(next, context.account(signal));
      this.config = config;
      this.associations = new Associations(config.associations());
      this.context = context;
      this.tellsAddress =
          config.passthrough() || config.extract().metadata().contains(AttributeNames.POD_IP);
      ItemAccounting account = context.account(signal);
      context
          .metrics()
          .register(
              to -> {
                ClusterMetrics.associations(
                    account.component(), signal, found.sum(), missed.sum(), to);
                Cluster c = cluster;
                if (c != null && clusters.isFirst(c, this)) {
                  ClusterMetrics.of(context.id().toString(), c, to);
                }
              });
    }

    @Override
    public void start() throws IOException {
      if (config.passthrough()) {
        return;
      }
      String variable = config.filter().nodeVariable();
      String node = variable.isEmpty() ? config.filter().node() : reach.variable(variable);
      Cluster c = clusters.join(config, this, context, reach, node);
      cluster = c;
      if (config.waits()) {
        try {
          c.await(config.waitsFor());
        } catch (IOException e) {
          stop(Duration.ZERO);
          throw e;
        }
      }
    }

    @Override
    public void stop(Duration timeLimit) {
      Cluster c = cluster;
      if (c != null) {
        cluster = null;
        clusters.leave(c, this);
      }
    }

    @Override
    protected boolean edit(Telemetry<?> data, Batch batch) {
      String connection = address(batch.metadata().client());
      boolean changed = false;
      Cluster c = cluster;
      for (ResourceGroup<?> r : data.resources()) {
        changed |= add(c, r.resource().attributes(), connection);
      }
      return changed;
    }

    private boolean add(@Nullable Cluster c, Attributes to, String connection) {
      Associations.Named named = associations.of(to, connection);
      boolean changed = false;
      if (tellsAddress && named != null && !named.address().isEmpty()) {
        changed = Enrichment.set(to, AttributeNames.POD_IP, named.address());
      }
      if (c == null) {
        return changed; // it passes addresses through, or is about to end
      }
      Pod pod = named == null ? null : c.find(named.association(), named.key());
      (pod == null ? missed : found).increment();
      return changed | Enrichment.add(c, pod, to);
    }
  }

  private static String address(Metadata.Client client) {
    InetSocketAddress a = client.address();
    return a == null || a.getAddress() == null ? "" : IpText.of(a.getAddress());
  }
}
