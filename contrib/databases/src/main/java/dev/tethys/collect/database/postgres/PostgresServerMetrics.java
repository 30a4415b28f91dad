package dev.tethys.collect.database.postgres;

import static dev.tethys.collect.database.postgres.PostgresSession.number;
import static dev.tethys.collect.database.postgres.PostgresSession.text;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.collect.database.reader.DefinitionHistory;
import dev.tethys.collect.database.reader.SettingsText;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of the whole server under the names of Coroot's cluster agent: settings, replication,
 * checkpoints, write-ahead log and ages of transactions. Counters are those of the server.
 */
final class PostgresServerMetrics {
  private static final String CURRENT =
      "case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end";

  private final PostgresSession s;
  private final MetricSet out;
  private final @Nullable DefinitionHistory history;

  /**
   * @param history compares settings, null if they are not compared
   */
  PostgresServerMetrics(PostgresSession session, @Nullable DefinitionHistory history) {
    this.s = session;
    this.history = history;
    this.out = session.out();
  }

  /** Reads all of them. */
  void read() throws SQLException {
    s.part("settings", this::settings);
    if (s.version().isFrom(10, 0)) {
      s.part("replication", this::replication);
      s.part("checkpoints", this::checkpoints);
      s.part("WAL since the last checkpoint", this::checkpointAge);
      s.part("size of the WAL", this::walSize);
      s.part("WAL archive", this::archiver);
      s.part("replication slots", this::slots);
      s.part("oldest transactions", this::horizons);
    }
  }

  private void settings() throws SQLException {
    List<SettingsText.Setting> settings = new ArrayList<>();
    s.rows(
        "select name, setting, unit, vartype, source from pg_catalog.pg_settings order by name",
        r -> {
          String setting = text(r, 2);
          settings.add(new SettingsText.Setting(text(r, 1), setting, text(r, 5)));
          Double v =
              switch (text(r, 4)) {
                case "bool" -> Double.valueOf(setting.equals("on") ? 1 : 0);
                case "integer", "real" -> GoNumbers.parse(setting);
                default -> null;
              };
          if (v != null) {
            out.gauge(
                "pg_setting",
                "Value of the setting in its unit; 1 for on.",
                v,
                "name",
                text(r, 1),
                "unit",
                text(r, 3));
          }
        });
    if (history != null) {
      history.settings("pg_settings", SettingsText.of(settings));
    }
  }

  private void replication() throws SQLException {
    boolean[] standby = new boolean[1];
    s.rows("select pg_is_in_recovery()", r -> standby[0] = r.getBoolean(1));
    if (!standby[0]) {
      s.rows(
          "select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')",
          r -> counter("pg_wal_current_lsn", "WAL position of writes, in bytes.", number(r, 1)));
      return;
    }
    s.rows(
        "select pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0'),"
            + " pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0'), pg_is_wal_replay_paused(),"
            + " (select count(*) from pg_catalog.pg_stat_wal_receiver),"
            + " current_setting('primary_conninfo', true)",
        r -> {
          counter(
              "pg_wal_receive_lsn",
              "WAL position received from the primary, in bytes.",
              number(r, 1));
          counter("pg_wal_reply_lsn", "WAL position replayed, in bytes.", number(r, 2));
          out.gauge(
              "pg_wal_replay_paused",
              "1 if the replay is paused, 0 otherwise.",
              r.getBoolean(3) ? 1 : 0);
          PrimaryAddress primary = PrimaryAddress.parse(text(r, 5));
          out.gauge(
              "pg_wal_receiver_status",
              "1 if a WAL receiver runs, 0 otherwise.",
              r.getInt(4) > 0 ? 1 : 0,
              "sender_host",
              primary.host(),
              "sender_port",
              primary.port());
        });
  }

  private void counter(String name, String help, @Nullable Double v, String... labels) {
    if (v != null) {
      out.counter(name, help, v, labels);
    }
  }

  private void checkpoints() throws SQLException {
    String sql =
        s.version().isFrom(18, 0)
            ? "select num_timed, num_requested, num_done, restartpoints_done, buffers_written"
                + " from pg_catalog.pg_stat_checkpointer"
            : s.version().isFrom(17, 0)
                ? "select num_timed, num_requested, null, restartpoints_done, buffers_written"
                    + " from pg_catalog.pg_stat_checkpointer"
                : "select checkpoints_timed, checkpoints_req, null, null, buffers_checkpoint"
                    + " from pg_catalog.pg_stat_bgwriter";
    s.rows(
        sql,
        r -> {
          double timed = r.getDouble(1);
          double requested = r.getDouble(2);
          Double done = number(r, 3);
          String scheduled = "pg_checkpoints_scheduled_total";
          String help = "Scheduled checkpoints, including skipped ones.";
          out.counter(scheduled, help, timed, "type", "timed");
          out.counter(scheduled, help, requested, "type", "requested");
          out.counter(
              "pg_checkpoints_total",
              "Completed checkpoints.",
              done == null ? timed + requested : done);
          out.counter(
              "pg_restartpoints_total", "Completed restartpoints of a standby.", r.getDouble(4));
          out.counter(
              "pg_buffers_written_total",
              "Dirty buffers written to disk.",
              r.getDouble(5),
              "source",
              "checkpointer");
        });
  }

  private void checkpointAge() throws SQLException {
    s.rows(
        "select pg_wal_lsn_diff("
            + CURRENT
            + ", redo_lsn), extract(epoch from now() - checkpoint_time) from"
            + " pg_control_checkpoint()",
        r -> {
          gauge(
              "pg_wal_since_last_checkpoint_bytes",
              "WAL written since the last checkpoint.",
              number(r, 1));
          gauge(
              "pg_time_since_last_checkpoint_seconds",
              "Time since the last checkpoint.",
              number(r, 2));
        });
  }

  private void gauge(String name, String help, @Nullable Double v, String... labels) {
    if (v != null) {
      out.gauge(name, help, v, labels);
    }
  }

  private void walSize() throws SQLException {
    s.rows(
        "select coalesce(sum(size), 0) from pg_ls_waldir()",
        r -> gauge("pg_wal_size_bytes", "Size of the folder of the WAL.", number(r, 1)));
  }

  private void archiver() throws SQLException {
    s.rows(
        "select archived_count, failed_count, extract(epoch from last_archived_time),"
            + " extract(epoch from last_failed_time) from pg_catalog.pg_stat_archiver",
        r -> {
          out.counter("pg_wal_archived_segments_total", "Archived WAL files.", r.getDouble(1));
          out.counter(
              "pg_wal_archive_failures_total", "Failed attempts to archive.", r.getDouble(2));
          Double archived = number(r, 3);
          Double failed = number(r, 4);
          if (archived != null || failed != null) {
            out.gauge(
                "pg_wal_archiving_status",
                "1 if the last attempt to archive succeeded, 0 if it failed.",
                failed != null && (archived == null || failed > archived) ? 0 : 1);
          }
        });
  }

  private void slots() throws SQLException {
    String status = s.version().isFrom(13, 0) ? "coalesce(wal_status, '')" : "''";
    s.rows(
        "select slot_name, active, "
            + status
            + ", pg_wal_lsn_diff("
            + CURRENT
            + ", restart_lsn) from pg_catalog.pg_replication_slots",
        r ->
            gauge(
                "pg_replication_slot_retained_wal_bytes",
                "WAL retained for the replication slot.",
                number(r, 4),
                "slot",
                text(r, 1),
                "active",
                Boolean.toString(r.getBoolean(2)),
                "wal_status",
                text(r, 3)));
  }

  private void horizons() throws SQLException {
    Map<String, String> holders =
        Map.of(
            "running_transaction",
            "select max(age(backend_xmin)) from pg_catalog.pg_stat_activity where"
                + " backend_type = 'client backend' and pid <> pg_backend_pid()",
            "standby_feedback",
            "select max(age(backend_xmin)) from pg_catalog.pg_stat_activity where"
                + " backend_type = 'walsender'",
            "replication_slot",
            "select max(greatest(age(xmin), age(catalog_xmin))) from"
                + " pg_catalog.pg_replication_slots",
            "prepared_transaction",
            "select max(age(transaction)) from pg_catalog.pg_prepared_xacts");
    List<String> names = new ArrayList<>(holders.keySet());
    StringBuilder sql = new StringBuilder("select ");
    for (String name : names) {
      sql.append(sql.length() > 7 ? ", " : "").append("coalesce((");
      sql.append(holders.get(name)).append("), 0)");
    }
    s.rows(
        sql.toString(),
        r -> {
          for (int i = 0; i < names.size(); i++) {
            out.gauge(
                "pg_oldest_xmin_age",
                "Age in transactions of the oldest transaction id that a holder retains.",
                r.getDouble(i + 1),
                "holder",
                names.get(i));
          }
        });
  }
}
