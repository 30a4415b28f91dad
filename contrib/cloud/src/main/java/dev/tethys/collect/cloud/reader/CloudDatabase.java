package dev.tethys.collect.cloud.reader;

import java.util.Locale;
import java.util.Map;

/**
 * Database server found in a cloud.
 *
 * @param service service with its cloud, such as {@code aws_rds}
 * @param id value of the label that identifies it in the service's metrics
 * @param name name that its owner chose
 * @param engine reader of the server: postgres, mysql, redis, memcached; empty if there is none
 * @param product engine as the cloud names it
 * @param host name or address of its endpoint; empty while it has none
 * @param port 0 if unknown
 * @param ipv4 address of the host; empty if unknown
 */
public record CloudDatabase(
    String service,
    String id,
    String name,
    String engine,
    String product,
    String host,
    int port,
    String ipv4,
    Map<String, String> tags) {
  public CloudDatabase {
    tags = Map.copyOf(tags);
  }

  /** Reader of a product; empty if there is none. */
  public static String engine(String product) {
    return switch (product.toLowerCase(Locale.ROOT)) {
      case "postgres", "postgresql", "aurora-postgresql" -> "postgres";
      case "mysql", "mariadb", "aurora", "aurora-mysql" -> "mysql";
      case "redis", "valkey" -> "redis";
      case "memcached" -> "memcached";
      default -> "";
    };
  }
}
