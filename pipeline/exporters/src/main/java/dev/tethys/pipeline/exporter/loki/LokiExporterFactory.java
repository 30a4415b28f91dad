package dev.tethys.pipeline.exporter.loki;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Creates {@code loki} exporters. */
public final class LokiExporterFactory
    implements ExporterFactory<LokiExporterSettings>, Checkable<LokiExporterSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public LokiExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "loki";
  }

  @Override
  public String about() {
    return "Exports logs to Loki by its push API.";
  }

  @Override
  public Type<LokiExporterSettings> settings() {
    return LokiExporterSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.LOGS);
  }

  @Override
  public Exporter create(LokiExporterSettings s, Signal signal, Context context) {
    ClientAuth auth = ClientAuth.of(s.client().auth(), context);
    LokiSender sender =
        new LokiSender(
            s.url(),
            new LokiSender.Headers() {
              @Override
              public Map<String, String> get() throws IOException {
                Map<String, String> h = new HashMap<>();
                s.client().headers().forEach((k, v) -> h.put(k, v.value()));
                if (auth != null) {
                  h.putAll(auth.headers());
                }
                return h;
              }

              @Override
              public Map<String, String> edited(Map<String, String> all) throws IOException {
                return ClientAuth.edited(auth, all);
              }
            },
            s.delivery().timeout(),
            false,
            () -> clients.client(s.client().client()),
            context.clock()::millis,
            LokiSender.Listener.NONE);
    return context.exporter(
        s.delivery(), signal, new LokiRequestEncoder(s, auth, context.clock()::millis), sender);
  }

  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(LokiExporterSettings s, Signal signal, Context context) {
    return new LokiProbe(
        s, HttpEndpoint.of(s.client(), Map.of(), s.delivery().timeout(), clients, context));
  }
}
