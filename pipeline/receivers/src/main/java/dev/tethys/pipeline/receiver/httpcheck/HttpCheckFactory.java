package dev.tethys.pipeline.receiver.httpcheck;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Receiver;
import dev.tethys.pipeline.component.ReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Creates {@code http_check} receivers. */
public final class HttpCheckFactory implements ReceiverFactory<HttpCheckConfig> {
  private final HttpClientFactory clients;
  private final String version;

  /**
   * @param clients the process's; not closed here
   * @param version version of this program
   */
  public HttpCheckFactory(HttpClientFactory clients, String version) {
    this.clients = clients;
    this.version = version;
  }

  @Override
  public String type() {
    return "http_check";
  }

  @Override
  public List<String> aliases() {
    return List.of("httpcheck");
  }

  @Override
  public String about() {
    return "Checks servers by HTTP requests: status, duration and errors.";
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Type<HttpCheckConfig> settings() {
    return HttpCheckConfig.TYPE;
  }

  @Override
  public Receiver create(HttpCheckConfig s, Map<Signal, Consumer> outputs, Context context) {
    List<HttpEndpoint> endpoints = new ArrayList<>();
    for (HttpCheckConfig.Target t : s.targets()) {
      endpoints.add(HttpEndpoint.of(t.client(), Map.of(), t.timeout(), clients, context));
    }
    return new HttpCheckReceiver(
        s,
        endpoints,
        Objects.requireNonNull(outputs.get(Signal.METRICS)),
        context.name(),
        context.id().toString(),
        context.metrics(),
        version);
  }
}
