package dev.tethys.collect.observe.protocol;

/** Application protocols recognised in payloads, with their metric names. */
public enum Protocol implements MeasuredProtocol {
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
  THRIFT("thrift", "requests"),
  COUCHBASE("couchbase", "queries"),
  AEROSPIKE("aerospike", "queries");

  private final String family;
  private final String unit;

  Protocol(String family, String unit) {
    this.family = family;
    this.unit = unit;
  }

  @Override
  public String family() {
    return family;
  }

  @Override
  public String unit() {
    return unit;
  }

  @Override
  public boolean oneWay() {
    return this == RABBITMQ || this == NATS || this == MQTT || this == AMQP;
  }
}
