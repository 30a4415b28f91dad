package dev.tethys.insight.graph.query;

import dev.tethys.insight.graph.Request;
import java.util.Set;

/** Classes of the protocols that the node agent sees. */
final class Protocols {
  /** Type of edges without requests: encrypted, or of an unknown protocol. */
  static final String CONNECTIONS = "tcp";

  private static final Set<String> DATABASES =
      Set.of(
          "postgres",
          "mysql",
          "redis",
          "memcached",
          "mongo",
          "cassandra",
          "clickhouse",
          "foundationdb",
          "zookeeper",
          "elasticsearch",
          "mssql",
          "ldap",
          "couchbase",
          "aerospike");

  private static final Set<String> MESSAGING =
      Set.of("kafka", "rabbitmq", "nats", "mqtt", "amqp", "sqs");

  private static final Set<String> OF_GRAPH =
      Set.of(Request.DATABASE, Request.MESSAGING, Request.VIRTUAL);

  private Protocols() {}

  /** True for a protocol that databases speak. */
  static boolean isDatabase(String protocol) {
    return DATABASES.contains(protocol);
  }

  /** Returns the service graph connection for an edge type; "" for requests. */
  static String connection(String type) {
    if (OF_GRAPH.contains(type)) {
      return type;
    }
    return isDatabase(type)
        ? Request.DATABASE
        : MESSAGING.contains(type)
            ? Request.MESSAGING
            : type.equals(CONNECTIONS) ? Request.VIRTUAL : "";
  }
}
