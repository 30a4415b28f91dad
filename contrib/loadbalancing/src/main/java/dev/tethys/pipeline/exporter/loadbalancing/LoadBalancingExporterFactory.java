package dev.tethys.pipeline.exporter.loadbalancing;

import dev.tethys.config.ConfigException;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.web.client.HttpClientFactory;
import dev.tethys.web.cloud.AwsCredentials;
import dev.tethys.web.cloud.AwsJsonClient;
import dev.tethys.web.kubernetes.ClusterAccess;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Creates {@code loadbalancing} exporters. */
public final class LoadBalancingExporterFactory implements ExporterFactory<LoadBalancingSettings> {
  private final ServiceBackends.Reach reach;
  private static final AwsJsonClient.Service CLOUD_MAP =
      new AwsJsonClient.Service(
          "servicediscovery", "data-servicediscovery", "Route53AutoNaming_v20170314", "1.1");

  private final NameLookup lookup;
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public LoadBalancingExporterFactory(HttpClientFactory clients) {
    this(
        new ServiceBackends.Reach(
            (c, call) -> clients.client(c).send(call),
            Thread::sleep,
            System::getenv,
            ClusterAccess.SERVICE_ACCOUNT),
        NameLookup.SYSTEM,
        clients);
  }

  LoadBalancingExporterFactory(
      ServiceBackends.Reach reach, NameLookup lookup, HttpClientFactory clients) {
    this.reach = reach;
    this.lookup = lookup;
    this.clients = clients;
  }

  private PolledBackends.CloudMapCall cloudMap(
      LoadBalancingSettings.CloudMap settings, Context context) {
    AwsJsonClient client =
        new AwsJsonClient(
            CLOUD_MAP,
            AwsCredentials.Settings.inRegion(settings.region()),
            settings.endpoint(),
            clients,
            () -> Instant.ofEpochMilli(context.clock().millis()));
    return (request, timeout) -> client.call("DiscoverInstances", request, timeout);
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
    return "Exports over OTLP to several backends; related items go to the same one.";
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
              + "\" does not apply to "
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
          case LoadBalancingSettings.Dns d -> PolledBackends.dns(d, lookup, context.clock());
          case LoadBalancingSettings.CloudMap m ->
              PolledBackends.cloudMap(m, cloudMap(m, context), context.clock());
          case LoadBalancingSettings.Service k -> new ServiceBackends(k, reach, context.logger());
        };
    return new LoadBalancer(context, s, signal, source, RandomGenerator.getDefault());
  }
}
