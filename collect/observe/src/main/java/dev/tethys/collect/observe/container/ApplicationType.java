package dev.tethys.collect.observe.container;

import com.google.re2j.Pattern;
import java.util.List;

/** Kind of program that a process runs, guessed from its command line. */
final class ApplicationType {
  /** End of the program's name, and type. */
  private static final List<String[]> PROGRAMS =
      List.of(
          pair("coroot", "coroot-community-edition"),
          pair("coroot-ee", "coroot-enterprise-edition"),
          pair("coroot-node-agent", "coroot-node-agent"),
          pair("coroot-cluster-agent", "coroot-cluster-agent"),
          pair("coroot-operator", "coroot-operator"),
          pair("memcached", "memcached"),
          pair("envoy", "envoy"),
          pair("mongod", "mongodb"),
          pair("mongos", "mongos"),
          pair("mysqld", "mysql"),
          pair("mariadbd", "mysql"),
          pair("sqlservr", "mssql"),
          pair("redis-server", "redis"),
          pair("redis-sentinel", "redis-sentinel"),
          pair("keydb-server", "keydb"),
          pair("valkey-server", "valkey"),
          pair("dragonfly", "dragonfly"),
          pair("pgbouncer", "pgbouncer"),
          pair("postgres", "postgres"),
          pair("haproxy", "haproxy"),
          pair("nginx", "nginx"),
          pair("kubelet", "kubelet"),
          pair("kube-apiserver", "kube-apiserver"),
          pair("kube-controller-manager", "kube-controller-manager"),
          pair("kube-scheduler", "kube-scheduler"),
          pair("k3s", "k3s"),
          pair("etcd", "etcd"),
          pair("dockerd", "dockerd"),
          pair("consul", "consul"),
          pair("clickhouse-server", "clickhouse"),
          pair("traefik", "traefik"),
          pair("asd", "aerospike"),
          pair("httpd", "httpd"),
          pair("influxd", "influxdb"),
          pair("vault", "vault"),
          pair("proxysql", "proxysql"),
          pair("cockroach", "cockroach"),
          pair("prometheus", "prometheus"),
          pair("ceph-mon", "ceph"),
          pair("ceph-mgr", "ceph"),
          pair("ceph-osd", "ceph"),
          pair("cephcsi", "ceph"),
          pair("rook", "rook"),
          pair("nats-server", "nats"),
          pair("ollama", "ollama"),
          pair("fdbserver", "foundationdb"));

  /** Part of the command line, and type; before the programs, since Java runs most of them. */
  private static final List<String[]> CLASSES =
      List.of(
          pair("org.elasticsearch.bootstrap", "elasticsearch"),
          pair("org.opensearch.bootstrap", "opensearch"),
          pair("kafka.Kafka", "kafka"),
          pair("io.confluent.support.metrics.SupportedKafka", "kafka"),
          pair("org.apache.zookeeper.server.quorum.QuorumPeerMain", "zookeeper"),
          pair("org.apache.cassandra.service.CassandraDaemon", "cassandra"),
          pair("org.apache.catalina.startup.Bootstrap", "tomcat"));

  private static final List<String[]> CONTAINED =
      List.of(
          pair("victoria-metrics", "victoria-metrics"),
          pair("vmstorage", "victoria-metrics"),
          pair("vminsert", "victoria-metrics"),
          pair("vmselect", "victoria-metrics"),
          pair("victoria-logs", "victoria-logs"));

  private static final List<Language> LANGUAGES =
      List.of(
          new Language(Pattern.compile("php\\d*\\.?\\d*$"), "php"),
          new Language(Pattern.compile("python\\d*\\.?\\d*$"), "python"),
          new Language(Pattern.compile("node(js)?\\d*\\.?\\d*$"), "nodejs"),
          new Language(Pattern.compile("ruby\\d*\\.?\\d*$"), "ruby"));

  private record Language(Pattern program, String type) {}

  private ApplicationType() {}

  private static String[] pair(String name, String type) {
    return new String[] {name, type};
  }

  /**
   * Type of a process, empty if unknown.
   *
   * @param commandLine arguments, each ended by a NUL
   */
  static String of(String commandLine) {
    int nul = commandLine.indexOf('\0');
    String program = (nul < 0 ? commandLine : commandLine.substring(0, nul)).strip();
    int space = program.indexOf(' ');
    program = space < 0 ? program : program.substring(0, space);
    program = program.endsWith(":") ? program.substring(0, program.length() - 1) : program;
    if (program.isEmpty()) {
      return "";
    }
    for (String[] c : CLASSES) {
      if (commandLine.contains(c[0])) {
        return c[1];
      }
    }
    if (program.endsWith("beam.smp")) {
      return commandLine.contains("rabbit")
          ? "rabbitmq"
          : commandLine.contains("couch") ? "couchbase" : "";
    }
    String name = program.substring(program.lastIndexOf('/') + 1);
    for (String[] p : PROGRAMS) {
      if (name.equals(p[0])) {
        return p[1];
      }
    }
    if (name.equals("java")) {
      return "java";
    }
    for (String[] c : CONTAINED) {
      if (name.contains(c[0])) {
        return c[1];
      }
    }
    for (Language l : LANGUAGES) {
      if (l.program.matcher(name).find()) {
        return l.type;
      }
    }
    return "";
  }
}
