package dev.tethys.pipeline.destination.otlp;

import dev.tethys.codec.compression.Compression;
import dev.tethys.config.Type;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.component.ClientAuth;
import dev.tethys.pipeline.component.Context;
import dev.tethys.pipeline.component.Exporter;
import dev.tethys.pipeline.component.ExporterFactory;
import dev.tethys.pipeline.destination.client.GrpcClientSettings;
import java.util.List;
import java.util.Set;

/** Makes {@code otlp_grpc} exporters. */
public final class OtlpGrpcExporterFactory implements ExporterFactory<OtlpGrpcSettings> {
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

  @Override
  public Exporter create(OtlpGrpcSettings s, Signal signal, Context context) {
    GrpcClientSettings c = s.client();
    ClientAuth auth = c.auth() == null ? null : context.extension(c.auth(), ClientAuth.class);
    OtlpParcels parcels =
        new OtlpParcels(
            signal.otlp(),
            "grpc-encoding",
            c.encoding(),
            c.compression(),
            Compression.DEFAULT_LEVEL,
            false,
            auth);
    return context.exporter(
        s.delivery(),
        signal,
        parcels,
        new OtlpGrpcSender(parcels, c, auth, s.delivery().timeout(), context.logger()));
  }
}
