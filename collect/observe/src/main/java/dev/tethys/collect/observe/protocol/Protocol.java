package dev.tethys.collect.observe.protocol;

/** Application protocols that are recognised in payloads, with the names of their metrics. */
public enum Protocol {
  HTTP("http", "requests"),
  /** HTTP/2, gRPC included; counted with HTTP. */
  HTTP2("http", "requests"),
  POSTGRES("postgres", "queries"),
  REDIS("redis", "queries"),
  MEMCACHED("memcached", "queries"),
  MYSQL("mysql", "queries"),
  MONGODB("mongo", "queries"),
  KAFKA("kafka", "requests"),
  CASSANDRA("cassandra", "queries"),
  RABBITMQ("rabbitmq", "messages"),
  NATS("nats", "messages"),
  MQTT("mqtt", "messages"),
  DUBBO("dubbo", "requests"),
  CLICKHOUSE("clickhouse", "queries"),
  ZOOKEEPER("zookeeper", "requests"),
  FOUNDATIONDB("foundationdb", "requests"),
  DNS("dns", "requests"),
  /** Microsoft SQL Server. */
  MSSQL("mssql", "queries"),
  /** AMQP 1.0; version 0.9.1 is that of RabbitMQ. */
  AMQP("amqp", "messages"),
  LDAP("ldap", "requests"),
  THRIFT("thrift", "requests");

  private final String family;
  private final String unit;

  Protocol(String family, String unit) {
    this.family = family;
    this.unit = unit;
  }

  /** Name as metrics have it, like {@code postgres}. */
  public String family() {
    return family;
  }

  /** True where messages are counted without an answer, so that no latency exists. */
  public boolean oneWay() {
    return this == RABBITMQ || this == NATS || this == MQTT || this == AMQP;
  }

  /**
   * Name of the counter of requests, like {@code container_http_requests_total}.
   *
   * @param inbound for requests that the process answers
   */
  public String countMetric(boolean inbound) {
    return stem(inbound) + unit + "_total";
  }

  /**
   * Name of the histogram of latencies, like {@code
   * container_http_requests_duration_seconds_total}.
   */
  public String durationMetric(boolean inbound) {
    return stem(inbound) + unit + "_duration_seconds_total";
  }

  private String stem(boolean inbound) {
    return "container_" + family + (inbound ? "_inbound_" : "_");
  }
}
