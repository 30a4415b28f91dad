package dev.tethys.app.server;

import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.jaeger.JaegerProtocol;
import dev.tethys.pipeline.receiver.otlp.OtlpProtocol;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.zipkin.ZipkinProtocol;
import dev.tethys.pipeline.server.GrpcServerEndpoint;
import dev.tethys.pipeline.server.GrpcServerSettings;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.web.Routes;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Endpoints on the server's own port that take spans into its store: OTLP and Jaeger over HTTP and
 * gRPC, Zipkin over HTTP.
 */
final class TraceReceivers {
  private static final int MAX_BODY = 64 << 20;

  private static final List<String> JAEGER = List.of("/api/traces", "/jaeger/api/traces");

  private TraceReceivers() {}

  /**
   * Adds the endpoints.
   *
   * @param store the trace store as batches reach it
   * @param receivers counts refused items
   */
  static void addTo(Routes routes, EmbeddedStore store, PointTally receivers) {
    Scheduler clock = Scheduler.system();
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    PointTally refused = receivers.named("traces");
    HttpServerEndpoint http =
        new HttpServerEndpoint(
            admission, HttpServerSettings.within(MAX_BODY).withMetadata(), null, routes);
    http.countRefused(refused);
    GrpcServerEndpoint grpc =
        new GrpcServerEndpoint(admission, GrpcServerSettings.within(MAX_BODY), null, routes);
    grpc.countRefused(refused);
    Consumer storing = new StoringConsumer(store);
    OtlpProtocol otlp =
        Objects.requireNonNull(OtlpProtocol.of(OtlpSignal.TRACES, Map.of(Signal.TRACES, storing)));
    otlp.addTo(grpc);
    ReceiverRoutes.otlp(OtlpSignal.TRACES).forEach(path -> otlp.addTo(http, path));
    JaegerProtocol jaeger = new JaegerProtocol(storing);
    jaeger.addTo(grpc);
    JAEGER.forEach(path -> jaeger.addTo(http, path));
    ZipkinProtocol zipkin = new ZipkinProtocol(storing, clock, false);
    zipkin.addTo(http, "");
    zipkin.addTo(http, "/zipkin");
  }
}
