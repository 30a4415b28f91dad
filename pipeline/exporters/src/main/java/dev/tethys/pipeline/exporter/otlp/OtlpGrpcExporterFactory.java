package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.Checkable;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.component.ExporterProbe;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Creates {@code otlp_grpc} exporters. */
public final class OtlpGrpcExporterFactory
    implements ExporterFactory<OtlpGrpcSettings>, Checkable<OtlpGrpcSettings> {
  @Override
  public String type() {
    return "otlp_grpc";
  }

  @Override
  public List<String> aliases() {
    return List.of("otlp");
  }

  @Override
  public String about() {
    return "Exports traces, metrics, logs and profiles by OTLP over gRPC.";
  }

  @Override
  public Type<OtlpGrpcSettings> settings() {
    return OtlpGrpcSettings.TYPE;
  }

  @Override
  public Set<Signal> signals() {
    return Set.of(Signal.values());
  }

  private static OtlpRequestEncoder encoder(
      OtlpGrpcSettings s, Signal signal, @Nullable ClientAuth auth) {
    return OtlpRequestEncoder.grpc(s.client(), signal, auth);
  }

  private static OtlpGrpcSender sender(
      OtlpGrpcSettings s, OtlpRequestEncoder encoder, @Nullable ClientAuth auth, Context context) {
    return new OtlpGrpcSender(encoder, s.client(), auth, s.delivery().timeout(), context.logger());
  }

  @Override
  public Exporter create(OtlpGrpcSettings s, Signal signal, Context context) {
    ClientAuth auth = ClientAuth.of(s.client().auth(), context);
    OtlpRequestEncoder encoder = encoder(s, signal, auth);
    return context.exporter(s.delivery(), signal, encoder, sender(s, encoder, auth, context));
  }

  @Override
  public Set<Signal> tried() {
    return Set.of(Signal.METRICS, Signal.LOGS, Signal.TRACES);
  }

  @Override
  public ExporterProbe probe(OtlpGrpcSettings s, Signal signal, Context context) {
    ClientAuth auth = ClientAuth.of(s.client().auth(), context);
    OtlpRequestEncoder encoder = encoder(s, signal, auth);
    return OtlpProbe.of(signal, encoder, sender(s, encoder, auth, context), "the server");
  }
}
