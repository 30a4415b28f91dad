package dev.tethys.bench.vendor;

import java.util.LinkedHashMap;
import java.util.Map;

/** The clients by their names, which are those of their libraries. */
public final class VendorClients {
  private VendorClients() {}

  /** Makes a client of what listens at an address. */
  @FunctionalInterface
  public interface Maker {
    VendorClient at(String address) throws Exception;
  }

  /** All of them, by name; beside each the placeholder of its address. */
  public record Known(String address, Maker maker) {}

  /** In the order in which they are measured. */
  public static Map<String, Known> all() {
    Map<String, Known> m = new LinkedHashMap<>();
    m.put("influxdb-java", new Known("{url}", InfluxDbJava::new));
    m.put("influxdb-client-java", new Known("{url}", InfluxDbClientJava::new));
    m.put("javakdb", new Known("{kdb}", JavaKdb::new));
    m.put("opentelemetry-exporter-otlp", new Known("{url}", OpenTelemetryOtlp::http));
    m.put("opentelemetry-exporter-otlp/grpc", new Known("{grpc}", OpenTelemetryOtlp::grpc));
    m.put("taos-jdbcdriver", new Known("{url}", TaosJdbcDriver::new));
    m.put("zipkin-reporter", new Known("{url}", ZipkinReporter::new));
    m.put("clickhouse-client-v2", new Known("{url}", ClickHouseClientV2::new));
    m.put("elasticsearch-java", new Known("{url}", ElasticsearchJava::new));
    m.put("opensearch-java", new Known("{url}", OpenSearchJava::new));
    m.put("pgjdbc-copy", new Known("{postgres}", PgJdbcCopy::new));
    m.put("kafka-clients", new Known("{kafka}", KafkaClients::new));
    m.put("jnats", new Known("{nats}", Jnats::new));
    m.put("paho-mqttv5", new Known("{mqtt}", PahoMqtt::new));
    m.put("java-dogstatsd-client", new Known("{udp}", DogStatsdClient::new));
    return m;
  }
}
