package dev.tethys.pipeline.exporter.loadbalancing;

import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;
import org.xbill.DNS.lookup.LookupFailedException;
import org.xbill.DNS.lookup.LookupResult;
import org.xbill.DNS.lookup.LookupSession;

/** Finds all addresses of a name. */
@FunctionalInterface
interface NameLookup {
  /**
   * Returns at least one address.
   *
   * @throws IOException if there is none or no server responds in time
   */
  List<InetAddress> addresses(String name, Duration timeout)
      throws IOException, InterruptedException;

  /**
   * Queries the system's name servers each time, after the hosts file. The JDK's own lookup would
   * return results cached for half a minute.
   */
  NameLookup SYSTEM =
      (name, timeout) -> of(LookupSession.defaultBuilder().clearCaches().build(), name, timeout);

  private static List<InetAddress> of(LookupSession session, String name, Duration timeout)
      throws IOException, InterruptedException {
    try {
      return List.of(InetAddress.ofLiteral(name));
    } catch (IllegalArgumentException e) {
      // then it is a name
    }
    Name n;
    try {
      n = Name.fromString(name);
    } catch (TextParseException e) {
      throw new IOException("\"" + name + "\" is not a name: " + e.getMessage(), e);
    }
    long end = System.nanoTime() + timeout.toNanos();
    List<CompletableFuture<LookupResult>> asked =
        List.of(
            session.lookupAsync(n, Type.A).toCompletableFuture(),
            session.lookupAsync(n, Type.AAAA).toCompletableFuture());
    List<InetAddress> out = new ArrayList<>();
    String failure = "it has no address";
    for (CompletableFuture<LookupResult> f : asked) {
      try {
        LookupResult r = f.get(Math.max(1, end - System.nanoTime()), TimeUnit.NANOSECONDS);
        for (Record record : r.getRecords()) {
          if (record instanceof ARecord a) {
            out.add(a.getAddress());
          } else if (record instanceof AAAARecord a) {
            out.add(a.getAddress());
          }
        }
      } catch (ExecutionException e) {
        Throwable cause = e.getCause();
        failure =
            cause instanceof LookupFailedException && cause.getMessage() != null
                ? cause.getMessage()
                : String.valueOf(cause);
      } catch (TimeoutException e) {
        failure = "no answer within " + timeout.toMillis() + " ms";
      }
    }
    if (out.isEmpty()) {
      throw new IOException("looking up " + name + ": " + failure);
    }
    return out;
  }
}
