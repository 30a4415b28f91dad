package dev.tethys.pipeline.exporter.otlp;

import dev.tethys.config.Section;
import dev.tethys.config.Type;
import dev.tethys.pipeline.client.GrpcClientSettings;
import dev.tethys.pipeline.delivery.DeliverySettings;
import java.time.Duration;

/** Settings of the {@code otlp_grpc} exporter. */
public record OtlpGrpcSettings(GrpcClientSettings client, DeliverySettings delivery) {
  static final String USER_AGENT = "Tethys";

  private static final Section SECTION =
      new Section("otlp_grpc", "Exports OTLP over gRPC.").include(DeliverySettings.SECTION);
  private static final GrpcClientSettings.Keys KEYS = new GrpcClientSettings.Keys(SECTION);

  static final Type<OtlpGrpcSettings> TYPE =
      SECTION.type(
          o ->
              new OtlpGrpcSettings(
                  KEYS.read(o, USER_AGENT), DeliverySettings.read(o, Duration.ofSeconds(5))));
}
