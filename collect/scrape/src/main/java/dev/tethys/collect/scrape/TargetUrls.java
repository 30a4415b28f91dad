package dev.tethys.collect.scrape;

import dev.tethys.config.UrlHost;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Cache of parsed target URLs. A parsed URL needs many times the memory of its text, so only
 * recently requested URLs are kept. Thread-safe.
 */
final class TargetUrls {
  /** A power of two. */
  static final int MOST = 1024;

  private record Read(String text, URI url) {}

  /**
   * The last writer keeps a slot; other threads read complete entries, because they are immutable.
   */
  private final @Nullable Read[] kept = new @Nullable Read[MOST];

  /** Returns the scrape URL of a target. */
  URI of(Target target) throws IOException {
    int place = (int) target.hash() & MOST - 1;
    String text = target.url();
    Read r = kept[place];
    if (r != null && r.text.equals(text)) {
      return r.url;
    }
    URI u = read(text);
    kept[place] = new Read(text, u);
    return u;
  }

  private static URI read(String text) throws IOException {
    try {
      URI u = new URI(text);
      if (UrlHost.of(u) != null) {
        return u;
      }
    } catch (URISyntaxException e) {
      // reported below
    }
    throw new IOException("not a valid URL");
  }
}
