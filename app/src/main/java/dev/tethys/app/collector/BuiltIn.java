package dev.tethys.app.collector;

import dev.tethys.app.BuildInfo;
import dev.tethys.pipeline.batching.BatchProcessor;
import dev.tethys.pipeline.batching.MemoryLimiter;
import dev.tethys.pipeline.component.ComponentFactory;
import dev.tethys.pipeline.component.Components;
import dev.tethys.pipeline.destination.carbon.CarbonExporterFactory;
import dev.tethys.pipeline.destination.clickhouse.ClickHouseExporterFactory;
import dev.tethys.pipeline.destination.client.OAuth2ClientFactory;
import dev.tethys.pipeline.destination.clymene.ClymeneExporterFactory;
import dev.tethys.pipeline.destination.datadog.DatadogExporterFactory;
import dev.tethys.pipeline.destination.debug.DebugExporterFactory;
import dev.tethys.pipeline.destination.debug.NopExporterFactory;
import dev.tethys.pipeline.destination.elastic.ElasticExporterFactory;
import dev.tethys.pipeline.destination.file.FileExporterFactory;
import dev.tethys.pipeline.destination.influx.InfluxExporterFactory;
import dev.tethys.pipeline.destination.kdb.KdbExporterFactory;
import dev.tethys.pipeline.destination.loki.LokiExporterFactory;
import dev.tethys.pipeline.destination.mqtt.MqttExporterFactory;
import dev.tethys.pipeline.destination.nats.NatsExporterFactory;
import dev.tethys.pipeline.destination.opentsdb.OpenTsdbExporterFactory;
import dev.tethys.pipeline.destination.otlp.OtlpGrpcExporterFactory;
import dev.tethys.pipeline.destination.otlp.OtlpHttpExporterFactory;
import dev.tethys.pipeline.destination.parquet.ParquetExporterFactory;
import dev.tethys.pipeline.destination.remotewrite.RemoteWriteExporterFactory;
import dev.tethys.pipeline.destination.splunk.SplunkExporterFactory;
import dev.tethys.pipeline.destination.statsd.StatsdExporterFactory;
import dev.tethys.pipeline.destination.tdengine.TdengineExporterFactory;
import dev.tethys.pipeline.destination.zipkin.ZipkinExporterFactory;
import dev.tethys.pipeline.extension.BasicAuth;
import dev.tethys.pipeline.extension.BearerTokenAuth;
import dev.tethys.pipeline.extension.FileStorage;
import dev.tethys.pipeline.extension.GoogleClientAuth;
import dev.tethys.pipeline.extension.HeadersSetter;
import dev.tethys.pipeline.extension.HealthCheck;
import dev.tethys.pipeline.extension.KerberosAuth;
import dev.tethys.pipeline.extension.SigV4Auth;
import dev.tethys.pipeline.kafka.KafkaExporterFactory;
import dev.tethys.pipeline.kafka.KafkaReceiverFactory;
import dev.tethys.pipeline.processor.Processors;
import dev.tethys.pipeline.receiver.carbon.CarbonReceiverFactory;
import dev.tethys.pipeline.receiver.clymene.ClymeneReceiverFactory;
import dev.tethys.pipeline.receiver.clymene.GatewayReceiverFactory;
import dev.tethys.pipeline.receiver.collectd.CollectdReceiverFactory;
import dev.tethys.pipeline.receiver.datadog.DatadogReceiverFactory;
import dev.tethys.pipeline.receiver.elastic.ElasticBulkReceiverFactory;
import dev.tethys.pipeline.receiver.exposed.PrometheusExporterFactory;
import dev.tethys.pipeline.receiver.fluent.FluentForwardReceiverFactory;
import dev.tethys.pipeline.receiver.imports.ImportReceiverFactory;
import dev.tethys.pipeline.receiver.influx.InfluxReceiverFactory;
import dev.tethys.pipeline.receiver.jaeger.JaegerReceiverFactory;
import dev.tethys.pipeline.receiver.log.FileLogReceiverFactory;
import dev.tethys.pipeline.receiver.log.JournaldReceiverFactory;
import dev.tethys.pipeline.receiver.log.SocketLogReceiverFactory;
import dev.tethys.pipeline.receiver.log.SyslogReceiverFactory;
import dev.tethys.pipeline.receiver.loki.LokiReceiverFactory;
import dev.tethys.pipeline.receiver.opentsdb.OpenTsdbReceiverFactory;
import dev.tethys.pipeline.receiver.otlp.OtlpReceiverFactory;
import dev.tethys.pipeline.receiver.pprof.PprofReceiverFactory;
import dev.tethys.pipeline.receiver.prometheus.PrometheusReceiverFactory;
import dev.tethys.pipeline.receiver.pyroscope.PyroscopeReceiverFactory;
import dev.tethys.pipeline.receiver.remotewrite.RemoteWriteReceiverFactory;
import dev.tethys.pipeline.receiver.sampling.RemoteSampling;
import dev.tethys.pipeline.receiver.statsd.StatsdReceiverFactory;
import dev.tethys.pipeline.receiver.zipkin.ZipkinReceiverFactory;
import dev.tethys.web.client.HttpClientFactory;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * The list of all components: what is not here does not exist, but for those that bring a driver
 * along and are found as services.
 */
public final class BuiltIn {
  private BuiltIn() {}

  /** All of them, and perhaps some that only the caller has. */
  public static Components components(ComponentFactory<?>... own) {
    List<ComponentFactory<?>> all = new ArrayList<>(List.of(own));
    InstantSource clock = InstantSource.system();
    all.add(new OtlpReceiverFactory());
    String agent = "Tethys/" + BuildInfo.current().version();
    HttpClientFactory clients = new HttpClientFactory(agent);
    all.add(new PrometheusReceiverFactory(clients, agent));
    all.add(new RemoteWriteReceiverFactory());
    all.add(new LokiReceiverFactory());
    all.add(new ClymeneReceiverFactory());
    all.add(new GatewayReceiverFactory());
    all.add(new InfluxReceiverFactory());
    all.add(new CarbonReceiverFactory());
    all.add(new OpenTsdbReceiverFactory());
    all.add(new CollectdReceiverFactory());
    all.add(new DatadogReceiverFactory());
    all.add(new StatsdReceiverFactory());
    all.add(new ImportReceiverFactory());
    all.add(new ZipkinReceiverFactory());
    all.add(new PprofReceiverFactory(clients));
    all.add(new PyroscopeReceiverFactory());
    all.add(new JaegerReceiverFactory());
    all.add(new KafkaReceiverFactory());
    all.add(new FileLogReceiverFactory());
    all.add(new FluentForwardReceiverFactory());
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
    all.add(new SplunkExporterFactory(clients));
    all.add(new ZipkinExporterFactory(clients));
    all.add(new DatadogExporterFactory(clients));
    all.add(new ParquetExporterFactory(clients));
    all.add(new OpenTsdbExporterFactory(clients));
    all.add(new CarbonExporterFactory(clients));
    all.add(new StatsdExporterFactory());
    all.add(new MqttExporterFactory(clients));
    all.add(new NatsExporterFactory());
    all.add(new TdengineExporterFactory(clients));
    all.add(new KafkaExporterFactory());
    all.add(new ClickHouseExporterFactory(clients));
    all.add(new KdbExporterFactory());
    all.add(new FileExporterFactory());
    all.add(new DebugExporterFactory());
    all.add(new NopExporterFactory());
    all.add(new MemoryLimiter());
    all.add(new BatchProcessor());
    all.addAll(Processors.processors(clock));
    all.addAll(Processors.connectors(clock));
    all.add(new FileStorage());
    all.add(new HealthCheck());
    all.add(new BasicAuth());
    all.add(new BearerTokenAuth());
    all.add(new OAuth2ClientFactory(clients));
    all.add(new KerberosAuth());
    all.add(new SigV4Auth());
    all.add(new GoogleClientAuth(clients));
    all.add(new HeadersSetter());
    all.add(new RemoteSampling(clients));
    for (ComponentFactory<?> f : ServiceLoader.load(ComponentFactory.class)) {
      all.add(f);
    }
    return new Components(all);
  }
}
