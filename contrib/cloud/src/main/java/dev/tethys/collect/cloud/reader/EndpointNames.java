package dev.tethys.collect.cloud.reader;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Addresses of endpoints, resolved again after some minutes. Bounded in size, and in the time that
 * lookups take in one reading. Not thread-safe.
 */
public final class EndpointNames {
  private static final int MAX_NAMES = 20_000;
  private static final Duration KEPT = Duration.ofMinutes(5);
  private static final Duration BUDGET = Duration.ofSeconds(5);

  private record Address(String ipv4, Instant until) {}

  private final CloudContext context;
  private final Map<String, Address> addresses = new LinkedHashMap<>();
  private Instant end = Instant.MIN;

  public EndpointNames(CloudContext context) {
    this.context = context;
  }

  /** Begins a reading. */
  public void begin() {
    end = context.clock().instant().plus(BUDGET);
  }

  /** IPv4 address of an endpoint; empty if unknown. */
  public String ipv4(String host) {
    if (host.isEmpty() || host.matches("\\d+(\\.\\d+){3}")) {
      return host;
    }
    Address a = addresses.get(host);
    Instant now = context.clock().instant();
    if (a != null && now.isBefore(a.until) || !now.isBefore(end)) {
      return a == null ? "" : a.ipv4;
    }
    String found = context.names().ipv4(host);
    // A name that cannot be resolved now keeps its last address.
    String ipv4 = found.isEmpty() && a != null ? a.ipv4 : found;
    addresses.put(host, new Address(ipv4, now.plus(KEPT)));
    if (addresses.size() > MAX_NAMES) {
      addresses.remove(addresses.keySet().iterator().next());
    }
    return ipv4;
  }
}
