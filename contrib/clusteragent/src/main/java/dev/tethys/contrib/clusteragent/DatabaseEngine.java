package dev.tethys.contrib.clusteragent;

import dev.tethys.collect.database.memcached.MemcachedReader;
import dev.tethys.collect.database.mongodb.MongoReader;
import dev.tethys.collect.database.mysql.MysqlReader;
import dev.tethys.collect.database.postgres.PostgresReader;
import dev.tethys.collect.database.reader.DatabaseReader;
import dev.tethys.collect.database.reader.ReaderTarget;
import dev.tethys.collect.database.redis.RedisReader;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Kinds of database servers that the agent reads. */
enum DatabaseEngine {
  POSTGRES("postgres", "postgresql", 5432, "pg", "pg_scrape_error", PostgresReader::new),
  MYSQL("mysql", "mysql", 3306, "mysql", "mysql_scrape_error", MysqlReader::new),
  REDIS("redis", "redis", 6379, "redis", "redis_exporter_last_scrape_error", RedisReader::new),
  MEMCACHED("memcached", "memcached", 11211, "memcached", "", MemcachedReader::new),
  MONGODB("mongodb", "mongodb", 27017, "mongo", "mongo_scrape_error", MongoReader::new);

  private final String text;
  private final String system;
  private final int port;
  private final String prefix;
  private final String errorMetric;
  private final Function<ReaderTarget, DatabaseReader> reader;

  DatabaseEngine(
      String text,
      String system,
      int port,
      String prefix,
      String errorMetric,
      Function<ReaderTarget, DatabaseReader> reader) {
    this.text = text;
    this.system = system;
    this.port = port;
    this.prefix = prefix;
    this.errorMetric = errorMetric;
    this.reader = reader;
  }

  /** Name in configurations. */
  String text() {
    return text;
  }

  /** Value of the attribute {@code db.system}. */
  String system() {
    return system;
  }

  /** Whether a server usually refuses connections without a login. */
  boolean needsLogin() {
    return this != REDIS && this != MEMCACHED;
  }

  /** Engine of a value of {@code db.system} or of the node agent; null if it is not read. */
  static @Nullable DatabaseEngine ofSystem(String system) {
    return switch (system) {
      case "postgres", "postgresql" -> POSTGRES;
      case "mysql", "mariadb" -> MYSQL;
      case "redis", "valkey", "keydb", "dragonfly" -> REDIS;
      case "memcached" -> MEMCACHED;
      case "mongo", "mongodb" -> MONGODB;
      default -> null;
    };
  }

  /** Default port. */
  int port() {
    return port;
  }

  /** Metric that is 1 while the server answers. */
  String upMetric() {
    return prefix + "_up";
  }

  /** Metric of the error of a reading; empty if the engine has none. */
  String errorMetric() {
    return errorMetric;
  }

  /** Reader of a server, which does not connect yet. */
  DatabaseReader open(ReaderTarget target) {
    return reader.apply(target);
  }

  @Override
  public String toString() {
    return text;
  }
}
