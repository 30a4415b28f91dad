package dev.tethys.web.client;

import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.CookieStore;
import java.net.HttpCookie;
import java.net.URI;
import java.util.List;
import java.util.Map;

/** Cookies that servers set, for the calls that follow. Safe for any number of threads. */
final class CookieJar {
  /** Servers may set more; those beyond are not kept. */
  static final int MAX_COOKIES = 1000;

  private final CookieManager cookies =
      new CookieManager(
          new Bounded(new CookieManager().getCookieStore()), CookiePolicy.ACCEPT_ORIGINAL_SERVER);

  /** What goes along with a call, as the value of {@code Cookie}; "" for nothing. */
  String of(URI uri) {
    try {
      return String.join("; ", cookies.get(uri, Map.of()).getOrDefault("Cookie", List.of()));
    } catch (IOException e) {
      return ""; // it is no URL that cookies are for
    }
  }

  /** Keeps what an answer sets. */
  void keep(URI uri, Map<String, List<String>> headers) {
    List<String> set = headers.get("Set-Cookie");
    if (set == null) {
      return;
    }
    try {
      cookies.put(uri, Map.of("Set-Cookie", set));
    } catch (IOException e) {
      // it is no URL that cookies are for
    }
  }

  private record Bounded(CookieStore store) implements CookieStore {
    @Override
    public void add(URI uri, HttpCookie cookie) {
      if (store.getCookies().size() < MAX_COOKIES || store.getCookies().contains(cookie)) {
        store.add(uri, cookie);
      }
    }

    @Override
    public List<HttpCookie> get(URI uri) {
      return store.get(uri);
    }

    @Override
    public List<HttpCookie> getCookies() {
      return store.getCookies();
    }

    @Override
    public List<URI> getURIs() {
      return store.getURIs();
    }

    @Override
    public boolean remove(URI uri, HttpCookie cookie) {
      return store.remove(uri, cookie);
    }

    @Override
    public boolean removeAll() {
      return store.removeAll();
    }
  }
}
