package dev.tethys.pipeline.exporter.mqtt;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Distinguishes the connections of this process that share a client id at one address: a broker
 * closes the older of two connections with the same id. Signals, exporters and the old and new
 * graph of a reload may have the same id, so the numbers are shared by the entire process.
 * Thread-safe.
 */
final class ClientNumbers {
  @GuardedBy("itself")
  private static final Map<Client, BitSet> TAKEN = new HashMap<>();

  private record Client(String host, int port, String id) {}

  private final Client client;

  ClientNumbers(String host, int port, String clientId) {
    this.client = new Client(host.toLowerCase(Locale.ROOT), port, clientId);
  }

  /**
   * Allocates the lowest free number until it is returned: a broker may allow only known clients,
   * and recognizes a returning client by its id.
   */
  int take() {
    synchronized (TAKEN) {
      BitSet taken = TAKEN.computeIfAbsent(client, c -> new BitSet());
      int n = taken.nextClearBit(0);
      taken.set(n);
      return n;
    }
  }

  /** Returns a number to the pool, once. */
  void free(int n) {
    synchronized (TAKEN) {
      BitSet taken = TAKEN.get(client);
      if (taken != null) {
        taken.clear(n);
        if (taken.isEmpty()) {
          TAKEN.remove(client);
        }
      }
    }
  }
}
