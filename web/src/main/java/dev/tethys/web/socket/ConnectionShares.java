package dev.tethys.web.socket;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.net.InetAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Open connections of a listener by client address. When there are up to the limit, the oldest
 * connection of the client with the most of them frees space for a client that has far fewer.
 * Thread-safe.
 */
public final class ConnectionShares {
  private static final String LOCAL = "";

  @GuardedBy("this")
  private final Map<String, LinkedHashSet<Socket>> byClient = new HashMap<>();

  private static String client(Socket s) {
    InetAddress a = s.getInetAddress();
    return a == null ? LOCAL : a.getHostAddress();
  }

  /** A connection is open; the result is to be closed when it has ended. */
  public synchronized Share add(Socket s) {
    String client = client(s); // a closed socket has no address any more
    byClient.computeIfAbsent(client, _ -> new LinkedHashSet<>()).add(s);
    return () -> remove(client, s);
  }

  private synchronized void remove(String client, Socket s) {
    LinkedHashSet<Socket> own = byClient.get(client);
    if (own != null && own.remove(s) && own.isEmpty()) {
      byClient.remove(client);
    }
  }

  /** Slot of an open connection. */
  @FunctionalInterface
  public interface Share extends AutoCloseable {
    /** Reports that the connection has ended. */
    @Override
    void close();
  }

  /**
   * The connection to close in favour of a new one; null if no client has more than twice as many
   * as the new client would have.
   */
  public synchronized @Nullable Socket oldestOfMost(Socket coming) {
    LinkedHashSet<Socket> most = null;
    for (LinkedHashSet<Socket> own : byClient.values()) {
      if (most == null || own.size() > most.size()) {
        most = own;
      }
    }
    LinkedHashSet<Socket> own = byClient.get(client(coming));
    int held = own == null ? 0 : own.size();
    return most == null || most.size() <= 2 * (held + 1) ? null : most.getFirst();
  }
}
