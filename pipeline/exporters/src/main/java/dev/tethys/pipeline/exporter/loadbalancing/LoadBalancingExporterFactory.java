package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.web.kubernetes.ClusterAccess;
import dev.tethys.web.kubernetes.ResourceWatch;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Makes {@code loadbalancing} exporters. */
public final class LoadBalancingExporterFactory implements ExporterFactory<LoadBalancingSettings> {
  private final ServiceBackends.Reach reach;
  private final NameLookup lookup;

  /**
   * @param sender asks the API of a cluster
   */
  public LoadBalancingExporterFactory(ResourceWatch.Sender sender) {
    this(
        new ServiceBackends.Reach(
            sender, Thread::sleep, System::getenv, ClusterAccess.SERVICE_ACCOUNT),
        NameLookup.SYSTEM);
  }

  LoadBalancingExporterFactory(ServiceBackends.Reach reach, NameLookup lookup) {
    this.reach = reach;
    this.lookup = lookup;
  }

  @Override
  public String type() {
    return "loadbalancing";
  }

  @Override
  public java.util.List<String> aliases() {
    return java.util.List.of("load_balancing");
  }

  @Override
  public String about() {
    return "Exports by OTLP to one of several backends, what belongs together to the same one.";
  }

  @Override
  public Type<LoadBalancingSettings> settings() {
    return LoadBalancingSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return EnumSet.of(Signal.TRACES, Signal.LOGS, Signal.METRICS);
  }

  @Override
  public Exporter create(LoadBalancingSettings s, Signal signal, Context context) {
    RoutingKey key = s.key();
    if (key != null && !key.signals.contains(signal)) {
      throw new ConfigException(
          context.name(),
          "unsupported routing_key: \""
              + key.word
              + "\" cannot be asked of "
              + signal.name().toLowerCase(Locale.ROOT)
              + "; use a separate exporter for them");
    }
    if (s.source() instanceof LoadBalancingSettings.Listed l) {
      for (String name : l.hostnames()) {
        try {
          s.client().at(LoadBalancingSettings.target(name));
        } catch (IllegalArgumentException e) {
          throw new ConfigException(
              context.name(), "resolver.static.hostnames: \"" + name + "\" " + e.getMessage());
        }
      }
    }
    BackendSource source =
        switch (s.source()) {
          case LoadBalancingSettings.Listed l -> new ListedBackends(l.hostnames());
          case LoadBalancingSettings.Dns d -> new DnsBackends(d, lookup, context.clock());
          case LoadBalancingSettings.Service k -> new ServiceBackends(k, reach, context.logger());
        };
    return new LoadBalancer(context, s, signal, source, RandomGenerator.getDefault());
  }
}
