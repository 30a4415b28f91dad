package dev.tethys.insight.deployments;

import org.jspecify.annotations.Nullable;

/**
 * Image of a container.
 *
 * @param repository without the registry's default parts
 * @param version tag, else the first digits of the digest
 */
record ImageName(String repository, String version) {
  private static final int DIGEST_DIGITS = 12;

  /** Splits the name of an image; null for a name without a repository, such as an image id. */
  static @Nullable ImageName of(String text) {
    String name = text.startsWith("docker-pullable://") ? text.substring(18) : text;
    int at = name.indexOf('@');
    String digest = at < 0 ? "" : name.substring(at + 1);
    String path = at < 0 ? name : name.substring(0, at);
    int colon = path.indexOf(':', path.lastIndexOf('/') + 1);
    String tag = colon < 0 ? "" : path.substring(colon + 1);
    String repository = colon < 0 ? path : path.substring(0, colon);
    if (repository.isEmpty() || repository.equals("sha256") || repository.equals("<none>")) {
      return null;
    }
    for (String prefix : new String[] {"docker.io/", "index.docker.io/", "library/"}) {
      if (repository.startsWith(prefix)) {
        repository = repository.substring(prefix.length());
      }
    }
    if (tag.isEmpty() && !digest.isEmpty()) {
      String hex = digest.substring(digest.indexOf(':') + 1);
      return new ImageName(repository, hex.substring(0, Math.min(DIGEST_DIGITS, hex.length())));
    }
    return new ImageName(repository, tag.isEmpty() ? "latest" : tag);
  }
}
