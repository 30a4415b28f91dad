package dev.tethys.web.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.tethys.config.UrlHost;
import java.net.InetAddress;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Cookies that servers set, for subsequent calls (RFC 6265; the JDK's own implements RFC 2965,
 * which no server uses). Values are returned unchanged; values that a header cannot contain are
 * dropped. Thread-safe.
 *
 * <p>Invariant: no more than {@link #MAX_COOKIES} are kept, and of one domain no more than {@link
 * #MAX_EACH} with {@link #MAX_BYTES_EACH}; the oldest are evicted.
 *
 * <p>There is no list of public suffixes: a cookie cannot be set for a domain without a dot, nor
 * for one that looks like {@code co.uk}.
 */
final class CookieJar {
  static final int MAX_COOKIES = 1000;
  static final int MAX_EACH = 50;

  /** Maximum size of name and value of one cookie, the same as in browsers. */
  static final int MAX_BYTES = 4096;

  /** Maximum total size of a domain's cookies, and of the cookies sent with one request. */
  static final int MAX_BYTES_EACH = 16 << 10;

  /** Under which countries have names of companies, universities and so on. */
  private static final Set<String> KINDS =
      Set.of(
          "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "gv", "info", "mil", "ne", "net",
          "nom", "or", "org", "sch");

  private record Key(String name, String path) {}

  /**
   * Cookie.
   *
   * @param hostOnly whether it is sent to this host only, not to its subdomains
   * @param ends expiry time; null if none
   * @param turn order in which cookies were set
   */
  private record Cookie(
      Key key, String value, boolean hostOnly, boolean secure, @Nullable Instant ends, long turn) {
    int size() {
      return key.name.length() + value.length() + 3;
    }

    boolean isOver(Instant now) {
      return ends != null && !ends.isAfter(now);
    }

    boolean isFor(String path) {
      String own = key.path;
      return path.startsWith(own)
          && (path.length() == own.length()
              || own.endsWith("/")
              || path.charAt(own.length()) == '/');
    }
  }

  private final InstantSource clock;

  /** By domain, and in each as they were set first. */
  @GuardedBy("this")
  private final Map<String, LinkedHashMap<Key, Cookie>> domains = new HashMap<>();

  @GuardedBy("this")
  private int size;

  @GuardedBy("this")
  private long turns;

  CookieJar(InstantSource clock) {
    this.clock = clock;
  }

  /** Returns the value of the {@code Cookie} header for a request; "" for none. */
  synchronized String of(URI uri) {
    String host = host(uri);
    String path = path(uri);
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    Instant now = clock.instant();
    List<Cookie> found = new ArrayList<>();
    for (String domain = host; !domain.isEmpty(); domain = parent(domain)) {
      expire(domain, now);
      LinkedHashMap<Key, Cookie> all = domains.get(domain);
      if (all != null) {
        for (Cookie c : all.values()) {
          if ((!c.hostOnly || domain.equals(host)) && (secure || !c.secure) && c.isFor(path)) {
            found.add(c);
          }
        }
      }
      if (isAddress(host)) {
        break;
      }
    }
    found.sort(
        Comparator.comparingInt((Cookie c) -> -c.key.path.length())
            .thenComparingLong(Cookie::turn));
    StringBuilder sb = new StringBuilder();
    for (Cookie c : found) {
      if (sb.length() + c.size() <= MAX_BYTES_EACH) {
        sb.append(sb.isEmpty() ? "" : "; ").append(c.key.name).append('=').append(c.value);
      }
    }
    return sb.toString();
  }

  /** Stores the cookies of a response. */
  void keep(URI uri, Map<String, List<String>> headers) {
    headers.forEach(
        (name, values) -> {
          if (name.equalsIgnoreCase("Set-Cookie")) {
            values.forEach(v -> keep(uri, v));
          }
        });
  }

  private void keep(URI uri, String text) {
    String[] parts = text.split(";", -1);
    int eq = parts[0].indexOf('=');
    String name = eq < 0 ? "" : trimmed(parts[0].substring(0, eq));
    String value = trimmed(parts[0].substring(eq + 1));
    if (name.isEmpty() || name.length() + value.length() > MAX_BYTES || !isPlain(name + value)) {
      return;
    }
    String host = host(uri);
    Instant now = clock.instant();
    String domain = "";
    String path = "";
    boolean secure = false;
    Instant until = null; // of Max-Age, which comes before Expires
    Instant expires = null;
    for (int i = 1; i < parts.length; i++) {
      int at = parts[i].indexOf('=');
      String v = at < 0 ? "" : trimmed(parts[i].substring(at + 1));
      switch (trimmed(at < 0 ? parts[i] : parts[i].substring(0, at)).toLowerCase(Locale.ROOT)) {
        case "domain" -> domain = v.isEmpty() ? domain : v.toLowerCase(Locale.ROOT);
        case "path" -> path = v;
        case "secure" -> secure = true;
        case "max-age" -> until = v.matches("-?[0-9]+") ? after(now, v) : until;
        case "expires" -> {
          Instant read = CookieDate.read(v);
          expires = read == null ? expires : read;
        }
        default -> {} // of no use here, such as HttpOnly
      }
    }
    if (domain.startsWith(".")) {
      domain = domain.substring(1);
    }
    if (!domain.isEmpty() && !domain.equals(host) && !isParent(domain, host)) {
      return;
    }
    boolean hostOnly = domain.isEmpty() || isAddress(host) || !isOwnable(domain);
    Key key = new Key(name, isPath(path) ? path : defaultPath(uri));
    if (!isPlain(key.path) || key.path.length() > MAX_BYTES) {
      return;
    }
    Instant ends = until == null ? expires : until;
    put(domain.isEmpty() ? host : domain, key, value, hostOnly, secure, ends, now);
  }

  private synchronized void put(
      String domain,
      Key key,
      String value,
      boolean hostOnly,
      boolean secure,
      @Nullable Instant ends,
      Instant now) {
    expire(domain, now);
    LinkedHashMap<Key, Cookie> all = domains.computeIfAbsent(domain, d -> new LinkedHashMap<>(2));
    Cookie before = all.get(key);
    Cookie c =
        new Cookie(key, value, hostOnly, secure, ends, before == null ? turns++ : before.turn);
    if (c.isOver(now)) {
      all.remove(key);
    } else {
      all.put(key, c);
    }
    size += (c.isOver(now) ? 0 : 1) - (before == null ? 0 : 1);
    int bytes = all.values().stream().mapToInt(Cookie::size).sum();
    while (all.size() > MAX_EACH || bytes > MAX_BYTES_EACH) {
      bytes -= removeFirst(all).size();
    }
    if (all.isEmpty()) {
      domains.remove(domain);
    }
    while (size > MAX_COOKIES) {
      Map.Entry<String, LinkedHashMap<Key, Cookie>> oldest = null;
      for (Map.Entry<String, LinkedHashMap<Key, Cookie>> e : domains.entrySet()) {
        if (oldest == null || first(e.getValue()).turn < first(oldest.getValue()).turn) {
          oldest = e;
        }
      }
      if (oldest != null) {
        removeFirst(oldest.getValue());
        if (oldest.getValue().isEmpty()) {
          domains.remove(oldest.getKey());
        }
      }
    }
  }

  private static Cookie first(LinkedHashMap<Key, Cookie> all) {
    return all.firstEntry().getValue();
  }

  @GuardedBy("this")
  private Cookie removeFirst(LinkedHashMap<Key, Cookie> all) {
    size--;
    return all.pollFirstEntry().getValue();
  }

  @GuardedBy("this")
  private void expire(String domain, Instant now) {
    LinkedHashMap<Key, Cookie> all = domains.get(domain);
    if (all == null) {
      return;
    }
    for (Iterator<Cookie> it = all.values().iterator(); it.hasNext(); ) {
      if (it.next().isOver(now)) {
        it.remove();
        size--;
      }
    }
    if (all.isEmpty()) {
      domains.remove(domain);
    }
  }

  /** Returns the number of cookies. */
  synchronized int size() {
    return size;
  }

  private static String host(URI uri) {
    return UrlHost.bare(uri).toLowerCase(Locale.ROOT);
  }

  private static String path(URI uri) {
    String path = uri.getRawPath();
    return path == null || path.isEmpty() ? "/" : path;
  }

  private static boolean isPath(String s) {
    return s.startsWith("/");
  }

  /** Returns the directory of the requested path. */
  private static String defaultPath(URI uri) {
    String path = path(uri);
    int slash = path.lastIndexOf('/');
    return slash <= 0 ? "/" : path.substring(0, slash);
  }

  private static String parent(String domain) {
    int dot = domain.indexOf('.');
    return dot < 0 ? "" : domain.substring(dot + 1);
  }

  /** Whether a host is a subdomain of a domain that may set cookies for its subdomains. */
  private static boolean isParent(String domain, String host) {
    return host.endsWith("." + domain) && !isAddress(host) && isOwnable(domain);
  }

  /** Whether a domain can have one owner, with its subdomains. */
  private static boolean isOwnable(String domain) {
    int dot = domain.indexOf('.');
    if (dot <= 0 || domain.endsWith(".")) {
      return false;
    }
    boolean country = domain.length() - dot - 1 == 2;
    return !(country && domain.lastIndexOf('.') == dot && KINDS.contains(domain.substring(0, dot)));
  }

  private static boolean isAddress(String host) {
    try {
      return InetAddress.ofLiteral(host) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static Instant after(Instant now, String seconds) {
    if (seconds.startsWith("-")) {
      return Instant.MIN;
    }
    // A hundred years are as good as all that is longer.
    long most = 100L * 366 * 24 * 3600;
    return now.plusSeconds(seconds.length() > 10 ? most : Math.min(most, Long.parseLong(seconds)));
  }

  /** Trims spaces and tabs at both ends. */
  private static String trimmed(String s) {
    int from = 0;
    int to = s.length();
    while (from < to && isBlank(s.charAt(from))) {
      from++;
    }
    while (to > from && isBlank(s.charAt(to - 1))) {
      to--;
    }
    return s.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  /** Whether it can be sent unchanged: outside ASCII the encoding is undefined. */
  private static boolean isPlain(String s) {
    return s.chars().allMatch(c -> c >= ' ' && c < 0x7f);
  }
}
