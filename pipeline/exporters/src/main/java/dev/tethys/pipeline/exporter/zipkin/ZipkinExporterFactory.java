package dev.tethys.pipeline.exporter.zipkin;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.exporter.rows.Frame;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.PostSender;
import dev.tethys.web.client.HttpClientFactory;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code zipkin} exporters. */
public final class ZipkinExporterFactory
    implements ExporterFactory<ZipkinSettings>, Checkable<ZipkinSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public ZipkinExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "zipkin";
  }

  @Override
  public String about() {
    return "Writes traces to Zipkin.";
  }

  @Override
  public Type<ZipkinSettings> settings() {
    return ZipkinSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.TRACES);
  }

  private HttpEndpoint endpoint(ZipkinSettings s, Context context) {
    return HttpEndpoint.of(s.client(), Map.of(), s.delivery().timeout(), clients, context);
  }

  static LineRequestEncoder lists(ZipkinSettings s, @Nullable ClientAuth auth) {
    boolean json = s.format() == ZipkinSettings.Format.JSON;
    return new LineRequestEncoder(
        s.client().compression(),
        s.client().level(),
        json ? Frame.JsonList.PLAIN : new Frame.Messages(),
        json ? "application/json" : "application/x-protobuf",
        auth);
  }

  @Override
  public Exporter create(ZipkinSettings s, Signal signal, Context context) {
    LineRequestEncoder lists = lists(s, ClientAuth.of(s.client().auth(), context));
    return context.exporter(
        s.delivery(),
        signal,
        new ZipkinSpans(s, lists),
        new PostSender(s.url(), endpoint(s, context), lists));
  }

  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(ZipkinSettings s, Signal signal, Context context) {
    return new ZipkinProbe(s, endpoint(s, context));
  }
}
