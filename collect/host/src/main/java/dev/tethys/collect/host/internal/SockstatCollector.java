package dev.tethys.collect.host.internal;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** Sockets by protocol from /proc/net/sockstat and sockstat6. */
final class SockstatCollector implements NodeCollector {
  private static final Desc USED =
      Desc.gauge("node_sockstat_sockets_used", "Number of IPv4 sockets in use.");
  private static final Set<String> STATES =
      Set.of("inuse", "orphan", "tw", "alloc", "mem", "memory");
  private static final int MAX_DESCS = 1000;

  private final Map<String, Desc> descs = new HashMap<>();

  @Override
  public void collect(HostFiles files, Families out) throws IOException {
    Text v4 = files.readIfThere(files.proc("net/sockstat"));
    if (v4 != null) {
      collect(v4, out, true);
    }
    Text v6 = files.readIfThere(files.proc("net/sockstat6"));
    if (v6 != null) {
      collect(v6, out, false);
    }
  }

  private void collect(Text t, Families out, boolean v4) throws MalformedException {
    while (t.nextLine()) {
      t.needField();
      String protocol = t.field();
      if (protocol.endsWith(":")) {
        protocol = protocol.substring(0, protocol.length() - 1);
      }
      boolean sockets = protocol.equals("sockets");
      int pairs = 0;
      for (; t.nextField(); pairs++) {
        String state = t.field();
        t.needField();
        long n = t.integer();
        if (sockets) {
          if (v4 && state.equals("used")) {
            out.add(USED, n);
          }
        } else if (STATES.contains(state)) {
          out.add(desc(protocol, state), n);
          if (state.equals("mem")) {
            out.add(desc(protocol, "mem_bytes"), (double) n * PageSize.BYTES);
          }
        }
      }
      if (pairs == 0) {
        throw t.malformed("no value in \"" + t.line() + "\"");
      }
    }
  }

  private Desc desc(String protocol, String state) {
    if (descs.size() > MAX_DESCS) {
      descs.clear();
    }
    return descs.computeIfAbsent(
        protocol + "_" + state,
        k ->
            Desc.gauge(
                "node_sockstat_" + k,
                "Number of " + protocol + " sockets in state " + state + "."));
  }
}
