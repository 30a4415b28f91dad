package dev.tethys.collect.observe.protocol.backend;

import dev.tethys.collect.observe.protocol.Protocol;
import dev.tethys.collect.observe.protocol.ProtocolFormat;
import dev.tethys.collect.observe.protocol.ProtocolFormats;
import dev.tethys.collect.observe.protocol.ProtocolParser;
import dev.tethys.collect.observe.protocol.Requests;
import dev.tethys.collect.observe.protocol.StreamBuffer;
import java.util.List;

/** Registers this module's protocol parsers. */
public final class Backends implements ProtocolFormats {
  @Override
  public List<ProtocolFormat> all() {
    return List.of(
        ProtocolFormat.of(Protocol.NATS, NatsParser::isRequest, NatsParser::new)
            .orAnswer(NatsParser::isAnswer),
        ProtocolFormat.of(Protocol.DUBBO, DubboParser::isRequest, DubboParser::new),
        ProtocolFormat.of(Protocol.RABBITMQ, AmqpParser::isRequest, AmqpParser::new)
            .orAnswer(AmqpParser::isAnswer),
        ProtocolFormat.of(Protocol.AMQP, Amqp1Parser::isRequest, Amqp1Parser::new)
            .orAnswer(Amqp1Parser::isFrame),
        ProtocolFormat.of(Protocol.MSSQL, TdsParser::isRequest, TdsParser::new),
        ProtocolFormat.of(Protocol.MQTT, MqttParser::isRequest, MqttParser::new)
            .orAnswer(MqttParser::isAnswer),
        ProtocolFormat.of(Protocol.LDAP, LdapParser::isRequest, LdapParser::new),
        ProtocolFormat.of(Protocol.THRIFT, ThriftParser::isRequest, ThriftParser::new),
        ProtocolFormat.of(Protocol.AEROSPIKE, AerospikeParser::isRequest, AerospikeParser::new),
        ProtocolFormat.of(Protocol.MONGODB, MongoParser::isRequest, MongoParser::new),
        ProtocolFormat.of(Protocol.POSTGRES, PostgresParser::isRequest, PostgresParser::new),
        ProtocolFormat.of(Protocol.CASSANDRA, CassandraParser::isRequest, CassandraParser::new),
        ProtocolFormat.of(
            Protocol.FOUNDATIONDB, FoundationdbParser::isRequest, FoundationdbParser::new),
        ProtocolFormat.of(Protocol.CLICKHOUSE, ClickhouseParser::isRequest, ClickhouseParser::new),
        ProtocolFormat.of(Protocol.ZOOKEEPER, ZookeeperParser::isRequest, ZookeeperParser::new),
        ProtocolFormat.of(Protocol.MYSQL, MysqlParser::isRequest, MysqlParser::new),
        ProtocolFormat.of(
            Protocol.COUCHBASE, MemcachedBinaryParser::isCouchbase, MemcachedBinaryParser::new),
        new ProtocolFormat(
            Protocol.MEMCACHED, Backends::isMemcached, _ -> false, Backends::memcached));
  }

  private static boolean isMemcached(StreamBuffer in) {
    return MemcachedParser.isRequest(in) || MemcachedBinaryParser.isMemcached(in);
  }

  private static ProtocolParser memcached(Requests requests, StreamBuffer in) {
    return MemcachedBinaryParser.isMemcached(in)
        ? new MemcachedBinaryParser(requests)
        : new MemcachedParser(requests);
  }
}
