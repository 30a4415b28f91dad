package dev.tethys.bench.vendor;

import java.util.LinkedHashMap;
import java.util.Map;

/** Clients by the names of their libraries. */
public final class VendorClients {
  private VendorClients() {}

  /** Creates a client for a server at an address. */
  @FunctionalInterface
  public interface Maker {
    VendorClient at(String address) throws Exception;
  }

  /** All of them by name, each with the placeholder of its address. */
  public record ClientEntry(String address, Maker maker) {}

  /** Returns all clients in the order in which they are measured. */
  public static Map<String, ClientEntry> all() {
    Map<String, ClientEntry> m = new LinkedHashMap<>();
    m.put("influxdb-java", new ClientEntry("{url}", InfluxDbJava::new));
    m.put("influxdb-client-java", new ClientEntry("{url}", InfluxDbClientJava::new));
    m.put("javakdb", new ClientEntry("{kdb}", JavaKdb::new));
    m.put("opentelemetry-exporter-otlp", new ClientEntry("{url}", OpenTelemetryOtlp::http));
    m.put("opentelemetry-exporter-otlp/grpc", new ClientEntry("{grpc}", OpenTelemetryOtlp::grpc));
    m.put("taos-jdbcdriver", new ClientEntry("{url}", TaosJdbcDriver::new));
    m.put("zipkin-reporter", new ClientEntry("{url}", ZipkinReporter::new));
    m.put("clickhouse-client-v2", new ClientEntry("{url}", ClickHouseClientV2::new));
    m.put("elasticsearch-java", new ClientEntry("{url}", ElasticsearchJava::new));
    m.put("opensearch-java", new ClientEntry("{url}", OpenSearchJava::new));
    m.put("pgjdbc-copy", new ClientEntry("{postgres}", PgJdbcCopy::new));
    m.put("kafka-clients", new ClientEntry("{kafka}", KafkaClients::new));
    m.put("jnats", new ClientEntry("{nats}", Jnats::new));
    m.put("paho-mqttv5", new ClientEntry("{mqtt}", PahoMqtt::new));
    m.put("java-dogstatsd-client", new ClientEntry("{udp}", DogStatsdClient::new));
    return m;
  }
}
