package dev.tethys.collect.database.mongodb.wire;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.Lookup;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.Resolver;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * DNS records for the name in a {@code mongodb+srv} string: servers and some options
 * (https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md).
 *
 * @param resolver null for the system's name servers
 */
public record SeedList(@Nullable Resolver resolver) {
  /** Queries the system's name servers. */
  public static final SeedList SYSTEM = new SeedList(null);

  private static final Set<String> TXT_OPTIONS = Set.of("authsource", "replicaset", "loadbalanced");

  /**
   * Resolves the connection string to its servers; unchanged if it names them itself.
   *
   * @throws IOException if there are none, or they are not in the name's domain
   */
  public MongoUri resolve(MongoUri uri) throws IOException {
    if (!uri.srv()) {
      return uri;
    }
    String host = uri.hosts().getFirst().name();
    List<MongoHost> found = new ArrayList<>();
    for (Record r : ask("_" + uri.service() + "._tcp." + host, Type.SRV)) {
      if (r instanceof SRVRecord s) {
        String target = s.getTarget().toString(true);
        if (!inDomainOf(host, target)) {
          throw new IOException(
              "DNS names the server " + target + ", which is not in the domain of " + host);
        }
        found.add(new MongoHost(null, target, s.getPort(), target + ":" + s.getPort()));
      }
    }
    if (found.isEmpty()) {
      throw new IOException("DNS has no servers for " + host);
    }
    if (uri.maxHosts() > 0 && found.size() > uri.maxHosts()) {
      Collections.shuffle(found);
      found = found.subList(0, uri.maxHosts());
    }
    try {
      return uri.withSeeds(List.copyOf(found), options(host));
    } catch (IllegalArgumentException e) {
      throw new IOException("TXT record of " + host + ": " + e.getMessage(), e);
    }
  }

  private Map<String, String> options(String host) throws IOException {
    List<String> texts = new ArrayList<>();
    for (Record r : ask(host, Type.TXT)) {
      if (r instanceof TXTRecord t) {
        texts.add(String.join("", t.getStrings()));
      }
    }
    if (texts.size() > 1) {
      throw new IOException("DNS has several TXT records of " + host);
    }
    Map<String, String> options = MongoUri.options(texts.isEmpty() ? "" : texts.getFirst());
    for (String name : options.keySet()) {
      if (!TXT_OPTIONS.contains(name)) {
        throw new IOException("the TXT record of " + host + " may not say " + name);
      }
    }
    return options;
  }

  /**
   * Whether a target is in a host's domain: a name of three or more labels has its first one
   * removed, a shorter one must be a suffix.
   */
  private static boolean inDomainOf(String host, String target) {
    String h = host.toLowerCase(Locale.ROOT);
    String t = target.toLowerCase(Locale.ROOT);
    boolean isShort = h.chars().filter(c -> c == '.').count() < 2;
    String domain = isShort ? "." + h : h.substring(h.indexOf('.'));
    return t.endsWith(domain);
  }

  private Record[] ask(String name, int type) throws IOException {
    Lookup lookup;
    try {
      lookup = new Lookup(Name.fromString(name, Name.root), type);
    } catch (TextParseException e) {
      throw new IOException("\"" + name + "\" is not a DNS name: " + e.getMessage(), e);
    }
    lookup.setCache(null);
    if (resolver != null) {
      lookup.setResolver(resolver);
    }
    Record[] records = lookup.run();
    int result = lookup.getResult();
    if (result != Lookup.SUCCESSFUL
        && result != Lookup.HOST_NOT_FOUND
        && result != Lookup.TYPE_NOT_FOUND) {
      throw new IOException("looking up " + name + ": " + lookup.getErrorString());
    }
    return records == null ? new Record[0] : records;
  }
}
