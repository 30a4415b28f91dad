package dev.tethys.prometheus.collect;

import dev.tethys.collect.database.memcached.MemcachedExporterKind;
import dev.tethys.collect.database.mongodb.MongodbExporterKind;
import dev.tethys.collect.database.mysql.MysqldExporterKind;
import dev.tethys.collect.database.postgres.PostgresExporterKind;
import dev.tethys.collect.database.redis.RedisExporterKind;
import dev.tethys.collect.exporter.ExporterKind;
import dev.tethys.collect.exporter.blackbox.Blackbox;
import dev.tethys.collect.exporter.haproxy.Haproxy;
import dev.tethys.collect.exporter.jmx.JmxExporterKind;
import dev.tethys.collect.exporter.process.ProcessExporterKind;
import dev.tethys.collect.exporter.snmp.SnmpExporterKind;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The exporters that are mounted by the seam of {@code collect/exporters}: the one list of them.
 */
public final class ExporterKinds {
  /** All of them, in the order of the help. */
  public static final List<ExporterKind> ALL =
      List.of(
          new Blackbox(),
          new Haproxy(),
          new JmxExporterKind(),
          new ProcessExporterKind(),
          new SnmpExporterKind(),
          new MongodbExporterKind(),
          new MysqldExporterKind(),
          new PostgresExporterKind(),
          new RedisExporterKind(),
          new MemcachedExporterKind());

  private ExporterKinds() {}

  /** The one of that name, or null. */
  public static @Nullable ExporterKind find(List<ExporterKind> kinds, String name) {
    return kinds.stream().filter(k -> k.name().equals(name)).findFirst().orElse(null);
  }

  /** Their names as a sentence lists them. */
  public static String names(List<ExporterKind> kinds) {
    return kinds.stream().map(ExporterKind::name).collect(Collectors.joining(", "));
  }
}
