package dev.tethys.collect.observe.protocol;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** Recognition of a protocol from the first bytes of a request. */
final class Detection {
  /** Formats supported without contributions. */
  private static final List<ProtocolFormat> CORE =
      List.of(
          ProtocolFormat.of(Protocol.HTTP, Http1Parser::isRequest, Http1Parser::new),
          ProtocolFormat.of(Protocol.HTTP2, Http2Parser::isRequest, Http2Parser::new),
          ProtocolFormat.of(Protocol.REDIS, RedisParser::isRequest, RedisParser::new),
          ProtocolFormat.of(Protocol.KAFKA, KafkaParser::isRequest, KafkaParser::new),
          ProtocolFormat.of(Protocol.DNS, DnsParser::isRequest, DnsParser::new));

  private static final Map<Protocol, ProtocolFormat> KNOWN = new EnumMap<>(Protocol.class);

  static {
    CORE.forEach(f -> KNOWN.put(f.protocol(), f));
    for (ProtocolFormats more : ServiceLoader.load(ProtocolFormats.class)) {
      more.all().forEach(f -> KNOWN.put(f.protocol(), f));
    }
  }

  /** Protocols in detection order: protocols with distinctive first bytes come first. */
  private static final ProtocolFormat[] ORDER =
      known(
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
          Protocol.DNS);

  /** Protocols with messages that only a server sends, in the order tried. */
  private static final ProtocolFormat[] ANSWERS =
      known(Protocol.NATS, Protocol.RABBITMQ, Protocol.AMQP, Protocol.MQTT);

  private Detection() {}

  private static ProtocolFormat[] known(Protocol... order) {
    List<ProtocolFormat> out = new ArrayList<>();
    for (Protocol p : order) {
      ProtocolFormat f = KNOWN.get(p);
      if (f != null) {
        out.add(f);
      }
    }
    return out.toArray(ProtocolFormat[]::new);
  }

  /** Format of a request at the start of the buffer; null if none is recognised. */
  static @Nullable ProtocolFormat ofRequest(StreamBuffer in, int refused) {
    if (in.available() == 0) {
      return null;
    }
    for (ProtocolFormat f : ORDER) {
      if ((refused & 1 << f.protocol().ordinal()) == 0 && f.isRequest().test(in)) {
        return f;
      }
    }
    return null;
  }

  /** Format of a message at the start of the buffer that only a server sends; otherwise null. */
  static @Nullable ProtocolFormat ofAnswer(StreamBuffer in) {
    if (in.available() == 0) {
      return null;
    }
    for (ProtocolFormat f : ANSWERS) {
      if (f.isAnswer().test(in)) {
        return f;
      }
    }
    return null;
  }

  /** True if a request of this protocol is hardly ever found in bytes of another one. */
  static boolean isDistinct(Protocol protocol) {
    return switch (protocol) {
      case HTTP, HTTP2, REDIS, DUBBO, FOUNDATIONDB, LDAP, THRIFT, COUCHBASE, AEROSPIKE -> true;
      default -> false;
    };
  }
}
