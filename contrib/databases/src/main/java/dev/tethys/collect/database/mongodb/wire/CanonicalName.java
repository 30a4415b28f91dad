package dev.tethys.collect.database.mongodb.wire;

import java.io.IOException;
import java.net.InetAddress;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.Lookup;
import org.xbill.DNS.Record;
import org.xbill.DNS.Type;

/**
 * The name of a server as its ticket has it: {@code CANONICALIZE_HOST_NAME} of GSSAPI
 * (https://github.com/mongodb/specifications/blob/master/source/auth/auth.md).
 */
final class CanonicalName {
  private CanonicalName() {}

  /**
   * Returns the canonical name to use.
   *
   * @param how {@code forward} follows aliases, {@code forwardAndReverse} (or {@code true}) looks
   *     up the name of the address, and follows aliases by default; anything else changes nothing
   * @throws IOException if the name is unknown
   */
  static String of(String name, String how) throws IOException {
    return switch (how) {
      case "forward" -> aliased(name);
      case "forwardAndReverse", "true" -> {
        InetAddress a = InetAddress.getByName(name);
        String reverse = a.getCanonicalHostName();
        yield reverse.equals(a.getHostAddress()) ? aliased(name) : reverse;
      }
      default -> name;
    };
  }

  /**
   * Resolves aliases to the name that has the address; returns the name itself if DNS does not know
   * one.
   */
  private static String aliased(String name) throws IOException {
    for (int type : new int[] {Type.A, Type.AAAA}) {
      Lookup lookup = new Lookup(name.endsWith(".") ? name : name + ".", type);
      lookup.setCache(null);
      Record[] records = lookup.run();
      for (Record r : records == null ? new Record[0] : records) {
        if (r instanceof ARecord || r instanceof AAAARecord) {
          return r.getName().toString(true);
        }
      }
    }
    return name;
  }
}
