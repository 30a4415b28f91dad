package dev.tethys.collect.database.redis;

import dev.tethys.collect.database.wire.Deadline;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The servers of a cluster, as one: a command is sent where the last response located its key. Not
 * thread-safe.
 *
 * <p>Bounds: number of servers, number of redirections of a command.
 */
final class RedisCluster implements RedisCommands, AutoCloseable {
  private static final int MAX_NODES = 1000;
  private static final int MAX_REDIRECTIONS = 10;

  private final RedisAddress start;
  private final Deadline deadline;
  private final Map<String, RedisConnection> nodes = new LinkedHashMap<>();
  private RedisConnection last;

  RedisCluster(RedisAddress start, Deadline deadline) throws IOException {
    this.start = start;
    this.deadline = deadline;
    this.last = node(start.host(), start.port());
  }

  private RedisConnection node(String host, int port) throws IOException {
    String key = host + ":" + port;
    RedisConnection c = nodes.get(key);
    if (c == null) {
      if (nodes.size() >= MAX_NODES) {
        throw new IOException("a cluster of more than " + MAX_NODES + " servers");
      }
      c = RedisConnection.open(start.at(host, port), deadline);
      nodes.put(key, c);
    }
    return c;
  }

  @Override
  public RedisReply send(String... command) throws IOException {
    RedisConnection to = last;
    boolean asking = false;
    for (int i = 0; i <= MAX_REDIRECTIONS; i++) {
      if (asking) {
        to.send("ASKING");
      }
      RedisReply r = to.send(command);
      String error = r instanceof RedisReply.Failure f ? f.message() : "";
      asking = error.startsWith("ASK ");
      if (!asking && !error.startsWith("MOVED ")) {
        last = asking ? last : to;
        return r;
      }
      String[] f = error.split(" ");
      int colon = f.length < 3 ? -1 : f[2].lastIndexOf(':');
      if (colon < 0) {
        throw new IOException("the server redirects to no address: " + error);
      }
      try {
        String host = f[2].substring(0, colon);
        to =
            node(host.isEmpty() ? start.host() : host, Integer.parseInt(f[2].substring(colon + 1)));
      } catch (NumberFormatException e) {
        throw new IOException("the server redirects to no address: " + error, e);
      }
    }
    throw new IOException("more than " + MAX_REDIRECTIONS + " redirections of " + command[0]);
  }

  /** Connections to all masters. */
  List<RedisCommands> masters() throws IOException {
    List<RedisCommands> out = new ArrayList<>();
    for (ClusterNode n :
        ClusterNode.parse(String.valueOf(last.command("CLUSTER", "NODES").text()))) {
      if (n.master()) {
        out.add(node(n.host(), n.port()));
      }
    }
    return out;
  }

  @Override
  public void close() {
    nodes.values().forEach(RedisConnection::close);
  }
}
