package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import dev.tethys.model.log.JulLogger;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Sizes, values and counts of keys that the user names, and of groups of keys.
 *
 * <p>Bound: so many keys for one pattern.
 */
final class KeyMetrics {
  private static final System.Logger LOG = JulLogger.of(KeyMetrics.class.getName());

  private static final String SIZE = "Length or size of the key.";

  /** Maximum number of keys that patterns may match in one scrape. */
  static final int MAX_KEYS = 100_000;

  /**
   * One step of SCAN: each key goes to the first pattern that it matches, and its group is what the
   * pattern's captures hold. Answers the cursor and, for each group, its name, count and bytes.
   */
  private static final String GROUPS =
      """
      local step = redis.call('SCAN', ARGV[1], 'COUNT', ARGV[2])
      local count, bytes, names = {}, {}, {}
      for p = 3, #ARGV do
        local fine, why = pcall(string.find, '', ARGV[p])
        if not fine then error(why .. ': ' .. ARGV[p]) end
      end
      for _, key in ipairs(step[2]) do
        local name = 'unclassified'
        for p = 3, #ARGV do
          local found = {string.find(key, ARGV[p])}
          if found[1] then
            name = table.concat(found, '', 3)
            break
          end
        end
        if not count[name] then
          names[#names + 1], count[name], bytes[name] = name, 0, 0
        end
        local size = redis.pcall('MEMORY', 'USAGE', key)
        count[name] = count[name] + 1
        if type(size) == 'number' then bytes[name] = bytes[name] + size end
      end
      local rows = {}
      for i, name in ipairs(names) do rows[i] = {name, count[name], bytes[name]} end
      return {step[1], rows}
      """;

  private final MetricSet out;
  private final RedisOptions options;
  private final RedisCommands server;

  KeyMetrics(MetricSet out, RedisOptions options, RedisCommands server) {
    this.out = out;
    this.options = options;
    this.server = server;
  }

  /** Sizes and values of the keys that are checked. */
  void check() throws IOException {
    List<DatabaseKey> all = new ArrayList<>(options.keys().single());
    all.addAll(expand(options.keys().checked()));
    Map<Integer, LinkedHashSet<String>> byDatabase = new TreeMap<>();
    for (DatabaseKey k : all) {
      byDatabase
          .computeIfAbsent(options.cluster() ? 0 : k.database(), d -> new LinkedHashSet<>())
          .add(k.key());
    }
    for (var e : byDatabase.entrySet()) {
      if (select(e.getKey())) {
        check("db" + e.getKey(), List.copyOf(e.getValue()));
      }
    }
  }

  private boolean select(int database) throws IOException {
    if (options.cluster()) {
      return true; // has one
    }
    if (server.send("SELECT", Integer.toString(database)) instanceof RedisReply.Failure f) {
      LOG.log(Level.ERROR, "database {0} cannot be selected: {1}", database, f.message());
      return false;
    }
    return true;
  }

  private void check(String db, List<String> keys) throws IOException {
    List<String[]> commands = new ArrayList<>();
    for (String key : keys) {
      commands.add(new String[] {"TYPE", key});
      commands.add(new String[] {"MEMORY", "USAGE", key});
    }
    List<RedisReply> first = server.sendAll(commands);
    List<String> types = new ArrayList<>();
    commands.clear();
    for (int i = 0; i < keys.size(); i++) {
      String key = keys.get(i);
      String type = String.valueOf(first.get(2 * i).text());
      types.add(type);
      if (first.get(2 * i + 1) instanceof RedisReply.Whole bytes) {
        out.gauge(
            "key_memory_usage_bytes",
            "Memory usage of the key in bytes.",
            bytes.value(),
            "db",
            db,
            "key",
            key);
      }
      for (String c : sizes(type)) {
        commands.add(new String[] {c, key});
      }
    }
    List<RedisReply> second = server.sendAll(commands);
    int at = 0;
    for (int i = 0; i < keys.size(); i++) {
      int n = sizes(types.get(i)).length;
      key(db, keys.get(i), types.get(i), second.subList(at, at + n));
      at += n;
    }
  }

  /**
   * Returns the commands that measure a key of a type; for strings, also those that detect a
   * HyperLogLog.
   */
  private static String[] sizes(String type) {
    return switch (type) {
      case "string" -> new String[] {"PFCOUNT", "STRLEN", "GET"};
      case "list" -> new String[] {"LLEN"};
      case "set" -> new String[] {"SCARD"};
      case "zset" -> new String[] {"ZCARD"};
      case "hash" -> new String[] {"HLEN"};
      case "stream" -> new String[] {"XLEN"};
      case "array" -> new String[] {"ARCOUNT"};
      default -> new String[0];
    };
  }

  private void key(String db, String key, String type, List<RedisReply> answers) {
    if (answers.isEmpty()) {
      if (type.equals("none")) { // a configured key that does not exist
        out.gauge("key_size", SIZE, 0, "db", db, "key", key);
      } else {
        LOG.log(Level.ERROR, "key {0} has the unknown type {1}", key, type);
      }
      return;
    }
    boolean text = type.equals("string") && !(answers.getFirst() instanceof RedisReply.Whole);
    RedisReply size = answers.get(text ? 1 : 0);
    if (!(size instanceof RedisReply.Whole w)) {
      return;
    }
    String value = text && options.keys().values() ? answers.get(2).text() : null;
    if (value != null && !value.isEmpty()) {
      Double number = GoNumbers.parse(value);
      if (number != null) {
        out.gauge("key_value", "Value of the key.", number, "db", db, "key", key);
      } else {
        out.gauge(
            "key_value_as_string",
            "Value of the key, as a label.",
            1,
            "db",
            db,
            "key",
            key,
            "val",
            value);
      }
    }
    out.gauge("key_size", SIZE, w.value(), "db", db, "key", key);
  }

  /** Counts of the keys that match. */
  void count() throws IOException {
    for (DatabaseKey k : options.keys().counted()) {
      if (select(k.database())) {
        out.gauge(
            "keys_count",
            "Number of keys that match.",
            scan(k.key(), false).size(),
            "db",
            k.label(),
            "key",
            k.key());
      }
    }
  }

  /** Patterns become the keys that match them. */
  List<DatabaseKey> expand(List<DatabaseKey> keys) throws IOException {
    List<DatabaseKey> out = new ArrayList<>();
    for (DatabaseKey k : keys) {
      if (!k.isPattern()) {
        out.add(k);
      } else if (select(k.database())) {
        for (String found : scan(k.key(), true)) {
          out.add(new DatabaseKey(k.database(), found));
        }
      }
    }
    return out;
  }

  /** Returns the keys that match a pattern; SCAN may return a key twice. */
  private LinkedHashSet<String> scan(String pattern, boolean bounded) throws IOException {
    LinkedHashSet<String> found = new LinkedHashSet<>();
    List<RedisCommands> where = server instanceof RedisCluster c ? c.masters() : List.of(server);
    for (RedisCommands s : where) {
      String cursor = "0";
      do {
        RedisReply r =
            s.command(
                "SCAN", cursor, "MATCH", pattern, "COUNT", Long.toString(options.keys().batch()));
        List<RedisReply> items = r.items();
        if (items.size() != 2) {
          throw new IOException("SCAN: a response of " + items.size() + " parts");
        }
        cursor = String.valueOf(items.getFirst().text());
        found.addAll(items.get(1).texts());
        if (found.size() > (bounded ? MAX_KEYS : 10 * MAX_KEYS)) {
          throw new IOException(
              "more than " + (bounded ? MAX_KEYS : 10 * MAX_KEYS) + " keys match " + pattern);
        }
      } while (!cursor.equals("0"));
    }
    return found;
  }

  private record Group(String name, long count, long bytes) {}

  /** Groups of keys in every database. */
  void groups(int databases) throws IOException {
    long start = System.nanoTime();
    for (int db = 0; !options.keys().groups().isEmpty() && db < databases; db++) {
      if (!select(db)) {
        continue;
      }
      Map<String, Group> found = new HashMap<>();
      try {
        for (RedisCommands s : server instanceof RedisCluster c ? c.masters() : List.of(server)) {
          groups(s, found);
        }
      } catch (RedisException e) {
        LOG.log(Level.ERROR, "groups of keys in database {0}: {1}", db, e.getMessage());
        continue;
      }
      show("db" + db, found);
    }
    out.gauge(
        "last_key_groups_scrape_duration_milliseconds",
        "Time to find the groups of keys.",
        (System.nanoTime() - start) / 1_000_000);
  }

  private void groups(RedisCommands s, Map<String, Group> found) throws IOException {
    String cursor = "0";
    do {
      List<String> command = new ArrayList<>(List.of("EVAL", GROUPS, "0", cursor));
      command.add(Long.toString(options.keys().batch()));
      command.addAll(options.keys().groups());
      List<RedisReply> r = s.command(command.toArray(String[]::new)).items();
      if (r.size() != 2) {
        throw new IOException("groups of keys: a response of " + r.size() + " parts");
      }
      cursor = String.valueOf(r.getFirst().text());
      for (RedisReply row : r.get(1).items()) {
        List<RedisReply> f = row.items();
        String name = f.size() == 3 ? f.getFirst().text() : null;
        Long count = name == null ? null : f.get(1).whole();
        Long bytes = name == null ? null : f.get(2).whole();
        if (name != null && count != null && bytes != null) {
          found.merge(
              name,
              new Group(name, count, bytes),
              (a, b) -> new Group(a.name, a.count + b.count, a.bytes + b.bytes));
        }
      }
      if (found.size() > MAX_KEYS) {
        throw new IOException("more than " + MAX_KEYS + " groups of keys");
      }
    } while (!cursor.equals("0"));
  }

  private void show(String db, Map<String, Group> found) {
    List<Group> all = new ArrayList<>(found.values());
    all.sort(
        Comparator.comparingLong(Group::bytes)
            .reversed()
            .thenComparingLong(Group::count)
            .thenComparing(Group::name));
    int shown = Math.min(all.size(), options.keys().maxGroups());
    all.subList(0, shown).forEach(g -> show(db, g));
    if (shown < all.size()) {
      List<Group> rest = all.subList(shown, all.size());
      show(
          db,
          new Group(
              "overflow",
              rest.stream().mapToLong(Group::count).sum(),
              rest.stream().mapToLong(Group::bytes).sum()));
    }
    out.gauge("number_of_distinct_key_groups", "Groups of keys.", all.size(), "db", db);
  }

  private void show(String db, Group g) {
    String[] labels = {"db", db, "key_group", g.name};
    out.gauge("key_group_count", "Keys of the group.", g.count, labels);
    out.gauge("key_group_memory_usage_bytes", "Bytes of the group's keys.", g.bytes, labels);
  }
}
