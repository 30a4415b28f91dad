package dev.tethys.app.server;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.coroot.CorootProfiles;
import dev.tethys.pipeline.receiver.otlp.OtlpProtocol;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.pyroscope.PyroscopeProtocol;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.web.Routes;
import java.util.Map;
import java.util.Objects;

/**
 * Endpoints on the server's own port that take profiles into its store: Pyroscope's {@code /ingest}
 * and pusher, {@code /v1/profiles} of Coroot's agents, OTLP over HTTP and gRPC.
 */
final class ProfileReceivers {
  private static final int MAX_BODY = 64 << 20;

  private ProfileReceivers() {}

  /**
   * Adds the endpoints.
   *
   * @param store the profile store as batches reach it
   * @param receivers counts refused items
   */
  static void addTo(Routes routes, EmbeddedStore store, PointTally receivers) {
    Scheduler clock = Scheduler.system();
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    PointTally refused = receivers.named("profiles");
    HttpServerEndpoint http =
        new HttpServerEndpoint(
            admission, HttpServerSettings.within(MAX_BODY).withMetadata(), null, routes);
    http.countRefused(refused);
    GrpcServerEndpoint grpc =
        new GrpcServerEndpoint(admission, GrpcServerSettings.within(MAX_BODY), null, routes);
    grpc.countRefused(refused);
    Consumer storing = new StoringConsumer(store);
    PyroscopeProtocol.addTo(http, "", storing, clock);
    PyroscopeProtocol.addTo(http, "/pyroscope", storing, clock);
    CorootProfiles.addTo(http, storing);
    OtlpProtocol otlp =
        Objects.requireNonNull(
            OtlpProtocol.of(OtlpSignal.PROFILES, Map.of(Signal.PROFILES, storing)));
    otlp.addTo(grpc);
    ReceiverRoutes.otlp(OtlpSignal.PROFILES).forEach(path -> otlp.addTo(http, path));
  }
}
