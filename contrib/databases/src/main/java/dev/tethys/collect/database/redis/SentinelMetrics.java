package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.GoNumbers;
import dev.tethys.collect.database.MetricSet;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Metrics of a Sentinel about its masters. */
final class SentinelMetrics {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "quorum", "sentinel_master_setting_ckquorum",
          "failover-timeout", "sentinel_master_setting_failover_timeout",
          "parallel-syncs", "sentinel_master_setting_parallel_syncs",
          "down-after-milliseconds", "sentinel_master_setting_down_after_milliseconds",
          "config-epoch", "sentinel_master_config_epoch");

  private final MetricSet out;
  private final RedisOptions.PageContent shown;
  private final RedisCommands server;

  SentinelMetrics(MetricSet out, RedisOptions.PageContent shown, RedisCommands server) {
    this.out = out;
    this.shown = shown;
    this.server = server;
  }

  void add() throws IOException {
    for (RedisReply m : server.send("SENTINEL", "MASTERS").items()) {
      Map<String, String> master = texts(m);
      if (master.containsKey("name") && master.containsKey("ip") && master.containsKey("port")) {
        master(master);
      }
    }
    if (shown.config()) {
      texts(server.send("SENTINEL", "config", "get", "*"))
          .forEach(
              (k, v) -> {
                out.gauge(
                    "sentinel_config_key_value",
                    "Setting of the sentinel.",
                    1,
                    "key",
                    k,
                    "value",
                    v);
                Double number = GoNumbers.parse(v);
                if (number != null) {
                  out.gauge(
                      "sentinel_config_value",
                      "Numeric setting of the sentinel.",
                      number,
                      "key",
                      k);
                }
              });
    }
  }

  private static Map<String, String> texts(RedisReply r) {
    Map<String, String> out = new HashMap<>();
    r.pairs()
        .forEach(
            (k, v) -> {
              String t = v.text();
              if (t != null) {
                out.put(k, t);
              }
            });
    return out;
  }

  private void master(Map<String, String> m) throws IOException {
    String name = m.getOrDefault("name", "");
    String address = m.get("ip") + ":" + m.get("port");
    RedisReply quorum = server.send("SENTINEL", "CKQUORUM", name);
    String message =
        quorum instanceof RedisReply.Failure f ? f.message() : String.valueOf(quorum.text());
    out.gauge(
        "sentinel_master_ckquorum_status",
        "Status of the sentinel quorum: 1 if reached.",
        quorum instanceof RedisReply.Failure ? 0 : 1,
        "master_name",
        name,
        "message",
        message);
    String[] labels = {"master_name", name, "master_address", address};
    SETTINGS.forEach(
        (key, metric) -> {
          Double v = GoNumbers.parse(m.get(key));
          out.gauge(metric, "Setting " + key + " of the master.", v == null ? 0 : v, labels);
        });
    Double ping = GoNumbers.parse(m.get("last-ok-ping-reply"));
    out.gauge(
        "sentinel_master_last_ok_ping_reply_seconds",
        "Seconds since the master answered a ping.",
        ping == null ? 0 : ping / 1000,
        labels);
    List<RedisReply> sentinels = server.send("SENTINEL", "SENTINELS", name).items();
    int well = 1; // the queried Sentinel
    for (RedisReply r : sentinels) {
      Map<String, String> s = texts(r);
      if (shown.sentinelPeers()) {
        out.gauge(
            "sentinel_peer_info",
            "Information about another sentinel of the master.",
            1,
            "master_name",
            name,
            "master_address",
            address,
            "name",
            s.getOrDefault("name", ""),
            "ip",
            s.getOrDefault("ip", ""),
            "port",
            s.getOrDefault("port", ""),
            "runid",
            s.getOrDefault("runid", ""),
            "flags",
            s.getOrDefault("flags", ""));
      }
      well += isUp(s) ? 1 : 0;
    }
    out.gauge("sentinel_master_ok_sentinels", "Healthy sentinels of the master.", well, labels);
    long replicas =
        server.send("SENTINEL", "SLAVES", name).items().stream()
            .filter(r -> isUp(texts(r)))
            .count();
    out.gauge("sentinel_master_ok_slaves", "Healthy replicas of the master.", replicas, labels);
  }

  private static boolean isUp(Map<String, String> peer) {
    String flags = peer.get("flags");
    return flags != null && !flags.contains("o_down") && !flags.contains("s_down");
  }
}
