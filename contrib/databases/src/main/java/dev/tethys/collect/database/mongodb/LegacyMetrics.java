package dev.tethys.collect.database.mongodb;

import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.mongodb.wire.Document;
import dev.tethys.collect.database.mongodb.wire.Document.Timestamp;
import dev.tethys.collect.database.mongodb.wire.MongoException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Metrics of mongodb_exporter 0.1x that are more than another name. */
final class LegacyMetrics {
  private static final String REPLICA_SET = "mongodb_mongod_replset_";
  private static final int UNKNOWN_STATE = 6;
  private static final int ARBITER_STATE = 7;
  private static final String PRIMARY = "PRIMARY";

  private final ServerScrape scrape;
  private final MetricSet out;

  LegacyMetrics(ServerScrape scrape) {
    this.scrape = scrape;
    this.out = scrape.out();
  }

  /**
   * Adds them.
   *
   * @param data output of getDiagnosticData, empty if none
   */
  void collect(Document data) throws IOException {
    version();
    if (!data.fields().isEmpty()) {
      sums(data);
      String engine = data.text("serverStatus", "storageEngine", "name");
      if (!engine.isEmpty() && scrape.role() != ServerRole.ROUTER) {
        String help = "The storage engine used by the MongoDB instance";
        out.gauge("mongodb_mongod_storage_engine", help, 1, "engine", engine);
      }
      if (scrape.role() == ServerRole.MEMBER) {
        state();
        Document set = data.document("replSetGetStatus");
        if (set != null) {
          members(set);
        }
        oplog();
      }
    }
    switch (scrape.role()) {
      case ARBITER -> arbiter();
      case ROUTER -> new RouterMetrics(scrape).collect();
      case MEMBER -> {}
    }
  }

  private void version() throws IOException {
    Document build;
    try {
      build = scrape.admin(Document.of("buildInfo", 1));
    } catch (MongoException e) {
      build = Document.of();
    }
    List<String> modules = build.texts("modules");
    boolean enterprise = !modules.isEmpty() && modules.getFirst().equals("enterprise");
    out.gauge(
        "mongodb_version_info",
        "The server version",
        1,
        "mongodb",
        build.text("version"),
        "edition",
        enterprise ? "Enterprise" : "Community",
        "vendor",
        build.text("psmdbVersion").isEmpty() ? "MongoDB" : "Percona");
  }

  private static double sum(Document data, String[] path, String... last) {
    double sum = 0;
    Document at = data.document(path);
    for (String name : last) {
      Double v = at == null ? null : at.number(name);
      sum += v == null ? 0 : v;
    }
    return sum;
  }

  private void sums(Document data) {
    out.gauge(
        "mongodb_mongod_locks_time_acquiring_global_microseconds_total",
        "sum of serverStatus.locks.Global.timeAcquiringMicros.[r|w]",
        sum(
            data,
            new String[] {"serverStatus", "locks", "Global", "timeAcquiringMicros"},
            "r",
            "w"));
    out.gauge(
        "mongodb_mongod_wiredtiger_cache_evicted_total",
        "wiredtiger cache evicted total",
        sum(
            data,
            new String[] {"serverStatus", "wiredTiger", "cache"},
            "modified pages evicted",
            "unmodified pages evicted"));
  }

  private void state(double state, String set) {
    out.gauge(
        REPLICA_SET + "my_state",
        "An integer between 0 and 10 that represents the replica state of the current member",
        state,
        "set",
        set);
  }

  private void count(double members, String set) {
    out.gauge(
        REPLICA_SET + "number_of_members",
        "The number of replica set members.",
        members,
        "set",
        set);
  }

  private void state() throws IOException {
    Document status;
    try {
      status = scrape.admin(Document.of("replSetGetStatus", 1));
    } catch (MongoException e) {
      status = Document.of();
    }
    Double state = status.number("myState");
    state(state == null ? UNKNOWN_STATE : state, status.text("set"));
  }

  private void arbiter() {
    Document hello = scrape.connection().hello();
    state(ARBITER_STATE, hello.text("setName"));
    count(hello.list("hosts").size() + hello.list("arbiters").size(), hello.text("setName"));
  }

  private static long seconds(Document member, String key) {
    return member.at(key) instanceof Instant i ? i.getEpochSecond() : 0;
  }

  private void members(Document set) {
    List<Document> members = set.documents("members");
    count(members.size(), set.text("set"));
    long primary =
        members.stream()
            .filter(m -> m.text("stateStr").equals(PRIMARY))
            .findFirst()
            .map(m -> seconds(m, "optimeDate"))
            .orElse(0L);
    members.forEach(m -> member(m, set.text("set"), primary));
  }

  private void member(Document m, String set, long primary) {
    String[] labels = {
      "name",
      m.text("name"),
      "state",
      m.text("stateStr"),
      "set",
      set,
      "self",
      m.isTrue("self") ? "1" : "0"
    };
    if (m.isTrue("self")) {
      gauge("my_name", "The replica state name of the current member.", 1.0, labels);
    }
    if (m.at("electionTime") instanceof Timestamp t && (t.seconds() != 0 || t.increment() != 0)) {
      gauge(
          "member_election_date",
          "The timestamp the node was elected as replica leader",
          (double) t.seconds(),
          labels);
    }
    long applied = seconds(m, "optimeDate");
    if (primary != 0 && applied != 0 && !m.text("stateStr").equals(PRIMARY)) {
      gauge(
          "member_replication_lag",
          "The replication lag that this member has with the primary.",
          (double) Math.abs(applied - primary),
          labels);
    }
    gauge(
        "member_ping_ms",
        "The pingMs represents the number of milliseconds (ms) that a round-trip packet takes to"
            + " travel between the remote member and the local instance.",
        m.number("pingMs"),
        labels);
    gauge(
        "member_last_heartbeat",
        "The lastHeartbeat value provides an ISODate formatted date and time of the transmission"
            + " time of last heartbeat received from this member.",
        m.at("lastHeartbeat") instanceof Instant i ? (double) i.getEpochSecond() : null,
        labels);
    gauge(
        "member_last_heartbeat_recv",
        "The lastHeartbeatRecv value provides an ISODate formatted date and time that the last"
            + " heartbeat was received from this member.",
        m.at("lastHeartbeatRecv") instanceof Instant i ? (double) i.getEpochSecond() : null,
        labels);
    Double version = m.number("configVersion");
    gauge(
        "member_config_version",
        "The configVersion value is the replica set configuration version.",
        version != null && version > 0 ? version : null,
        labels);
  }

  private void gauge(String name, String help, @Nullable Double value, String... labels) {
    if (value != null) {
      out.gauge(REPLICA_SET + name, help, value, labels);
    }
  }

  private void oplog() throws IOException {
    try {
      Timestamp head = logged(-1);
      Timestamp tail = logged(1);
      if (head != null && tail != null) {
        out.gauge(
            REPLICA_SET + "oplog_head_timestamp",
            "The timestamp of the newest change in the oplog",
            head.seconds());
        out.gauge(
            REPLICA_SET + "oplog_tail_timestamp",
            "The timestamp of the oldest change in the oplog",
            tail.seconds());
      }
    } catch (MongoException e) {
      // one may not read it; the others are shown
    }
  }

  private @Nullable Timestamp logged(int order) throws IOException {
    List<Document> found =
        scrape
            .connection()
            .cursor(
                "local",
                Document.of(
                    "find",
                    "oplog.rs",
                    "sort",
                    Document.of("$natural", order),
                    "limit",
                    1,
                    "singleBatch",
                    true));
    return !found.isEmpty() && found.getFirst().at("ts") instanceof Timestamp t ? t : null;
  }
}
