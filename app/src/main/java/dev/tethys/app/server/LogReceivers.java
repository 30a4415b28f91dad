package dev.tethys.app.server;

import dev.tethys.api.loki.LokiPush;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.model.logs.LogIngester;
import dev.tethys.pipeline.Consumer;
import dev.tethys.pipeline.Scheduler;
import dev.tethys.pipeline.Signal;
import dev.tethys.pipeline.exporter.tethys.EmbeddedStore;
import dev.tethys.pipeline.receiver.elastic.ElasticProtocol;
import dev.tethys.pipeline.receiver.elastic.StreamFields;
import dev.tethys.pipeline.receiver.otlp.OtlpProtocol;
import dev.tethys.pipeline.receiver.points.PointTally;
import dev.tethys.pipeline.receiver.splunk.SplunkProtocol;
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
 * Endpoints on the server's own port that take logs into its store: Loki's push, OTLP over HTTP and
 * gRPC, Elasticsearch's {@code _bulk}, Splunk's HTTP Event Collector and GELF.
 */
final class LogReceivers {
  private static final int MAX_BODY = 64 << 20;

  /** Prefixes of Elasticsearch's paths; the second is that of VictoriaLogs. */
  private static final List<String> ELASTIC = List.of("/elastic", "/insert/elasticsearch");

  private LogReceivers() {}

  /**
   * Adds the endpoints.
   *
   * @param store the log store as batches reach it
   * @param receivers counts refused items
   */
  static void addTo(
      Routes routes, LogIngester ingester, EmbeddedStore store, PointTally receivers) {
    new LokiPush(ingester).addTo(routes);
    Scheduler clock = Scheduler.system();
    ReceiverAdmission admission = new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES);
    PointTally refused = receivers.named("logs");
    HttpServerEndpoint http =
        new HttpServerEndpoint(
            admission, HttpServerSettings.within(MAX_BODY).withMetadata(), null, routes);
    http.countRefused(refused);
    GrpcServerEndpoint grpc =
        new GrpcServerEndpoint(admission, GrpcServerSettings.within(MAX_BODY), null, routes);
    grpc.countRefused(refused);
    Consumer storing = new StoringConsumer(store);
    OtlpProtocol otlp =
        Objects.requireNonNull(OtlpProtocol.of(OtlpSignal.LOGS, Map.of(Signal.LOGS, storing)));
    otlp.addTo(grpc);
    ReceiverRoutes.otlp(OtlpSignal.LOGS).forEach(path -> otlp.addTo(http, path));
    ElasticProtocol elastic =
        new ElasticProtocol(storing, clock, ElasticProtocol.VERSION, StreamFields.DEFAULT);
    ELASTIC.forEach(prefix -> elastic.addTo(http, prefix));
    new SplunkProtocol(storing, clock, SplunkProtocol.LABEL_NAMES).addTo(http);
    new GelfEndpoint(ingester).addTo(http);
  }
}
