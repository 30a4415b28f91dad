package dev.tethys.pipeline.exporter.splunk;

import dev.tethys.codec.compression.Compression;
import dev.tethys.codec.text.TextBuffer;
import dev.tethys.config.Redaction;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.client.HttpEndpoint;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.UnsupportedItemCounter;
import dev.tethys.pipeline.exporter.rows.LineRequestEncoder;
import dev.tethys.pipeline.exporter.rows.RowRequestEncoder;
import dev.tethys.pipeline.naming.BoundedNames;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Creates {@code splunk_hec} exporters. */
public final class SplunkExporterFactory
    implements ExporterFactory<SplunkSettings>, Checkable<SplunkSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public SplunkExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "splunk_hec";
  }

  @Override
  public String about() {
    return "Writes metrics, logs and traces to Splunk's HTTP Event Collector.";
  }

  @Override
  public Duration holds(SplunkSettings s) {
    return s.acks().isOn() ? s.acks().timeout() : Duration.ZERO;
  }

  @Override
  public Type<SplunkSettings> settings() {
    return SplunkSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  private HttpEndpoint endpoint(SplunkSettings s, Context context) {
    Map<String, String> usual = new TreeMap<>(s.contrib().headers());
    usual.put("authorization", "Splunk " + s.token().value());
    return HttpEndpoint.of(s.client(), usual, s.delivery().timeout(), clients, context);
  }

  @Override
  public Exporter create(SplunkSettings s, Signal signal, Context context) {
    LineRequestEncoder lines =
        new LineRequestEncoder(
            s.client().compression(),
            s.client().level(),
            1,
            "application/json",
            ClientAuth.of(s.client().auth(), context));
    BoundedNames indices =
        new BoundedNames(
            s.index(), s.maxNames(), context.metrics(), context.id().toString(), signal);
    Encoder encoder =
        signal != Signal.METRICS
            ? new SplunkRecords(s, indices, lines, context.clock()::millis)
            : new RowRequestEncoder(
                s.rows(signal),
                false,
                () -> new SplunkEvents(s, indices),
                lines,
                new UnsupportedItemCounter(context.metrics(), context.id().toString()));
    HttpEndpoint endpoint = endpoint(s, context);
    IndexedAcks acks =
        s.acks().isOn()
            ? new IndexedAcks(s.acks(), s.siblingPath("/ack"), endpoint, context.clock())
            : null;
    return context.exporter(
        s.delivery(),
        signal,
        encoder,
        new SplunkSender(s.url(signal), endpoint, lines, acks, s.joined()));
  }

  /** Probes with an event, like a log record; metrics and spans would meet the same errors. */
  @Override
  public Set<Signal> tried() {
    return signals();
  }

  @Override
  public ExporterProbe probe(SplunkSettings s, Signal signal, Context context) {
    HttpEndpoint endpoint = endpoint(s, context);
    return new ExporterProbe() {
      @Override
      public String connect() throws IOException, InterruptedException {
        String path = s.contrib().healthPath();
        URI health = path.isEmpty() ? s.siblingPath("/health") : s.url().resolve(path);
        HttpEndpoint.Reply r = endpoint.call("GET", health, Map.of(), null);
        if (!r.isOk()) {
          throw new IOException(health + ": " + r.reason());
        }
        return "Splunk's collector says: " + r.text().strip();
      }

      @Override
      public String write(long seconds, double value) throws IOException, InterruptedException {
        TextBuffer event = new TextBuffer();
        SplunkEvents.time(seconds * 1000, event);
        event.put(SplunkEvents.common(s.source(), s.sourceType()));
        SplunkEvents.index(s.index().ofNothing(), event);
        event.put(",\"event\":\"tethys_probe ").number(value);
        byte[] body = event.put("\"}\n").take();
        Map<String, String> headers = Map.of("content-type", "application/json");
        LineRequestEncoder lines = new LineRequestEncoder(Compression.NONE, -1, 1, "", null);
        IndexedAcks acks =
            s.acks().isOn()
                ? new IndexedAcks(s.acks(), s.siblingPath("/ack"), endpoint, context.clock())
                : null;
        SendResult v =
            new SplunkSender(s.url(), endpoint, lines, acks, 0)
                .send(new EncodedRequest(Signal.LOGS, body, 1, 0, headers));
        String refusal = ItemProbe.refusal(v);
        if (!refusal.isEmpty()) {
          throw new IOException(Redaction.url(s.url()) + ": " + refusal);
        }
        return "wrote the event \"tethys_probe "
            + value
            + (acks == null ? "\"; the collector cannot be read" : "\", and Splunk has indexed it");
      }
    };
  }
}
