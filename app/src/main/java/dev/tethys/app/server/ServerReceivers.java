package dev.tethys.app.server;

import dev.tethys.api.prometheus.Readiness;
import dev.tethys.codec.otlp.OtlpOptions;
import dev.tethys.codec.otlp.TranslationStrategy;
import dev.tethys.codec.otlp.wire.OtlpSignal;
import dev.tethys.codec.points.PointNames;
import dev.tethys.collect.receive.CorootWriteReceiver;
import dev.tethys.collect.receive.OtlpGrpcReceiver;
import dev.tethys.collect.receive.OtlpHttpReceiver;
import dev.tethys.collect.receive.OtlpReceiver;
import dev.tethys.collect.receive.ReceiveLimits;
import dev.tethys.collect.receive.Receiver;
import dev.tethys.collect.receive.RemoteReadOptions;
import dev.tethys.collect.receive.RemoteReadReceiver;
import dev.tethys.collect.receive.RemoteWriteOptions;
import dev.tethys.collect.receive.RemoteWriteReceiver;
import dev.tethys.collect.receive.WebReceivers;
import dev.tethys.config.Contributions;
import dev.tethys.model.exposition.Registry;
import dev.tethys.model.storage.MetricStore;
import dev.tethys.model.storage.StorageException;
import dev.tethys.pipeline.receiver.imports.ImportProtocol;
import dev.tethys.pipeline.receiver.influx.InfluxProtocol;
import dev.tethys.pipeline.receiver.points.PointProtocol;
import dev.tethys.pipeline.sample.TeeStore;
import dev.tethys.pipeline.server.HttpServerEndpoint;
import dev.tethys.pipeline.server.HttpServerSettings;
import dev.tethys.pipeline.server.ReceiverAdmission;
import dev.tethys.prometheus.OtlpConfig;
import dev.tethys.runtime.cli.FlagSet;
import dev.tethys.runtime.cli.UsageException;
import dev.tethys.web.HttpHandler;
import dev.tethys.web.Routes;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Server endpoints that write to the store: remote read and write, OTLP, and the protocols of other
 * databases, each enabled by a flag.
 */
final class ServerReceivers {
  private final FlagSet flags;
  private final Set<Features> features;
  private final Configuration configuration;
  private final ServerStatus status;
  private final Registry registry;
  private final DeferredStore store;
  private final Function<String, TeeStore> writing;

  private static final String OPENTSDB_PUT = "/api/put";

  /** The server runs with its embedded configuration, which accepts OTLP. */
  private final boolean withoutFile;

  /**
   * Prepares them.
   *
   * @param store store for remote read
   * @param writing destination of each protocol by name
   */
  ServerReceivers(
      FlagSet flags,
      Set<Features> features,
      Configuration configuration,
      ServerStatus status,
      Registry registry,
      DeferredStore store,
      Function<String, TeeStore> writing,
      boolean withoutFile) {
    this.flags = flags;
    this.features = features;
    this.configuration = configuration;
    this.status = status;
    this.registry = registry;
    this.store = store;
    this.writing = writing;
    this.withoutFile = withoutFile;
  }

  private boolean on(Features f) {
    return features.contains(f);
  }

  /** Adds their routes. */
  void addTo(Routes routes) {
    InstantSource clock = InstantSource.system();
    ReceiveLimits limits = ReceiveLimits.DEFAULT;
    routes.post(
        WebReceivers.READ,
        ReceiverRoutes.onceReady(
            new RemoteReadReceiver(
                store,
                () -> configuration.current().global().externalLabels(),
                new RemoteReadOptions(
                    (int) flags.integer("storage.remote.read-sample-limit"),
                    (int) flags.integer("storage.remote.read-concurrent-limit"),
                    (int) flags.integer("storage.remote.read-max-bytes-in-frame")),
                limits,
                registry),
            status::readiness));
    String write = "web.enable-remote-write-receiver";
    HttpHandler disabled = ReceiverRoutes.disabled("remote write receiver", write);
    Receiver written = null;
    if (flags.bool(write) || withoutFile) {
      List<String> messages = flags.list("web.remote-write-receiver.accepted-protobuf-messages");
      RemoteWriteOptions options;
      try {
        options =
            new RemoteWriteOptions(
                messages.isEmpty() ? RemoteWriteOptions.DEFAULT.acceptedMessages() : messages,
                on(Features.CREATED_TIMESTAMP_ZERO_INGESTION),
                on(Features.TYPE_AND_UNIT_LABELS));
      } catch (IllegalArgumentException e) {
        throw new UsageException("tethys server: " + e.getMessage());
      }
      written =
          new RemoteWriteReceiver(writing.apply("remote_write"), options, limits, registry, clock);
    }
    routes.post(
        WebReceivers.WRITE,
        written != null && flags.bool(write)
            ? ReceiverRoutes.onceReady(written, status::readiness)
            : disabled);
    String otlp = "web.enable-otlp-receiver";
    boolean accepted = flags.bool(otlp) || withoutFile;
    HttpHandler http = ReceiverRoutes.disabled("otlp write receiver", otlp);
    if (accepted) {
      OtlpReceiver receiver =
          new OtlpReceiver(
              on(Features.OTLP_DELTA_TO_CUMULATIVE)
                  ? new OtlpDeltaSums(clock)
                  : OtlpReceiver.Stage.NONE,
              writing.apply("otlp"),
              this::otlpOptions,
              limits,
              registry,
              clock);
      http = ReceiverRoutes.onceReady(new OtlpHttpReceiver(receiver), status::readiness);
      routes.post(
          OtlpGrpcReceiver.PATH,
          ReceiverRoutes.onceReady(new OtlpGrpcReceiver(receiver), status::readiness));
    }
    HttpHandler coroot =
        written == null
            ? disabled
            : ReceiverRoutes.onceReady(new CorootWriteReceiver(written), status::readiness);
    HttpHandler metrics = http;
    String plain = OtlpSignal.METRICS.httpPath();
    for (String path : ReceiverRoutes.otlp(OtlpSignal.METRICS)) {
      routes.post(
          path,
          !path.equals(plain)
              ? metrics
              : (q, r) -> (CorootWriteReceiver.isFor(q::header) ? coroot : metrics).handle(q, r));
    }
    pointReceivers(routes);
  }

  /** Protocols of other databases, into the store. */
  private void pointReceivers(Routes routes) {
    HttpServerEndpoint endpoint =
        new HttpServerEndpoint(
            new ReceiverAdmission(ReceiverAdmission.DEFAULT_MAX_BYTES),
            HttpServerSettings.within(ReceiveLimits.DEFAULT.maxBodyBytes()),
            null,
            routes);
    String influx = "web.enable-influx-receiver";
    if (flags.bool(influx)) {
      InfluxProtocol p =
          new InfluxProtocol(
              points("influx"), PointNames.UNDERSCORES, "db", System::currentTimeMillis);
      p.addWrites(endpoint);
      p.addQuestions(endpoint);
    } else {
      for (String path : new String[] {InfluxProtocol.V1, InfluxProtocol.V2, InfluxProtocol.V3}) {
        routes.post(path, ReceiverRoutes.disabled("influx receiver", influx));
      }
    }
    String opentsdb = "web.enable-opentsdb-receiver";
    if (flags.bool(opentsdb)) {
      contributed("opentsdb", opentsdb).addTo(endpoint, points("opentsdb"));
    } else {
      routes.post(OPENTSDB_PUT, ReceiverRoutes.disabled("OpenTSDB receiver", opentsdb));
    }
    String imports = "web.enable-import-receiver";
    if (flags.bool(imports)) {
      new ImportProtocol(points("import"), System::currentTimeMillis).addTo(endpoint);
    } else {
      for (String path :
          new String[] {ImportProtocol.JSON, ImportProtocol.TEXT, ImportProtocol.CSV}) {
        routes.post(path, ReceiverRoutes.disabled("import receiver", imports));
      }
    }
  }

  private static PointProtocol contributed(String name, String flag) {
    PointProtocol p = PointProtocol.find(name);
    if (p == null) {
      throw new UsageException(
          "tethys server: --" + flag + ": " + Contributions.refusal("receiver", name));
    }
    return p;
  }

  private StorePoints points(String protocol) {
    MetricStore to = writing.apply(protocol);
    return new StorePoints(
        () -> {
          if (status.readiness() != Readiness.READY) {
            throw new StorageException(
                StorageException.Reason.UNAVAILABLE, "the store is not open yet");
          }
          return to;
        },
        InstantSource.system());
  }

  private OtlpOptions otlpOptions() {
    OtlpConfig c = configuration.current().otlp();
    return new OtlpOptions(
        TranslationStrategy.valueOf(c.translationStrategy().name()),
        c.promoteResourceAttributes(),
        c.promoteAllResourceAttributes(),
        c.ignoreResourceAttributes(),
        c.keepIdentifyingResourceAttributes(),
        c.convertHistogramsToNhcb(),
        c.promoteScopeMetadata(),
        c.labelNameUnderscoreSanitization(),
        c.labelNamePreserveMultipleUnderscores(),
        on(Features.OTLP_NATIVE_DELTA),
        flags.millis("query.lookback-delta"),
        on(Features.TYPE_AND_UNIT_LABELS));
  }
}
