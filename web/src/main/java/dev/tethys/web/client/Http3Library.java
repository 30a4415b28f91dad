package dev.tethys.web.client;

import java.io.IOException;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** The dialer of HTTP/3 that this program has; looked for when this class is first used. */
final class Http3Library {
  private static final @Nullable Http3Dialer DIALER;
  private static final String PROBLEM;

  static {
    Http3Dialer found = null;
    String problem = "HTTP/3 is not part of this program";
    try {
      found = ServiceLoader.load(Http3Dialer.class).findFirst().orElse(null);
      problem = found == null ? problem : found.problem();
    } catch (ServiceConfigurationError | LinkageError e) {
      problem = "HTTP/3: its library cannot be used: " + e.getMessage();
    }
    DIALER = found;
    PROBLEM = problem;
  }

  private Http3Library() {}

  /** Why HTTP/3 cannot be spoken; empty when it can. */
  static String problem() {
    return PROBLEM;
  }

  static Http3Dialer dialer() throws IOException {
    if (DIALER == null || !PROBLEM.isEmpty()) {
      throw new IOException(PROBLEM);
    }
    return DIALER;
  }
}
