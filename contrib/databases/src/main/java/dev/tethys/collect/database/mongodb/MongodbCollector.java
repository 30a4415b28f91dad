package dev.tethys.collect.database.mongodb;

import java.util.Locale;

/** Collectors of a server, by the names of their flags. */
enum MongodbCollector {
  COLLSTATS("collstats", "Sizes and latencies of collections ($collStats)."),
  INDEXSTATS("indexstats", "Uses of indexes ($indexStats)."),
  DIAGNOSTICDATA("diagnostic_data", "Output of getDiagnosticData."),
  DBSTATS("dbstats", "Sizes of databases (dbStats)."),
  CURRENTOPMETRICS("currentop", "Long-running operations (currentOp)."),
  PROFILE("profile", "Count of profiled operations."),
  TOPMETRICS("top", "Times and counts of operations by collection (top)."),
  REPLICASETSTATUS("replset_status", "Output of replSetGetStatus."),
  REPLICASETCONFIG("replset_config", "Output of replSetGetConfig."),
  SHARDS("shards", "Chunks by collection and shard; only on routers."),
  FCV("fcv", "Feature compatibility version."),
  PBM("pbm", "Backups and agents of Percona Backup for MongoDB.");

  private final String timed;
  private final String help;

  MongodbCollector(String timed, String help) {
    this.timed = timed;
    this.help = help;
  }

  /** Returns the name in flags and in the {@code collect[]} parameter. */
  String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Returns the name used in scrape duration metrics. */
  String timed() {
    return timed;
  }

  String help() {
    return help;
  }

  /** Whether a server of that kind exposes anything for it. */
  boolean supports(ServerRole role) {
    return switch (role) {
      case ARBITER -> this == DIAGNOSTICDATA || this == REPLICASETCONFIG;
      case ROUTER ->
          switch (this) {
            case CURRENTOPMETRICS, PROFILE, TOPMETRICS, REPLICASETSTATUS, REPLICASETCONFIG, FCV ->
                false;
            default -> true;
          };
      case MEMBER -> this != SHARDS;
    };
  }

  /** Whether it is omitted if there are more collections than a flag allows. */
  boolean growsWithCollections() {
    return switch (this) {
      case COLLSTATS, INDEXSTATS, DBSTATS, TOPMETRICS, PROFILE -> true;
      default -> false;
    };
  }
}
