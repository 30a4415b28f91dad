package dev.tethys.pipeline.collector;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;

/** References to local variables, files and URLs allowed in a control plane configuration. */
public final class AllowedReferences {
  /** Scheme of a reference to a variable. */
  static final String ENV = "env:";

  /** Scheme of a reference to a file. */
  static final String FILE = "file:";

  /** Start of the error message for a reference that is not allowed. */
  static final String REFUSED = "a configuration of a control plane cannot read ";

  private final Set<String> allowed = new TreeSet<>();

  /**
   * Creates a set of allowed references.
   *
   * @param references {@code env:NAME}, {@code file:PATH}, or a URL
   * @throws IllegalArgumentException if one is of another form
   */
  public AllowedReferences(Collection<String> references) {
    for (String r : references) {
      if (!r.startsWith(ENV)
          && !r.startsWith(FILE)
          && !r.startsWith("http:")
          && !r.startsWith("https:")) {
        throw new IllegalArgumentException(
            "\"" + r + "\" is not a reference; write env:NAME, file:PATH, or a URL");
      }
      allowed.add(r.startsWith(FILE) ? FILE + normalized(r.substring(FILE.length())) : r);
    }
  }

  /**
   * Returns the normalized path of a file without {@code ..}, which is also the path that is read.
   */
  static Path normalized(String path) {
    try {
      return Path.of(path).toAbsolutePath().normalize();
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException("\"" + path + "\" is not a path", e);
    }
  }

  /** Whether a configuration may have a reference. */
  boolean allow(String reference) {
    return allowed.contains(reference);
  }

  /**
   * Returns the error for a reference that is not allowed.
   *
   * @param texts text of the configuration: a name not found in it comes from another reference and
   *     is not shown
   */
  static String refusal(String reference, String texts) {
    String name = reference.substring(reference.indexOf(':') + 1);
    String shown = texts.contains(name) ? reference : "what another reference names";
    return REFUSED
        + shown
        + ", which the own configuration of this process (--config) does not name; to allow it,"
        + " start the process with --control.allow"
        + (texts.contains(name) ? "=" + reference : "");
  }
}
