package dev.tethys.app.server;

import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.otlp.OtlpProtocol;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.pipeline.server.RecordProtocol;
import dev.tethys.web.Routes;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceLoader;

/**
 * Endpoints on the server's own port that take one signal into its store: OTLP over HTTP and gRPC,
 * and the protocols that the signal adds to the same endpoints.
 *
 * @param storing consumer that stores batches
 * @param refused counts rejected items
 */
record StoreReceivers(
    HttpServerEndpoint http,
    GrpcServerEndpoint grpc,
    Consumer storing,
    Scheduler clock,
    PointTally refused) {
  private static final int MAX_BODY = 64 << 20;

  /**
   * Endpoints with OTLP.
   *
   * @param store receives the batches
   */
  static StoreReceivers of(Signal signal, Routes routes, EmbeddedStore store, PointTally refused) {
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    HttpServerEndpoint http =
        new HttpServerEndpoint(
            admission, HttpServerSettings.within(MAX_BODY).withMetadata(), null, routes);
    http.countRefused(refused);
    GrpcServerEndpoint grpc =
        new GrpcServerEndpoint(admission, GrpcServerSettings.within(MAX_BODY), null, routes);
    grpc.countRefused(refused);
    Consumer storing = new StoringConsumer(store);
    OtlpProtocol otlp =
        Objects.requireNonNull(OtlpProtocol.of(signal.otlp(), Map.of(signal, storing)));
    otlp.addTo(grpc);
    ReceiverRoutes.otlp(signal.otlp()).forEach(path -> otlp.addTo(http, path));
    return new StoreReceivers(http, grpc, storing, Scheduler.system(), refused);
  }

  /** Adds protocols of a signal that modules outside the core provide. */
  void addContributed(Signal signal) {
    for (RecordProtocol p : ServiceLoader.load(RecordProtocol.class)) {
      if (p.signal() == signal) {
        p.addTo(http, storing, clock);
      }
    }
  }
}
