package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Metrics of streams, their groups and consumers from XINFO. */
final class StreamMetrics {
  private static final System.Logger LOG = JulLogger.of(StreamMetrics.class.getName());

  private final MetricSet out;
  private final RedisOptions options;
  private final RedisCommands server;

  StreamMetrics(MetricSet out, RedisOptions options, RedisCommands server) {
    this.out = out;
    this.options = options;
    this.server = server;
  }

  void add(KeyMetrics keys) throws IOException {
    List<DatabaseKey> all = new ArrayList<>(options.keys().singleStreams());
    all.addAll(keys.expand(options.keys().streams()));
    for (DatabaseKey k : all) {
      try {
        if (!options.cluster()) {
          server.command("SELECT", Integer.toString(k.database()));
        }
        stream(k);
      } catch (RedisException e) {
        LOG.log(Level.ERROR, "stream {0}: {1}", k.key(), e.getMessage());
      }
    }
  }

  private void stream(DatabaseKey k) throws IOException {
    Map<String, RedisReply> s = server.command("XINFO", "STREAM", k.key()).pairs();
    List<RedisReply> groups = server.command("XINFO", "GROUPS", k.key()).items();
    String[] labels = {"db", k.label(), "stream", k.key()};
    out.gauge("stream_length", "Entries of the stream.", number(s, "length"), labels);
    out.gauge(
        "stream_radix_tree_keys", "Keys of its radix tree.", number(s, "radix-tree-keys"), labels);
    out.gauge(
        "stream_radix_tree_nodes",
        "Nodes of its radix tree.",
        number(s, "radix-tree-nodes"),
        labels);
    out.gauge(
        "stream_last_generated_id",
        "Time of the newest id, Unix milliseconds.",
        time(s.get("last-generated-id")),
        labels);
    out.gauge("stream_groups", "Groups of the stream.", number(s, "groups"), labels);
    out.gauge(
        "stream_max_deleted_entry_id",
        "Time of the newest entry that was deleted, Unix milliseconds.",
        time(s.get("max-deleted-entry-id")),
        labels);
    out.gauge(
        "stream_first_entry_id",
        "Time of the first entry, Unix milliseconds.",
        entryTime(s.get("first-entry")),
        labels);
    out.gauge(
        "stream_last_entry_id",
        "Time of the last entry, Unix milliseconds.",
        entryTime(s.get("last-entry")),
        labels);
    out.counter(
        "stream_entries_added_total",
        "Entries ever added to the stream.",
        number(s, "entries-added"),
        labels);
    for (RedisReply g : groups) {
      group(k, g.pairs());
    }
  }

  private void group(DatabaseKey k, Map<String, RedisReply> g) throws IOException {
    RedisReply named = g.get("name");
    String name = named == null ? "" : String.valueOf(named.text());
    String[] labels = {"db", k.label(), "stream", k.key(), "group", name};
    out.gauge("stream_group_consumers", "Consumers of the group.", number(g, "consumers"), labels);
    out.gauge(
        "stream_group_messages_pending",
        "Entries delivered and not acknowledged.",
        number(g, "pending"),
        labels);
    out.gauge(
        "stream_group_last_delivered_id",
        "Time of the entry delivered last, Unix milliseconds.",
        time(g.get("last-delivered-id")),
        labels);
    out.gauge(
        "stream_group_entries_read",
        "Entries that the group read.",
        number(g, "entries-read"),
        labels);
    out.gauge(
        "stream_group_lag", "Entries not yet delivered to the group.", number(g, "lag"), labels);
    if (!options.keys().consumers()) {
      return;
    }
    for (RedisReply r : server.command("XINFO", "CONSUMERS", k.key(), name).items()) {
      Map<String, RedisReply> c = r.pairs();
      RedisReply consumer = c.get("name");
      String[] of = {
        "db",
        k.label(),
        "stream",
        k.key(),
        "group",
        name,
        "consumer",
        consumer == null ? "" : String.valueOf(consumer.text())
      };
      out.gauge(
          "stream_group_consumer_messages_pending",
          "Entries delivered to the consumer and not acknowledged.",
          number(c, "pending"),
          of);
      out.gauge(
          "stream_group_consumer_idle_seconds",
          "Seconds since the last interaction of the consumer.",
          number(c, "idle") / 1e3,
          of);
    }
  }

  private static double number(Map<String, RedisReply> of, String key) {
    RedisReply r = of.get(key);
    Long v = r == null ? null : r.whole();
    return v == null ? 0 : v;
  }

  private static double entryTime(@Nullable RedisReply entry) {
    return entry == null || entry.items().isEmpty() ? 0 : time(entry.items().getFirst());
  }

  /** Returns the part of an ID before its dash. */
  private static double time(@Nullable RedisReply id) {
    String text = id == null ? null : id.text();
    Double v = text == null ? null : GoNumbers.parse(text.trim().split("-", 2)[0]);
    return v == null ? 0 : v;
  }
}
