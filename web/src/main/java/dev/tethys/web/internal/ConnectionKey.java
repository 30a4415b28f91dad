package dev.tethys.web.internal;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Both addresses of a connection, which identify it. */
record ConnectionKey(SocketAddress remote, SocketAddress local) {
  // The methods that the JDK generates for a record are linked for the first connection of a
  // process, which takes twenty milliseconds.
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ConnectionKey k && remote.equals(k.remote) && local.equals(k.local);
  }

  @Override
  public int hashCode() {
    return 31 * remote.hashCode() + local.hashCode();
  }
}
