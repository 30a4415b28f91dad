package dev.tethys.collect.observe.connection;

import dev.tethys.collect.observe.process.BoundedText;
import dev.tethys.model.BoundedMap;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Addresses of the interfaces in network namespaces, read from /proc of a process in each: the
 * meaning of a wildcard listen address. Cached for a minute.
 */
public final class LocalAddresses {
  private static final Pattern NAMESPACE = Pattern.compile("net:\\[(\\d+)]");
  private static final long FRESH_NANOS = 60_000_000_000L;
  private static final int MAX_NAMESPACES = 4096;
  private static final int MAX_ADDRESSES = 4096; // of a namespace, which a user may fill
  private static final int MAX_BYTES = 16 << 20;
  private static final long MAX_NANOS = 2_000_000_000L;
  private static final int V6_DIGITS = 32;

  private record CachedAddresses(long time, List<IpAddress> addresses) {}

  private final Path proc;
  private final int host;
  private final Map<Integer, CachedAddresses> cache = BoundedMap.byAge(MAX_NAMESPACES);

  /**
   * @param proc mount point of /proc
   */
  public LocalAddresses(Path proc) {
    this.proc = proc;
    int number = namespaceOf(1);
    this.host = number != 0 ? number : namespaceOf((int) ProcessHandle.current().pid());
  }

  /** Number of the network namespace of a process, 0 if it cannot be read. */
  public int namespaceOf(int process) {
    try {
      Path link = Files.readSymbolicLink(proc.resolve(process + "/ns/net"));
      Matcher m = NAMESPACE.matcher(link.toString());
      return m.matches() ? (int) Long.parseLong(m.group(1)) : 0;
    } catch (IOException e) {
      return 0;
    }
  }

  /** True for the network namespace of the host. */
  public boolean isHost(int namespace) {
    return namespace == host;
  }

  /**
   * Addresses of a namespace; loopback addresses only for the host's namespace, since in others
   * they refer to other services.
   *
   * @param process a process in it
   */
  public synchronized List<IpAddress> of(int namespace, int process) {
    CachedAddresses e = cache.get(namespace);
    long now = System.nanoTime();
    if (e == null || now - e.time() > FRESH_NANOS) {
      e = new CachedAddresses(now, read(namespace, process));
      cache.put(namespace, e);
    }
    return e.addresses();
  }

  /** Returns the addresses of the machine. */
  public List<IpAddress> ofHost() {
    return of(host, 1);
  }

  private List<IpAddress> read(int namespace, int process) {
    Path net = proc.resolve((process > 0 ? process : 1) + "/net");
    Set<IpAddress> found = new TreeSet<>(java.util.Comparator.comparing(IpAddress::toString));
    try {
      found.addAll(v4(lines(net.resolve("fib_trie"))));
    } catch (IOException e) {
      // the process is gone, or the kernel has no such file: no addresses
    }
    try {
      found.addAll(v6(lines(net.resolve("if_inet6"))));
    } catch (IOException e) {
      // a kernel without IPv6
    }
    boolean loopback = isHost(namespace);
    return found.stream()
        .filter(a -> !a.isLinkLocal() && !a.isUnspecified() && (loopback || !a.isLoopback()))
        .limit(MAX_ADDRESSES)
        .toList();
  }

  private static List<String> lines(Path file) throws IOException {
    return BoundedText.read(file, MAX_BYTES, MAX_NANOS).lines().toList();
  }

  /** Local addresses in a routing table as /proc/net/fib_trie shows it. */
  static Set<IpAddress> v4(List<String> lines) {
    Set<IpAddress> out = new java.util.LinkedHashSet<>();
    String last = "";
    for (String line : lines) {
      String t = line.strip();
      if (t.startsWith("|-- ")) {
        last = t.substring("|-- ".length());
      } else if (t.startsWith("/32 host LOCAL")) {
        out.add(IpAddress.of(InetAddress.ofLiteral(last)));
      }
    }
    return out;
  }

  /** Addresses in /proc/net/if_inet6: 32 digits first. */
  static Set<IpAddress> v6(List<String> lines) {
    Set<IpAddress> out = new java.util.LinkedHashSet<>();
    for (String line : lines) {
      if (line.length() > V6_DIGITS) {
        out.add(
            new IpAddress(
                Long.parseUnsignedLong(line, 0, V6_DIGITS / 2, 16),
                Long.parseUnsignedLong(line, V6_DIGITS / 2, V6_DIGITS, 16)));
      }
    }
    return out;
  }
}
