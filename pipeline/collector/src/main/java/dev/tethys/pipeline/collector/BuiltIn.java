package dev.tethys.pipeline.collector;

import dev.tethys.pipeline.batching.BatchProcessor;
import dev.tethys.pipeline.batching.MemoryLimiter;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.component.Contribution;
import dev.tethys.pipeline.exporter.archive.ArchiveExporterFactory;
import dev.tethys.pipeline.exporter.clymene.ClymeneExporterFactory;
import dev.tethys.pipeline.exporter.debug.DebugExporterFactory;
import dev.tethys.pipeline.exporter.debug.LoggingExporterFactory;
import dev.tethys.pipeline.exporter.debug.NopExporterFactory;
import dev.tethys.pipeline.exporter.elastic.ElasticExporterFactory;
import dev.tethys.pipeline.exporter.file.FileExporterFactory;
import dev.tethys.pipeline.exporter.influx.InfluxExporterFactory;
import dev.tethys.pipeline.exporter.loki.LokiExporterFactory;
import dev.tethys.pipeline.exporter.otlp.OtlpGrpcExporterFactory;
import dev.tethys.pipeline.exporter.otlp.OtlpHttpExporterFactory;
import dev.tethys.pipeline.exporter.prometheus.PrometheusExporterFactory;
import dev.tethys.pipeline.exporter.remotewrite.RemoteWriteExporterFactory;
import dev.tethys.pipeline.exporter.tethys.TethysExporterFactory;
import dev.tethys.pipeline.exporter.zipkin.ZipkinExporterFactory;
import dev.tethys.pipeline.extension.AckExtension;
import dev.tethys.pipeline.extension.BasicAuth;
import dev.tethys.pipeline.extension.BearerTokenAuth;
import dev.tethys.pipeline.extension.FileStorage;
import dev.tethys.pipeline.extension.GoogleClientAuth;
import dev.tethys.pipeline.extension.HeadersSetter;
import dev.tethys.pipeline.extension.KerberosAuth;
import dev.tethys.pipeline.extension.OAuth2ClientFactory;
import dev.tethys.pipeline.extension.SigV4Auth;
import dev.tethys.pipeline.extension.health.HealthCheckFactory;
import dev.tethys.pipeline.extension.opamp.OpampFactory;
import dev.tethys.pipeline.kafka.KafkaExporterFactory;
import dev.tethys.pipeline.kafka.KafkaMetricsFactory;
import dev.tethys.pipeline.kafka.KafkaReceiverFactory;
import dev.tethys.pipeline.receiver.archive.ReplayReceiverFactory;
import dev.tethys.pipeline.receiver.clymene.ClymeneReceiverFactory;
import dev.tethys.pipeline.receiver.clymene.GatewayReceiverFactory;
import dev.tethys.pipeline.receiver.elastic.ElasticBulkReceiverFactory;
import dev.tethys.pipeline.receiver.host.HostMetricsReceiverFactory;
import dev.tethys.pipeline.receiver.httpcheck.HttpCheckFactory;
import dev.tethys.pipeline.receiver.imports.ImportReceiverFactory;
import dev.tethys.pipeline.receiver.influx.InfluxReceiverFactory;
import dev.tethys.pipeline.receiver.jaeger.JaegerReceiverFactory;
import dev.tethys.pipeline.receiver.log.FileLogReceiverFactory;
import dev.tethys.pipeline.receiver.log.JournaldReceiverFactory;
import dev.tethys.pipeline.receiver.log.OtlpFileReceiverFactory;
import dev.tethys.pipeline.receiver.log.SocketLogReceiverFactory;
import dev.tethys.pipeline.receiver.log.SyslogReceiverFactory;
import dev.tethys.pipeline.receiver.loki.LokiReceiverFactory;
import dev.tethys.pipeline.receiver.nop.NopReceiverFactory;
import dev.tethys.pipeline.receiver.observe.NodeAgentReceiverFactory;
import dev.tethys.pipeline.receiver.otlp.OtlpReceiverFactory;
import dev.tethys.pipeline.receiver.pprof.PprofReceiverFactory;
import dev.tethys.pipeline.receiver.prometheus.PrometheusReceiverFactory;
import dev.tethys.pipeline.receiver.prometheus.SimplePrometheusFactory;
import dev.tethys.pipeline.receiver.pyroscope.PyroscopeReceiverFactory;
import dev.tethys.pipeline.receiver.remotewrite.RemoteWriteReceiverFactory;
import dev.tethys.pipeline.receiver.zipkin.ZipkinReceiverFactory;
import dev.tethys.runtime.BuildInfo;
import dev.tethys.runtime.Shutdown;
import dev.tethys.web.client.HttpClientFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** Components of the core and of {@code contrib} modules. */
public final class BuiltIn {
  private BuiltIn() {}

  /** Returns all built-in components, plus those of the caller. */
  public static Components components(ComponentFactory<?>... own) {
    return components(List.of(own));
  }

  /** Variant with a list. */
  public static Components components(List<? extends ComponentFactory<?>> own) {
    List<ComponentFactory<?>> all = new ArrayList<>(own);
    if (own.stream().noneMatch(TethysExporterFactory.class::isInstance)) {
      all.add(new TethysExporterFactory(Map.of()));
    }
    InstantSource clock = InstantSource.system();
    all.add(new OtlpReceiverFactory());
    all.add(new NopReceiverFactory());
    BuildInfo build = BuildInfo.current();
    String agent = "Tethys/" + build.version();
    HttpClientFactory clients = new HttpClientFactory(agent);
    all.add(new PrometheusReceiverFactory(clients, agent));
    all.add(new SimplePrometheusFactory(clients, agent));
    all.add(new HostMetricsReceiverFactory(build.version()));
    all.add(new NodeAgentReceiverFactory(build.version()));
    all.add(new HttpCheckFactory(clients, build.version()));
    all.add(new RemoteWriteReceiverFactory());
    all.add(new LokiReceiverFactory());
    all.add(new ClymeneReceiverFactory());
    all.add(new GatewayReceiverFactory());
    all.add(new InfluxReceiverFactory());
    all.add(new ImportReceiverFactory());
    all.add(new ZipkinReceiverFactory());
    all.add(new PprofReceiverFactory(clients));
    all.add(new PyroscopeReceiverFactory());
    all.add(new JaegerReceiverFactory());
    all.add(new KafkaReceiverFactory());
    all.add(new KafkaMetricsFactory(build.version()));
    all.add(new FileLogReceiverFactory());
    all.add(new OtlpFileReceiverFactory());
    all.add(new ReplayReceiverFactory(clients));
    all.add(new ElasticBulkReceiverFactory());
    all.add(new JournaldReceiverFactory());
    all.add(new SyslogReceiverFactory());
    all.add(SocketLogReceiverFactory.tcp());
    all.add(SocketLogReceiverFactory.udp());
    all.add(new OtlpGrpcExporterFactory());
    all.add(new OtlpHttpExporterFactory(clients));
    all.add(new RemoteWriteExporterFactory(clients));
    all.add(new PrometheusExporterFactory());
    all.add(new ClymeneExporterFactory(clients));
    all.add(new LokiExporterFactory(clients));
    all.add(new InfluxExporterFactory(clients));
    all.add(new ElasticExporterFactory(clients, false));
    all.add(new ElasticExporterFactory(clients, true));
    all.add(new ZipkinExporterFactory(clients));
    all.add(new KafkaExporterFactory());
    all.add(new FileExporterFactory());
    all.add(new ArchiveExporterFactory(clients));
    all.add(new DebugExporterFactory());
    all.add(new LoggingExporterFactory());
    all.add(new NopExporterFactory());
    all.add(new MemoryLimiter());
    all.add(new BatchProcessor());
    all.addAll(Processors.processors(clock));
    all.addAll(Processors.connectors(clock));
    all.add(new FileStorage());
    all.add(new HealthCheckFactory());
    all.add(HealthCheckFactory.second());
    all.add(new OpampFactory(clients, build.version(), () -> all, Shutdown::fail));
    all.add(new BasicAuth());
    all.add(new BearerTokenAuth());
    all.add(new OAuth2ClientFactory(clients));
    all.add(new KerberosAuth());
    all.add(new SigV4Auth());
    all.add(new GoogleClientAuth(clients));
    all.add(new AckExtension());
    all.add(new HeadersSetter());
    for (Contribution c : ServiceLoader.load(Contribution.class)) {
      all.addAll(c.components(clients));
    }
    return new Components(all);
  }
}
