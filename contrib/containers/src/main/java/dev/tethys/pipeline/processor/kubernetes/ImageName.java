package dev.tethys.pipeline.processor.kubernetes;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Image name, split as registries define it.
 *
 * @param repository repository including its registry, as written
 * @param tag {@code ""} for none
 * @param digest digest including its algorithm, or {@code ""} if none
 */
record ImageName(String repository, String tag, String digest) {
  private static final String PART = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
  private static final String HOST =
      "(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
  private static final Pattern NAME =
      Pattern.compile(
          "((?:"
              + HOST
              + "/)?"
              + PART
              + "(?:/"
              + PART
              + ")*)(?::(\\w[\\w.-]{0,127}))?"
              + "(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?");

  /** Only a digest or ID, which names no repository. */
  private static final Pattern BARE = Pattern.compile("[a-f0-9]{64}|sha(256|384|512):[a-f0-9]+");

  /** The longest name of a repository. */
  private static final int MAX_NAME = 255;

  /** Parses a name; returns null if it is invalid. */
  static @Nullable ImageName parse(String text) {
    Matcher m = NAME.matcher(text);
    if (!m.matches() || m.group(1).length() > MAX_NAME) {
      return null;
    }
    return new ImageName(m.group(1), orEmpty(m.group(2)), orEmpty(m.group(3)));
  }

  /** Returns the tag pulled by the runtime. */
  String pulledTag() {
    return tag.isEmpty() ? "latest" : tag;
  }

  /**
   * Returns the version of a service that runs the image; {@code ""} if the image name does not
   * contain it.
   */
  String version() {
    return tag.isEmpty() || digest.isEmpty() ? tag + digest : tag + "@" + digest;
  }

  /** Returns the full name with digest from a runtime's image ID; null without a digest. */
  static @Nullable String canonical(String imageId) {
    ImageName n = BARE.matches(imageId) ? null : parse(imageId);
    if (n == null || n.digest.isEmpty()) {
      return null;
    }
    return normal(n.repository) + (n.tag.isEmpty() ? "" : ":" + n.tag) + "@" + n.digest;
  }

  /** Adds the default registry if none is given. */
  private static String normal(String repository) {
    int slash = repository.indexOf('/');
    String first = slash < 0 ? "" : repository.substring(0, slash);
    boolean registry =
        first.contains(".")
            || first.contains(":")
            || first.equals("localhost")
            || !first.equals(first.toLowerCase(Locale.ROOT));
    String domain = registry ? first : "docker.io";
    String path = registry ? repository.substring(slash + 1) : repository;
    if (domain.equals("index.docker.io")) {
      domain = "docker.io";
    }
    return domain
        + "/"
        + (domain.equals("docker.io") && !path.contains("/") ? "library/" : "")
        + path;
  }

  private static String orEmpty(@Nullable String s) {
    return s == null ? "" : s;
  }
}
