package dev.tethys.collect.logs.net;

import dev.tethys.model.BoundedMap;
import java.net.InetAddress;
import java.util.Map;

/** Host names of addresses, cached for the most recent addresses. */
public final class HostNames {
  private static final int MAX_REMEMBERED = 1000;

  private final Map<InetAddress, String> remembered = BoundedMap.byUse(MAX_REMEMBERED);

  /** The name of an address, "" if it has none. */
  public String of(InetAddress address) {
    synchronized (remembered) {
      String known = remembered.get(address);
      if (known != null) {
        return known;
      }
    }
    String name = address.getCanonicalHostName();
    String found = name.equals(address.getHostAddress()) ? "" : name;
    synchronized (remembered) {
      remembered.put(address, found);
    }
    return found;
  }
}
