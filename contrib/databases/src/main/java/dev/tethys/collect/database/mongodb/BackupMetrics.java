package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import java.io.IOException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of Percona Backup for MongoDB about backups and agents, from its collections in the
 * database admin. Source: {@code pbm/topo}, {@code pbm/backup} and {@code pbm/defs} of
 * percona/percona-backup-mongodb.
 */
final class BackupMetrics {
  private static final String ADMIN = "admin";
  private static final int OK = 0;
  private static final int ERROR = 1;
  private static final int LOST = 2;

  /** An agent whose last sign of life is older is lost. */
  private static final long STALE_SECONDS = 30;

  private static final Set<String> ENDED = Set.of("done", "canceled", "error", "down");

  private final ServerScrape scrape;
  private final String me;

  BackupMetrics(ServerScrape scrape) {
    this.scrape = scrape;
    this.me = scrape.connection().hello().text("me");
  }

  void collect() throws IOException {
    List<Document> config = all("pbmConfig", Document.of("profile", null));
    gauge(
        "cluster_backup_configured",
        "PBM backups are configured for the cluster",
        config.isEmpty() ? 0 : 1);
    if (config.isEmpty()) {
      return;
    }
    gauge(
        "cluster_pitr_backup_enabled",
        "PBM PITR backups are enabled for the cluster",
        config.getFirst().isTrue("pitr", "enabled") ? 1 : 0);
    for (Document backup : all("pbmBackups", Document.of())) {
      backup(backup);
    }
    agents();
  }

  private List<Document> all(String collection, Document filter) throws IOException {
    return scrape.connection().aggregate(ADMIN, collection, Document.of("$match", filter));
  }

  private void gauge(String name, String help, double value, String... labels) {
    scrape.out().gauge("mongodb_pbm_" + name, help, value, labels);
  }

  private String self(String host) {
    return host.equals(me) ? "1" : "0";
  }

  private static double number(Document d, String field) {
    Double n = d.number(field);
    return n == null ? 0 : n;
  }

  /** Metrics of each replica set that takes part. */
  private void backup(Document b) {
    double changed = number(b, "last_transition_ts");
    double end =
        ENDED.contains(b.text("status")) ? changed : (double) Instant.now().getEpochSecond();
    for (Document set : b.documents("replsets")) {
      String[] labels = {
        "opid", b.text("opid"),
        "status", b.text("status"),
        "name", b.text("name"),
        "host", set.text("node"),
        "replica_set", set.text("name"),
        "self", self(set.text("node")),
        "type", b.text("type")
      };
      gauge("backup_size_bytes", "Size of PBM backup", number(b, "size"), labels);
      gauge(
          "backup_last_transition_ts",
          "Last transition timestamp of PBM backup (seconds since epoch)",
          changed,
          labels);
      gauge(
          "backup_duration_seconds", "Duration of PBM backup", end - number(b, "start_ts"), labels);
    }
  }

  /** Agents that have signed on, and members of this replica set that have none. */
  private void agents() throws IOException {
    long now = clusterSeconds();
    Set<String> known = new HashSet<>();
    for (Document a : all("pbmAgents", Document.of())) {
      known.add(a.text("n"));
      boolean good = a.isTrue("pbms", "ok") && a.isTrue("nodes", "ok") && a.isTrue("stors", "ok");
      boolean lost =
          a.at("hb") instanceof Document.Timestamp t && t.seconds() + STALE_SECONDS < now;
      agent(a.text("n"), a.text("rs"), role(a), lost ? LOST : good ? OK : ERROR);
    }
    Document config = replicaSet();
    if (config != null) {
      for (Document m : config.documents("members")) {
        if (!known.contains(m.text("host"))) {
          agent(m.text("host"), config.text("_id"), rest(m), ERROR);
        }
      }
    }
  }

  private void agent(String host, String set, String role, int status) {
    gauge(
        "agent_status",
        "PBM Agent Status",
        status,
        "host",
        host,
        "replica_set",
        set,
        "role",
        role,
        "self",
        self(host));
  }

  private static String role(Document agent) {
    return switch ((int) number(agent, "s")) {
      case 1 -> "P";
      case 7 -> "A";
      case 2 -> number(agent, "delay") != 0 ? "D" : agent.isTrue("hdn") ? "H" : "S";
      default -> agent.text("str");
    };
  }

  /** Returns the configured role of a member; the configuration does not identify the primary. */
  private static String rest(Document member) {
    if (member.isTrue("arbiterOnly")) {
      return "A";
    }
    boolean delayed =
        number(member, "slaveDelay") != 0 || number(member, "secondaryDelaySecs") != 0;
    return delayed ? "D" : member.isTrue("hidden") ? "H" : "";
  }

  /** Returns the replica set configuration; null for routers and standalone servers. */
  private @Nullable Document replicaSet() throws IOException {
    try {
      return scrape.admin(Document.of("replSetGetConfig", 1)).document("config");
    } catch (MongoException e) {
      return null;
    }
  }

  private long clusterSeconds() throws IOException {
    Document answer = scrape.admin(Document.of("ping", 1));
    return answer.at("$clusterTime", "clusterTime") instanceof Document.Timestamp t
        ? t.seconds()
        : Instant.now().getEpochSecond();
  }
}
