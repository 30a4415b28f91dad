package dev.tethys.pipeline.exporter.remotewrite;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.codec.CodecException;
import dev.tethys.codec.otlp.OtlpResult;
import dev.tethys.codec.otlp.OtlpToSeries;
import dev.tethys.codec.remote.RequestSlices;
import dev.tethys.codec.remote.RequestSlices.Slice;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Batch;
import dev.tethys.pipeline.Encoding;
import dev.tethys.pipeline.Metadata;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import dev.tethys.pipeline.delivery.EncodedRequest;
import dev.tethys.pipeline.delivery.Encoder;
import dev.tethys.pipeline.delivery.ItemProbe;
import dev.tethys.pipeline.delivery.NotEncodableException;
import dev.tethys.pipeline.delivery.SendResult;
import dev.tethys.pipeline.delivery.Sender;
import dev.tethys.web.client.HttpClientFactory;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Creates the {@code prometheus_remote_write} exporter of a graph. Requests of one lane are sent
 * one after another, and the lane of a series depends only on its labels, so a series keeps its
 * order regardless of the batches.
 */
public final class RemoteWriteExporterFactory
    implements ExporterFactory<GraphSettings>, Checkable<GraphSettings> {
  private final HttpClientFactory clients;

  /**
   * @param clients the process's; not closed here
   */
  public RemoteWriteExporterFactory(HttpClientFactory clients) {
    this.clients = clients;
  }

  @Override
  public String type() {
    return "prometheus_remote_write";
  }

  @Override
  public List<String> aliases() {
    return List.of("prometheusremotewrite");
  }

  @Override
  public String about() {
    return "Sends metrics by Prometheus's remote write, 1.0 or 2.0.";
  }

  @Override
  public Type<GraphSettings> settings() {
    return GraphSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.METRICS);
  }

  @Override
  public Exporter create(GraphSettings settings, Signal signal, Context context) {
    ClientAuth auth = ClientAuth.of(settings.auth(), context);
    return context.exporter(
        settings.delivery(),
        signal,
        batch -> encode(settings, auth, batch),
        new LateSender(settings.config(), auth, clients, context));
  }

  @Override
  public ExporterProbe probe(GraphSettings settings, Signal signal, Context context) {
    ClientAuth auth = ClientAuth.of(settings.auth(), context);
    RemoteWriteProbe trial =
        new RemoteWriteProbe(settings.config(), auth, clients, context.clock()::millis);
    return new ItemProbe(
        signal,
        trial::connect,
        batch -> encode(settings, auth, batch),
        new LateSender(settings.config(), auth, clients, context),
        (p, seconds, value) -> trial.findSample(settings.edits(), seconds, value));
  }

  /** Sender that opens its client on the first request, because components are created closed. */
  private static final class LateSender implements Sender {
    private final RemoteWriteConfig config;
    private final @Nullable ClientAuth auth;
    private final HttpClientFactory clients;
    private final RemoteWriteMetrics.Of metrics;
    private final InstantSource clock;

    @GuardedBy("this")
    private @Nullable RemoteWriteSender sender;

    LateSender(
        RemoteWriteConfig config,
        @Nullable ClientAuth auth,
        HttpClientFactory clients,
        Context context) {
      this.config = config;
      this.auth = auth;
      this.clients = clients;
      this.metrics =
          new RemoteWriteMetrics(context.metrics()).of(context.id().toString(), config.shownUrl());
      this.clock = () -> Instant.ofEpochMilli(context.clock().millis());
    }

    private synchronized RemoteWriteSender sender() throws IOException {
      if (sender == null) {
        sender =
            new RemoteWriteSender(
                config,
                clients.client(ClientAuth.signing(config.client(), auth)),
                ClientAuth.withSigning(auth),
                metrics,
                clock);
      }
      return sender;
    }

    @Override
    public SendResult send(EncodedRequest request) throws IOException, InterruptedException {
      // The sender counts exemplars and metadata too; here an item is a sample.
      return switch (sender().send(request)) {
        case SendResult.Split i ->
            new SendResult.Split(
                i.requests().stream().map(RemoteWriteExporterFactory::counted).toList(),
                i.reason());
        case SendResult.Partial p ->
            new SendResult.Partial(Math.min(p.refused(), request.items()), p.reason());
        case SendResult.PerItem s -> counted(request, s);
        case SendResult v -> v;
      };
    }
  }

  private static SendResult counted(EncodedRequest request, SendResult.PerItem s) {
    List<SendResult.Refused> refused =
        s.refused().stream()
            .map(r -> new SendResult.Refused(counted(r.request()), r.reason()))
            .toList();
    EncodedRequest again = s.again() == null ? null : counted(s.again());
    int not = refused.stream().mapToInt(r -> r.request().items()).sum();
    int later = again == null ? 0 : again.items();
    return new SendResult.PerItem(
        request.items() - not - later, refused, again, s.after(), s.overload(), s.reason());
  }

  static Encoder.Encoded encode(GraphSettings settings, @Nullable ClientAuth auth, Batch batch) {
    try {
      boolean metadata =
          settings.sendMetadata() || settings.config().message() == RemoteWriteMessage.V2;
      byte[] request = metadata ? batch.body() : batch.series();
      int size = request.length;
      int rejected = 0;
      String why = "";
      if (batch.encoding() == Encoding.OTLP) {
        OtlpToSeries series = new OtlpToSeries(settings.otlp());
        OtlpResult r = series.convert(request, 0, size);
        rejected = (int) r.rejected();
        why = rejected == 0 ? "" : "no place in the Prometheus model";
        request = series.body().buffer();
        size = series.body().size();
      }
      boolean ofOtlp = batch.encoding() == Encoding.OTLP;
      request = settings.edits().apply(request, size, ofOtlp);
      size = request.length;
      Map<String, String> more = headers(settings, auth, batch.metadata());
      List<EncodedRequest> requests = new ArrayList<>();
      byte[] all = request;
      List<List<Slice>> slices =
          RequestSlices.distribute(
              all,
              size,
              SeriesShard.LANES,
              in -> SeriesShard.of(all, in.labelsOffset(), in.labelsLength()),
              metadata);
      for (int i = 0; i < slices.size(); i++) {
        for (List<Slice> part : cut(slices.get(i), settings.bytesEach())) {
          byte[] joined = RequestSlices.join(all, part);
          requests.addAll(encoder(settings, joined, joined.length, i + 1, more));
        }
      }
      return new Encoder.Encoded(requests, rejected, why);
    } catch (CodecException e) {
      throw new NotEncodableException(String.valueOf(e.getMessage()));
    }
  }

  /** Headers of a batch's requests in addition to the common ones. */
  private static Map<String, String> headers(
      GraphSettings settings, @Nullable ClientAuth auth, Metadata metadata) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String k : settings.metadataKeys()) {
      List<String> values = metadata.get(k);
      if (!values.isEmpty()) {
        all.put(k, String.join(",", values));
      }
    }
    if (auth != null) {
      all.putAll(auth.headers(metadata));
    }
    return all;
  }

  /** Splits parts in order to at most {@code bytes} each, unless a single series is larger. */
  private static List<List<Slice>> cut(List<Slice> slices, int bytes) {
    List<List<Slice>> parts = new ArrayList<>();
    int from = 0;
    long size = 0;
    for (int i = 0; i < slices.size(); i++) {
      int n = slices.get(i).length();
      if (i > from && size + n > bytes) {
        parts.add(slices.subList(from, i));
        from = i;
        size = 0;
      }
      size += n;
    }
    if (from < slices.size()) {
      parts.add(slices.subList(from, slices.size()));
    }
    return parts;
  }

  private static List<EncodedRequest> encoder(
      GraphSettings s, byte[] request, int size, long lane, Map<String, String> more) {
    return ProtocolDowngrade.of(request, size, lane, s.config().message(), s.samplesEach(), more)
        .stream()
        .map(RemoteWriteExporterFactory::counted)
        .toList();
  }

  private static EncodedRequest counted(EncodedRequest p) {
    RequestContents c = RequestContents.of(p);
    return new EncodedRequest(
        p.signal(), p.body(), c.samples() + c.histograms(), p.lane(), p.headers());
  }
}
