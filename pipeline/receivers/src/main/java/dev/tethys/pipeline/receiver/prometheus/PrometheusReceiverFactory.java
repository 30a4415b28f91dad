package dev.tethys.pipeline.receiver.prometheus;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.Map;
import java.util.Set;

/** Creates {@code prometheus} receivers. */
public final class PrometheusReceiverFactory implements ReceiverFactory<PrometheusSettings> {
  private final HttpClientFactory clients;
  private final String userAgent;

  /**
   * Creates a factory.
   *
   * @param clients the process's; not closed here
   * @param userAgent user agent sent to targets
   */
  public PrometheusReceiverFactory(HttpClientFactory clients, String userAgent) {
    this.clients = clients;
    this.userAgent = userAgent;
  }

  @Override
  public String type() {
    return "prometheus";
  }

  @Override
  public String about() {
    return "Scrapes targets as Prometheus does, with its discovery and relabelling.";
  }

  @Override
  public Type<PrometheusSettings> settings() {
    return PrometheusSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Receiver create(
      PrometheusSettings settings, Map<Signal, Consumer> outputs, Context context) {
    return new PrometheusReceiver(
        settings,
        java.util.Objects.requireNonNull(outputs.get(Signal.METRICS)),
        clients,
        userAgent,
        context);
  }
}
