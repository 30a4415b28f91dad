package dev.tethys.collect.observe.protocol;

import org.jspecify.annotations.Nullable;

/** Recognition of a protocol from the first bytes of a request. */
final class Detection {
  /** Protocols in the order tried: those with distinct first bytes first. */
  private static final Protocol[] ORDER = {
    Protocol.HTTP,
    Protocol.HTTP2,
    Protocol.REDIS,
    Protocol.NATS,
    Protocol.DUBBO,
    Protocol.RABBITMQ,
    Protocol.AMQP,
    Protocol.MSSQL,
    Protocol.MQTT,
    Protocol.LDAP,
    Protocol.THRIFT,
    Protocol.AEROSPIKE,
    Protocol.MONGODB,
    Protocol.POSTGRES,
    Protocol.CASSANDRA,
    Protocol.FOUNDATIONDB,
    Protocol.COUCHBASE,
    Protocol.MEMCACHED,
    Protocol.CLICKHOUSE,
    Protocol.ZOOKEEPER,
    Protocol.KAFKA,
    Protocol.MYSQL,
    Protocol.DNS
  };

  private Detection() {}

  /** Protocol of a request at the start of the buffer; null when none is recognised. */
  static @Nullable Protocol ofRequest(StreamBuffer in, int refused) {
    if (in.available() == 0) {
      return null;
    }
    for (Protocol p : ORDER) {
      if ((refused & 1 << p.ordinal()) == 0 && matches(p, in)) {
        return p;
      }
    }
    return null;
  }

  /** Protocol of a message at the start of the buffer that only a server sends; else null. */
  static @Nullable Protocol ofAnswer(StreamBuffer in) {
    if (in.available() == 0) {
      return null;
    }
    return NatsParser.isAnswer(in)
        ? Protocol.NATS
        : AmqpParser.isAnswer(in)
            ? Protocol.RABBITMQ
            : Amqp1Parser.isFrame(in)
                ? Protocol.AMQP
                : MqttParser.isAnswer(in) ? Protocol.MQTT : null;
  }

  /** True when a request of this protocol is hardly ever found in bytes of another one. */
  static boolean isDistinct(Protocol protocol) {
    return switch (protocol) {
      case HTTP, HTTP2, REDIS, DUBBO, FOUNDATIONDB, LDAP, THRIFT, COUCHBASE, AEROSPIKE -> true;
      default -> false;
    };
  }

  /** Parser of a protocol whose first message is at the start of the buffer. */
  static ProtocolParser parser(Protocol protocol, Requests requests, StreamBuffer in) {
    return switch (protocol) {
      case HTTP -> new Http1Parser(requests);
      case HTTP2 -> new Http2Parser(requests);
      case REDIS -> new RedisParser(requests);
      case NATS -> new NatsParser(requests);
      case DUBBO -> new DubboParser(requests);
      case RABBITMQ -> new AmqpParser(requests);
      case AMQP -> new Amqp1Parser(requests);
      case MSSQL -> new TdsParser(requests);
      case MQTT -> new MqttParser(requests);
      case LDAP -> new LdapParser(requests);
      case THRIFT -> new ThriftParser(requests);
      case AEROSPIKE -> new AerospikeParser(requests);
      case MONGODB -> new MongoParser(requests);
      case POSTGRES -> new PostgresParser(requests);
      case CASSANDRA -> new CassandraParser(requests);
      case FOUNDATIONDB -> new FoundationdbParser(requests);
      case MEMCACHED ->
          MemcachedBinaryParser.isMemcached(in)
              ? new MemcachedBinaryParser(requests)
              : new MemcachedParser(requests);
      case COUCHBASE -> new MemcachedBinaryParser(requests);
      case CLICKHOUSE -> new ClickhouseParser(requests);
      case KAFKA -> new KafkaParser(requests);
      case ZOOKEEPER -> new ZookeeperParser(requests);
      case MYSQL -> new MysqlParser(requests);
      case DNS -> new DnsParser(requests);
    };
  }

  private static boolean matches(Protocol protocol, StreamBuffer in) {
    return switch (protocol) {
      case HTTP -> Http1Parser.isRequest(in);
      case HTTP2 -> Http2Parser.isRequest(in);
      case REDIS -> RedisParser.isRequest(in);
      case NATS -> NatsParser.isRequest(in);
      case DUBBO -> DubboParser.isRequest(in);
      case RABBITMQ -> AmqpParser.isRequest(in);
      case AMQP -> Amqp1Parser.isRequest(in);
      case MSSQL -> TdsParser.isRequest(in);
      case MQTT -> MqttParser.isRequest(in);
      case LDAP -> LdapParser.isRequest(in);
      case THRIFT -> ThriftParser.isRequest(in);
      case AEROSPIKE -> AerospikeParser.isRequest(in);
      case MONGODB -> MongoParser.isRequest(in);
      case POSTGRES -> PostgresParser.isRequest(in);
      case CASSANDRA -> CassandraParser.isRequest(in);
      case FOUNDATIONDB -> FoundationdbParser.isRequest(in);
      case MEMCACHED -> MemcachedParser.isRequest(in) || MemcachedBinaryParser.isMemcached(in);
      case COUCHBASE -> MemcachedBinaryParser.isCouchbase(in);
      case CLICKHOUSE -> ClickhouseParser.isRequest(in);
      case KAFKA -> KafkaParser.isRequest(in);
      case ZOOKEEPER -> ZookeeperParser.isRequest(in);
      case MYSQL -> MysqlParser.isRequest(in);
      case DNS -> DnsParser.isRequest(in);
    };
  }
}
